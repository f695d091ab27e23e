"""Addresses that belong to the installation, and are nobody's in a company (rule 1.10)."""

from io import StringIO

import pytest
from django.core import mail
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse

from accounts.actions.addresses import take_address
from accounts.actions.members import MemberSettings, add_member, update_member
from accounts.actions.superusers import add_superuser, update_superuser
from accounts.actor import Actor
from accounts.models import Address, Company, Domain, Member
from accounts.models.address import RESERVED_LOCAL_PARTS
from groupadmin.base.errors import Invalid
from groups.models import Group
from tests.factories import AddressFactory, MemberFactory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def domain_of(company: Company) -> Domain:
    return company.primary_domain


def test_reserved_local_parts(company: Company) -> None:
    """Whatever takes the address; the database refuses it too."""
    domain = domain_of(company)
    for local_part in (*RESERVED_LOCAL_PARTS, "bounce+1-a"):
        for kind in (Address.Kind.MEMBER, Address.Kind.ALIAS, Address.Kind.TEAM, Address.Kind.GROUP):
            if "+" in local_part and kind in (Address.Kind.TEAM, Address.Kind.GROUP):
                continue
            with pytest.raises(Invalid, match="reserved") as invalid:
                take_address(local_part, domain, kind, field="there")
            assert invalid.value.field == "there"
        with pytest.raises(IntegrityError), transaction.atomic():
            Address.objects.create(local_part=local_part, domain=domain, kind=Address.Kind.GROUP)
    assert len(RESERVED_LOCAL_PARTS) == 16


@pytest.mark.parametrize("local_part", ["admins", "postmaster2", "bounces", "webmaster.team", "info"])
def test_others_are_free(company: Company, local_part: str) -> None:
    assert take_address(local_part, domain_of(company), Address.Kind.GROUP, field="address").pk


def test_members_and_aliases(company: Company, administrator: Member, actor_of: ActorOf) -> None:
    domain = domain_of(company).pk
    for settings, field in (
        (MemberSettings("New", "PostMaster", domain), "local_part"),
        (MemberSettings("New", "new", domain, aliases=(("ROOT", domain),)), "aliases"),
    ):
        with pytest.raises(Invalid, match="reserved") as invalid:
            add_member(company, settings, actor=actor_of(administrator))
        assert invalid.value.field == field


@pytest.mark.parametrize("sender", ["groups@hanbit.example", "Groups <Groups@Hanbit.Example>"])
def test_the_sender_of_the_installation(company: Company, sender: str) -> None:
    with override_settings(DEFAULT_FROM_EMAIL=sender), pytest.raises(Invalid, match="reserved"):
        take_address("groups", domain_of(company), Address.Kind.GROUP, field="address")
    assert take_address("groups", domain_of(company), Address.Kind.GROUP, field="address").pk


@pytest.mark.parametrize("email", ["chief@hanbit.example", "chief@HANBIT.example"])
def test_nobody_takes_the_address_of_a_superuser(company: Company, email: str) -> None:
    """The superuser's password would be reset by whoever reads there."""
    add_superuser("Chief", email, actor=SYSTEM)
    with pytest.raises(Invalid, match="reserved"):
        take_address("chief", domain_of(company), Address.Kind.GROUP, field="address")
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressFactory.create(company=company, local_part="chief")


def test_in_whatever_form_the_superuser_writes_the_domain(company: Company) -> None:
    Domain.objects.filter(company=company).update(name="xn--bcher-kva.example")
    add_superuser("Chief", "chief@bücher.example", actor=SYSTEM)
    with pytest.raises(Invalid, match="reserved"):
        take_address("chief", domain_of(company), Address.Kind.GROUP, field="address")


def test_no_superuser_takes_an_address_of_a_company(company: Company, group: Group, member: Member) -> None:
    """The other order, by every way in which superusers get addresses."""
    chief = add_superuser("Chief", "chief@installation.example", actor=SYSTEM)
    for taken in (group.address, member.email, "momo.alias@hanbit.example"):
        AddressFactory.create(company=company, local_part="momo.alias") if "alias" in taken else None
        with pytest.raises(Invalid, match="taken"):
            add_superuser("Second", taken.upper(), actor=SYSTEM)
        with pytest.raises(Invalid, match="taken"):
            update_superuser(chief, "Chief", taken, True, actor=SYSTEM)
        with pytest.raises(CommandError, match="taken"):
            call_command("createsuperuser", email=taken, interactive=False, stdout=StringIO())
        chief.refresh_from_db()
        chief.email = taken
        with pytest.raises(IntegrityError), transaction.atomic():
            chief.hold_address()
    assert Member.objects.filter(company=None).get().email == "chief@installation.example"


def test_a_superuser_who_moves_frees_the_old_address(company: Company) -> None:
    call_command("createsuperuser", email="chief@hanbit.example", interactive=False, stdout=StringIO())
    chief = Member.objects.get(company=None)
    with pytest.raises(Invalid, match="reserved"):
        take_address("chief", domain_of(company), Address.Kind.GROUP, field="address")
    update_superuser(chief, "Chief", "boss@hanbit.example", True, actor=SYSTEM)
    assert take_address("chief", domain_of(company), Address.Kind.GROUP, field="address").pk
    with pytest.raises(Invalid, match="reserved"):
        take_address("boss", domain_of(company), Address.Kind.GROUP, field="address")


def test_a_member_who_becomes_a_superuser_keeps_the_addresses(company: Company, member: Member) -> None:
    settings = MemberSettings.of(member)
    Member.objects.filter(pk=member.pk).update(is_superuser=True)
    update_member(member, settings, actor=SYSTEM)
    with pytest.raises(Invalid, match="a member"):
        take_address("momo", domain_of(company), Address.Kind.GROUP, field="address")


class TestFromBefore:
    """Addresses that were taken before the rule."""

    def test_a_reserved_one_stays_in_use(
        self, company: Company, administrator: Member, actor_of: ActorOf
    ) -> None:
        member = MemberFactory.create(company=company, email="info@hanbit.example")
        Address.objects.filter(member=member).update(
            local_part="admin", email="admin@hanbit.example", predates_rule=True
        )
        Member.objects.filter(pk=member.pk).update(email="admin@hanbit.example")
        settings = MemberSettings("Renamed", "admin", domain_of(company).pk)
        assert update_member(member, settings, actor=actor_of(administrator)).name == "Renamed"
        (warning,) = run_checks(tags=[Tags.database], databases=["default"])
        assert (warning.id, "admin@hanbit.example" in warning.msg) == ("accounts.W001", True)
        AddressFactory.create(company=company, local_part="groups")
        with override_settings(DEFAULT_FROM_EMAIL="Groups <groups@hanbit.example>"):
            (warning,) = run_checks(tags=[Tags.database], databases=["default"])
        assert "groups@hanbit.example" in warning.msg

    def test_whoever_has_a_superusers_address_gets_no_link_into_the_account(
        self, company: Company, client: Client
    ) -> None:
        """The list was there first, or the superuser, when neither was refused."""
        chief = MemberFactory.create(superuser=True, email="chief@hanbit.example")
        chief.addresses.all().delete()
        AddressFactory.create(company=company, local_part="chief")
        assert client.post(reverse("account_reset_password"), {"email": chief.email}).status_code == 302
        assert not mail.outbox
        (warning,) = run_checks(tags=[Tags.database], databases=["default"])
        assert (warning.id, chief.email in warning.msg) == ("accounts.W002", True)

        Address.objects.filter(local_part="chief").delete()
        chief.hold_address()
        client.post(reverse("account_reset_password"), {"email": chief.email})
        assert [sent.to for sent in mail.outbox] == [[chief.email]]
        assert not run_checks(tags=[Tags.database], databases=["default"])
