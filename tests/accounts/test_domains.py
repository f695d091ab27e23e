"""A domain belongs to a company once that is proven (rule 1.9)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import domain_proof
from accounts.actions.domains import (
    CLAIMS_LIMIT,
    add_domain,
    approve_domain,
    lapse_claims,
    make_domain_primary,
    prove_domain,
)
from accounts.actions.members import MemberSettings, add_member
from accounts.actions.teams import TeamSettings, add_team
from accounts.actor import Actor, Door, Refused
from accounts.audit.reading import Reader
from accounts.connecting import may_meet
from accounts.models import Address, AuditEntry, Company, Domain, Member, PartnerDomain
from groupadmin.base.dns_records import Problem, TxtRecords, txt_records
from groupadmin.base.errors import Invalid
from groups.actions import GroupSettings, update_group
from groups.models import Group
from tests.dns_server import SERVFAIL, SILENT, NameServer, name_server
from tests.factories import DomainFactory, MemberFactory
from tests.helpers import ActorOf, ClientOf, Clock

from .pages import text_of

pytestmark = pytest.mark.django_db
NAME = "new.example"


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


@pytest.fixture
def other_actor(other_administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(other_administrator)


@pytest.fixture
def root(superuser: Member, actor_of: ActorOf) -> Actor:
    return actor_of(superuser, Door.ADMIN)


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with name_server() as server:
        settings.DNS_RESOLVERS = [server.address]
        settings.DNS_TIMEOUT_SECONDS = 5
        yield server


@pytest.fixture
def claim(company: Company, actor: Actor) -> Domain:
    return add_domain(company, NAME, actor=actor)


@pytest.fixture
def used(other_company: Company) -> Domain:
    """The other company has used the claimed domain since before proofs."""
    domain = DomainFactory.create(company=other_company, name=NAME, state=Domain.State.EXISTING)
    MemberFactory.create(company=other_company, email=f"old@{NAME}")
    return domain


def state_of(domain: Domain) -> str:
    return Domain.objects.get(pk=domain.pk).state


def put(names: NameServer, domain: Domain, *values: str) -> None:
    names.records[domain.record_name] = list(values or [domain.record_value])


def entries(company: Company) -> list[str]:
    return list(
        AuditEntry.objects.filter(company_id=company.pk).order_by("pk").values_list("action", flat=True)
    )


class TestClaim:
    """Until it is proven, it gives nothing."""

    def test_no_address_uses_it(self, company: Company, claim: Domain, actor: Actor, member: Member) -> None:
        assert claim.state == Domain.State.CLAIMED
        own = company.primary_domain.pk
        for settings, field in (
            (MemberSettings("New", "new", claim.pk), "domain"),
            (MemberSettings("New", "new", own, aliases=(("new", claim.pk),)), "aliases"),
        ):
            with pytest.raises(Invalid) as invalid:
                add_member(company, settings, actor=actor)
            assert invalid.value.field == field
        with pytest.raises(Invalid):
            add_team(company, TeamSettings("New", "", "new", claim.pk), actor=actor)

    def test_no_list_uses_it(self, claim: Domain, group: Group, actor: Actor) -> None:
        settings = GroupSettings.of(group)
        assert settings.mailing_list is not None
        moved = replace(settings, mailing_list=replace(settings.mailing_list, domain_id=claim.pk))
        with pytest.raises(Invalid) as invalid:
            update_group(group, moved, group.version, actor=actor)
        assert invalid.value.field == "address"

    def test_it_is_not_offered_where_addresses_are_chosen(
        self, claim: Domain, administrator: Member, group: Group, client_of: ClientOf
    ) -> None:
        DomainFactory.create(company=claim.company, name="second.example")
        client = client_of(administrator)
        for url in (
            reverse("accounts:member_add"),
            reverse("accounts:team_add"),
            reverse("groups:add"),
            reverse("groups:edit", args=[group.pk]),
        ):
            page = client.get(url).content.decode()
            assert "second.example" in page
            assert NAME not in page
        asked = {"list-local_part": "launch", "list-domain": str(claim.pk)}
        assert "available" not in client.get(reverse("groups:check_address"), asked).content.decode()

    def test_it_is_not_primary(self, claim: Domain, actor: Actor) -> None:
        with pytest.raises(Invalid, match="Prove"):
            make_domain_primary(claim, actor=actor)
        Domain.objects.filter(company=claim.company).update(is_primary=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            Domain.objects.filter(pk=claim.pk).update(is_primary=True)

    def test_nobody_connects_by_it(
        self, claim: Domain, company: Company, other_company: Company, member: Member, guest: Member
    ) -> None:
        """Rule 6.1: they connect with whoever has the domain, and that is not known yet."""
        other_company.partners = Company.Partners.NAMED
        other_company.save()
        PartnerDomain.objects.create(company=other_company, name=NAME)
        assert not may_meet(member, guest)
        assert not may_meet(guest, member)
        prove_domain(claim, actor=Actor.system())
        assert may_meet(member, Member.objects.get(pk=guest.pk))

    def test_its_addresses_are_not_read_in_the_audit(self, claim: Domain, administrator: Member) -> None:
        """Rule 6.4: one reads the addresses of one's own company."""
        assert Reader(administrator, claim.company_id, []).is_own_address("ada@hanbit.example")
        assert not Reader(administrator, claim.company_id, []).is_own_address(f"somebody@{NAME}")

    def test_several_companies_claim_it_and_learn_nothing_of_each_other(
        self, claim: Domain, other_company: Company, other_actor: Actor
    ) -> None:
        theirs = add_domain(other_company, NAME, actor=other_actor)
        assert theirs.record_value != claim.record_value
        assert theirs.record_name == claim.record_name == f"_groupadmin-challenge.{NAME}"

    def test_not_too_many(self, company: Company, actor: Actor, root: Actor) -> None:
        DomainFactory.create_batch(CLAIMS_LIMIT, company=company, state=Domain.State.CLAIMED)
        with pytest.raises(Invalid, match="waiting"):
            add_domain(company, NAME, actor=actor)
        assert add_domain(company, NAME, actor=root)

    def test_it_lapses_after_30_days(
        self, claim: Domain, company: Company, used: Domain, clock: Clock
    ) -> None:
        clock.forward(days=29, hours=23)
        assert lapse_claims() == 0
        clock.forward(hours=2)
        assert lapse_claims() == 1
        assert not Domain.objects.filter(pk=claim.pk).exists()
        assert state_of(used) == Domain.State.EXISTING
        entry = AuditEntry.objects.filter(company_id=company.pk).latest("pk")
        assert (entry.action, entry.changes) == ("domain.lapse", {"domain": [NAME, None]})


class TestProof:
    """By a record, which nobody else can copy, or by a superuser."""

    def test_the_record_proves_it(self, claim: Domain, actor: Actor, names: NameServer) -> None:
        put(names, claim, "v=spf1 -all", claim.record_value)
        proven = domain_proof.check_now(claim, actor=actor)
        assert (proven.state, proven.problem) == (Domain.State.PROVEN, "")
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.actor_id) == ("domain.prove", actor.member.pk if actor.member else 0)
        assert entry.changes == {"domain_state": ["claimed", "proven"]}
        settings = MemberSettings("New", "new", claim.pk)
        assert add_member(claim.company, settings, actor=actor).email == f"new@{NAME}"

    @pytest.mark.parametrize(
        ("known", "problem"),
        [
            (None, Problem.MISSING),
            ([], Problem.MISSING),
            (["groupadmin-domain=other"], Problem.OTHER),
            (SERVFAIL, Problem.FAILED),
        ],
    )
    def test_what_is_wrong_is_said(
        self,
        claim: Domain,
        administrator: Member,
        names: NameServer,
        client_of: ClientOf,
        known: list[str] | None,
        problem: Problem,
    ) -> None:
        if known is not None:
            names.records[claim.record_name] = known
        client = client_of(administrator)
        page = reverse("accounts:domain", args=[claim.pk])
        assert client.post(reverse("accounts:domain_check", args=[claim.pk]))["Location"] == page
        claim.refresh_from_db()
        assert (claim.state, claim.problem) == (Domain.State.CLAIMED, problem)
        shown = text_of(client.get(page))
        assert "Checked on" in shown
        assert {"missing": "no such record", "other": "another value", "failed": "an error"}[problem] in shown

    def test_a_name_server_that_never_answers(self, names: NameServer, settings: Any) -> None:
        settings.DNS_TIMEOUT_SECONDS = 0.1
        names.records["silent.example"] = SILENT
        assert txt_records("silent.example") == TxtRecords(problem=Problem.NO_ANSWER)
        assert "silent.example" in names.asked

    def test_names_and_values_of_any_length(self, names: NameServer) -> None:
        names.records["long.example"] = ["a" * 350]
        assert txt_records("long.example").values == {"a" * 350}
        for name in ("a" * 64 + ".example", ".".join(["a" * 60] * 5), "a..example"):
            assert txt_records(name).problem in (Problem.MISSING, Problem.FAILED)

    def test_another_companys_record_proves_nothing(
        self, claim: Domain, other_company: Company, other_actor: Actor, names: NameServer
    ) -> None:
        theirs = add_domain(other_company, NAME, actor=other_actor)
        put(names, claim)
        assert domain_proof.check_now(theirs, actor=other_actor).state == Domain.State.CLAIMED

    def test_not_again_and_again(self, claim: Domain, actor: Actor, names: NameServer, clock: Clock) -> None:
        """By a company, whatever it claims: each look may hold a web process for seconds."""
        other = add_domain(claim.company, "other.example", actor=actor)
        domain_proof.check_now(claim, actor=actor)
        for again in (claim, other):
            with pytest.raises(Invalid, match="just checked"):
                domain_proof.check_now(again, actor=actor)
        assert len(names.asked) == 1
        clock.forward(seconds=6)
        domain_proof.check_now(claim, actor=actor)
        assert len(names.asked) == 2

    def test_not_many_times_at_once(
        self, claim: Domain, actor: Actor, names: NameServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever waits for the company's lock sees that another request has asked."""

        def another_was_first(company: int) -> None:
            Domain.objects.filter(company=company).update(asked_at=timezone.now())

        monkeypatch.setattr(domain_proof, "lock_company", another_was_first)
        with pytest.raises(Invalid, match="just checked"):
            domain_proof.check_now(claim, actor=actor)
        assert not names.asked

    def test_one_whose_name_servers_are_silent_is_seldom_asked_for(
        self, claim: Domain, names: NameServer, settings: Any, clock: Clock
    ) -> None:
        """Each time would hold the worker for seconds."""
        settings.DNS_TIMEOUT_SECONDS = 0.1
        names.records[claim.record_name] = SILENT
        domain_proof.queue_checks()
        asked = len(names.asked)
        assert asked
        clock.forward(minutes=59)
        domain_proof.queue_checks()
        assert len(names.asked) == asked
        clock.forward(minutes=1)
        domain_proof.queue_checks()
        assert len(names.asked) > asked

    def test_the_worker_looks_by_itself(
        self, claim: Domain, used: Domain, names: NameServer, clock: Clock
    ) -> None:
        put(names, claim)
        Domain.objects.filter(pk=used.pk).update(name="old.example")
        domain_proof.queue_checks()
        assert (state_of(claim), state_of(used)) == ("proven", "existing")
        assert sorted(names.asked) == [claim.record_name, "_groupadmin-challenge.old.example"]
        domain_proof.queue_checks()
        assert len(names.asked) == 2
        clock.forward(days=1, seconds=1)
        domain_proof.queue_checks()
        assert len(names.asked) == 3

    def test_others_may_not(
        self, claim: Domain, member: Member, other_actor: Actor, actor: Actor, actor_of: ActorOf
    ) -> None:
        for somebody in (actor_of(member), other_actor):
            with pytest.raises(Refused):
                domain_proof.check_now(claim, actor=somebody)
            with pytest.raises(Refused):
                prove_domain(claim, actor=somebody)
        with pytest.raises(Refused):
            approve_domain(claim, actor=actor)
        assert state_of(claim) == Domain.State.CLAIMED

    def test_superusers_approve_and_what_they_add_is_approved(
        self, claim: Domain, company: Company, root: Actor
    ) -> None:
        assert approve_domain(claim, actor=root).state == Domain.State.PROVEN
        assert add_domain(company, "more.example", actor=root).state == Domain.State.PROVEN
        assert entries(company)[-3:] == ["domain.approve", "domain.add", "domain.approve"]


class TestAgainstOthers:
    """A proof beats claims, and domains that were only used."""

    def test_a_proof_ends_other_claims(
        self, claim: Domain, company: Company, other_company: Company, other_actor: Actor
    ) -> None:
        theirs = add_domain(other_company, NAME, actor=other_actor)
        prove_domain(theirs, actor=other_actor)
        assert not Domain.objects.filter(pk=claim.pk).exists()
        entry = AuditEntry.objects.filter(company_id=company.pk).latest("pk")
        assert (entry.action, entry.actor_id, entry.ip) == ("domain.lose", None, None)
        with pytest.raises(Invalid, match="cannot be added"):
            add_domain(company, NAME, actor=Actor.system())

    def test_a_used_domain_is_lost_with_all_that_it_gave(
        self, claim: Domain, used: Domain, other_company: Company, other_actor: Actor, actor: Actor
    ) -> None:
        """Its addresses stay, so that their people can sign in and get others."""
        make_domain_primary(used, actor=other_actor)
        prove_domain(claim, actor=actor)
        used.refresh_from_db()
        assert (used.state, used.is_primary, used.is_usable) == (Domain.State.LOST, False, False)
        assert other_company.primary_domain.name == "nordlicht.example"
        assert Address.objects.filter(email=f"old@{NAME}").exists()
        assert not Address.objects.usable().filter(email=f"old@{NAME}").exists()
        with pytest.raises(Invalid):
            add_member(other_company, MemberSettings("N", "n", used.pk), actor=other_actor)
        with pytest.raises(Invalid, match="taken by a member"):
            add_member(claim.company, MemberSettings("Old", "old", claim.pk), actor=actor)
        assert add_member(claim.company, MemberSettings("N", "n", claim.pk), actor=actor)
        with pytest.raises(Invalid, match="Another company"):
            prove_domain(used, actor=other_actor)

    def test_its_new_owner_gets_no_link_into_the_accounts_of_the_old_one(
        self, used: Domain, client: Client
    ) -> None:
        """Who reads the mail there now, is of another company."""
        for state, mails in ((Domain.State.LOST, 0), (Domain.State.EXISTING, 1)):
            Domain.objects.filter(pk=used.pk).update(state=state)
            client.post(reverse("account_reset_password"), {"email": f"old@{NAME}"})
            assert len(mail.outbox) == mails

    def test_one_that_nobody_used_goes(self, claim: Domain, used: Domain, actor: Actor) -> None:
        used.addresses.all().delete()
        prove_domain(claim, actor=actor)
        assert not Domain.objects.filter(pk=used.pk).exists()

    def test_people_leave_external_groups_by_it(
        self, claim: Domain, used: Domain, actor: Actor, external_group: Group, guest: Member
    ) -> None:
        """Rule 2.15: the group's company connects with the other one by that domain alone."""
        Company.objects.filter(pk=claim.company_id).update(partners=Company.Partners.NAMED)
        PartnerDomain.objects.create(company=claim.company, name=NAME)
        prove_domain(claim, actor=actor)
        assert not external_group.entries.filter(member=guest).exists()

    def test_superusers_are_asked_to_choose(self, claim: Domain, used: Domain, root: Actor) -> None:
        with pytest.raises(Invalid, match="Nordlicht uses new"):
            approve_domain(claim, actor=root)
        assert state_of(used) == Domain.State.EXISTING
        assert approve_domain(used, actor=root).state == Domain.State.PROVEN
        assert not Domain.objects.filter(pk=claim.pk).exists()

    def test_the_database_lets_one_company_use_a_name(self, claim: Domain, used: Domain) -> None:
        for state in (Domain.State.EXISTING, Domain.State.PROVEN):
            with pytest.raises(IntegrityError), transaction.atomic():
                Domain.objects.filter(pk=claim.pk).update(state=state)
