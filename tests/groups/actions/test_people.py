"""Entries and masters (rules 1.8, 2.7, 2.8, 2.10, 2.11, 2.12, 2.16, 2.18, 2.21)."""

from collections.abc import Callable

import pytest
from django.http import Http404

from accounts.actor import Refused
from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.base.errors import Conflict, Invalid
from groups.actions import (
    Entries,
    add_master_as_member,
    add_masters,
    edit_entries,
    edit_masters,
    give_up_master,
    remove_master,
    replace_entries,
    replace_masters,
)
from groups.entries import present_entries
from groups.models import Group, Master
from tests.factories import GroupFactory, MasterFactory, MemberFactory, MembershipFactory
from tests.helpers import actor_of, shown

pytestmark = pytest.mark.django_db


def people(*members: Member) -> Entries:
    return Entries(members=frozenset(member.pk for member in members))


def groups(*contained: Group) -> Entries:
    return Entries(groups=frozenset(group.pk for group in contained))


def test_entries_come_and_go(
    group: Group,
    master: Member,
    member: Member,
    outsider: Member,
    team: Team,
    last_entry: Callable[[], AuditEntry],
) -> None:
    edited = edit_entries(group, people(outsider), people(member), actor=actor_of(master), version=1)
    assert present_entries(group) == Entries(frozenset({outsider.pk}), frozenset({team.pk}))
    assert edited.version == 2
    entry = last_entry()
    assert (entry.action, entry.target_version) == ("group.edit_members", 2)
    assert {key: shown(after) for key, (_before, after) in entry.changes.items()} == {
        "members_added": ["Otto Outsider <otto@hanbit.example>"],
        "members_removed": ["Momo Member <momo@hanbit.example>"],
    }


def test_what_is_there_already_changes_nothing(
    group: Group, master: Member, member: Member, outsider: Member
) -> None:
    edit_entries(group, people(member), people(outsider), actor=actor_of(master), version=1)
    group.refresh_from_db()
    assert group.version == 1
    assert not AuditEntry.objects.exists()


def test_the_later_of_two_is_told(
    group: Group, master: Member, administrator: Member, member: Member, outsider: Member
) -> None:
    """Rule 2.18; who wants what was done already is not bothered."""
    edit_entries(group, people(outsider), Entries(), actor=actor_of(administrator), version=1)
    edit_entries(group, people(outsider), Entries(), actor=actor_of(master), version=1)
    with pytest.raises(Conflict):
        edit_entries(group, Entries(), people(member), actor=actor_of(master), version=1)
    edit_entries(group, Entries(), people(member), actor=actor_of(master))


def test_the_last_entry_stays(group: Group, master: Member) -> None:
    """Rule 2.8."""
    with pytest.raises(Invalid):
        edit_entries(group, Entries(), present_entries(group), actor=actor_of(master))
    assert present_entries(group)


def test_members_cannot_leave_by_themselves(group: Group, member: Member) -> None:
    """Rule 2.16."""
    with pytest.raises(Refused):
        edit_entries(group, Entries(), people(member), actor=actor_of(member))


def test_the_limit_of_groups_names_who_is_full(
    group: Group, master: Member, outsider: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 1.8: who is in the group already is not counted again."""
    monkeypatch.setattr("groups.limits.DIRECT_GROUPS_LIMIT", 1)
    GroupFactory.create(members=[outsider])
    with pytest.raises(Invalid, match="Otto Outsider"):
        edit_entries(group, people(outsider, member), Entries(), actor=actor_of(master))
    edit_entries(group, people(master, member), Entries(), actor=actor_of(master))


def test_an_external_group_takes_no_teams_and_no_groups(
    external_group: Group, group: Group, team: Team, master: Member
) -> None:
    """Rules 2.9, 2.1."""
    for entries in (Entries(teams=frozenset({team.pk})), groups(group)):
        with pytest.raises(Invalid):
            edit_entries(external_group, entries, Entries(), actor=actor_of(master))


def test_an_external_group_is_no_entry(group: Group, external_group: Group, master: Member) -> None:
    """Rule 2.8."""
    with pytest.raises(Invalid):
        edit_entries(group, groups(external_group), Entries(), actor=actor_of(master))


def test_a_group_contains_itself_neither_directly_nor_through_others(
    company: Company, administrator: Member
) -> None:
    """Rule 2.11: refused with the chain; a diamond is no loop."""
    bottom, side, middle, top = (
        GroupFactory.create(company=company, name=name, members=[administrator])
        for name in ("Bottom", "Side", "Middle", "Top")
    )
    actor = actor_of(administrator)
    for container, contained in ((middle, bottom), (side, bottom), (top, middle), (top, side)):
        edit_entries(container, groups(contained), Entries(), actor=actor)
    with pytest.raises(Invalid) as invalid:
        edit_entries(bottom, groups(top), Entries(), actor=actor)
    chain = invalid.value.message.replace("\u2068", "").replace("\u2069", "")
    assert chain.endswith(("Bottom › Top › Middle › Bottom", "Bottom › Top › Side › Bottom"))
    with pytest.raises(Invalid, match="Bottom"):
        edit_entries(bottom, groups(bottom), Entries(), actor=actor)
    assert not present_entries(bottom).groups


def test_the_chain_does_not_name_what_one_may_not_see(
    group: Group, private_group: Group, master: Member, company: Company
) -> None:
    """Rules 2.21, 2.11."""
    top = GroupFactory.create(company=company, name="Top", subgroups=[private_group])
    MembershipFactory.create(group=private_group, subgroup=group)
    with pytest.raises(Invalid) as invalid:
        edit_entries(group, groups(top), Entries(), actor=actor_of(master))
    assert "a private group" in invalid.value.message
    assert "Secret" not in invalid.value.message


def test_checking_for_loops_takes_no_more_queries(
    group: Group,
    company: Company,
    administrator: Member,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    actor = actor_of(administrator)
    for number in (1, 50):
        contained = GroupFactory.create_batch(number, company=company)
        with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
            edit_entries(group, groups(*contained), Entries(), actor=actor)


def test_masters_are_added(group: Group, administrator: Member, outsider: Member, master: Member) -> None:
    """Rules 2.7, 2.15."""
    add_masters(group, frozenset({outsider.pk}), actor=actor_of(administrator))
    assert {row.member for row in group.masters.all()} == {master, outsider}
    group.masters.all().delete()
    add_masters(group, frozenset({outsider.pk}), actor=actor_of(administrator))
    assert [row.member for row in group.masters.all()] == [outsider]


def test_masters_of_external_groups_may_connect(
    external_group: Group, administrator: Member, outsider: Member, company: Company
) -> None:
    """Rule 2.7."""
    Company.objects.filter(pk=company.pk).update(connecting="chosen")
    with pytest.raises(Invalid, match="Otto Outsider"):
        add_masters(external_group, frozenset({outsider.pk}), actor=actor_of(administrator))
    Member.objects.filter(pk=outsider.pk).update(may_connect=True)
    add_masters(external_group, frozenset({outsider.pk}), actor=actor_of(administrator))


def test_a_master_becomes_a_member_with_one_click(group: Group, master: Member, outsider: Member) -> None:
    """Rule 2.12."""
    actor = actor_of(master)
    add_master_as_member(group, master, actor=actor)
    add_master_as_member(group, master, actor=actor)
    assert group.entries.filter(member=master).count() == 1
    with pytest.raises(Refused):
        add_master_as_member(group, outsider, actor=actor)


def test_a_master_is_removed_while_another_is_left(
    group: Group, master: Member, outsider: Member, administrator: Member
) -> None:
    """Rule 2.7: another one that is active."""
    MasterFactory.create(group=group, member=MemberFactory.create(company=group.company, is_active=False))
    with pytest.raises(Invalid):
        remove_master(group, master, actor=actor_of(administrator))
    group.masters.filter(member__is_active=False).delete()
    MasterFactory.create(group=group, member=outsider)
    remove_master(group, master, actor=actor_of(outsider))
    remove_master(group, master, actor=actor_of(outsider))
    assert [row.member for row in group.masters.all()] == [outsider]
    with pytest.raises(Refused):
        remove_master(group, outsider, actor=actor_of(master))


def test_a_master_gives_up_while_another_is_left(
    group: Group, master: Member, outsider: Member, administrator: Member
) -> None:
    """Rule 2.7: another one that is active."""
    with pytest.raises(Refused, match="last"):
        give_up_master(group, actor=actor_of(master))
    with pytest.raises(Refused, match="not a master"):
        give_up_master(group, actor=actor_of(administrator))
    gone = MemberFactory.create(company=group.company, is_active=False)
    MasterFactory.create(group=group, member=gone)
    with pytest.raises(Refused, match="last"):
        give_up_master(group, actor=actor_of(master))
    MasterFactory.create(group=group, member=outsider)
    give_up_master(group, actor=actor_of(master))
    assert not Master.objects.filter(group=group, member=master).exists()


@pytest.mark.parametrize("role", ["stranger", "guest", "other_administrator"])
def test_people_of_other_companies_find_nothing_to_change(
    request: pytest.FixtureRequest, group: Group, master: Member, role: str
) -> None:
    """Rule 1.1."""
    actor = actor_of(request.getfixturevalue(role))
    with pytest.raises(Http404):
        edit_entries(group, Entries(), Entries(), actor=actor)
    with pytest.raises(Http404):
        add_masters(group, frozenset(), actor=actor)
    with pytest.raises(Http404):
        remove_master(group, master, actor=actor)
    with pytest.raises(Http404):
        give_up_master(group, actor=actor)


def test_a_name_turns_nothing_round_in_the_audit(
    company: Company, group: Group, administrator: Member
) -> None:
    """Rule 2.4: what a name opens is closed before its address follows."""
    turning = MemberFactory.create(company=company, name="\u202eturned", email="turned@hanbit.example")
    edit_entries(group, Entries(frozenset({turning.pk})), Entries(), actor=actor_of(administrator))
    entry = AuditEntry.objects.get(action="group.edit_members")
    assert shown(entry.changes["members_added"][1]) == ["\u202eturned\u202c <turned@hanbit.example>"]


def test_entries_come_and_go_without_a_look_at_the_others(
    group: Group, master: Member, member: Member, outsider: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.18: a group of a hundred thousand costs no more than one of ten."""
    monkeypatch.setattr("groups.actions.people.present_entries", pytest.fail)
    edit_entries(group, people(outsider, member), Entries(), actor=actor_of(master))
    edit_entries(group, people(member), people(member, master), actor=actor_of(master))
    assert present_entries(group).members == {outsider.pk}


def test_the_last_entry_stays_whichever_way_it_is_to_go(
    group: Group, master: Member, member: Member, team: Team
) -> None:
    """Rule 2.8."""
    all_of_them = Entries(frozenset({member.pk}), frozenset({team.pk}))
    with pytest.raises(Invalid):
        edit_entries(group, Entries(), all_of_them, actor=actor_of(master))
    with pytest.raises(Invalid):
        replace_entries(group, Entries(), actor=actor_of(master))
    edit_entries(group, people(master), all_of_them, actor=actor_of(master))
    assert present_entries(group) == people(master)


def test_entries_are_replaced_unless_somebody_was_faster(
    group: Group, master: Member, member: Member, outsider: Member
) -> None:
    replace_entries(group, people(outsider, member), actor=actor_of(master), version=1)
    assert present_entries(group) == people(outsider, member)
    with pytest.raises(Conflict):
        replace_entries(group, people(outsider), actor=actor_of(master), version=1)
    replace_entries(group, people(outsider, member), actor=actor_of(master), version=1)
    group.refresh_from_db()
    assert group.version == 2


def test_masters_are_replaced_in_one_step(
    group: Group, master: Member, member: Member, outsider: Member, last_entry: Callable[[], AuditEntry]
) -> None:
    """Rule 2.7: one after the other, the last one could not go."""
    edit_masters(group, frozenset({member.pk}), frozenset({master.pk}), actor=actor_of(master), version=1)
    assert [one.member for one in group.masters.all()] == [member]
    with pytest.raises(Conflict):
        replace_masters(group, frozenset({outsider.pk}), actor=actor_of(member), version=1)
    with pytest.raises(Invalid):
        replace_masters(group, frozenset(), actor=actor_of(member))
    replace_masters(group, frozenset({outsider.pk}), actor=actor_of(member), version=2)
    assert [one.member for one in group.masters.all()] == [outsider]
    assert last_entry().action == "group.set_masters"
