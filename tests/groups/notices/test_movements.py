"""Who is told that they joined or left a group, whatever the change (rules 2.10, 5.1)."""

from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.actions.members import MemberSettings, update_member
from accounts.actions.teams import delete_team, move_team, set_team_people
from accounts.actor import Actor
from accounts.models import Company, Member, Team
from groupadmin.base.errors import Invalid
from groups import actions
from groups.actions import Entries, GroupSettings
from groups.membership import effective
from groups.models import Group, Notice, Notification
from groups.notices.movements import movements
from tests.factories import CompanyFactory, GroupFactory, MemberFactory, MembershipFactory, TeamFactory
from tests.helpers import changed

pytestmark = pytest.mark.django_db

PEOPLE, TEAMS, GROUPS = 4, 4, 5
SYSTEM = Actor.system()


@dataclass(frozen=True)
class Step:
    """One change: which action, and numbers that it makes of them what it can."""

    what: str
    one: int
    other: int
    some: frozenset[int]
    flag: bool


steps = st.builds(
    Step,
    st.sampled_from(
        ["members", "teams", "groups", "update", "team people", "move", "drop", "delete", "person"]
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.frozensets(st.integers(0, 3), max_size=3),
    st.booleans(),
)


class World:
    """A small company; groups hold teams, and groups of later numbers, as the pairs say."""

    def __init__(self, inside: list[tuple[int, int]], notifying: frozenset[int]) -> None:
        self.company: Company = CompanyFactory.create()
        self.people = [MemberFactory.create(company=self.company) for _n in range(PEOPLE)]
        self.teams: list[Team] = []
        for n in range(TEAMS):
            parent = self.teams[n - 1] if n % 2 else None
            self.teams.append(
                TeamFactory.create(company=self.company, people=[self.people[n]], parent=parent)
            )
        self.groups = [
            GroupFactory.create(company=self.company, notifies=n in notifying, masters=[self.people[0]])
            for n in range(GROUPS)
        ]
        for group in self.groups:
            MembershipFactory.create(group=group, member=self.people[0])
        for outer, inner in set(inside):
            if outer < inner:
                MembershipFactory.create(group=self.groups[outer], subgroup=self.groups[inner])
            else:
                MembershipFactory.create(group=self.groups[outer], team=self.teams[inner % TEAMS])

    def pairs(self) -> set[tuple[int, int]]:
        """Everybody in every live group, as the page of the group says it."""
        live = Group.objects.live()
        return {(group.pk, member.pk) for group in live for member in effective.people_of(group)}

    def do(self, step: Step) -> None:
        group = Group.objects.get(pk=self.groups[step.one % GROUPS].pk)
        team = self.teams[step.one % TEAMS]
        people = frozenset(self.people[n % PEOPLE].pk for n in step.some)
        if step.what in ("members", "teams", "groups"):
            entries = Entries(**{step.what: self._ids(step)})
            added, removed = (entries, Entries()) if step.flag else (Entries(), entries)
            actions.edit_entries(group, added, removed, actor=SYSTEM)
        elif step.what == "update":
            wanted = GroupSettings(
                name=group.name,
                masters=frozenset({self.people[0].pk}),
                entries=Entries(members=people, teams=frozenset({team.pk})),
            ).with_switches(notifies=step.flag)
            actions.update_group(group, wanted, group.version, actor=SYSTEM)
        elif step.what == "team people":
            change = (people, frozenset[int]()) if step.flag else (frozenset[int](), people)
            set_team_people(team, *change, actor=SYSTEM)
        elif step.what == "move":
            move_team(team, self.teams[step.other % TEAMS] if step.flag else None, actor=SYSTEM)
        elif step.what == "drop":
            delete_team(team, actor=SYSTEM)
        elif step.what == "delete":
            actions.delete_group(group, actor=SYSTEM)
        else:
            person = Member.objects.get(pk=self.people[step.one % PEOPLE].pk)
            old = MemberSettings.of(person)
            teams = frozenset(self.teams[n].pk for n in step.some)
            changed = MemberSettings(person.name, old.local_part, old.domain_id, team_ids=teams)
            update_member(person, changed, actor=SYSTEM)

    def _ids(self, step: Step) -> frozenset[int]:
        things: list[Member] | list[Team] | list[Group] = {
            "members": self.people,
            "teams": self.teams,
            "groups": self.groups,
        }[step.what]  # type: ignore[assignment]
        return frozenset(things[n].pk for n in step.some)


def told(kind: Notice.Kind, since: int) -> list[tuple[int, int]]:
    """Whom the notices after `since` tell that, as group and person; of deleted groups, that is told."""
    found = Notification.objects.filter(notice__kind=kind, notice__gt=since, notice__group__deleted_at=None)
    return sorted((pk, member) for pk, member in found.values_list("notice__group", "member") if pk)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, GROUPS - 1), st.integers(0, GROUPS - 1)), max_size=6),
    st.frozensets(st.integers(0, GROUPS - 1), min_size=1),
    st.lists(steps, min_size=1, max_size=4),
)
def test_what_is_told_is_the_difference(
    inside: list[tuple[int, int]], notifying: frozenset[int], changes: list[Step]
) -> None:
    """In any small company, whatever changes: who was not in and is now is told so once, and the reverse."""
    with transaction.atomic():
        world = World(inside, notifying)
        for change in changes:
            before = world.pairs()
            since = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            try:
                with transaction.atomic():
                    world.do(change)
            except (Invalid, Http404):
                continue  # such as a loop, or what is gone
            after = world.pairs()
            tells = set(Group.objects.filter(notifies=True, deleted_at=None).values_list("pk", flat=True))
            joined = sorted(pair for pair in after - before if pair[0] in tells)
            left = sorted(pair for pair in before - after if pair[0] in tells)
            assert told(Notice.Kind.JOINED, since) == joined
            assert told(Notice.Kind.REMOVED, since) == left
        transaction.set_rollback(True)


def kinds_of(member: Member) -> list[tuple[str, str]]:
    """What the member is told, oldest first: kind and group."""
    mine = Notification.objects.filter(member=member).order_by("pk")
    return list(mine.values_list("notice__kind", "notice__group_name"))


def test_by_way_of_a_team_that_is_moved(company: Company, team: Team, teammate: Member) -> None:
    """Rule 2.10: a team that is put below another one joins what that one is in."""
    top = TeamFactory.create(company=company, name="Top")
    GroupFactory.create(company=company, name="All of top", teams=[top], notifies=True)
    move_team(team, top, actor=SYSTEM)
    assert kinds_of(teammate) == [("joined", "All of top")]
    move_team(team, None, actor=SYSTEM)
    assert kinds_of(teammate)[1:] == [("removed", "All of top")]


def test_by_way_of_a_group_inside_a_group(company: Company, member: Member, outsider: Member) -> None:
    inner = GroupFactory.create(company=company, name="Inner", members=[member])
    middle = GroupFactory.create(company=company, name="Middle", subgroups=[inner])
    GroupFactory.create(company=company, name="Outer", subgroups=[middle], notifies=True)
    actions.edit_entries(inner, Entries(members=frozenset({outsider.pk})), Entries(), actor=SYSTEM)
    assert kinds_of(outsider) == [("joined", "Outer")]
    actions.delete_group(inner, actor=SYSTEM)
    assert kinds_of(outsider)[1:] == kinds_of(member) == [("removed", "Outer")]


def test_who_stays_in_by_another_way_has_neither_joined_nor_left(
    company: Company, team: Team, teammate: Member, group: Group
) -> None:
    Group.objects.filter(pk=group.pk).update(notifies=True)
    direct = Entries(members=frozenset({teammate.pk}))
    actions.edit_entries(group, direct, Entries(), actor=SYSTEM)
    set_team_people(team, frozenset(), frozenset({teammate.pk}), actor=SYSTEM)
    assert kinds_of(teammate) == []
    actions.edit_entries(group, Entries(), direct, actor=SYSTEM)
    assert kinds_of(teammate) == [("removed", "Platform guild")]


def test_what_is_set_after_the_change_counts(group: Group, outsider: Member, member: Member) -> None:
    """Switched on in the same save, who joins by it is told; switched off, nobody is (rule 5.1)."""
    old = GroupSettings.of(group)
    both = Entries(members=old.entries.members | {outsider.pk}, teams=old.entries.teams)
    settings_on = changed(old, entries=both, notifies=True)
    group = actions.update_group(group, settings_on, group.version, actor=SYSTEM)
    assert kinds_of(outsider) == [("joined", "Platform guild")]
    settings_off = changed(old, name="Another name", notifies=False)
    actions.update_group(group, settings_off, group.version, actor=SYSTEM)
    assert len(kinds_of(outsider)) == 1
    assert kinds_of(member) == []


@pytest.mark.parametrize("change", [{"notifies": False}, {"deleted_at": timezone.now()}])
def test_nobody_has_left_what_was_switched_off_or_deleted_meanwhile(
    group: Group, member: Member, teammate: Member, change: dict[str, object]
) -> None:
    """Whoever changes a team locks no group: somebody else may switch it off, or delete it, in between."""
    Group.objects.filter(pk=group.pk).update(notifies=True)
    with movements(SYSTEM, people=[member.pk, teammate.pk], groups=[group.pk]):
        group.entries.filter(member=member).delete()
        Group.objects.filter(pk=group.pk).update(**change)
    assert kinds_of(member) == kinds_of(teammate) == []


def test_many_people_and_few_are_told_alike(
    company: Company, team: Team, teammate: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a number of people the groups are asked instead."""
    monkeypatch.setattr(effective, "FEW_PEOPLE", 0)
    group = GroupFactory.create(company=company, name="Guild", notifies=True, members=[])
    actions.edit_entries(group, Entries(teams=frozenset({team.pk})), Entries(), actor=SYSTEM)
    assert kinds_of(teammate) == [("joined", "Guild")]


def test_where_nobody_is_told_the_change_costs_one_query_more(group: Group, outsider: Member) -> None:
    everybody = Member.objects.values_list("pk", flat=True)
    with (
        CaptureQueriesContext(connection) as queries,
        movements(SYSTEM, people=everybody, leaving=[], groups=[group.pk]),
    ):
        pass
    assert len(queries) == 1


def test_the_look_goes_by_indexes(group: Group, outsider: Member) -> None:
    """As many queries however many people and groups."""
    for n in range(3):
        GroupFactory.create(company=group.company, name=f"Above {n}", subgroups=[group], notifies=True)
    with CaptureQueriesContext(connection) as queries:
        actions.edit_entries(group, Entries(members=frozenset({outsider.pk})), Entries(), actor=SYSTEM)
    few = len(queries)
    for n in range(20):
        GroupFactory.create(company=group.company, name=f"More {n}", subgroups=[group], notifies=True)
    with CaptureQueriesContext(connection) as queries:
        actions.edit_entries(group, Entries(), Entries(members=frozenset({outsider.pk})), actor=SYSTEM)
    assert len(queries) <= few
