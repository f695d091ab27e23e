"""Leaving by rule while others work, on PostgreSQL with real threads (rule 2.15)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection  # noqa: F401  (for the condition below)

from accounts.actions.company import CompanySettings, apply_settings
from accounts.actions.deletion import delete_member
from accounts.actions.members import MemberSettings, deactivate_member, update_member
from accounts.actor import Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups.actions import Entries, edit_entries, give_up_master, remove_master
from groups.models import Group, Master, Membership, Notice
from tests.factories import ContactFactory, GroupFactory, MasterFactory
from tests.groups import test_concurrency as groups
from tests.groups.test_concurrency import AtOnce
from tests.helpers import actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]
at_once = groups.at_once

Request = Callable[[], object]


@pytest.fixture
def shared_group(external_group: Group, guest: Member) -> Group:
    """With a master of each company."""
    MasterFactory.create(group=external_group, member=guest)
    return external_group


def _disconnects(administrator: Member) -> Request:
    company = administrator.company
    assert company is not None
    settings = replace(CompanySettings.of(company), connecting=Company.Connecting.NOBODY)
    return lambda: apply_settings(company, settings, actor=actor_of(administrator))


def test_the_last_two_masters_leave_at_the_same_moment(
    at_once: AtOnce,
    shared_group: Group,
    master: Member,
    guest: Member,
    administrator: Member,
    other_administrator: Member,
) -> None:
    """Each by their own company: the group stays, without a master, and both audits say so."""
    at_once(
        lambda: deactivate_member(master, actor=actor_of(administrator)),
        lambda: deactivate_member(guest, actor=actor_of(other_administrator)),
    )
    assert list(Group.objects.live().without_master()) == [shared_group]
    assert not shared_group.masters.exists()
    shared_group.refresh_from_db()
    entries = AuditEntry.objects.filter(action="group.leave_by_rule", company_id=shared_group.company_id)
    assert [len(entry.changes["masters"][1]) for entry in entries.order_by("pk")] == [1, 0]
    assert shared_group.version == 3


@pytest.mark.parametrize("rule_first", [True, False])
def test_a_master_gives_up_while_the_other_must_leave(
    at_once: AtOnce,
    shared_group: Group,
    master: Member,
    guest: Member,
    other_administrator: Member,
    rule_first: bool,
) -> None:
    """Rule 2.7: who is left alone keeps the role; the rule asks nobody."""

    def leave() -> object:
        return deactivate_member(guest, actor=actor_of(other_administrator))

    def give_up() -> object:
        return give_up_master(shared_group, actor=actor_of(master))

    _first, second = at_once(*((leave, give_up) if rule_first else (give_up, leave)))
    assert isinstance(second, Refused) == rule_first
    assert list(shared_group.masters.values_list("member", flat=True)) == ([master.pk] if rule_first else [])


def test_both_companies_disconnect_at_once_from_a_hundred_groups(
    at_once: AtOnce,
    company: Company,
    other_company: Company,
    master: Member,
    guest: Member,
    administrator: Member,
    other_administrator: Member,
) -> None:
    """Nobody waits for the other in a circle, and everybody is told and audited once."""
    for number in range(100):
        owner = (company, other_company)[number % 2]
        GroupFactory.create(company=owner, external=True, masters=[master, guest], members=[master, guest])
    first, second = at_once(_disconnects(administrator), _disconnects(other_administrator))
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert not Membership.objects.exists()
    assert not Master.objects.exists()
    told = Notice.objects.filter(kind="left_by_rule", notifications__member__in=[master, guest])
    assert sum(notice.details["count"] for notice in told) == 200
    entries = AuditEntry.objects.filter(action="group.leave_by_rule")
    taken = [
        (entry.company_id, entry.target_id, item["id"])
        for entry in entries
        for item in entry.changes["members_removed"][1]
    ]
    assert len(taken) == len(set(taken)) == 300


@pytest.mark.parametrize("rule_first", [True, False])
def test_a_disconnect_while_somebody_edits_one_of_the_groups(
    at_once: AtOnce,
    external_group: Group,
    master: Member,
    guest: Member,
    outsider: Member,
    other_administrator: Member,
    rule_first: bool,
) -> None:
    """The guest is removed by hand and by rule; what the other added stays."""
    added, removed = Entries(frozenset({outsider.pk})), Entries(frozenset({guest.pk}))

    def edit() -> object:
        return edit_entries(external_group, added, removed, actor=actor_of(master))

    leave = _disconnects(other_administrator)
    answers = at_once(*((leave, edit) if rule_first else (edit, leave)))
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert set(external_group.entries.values_list("member__name", flat=True)) == {
        "Momo Member",
        "Otto Outsider",
    }


def test_a_permission_withdrawn_between_opening_the_dialog_and_saving(
    at_once: AtOnce,
    external_group: Group,
    master: Member,
    outsider: Member,
    administrator: Member,
    company: Company,
) -> None:
    """What was chosen is asked again when it is saved: a message, and nobody is in who may not be."""
    company.connecting = Company.Connecting.CHOSEN
    company.save()
    Member.objects.filter(pk__in=[master.pk, outsider.pk]).update(may_connect=True)
    withdrawn = replace(MemberSettings.of(Member.objects.get(pk=outsider.pk)), may_connect=False)
    added = Entries(frozenset({outsider.pk}))
    _first, second = at_once(
        lambda: update_member(outsider, withdrawn, actor=actor_of(administrator)),
        lambda: edit_entries(external_group, added, Entries(), actor=actor_of(master)),
    )
    assert isinstance(second, Invalid)
    assert "Otto Outsider" in second.message
    assert not external_group.entries.filter(member=outsider).exists()


@pytest.mark.parametrize("change", [deactivate_member, delete_member])
def test_people_of_others_are_told_while_their_own_company_changes_them(
    at_once: AtOnce,
    external_group: Group,
    guest: Member,
    stranger: Member,
    administrator: Member,
    other_administrator: Member,
    change: Callable[..., object],
) -> None:
    """The row of the person is needed by both, and the group's too: no circle."""
    first, second = at_once(
        lambda: change(guest, actor=actor_of(other_administrator)), _disconnects(administrator)
    )
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert not external_group.entries.exists()


def test_a_person_is_deleted_while_the_other_company_disconnects(
    at_once: AtOnce, external_group: Group, guest: Member, administrator: Member, other_administrator: Member
) -> None:
    """The other way round."""
    ContactFactory.create(person=guest)
    first, second = at_once(
        _disconnects(administrator), lambda: delete_member(guest, actor=actor_of(other_administrator))
    )
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert not Member.objects.filter(pk=guest.pk).exists()


def test_removing_by_hand_and_by_rule(
    at_once: AtOnce, shared_group: Group, guest: Member, administrator: Member, other_administrator: Member
) -> None:
    first, second = at_once(
        _disconnects(other_administrator),
        lambda: remove_master(shared_group, guest, actor=actor_of(administrator)),
    )
    assert not isinstance(first, Exception)
    assert isinstance(second, Group)
    assert shared_group.masters.count() == 1
