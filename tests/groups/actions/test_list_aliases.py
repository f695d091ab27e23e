"""Further addresses of a list as settings (rules 1.6, 2.17, 4.14)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Address, AuditEntry, Company, Domain, Member
from groupadmin.base.errors import Invalid
from groups.actions import (
    GroupSettings,
    delete_group,
    lost_aliases,
    purge_deleted_groups,
    restore_group,
    update_group,
)
from groups.models import Group, ListAlias, MailingList
from tests.factories import AddressFactory, DomainFactory
from tests.helpers import ClientOf, actor_of

pytestmark = pytest.mark.django_db

Change = Callable[..., Group]


@pytest.fixture
def change(group: Group, administrator: Member) -> Change:
    """Edits the group's list; aliases are local parts at the company's own domain, or pairs."""

    def change_list(*aliases: str | tuple[str, int], **values: Any) -> Group:
        fresh = Group.objects.get(pk=group.pk)
        settings = GroupSettings.of(fresh)
        assert settings.mailing_list is not None
        home = fresh.company.primary_domain.pk
        pairs = frozenset((one, home) if isinstance(one, str) else one for one in aliases)
        wanted = replace(settings.mailing_list, aliases=pairs, **values)
        settings = replace(settings, mailing_list=wanted)
        update_group(fresh, settings, fresh.version, actor=actor_of(administrator))
        return Group.objects.get(pk=group.pk)

    return change_list


def list_of(group: Group) -> MailingList:
    assert group.mailing_list is not None
    return MailingList.objects.get(pk=group.mailing_list.pk)


def aliases_of(group: Group) -> list[str]:
    return sorted(list_of(group).aliases.values_list("address__email", flat=True))


def test_aliases_are_addresses_of_their_own(company: Company, change: Change) -> None:
    """Audited before and after; saved again, nothing changes."""
    second = DomainFactory.create(company=company, name="second.example")
    group = change("guild", ("platform", second.pk))
    assert aliases_of(group) == ["guild@hanbit.example", "platform@second.example"]
    assert set(Address.objects.filter(kind="group_alias").values_list("email", flat=True)) == {
        *aliases_of(group)
    }
    (entry,) = AuditEntry.objects.all()
    assert entry.changes == {"aliases": [[], aliases_of(group)]}
    change("guild", ("platform", second.pk))
    assert AuditEntry.objects.count() == 1
    assert aliases_of(change("guild")) == ["guild@hanbit.example"]
    assert not Address.objects.filter(email="platform@second.example").exists()


def test_address_and_alias_change_places(change: Change) -> None:
    change("guild", "third")
    group = change("platform", "third", local_part="guild")
    assert (group.address, aliases_of(group)) == (
        "guild@hanbit.example",
        ["platform@hanbit.example", "third@hanbit.example"],
    )
    group = change("guild", local_part="third")
    assert (group.address, aliases_of(group)) == ("third@hanbit.example", ["guild@hanbit.example"])
    kinds = dict(Address.objects.filter(member=None).values_list("email", "kind"))
    assert kinds == {"third@hanbit.example": "group", "guild@hanbit.example": "group_alias"}


def test_the_address_itself_is_no_alias(change: Change) -> None:
    assert aliases_of(change("platform")) == []


@pytest.mark.parametrize(
    ("alias", "said"),
    [
        ("momo", "taken by a member"),
        ("mo", "taken by a member"),
        ("a-team", "taken by a team"),
        ("a-list", "taken by a group"),
        ("other-alias", "taken by a group"),
        ("postmaster", "reserved"),
        ("Upper", "lower-case"),
        ("a", "2 to 40"),
        ("a..b", "Dots"),
    ],
)
def test_what_no_alias_can_be(
    company: Company, member: Member, change: Change, alias: str, said: str
) -> None:
    """Rules 1.6, 1.10, 4.1, 4.2: as for the address."""
    AddressFactory.create(company=company, local_part="mo", kind=Address.Kind.ALIAS, member=member)
    AddressFactory.create(company=company, local_part="a-team", kind=Address.Kind.TEAM)
    AddressFactory.create(company=company, local_part="a-list")
    AddressFactory.create(company=company, local_part="other-alias", kind=Address.Kind.GROUP_ALIAS)
    with pytest.raises(Invalid, match=said) as invalid:
        change(alias)
    assert invalid.value.field == "aliases"


def test_domains_of_others_and_claimed_ones_are_refused(
    company: Company, other_company: Company, change: Change
) -> None:
    """Rules 1.1, 1.9."""
    claim = DomainFactory.create(company=company, name="claimed.example", state=Domain.State.CLAIMED)
    for domain in (other_company.primary_domain, claim):
        with pytest.raises(Invalid, match="your company's domains") as invalid:
            change(("alias", domain.pk))
        assert invalid.value.field == "aliases"


def test_twenty_at_most(change: Change) -> None:
    assert len(aliases_of(change(*(f"alias{n}" for n in range(20))))) == 20
    with pytest.raises(Invalid, match="at most 20"):
        change(*(f"alias{n}" for n in range(21)))


def test_the_database_holds_it(company: Company, group: Group, change: Change, member: Member) -> None:
    """Rule 1.6: an address leads to one list, and belongs to no person."""
    alias = ListAlias.objects.get(mailing_list=list_of(change("guild")))
    with pytest.raises(IntegrityError), transaction.atomic():
        ListAlias.objects.create(mailing_list=list_of(group), address=alias.address)
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.filter(pk=alias.address_id).update(member=member)


def test_deleting_frees_and_restoring_takes_back(
    company: Company, change: Change, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 2.17: but for those that are taken by then, which the page names."""
    actor = actor_of(administrator)
    group = change("guild", "third")
    delete_page = client_of(administrator).get(reverse("groups:delete", args=[group.pk])).content.decode()
    assert "The same goes for its <strong>2 aliases</strong>" in delete_page
    delete_group(group, actor=actor)
    assert not Address.objects.filter(kind__in=["group", "group_alias"]).exists()
    AddressFactory.create(company=company, local_part="third", kind=Address.Kind.TEAM)
    group = Group.objects.get(pk=group.pk)
    assert lost_aliases(group) == ["third@hanbit.example"]
    page = client_of(administrator).get(reverse("groups:restore", args=[group.pk])).content.decode()
    assert "Its alias third@hanbit.example is taken now" in page
    group = restore_group(group, actor=actor)
    assert (group.address, aliases_of(group)) == ("platform@hanbit.example", ["guild@hanbit.example"])
    entry = AuditEntry.objects.get(action="group.restore")
    assert entry.changes["aliases"] == [
        ["guild@hanbit.example", "third@hanbit.example"],
        ["guild@hanbit.example"],
    ]
    assert list_of(group).kept_aliases == ""


def test_a_new_address_may_be_one_of_the_old_aliases(change: Change, administrator: Member) -> None:
    group = change("guild")
    delete_group(group, actor=actor_of(administrator))
    group = restore_group(Group.objects.get(pk=group.pk), actor=actor_of(administrator), local_part="guild")
    assert (group.address, aliases_of(group)) == ("guild@hanbit.example", [])


def test_a_purged_group_leaves_nothing(change: Change, administrator: Member, settings: Any) -> None:
    group = change("guild")
    delete_group(group, actor=actor_of(administrator))
    settings.DELETED_GROUPS_KEPT_DAYS = -1
    assert purge_deleted_groups(actor=actor_of(administrator)) == 1
    assert not MailingList.objects.exists()
    assert not Address.objects.filter(kind__in=["group", "group_alias"]).exists()
