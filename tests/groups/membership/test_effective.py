"""Effective membership (rules 2.10, 2.11, 2.21, 5.3): the SQL against a model that one can check by eye."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Company, Member, Team, TeamMembership
from accounts.tree import count_people_of_teams
from groups.membership import effective
from groups.models import Group, Master, Membership
from groups.permissions import visible_groups
from tests.factories import CompanyFactory, GroupFactory, MemberFactory, TeamFactory

pytestmark = pytest.mark.django_db

Thing = TypeVar("Thing", Member, Group)


@dataclass(frozen=True)
class TeamPlan:
    """A team below an earlier one, or at the top; people by number."""

    parent: int | None
    people: frozenset[int]


@dataclass(frozen=True)
class GroupPlan:
    """A group of people, teams and earlier groups, by number."""

    members: frozenset[int]
    teams: frozenset[int]
    groups: frozenset[int]
    masters: frozenset[int]
    is_visible: bool
    is_deleted: bool


@dataclass(frozen=True)
class Plan:
    """A small company, any two of its groups related in any way that is possible."""

    active: list[bool]
    teams: list[TeamPlan]
    groups: list[GroupPlan]


def some(number: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(0, number - 1), max_size=3) if number else st.just(frozenset())


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    people = draw(st.integers(1, 5))
    teams = [
        TeamPlan(draw(st.none() | st.integers(0, n - 1)) if n else None, draw(some(people)))
        for n in range(draw(st.integers(0, 5)))
    ]
    groups: list[GroupPlan] = []
    for _n in range(draw(st.integers(1, 7))):
        # A deleted group is in no other (rule 2.22).
        containable = [n for n, group in enumerate(groups) if not group.is_deleted]
        inside = draw(st.frozensets(st.sampled_from(containable), max_size=3)) if containable else frozenset()
        groups.append(
            GroupPlan(
                draw(some(people)),
                draw(some(len(teams))),
                inside,
                draw(st.frozensets(st.integers(0, people - 1), max_size=1)),
                draw(st.booleans()),
                draw(st.sampled_from([False, False, False, True])),
            )
        )
    return Plan(draw(st.lists(st.booleans(), min_size=people, max_size=people)), teams, groups)


class Model:
    """The rules in plain Python, over numbers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def people_of_team(self, team: int) -> set[int]:
        below = (n for n, other in enumerate(self.plan.teams) if other.parent == team)
        return set(self.plan.teams[team].people).union(*(self.people_of_team(n) for n in below))

    def in_group(self, group: int, hidden: frozenset[int] = frozenset()) -> set[int]:
        """All people, active or not; not looking into hidden groups inside."""
        plan = self.plan.groups[group]
        return set(plan.members).union(
            *(self.people_of_team(team) for team in plan.teams),
            *(self.in_group(inside, hidden) for inside in plan.groups - hidden),
        )

    def people(self, group: int, hidden: frozenset[int] = frozenset()) -> set[int]:
        return {person for person in self.in_group(group, hidden) if self.plan.active[person]}

    def below(self, group: int) -> set[int]:
        inside = self.plan.groups[group].groups
        return set(inside).union(*(self.below(n) for n in inside))

    def visible(self, viewer: int) -> set[int]:
        return {
            n
            for n, group in enumerate(self.plan.groups)
            if not group.is_deleted
            and (group.is_visible or viewer in group.masters or viewer in self.in_group(n))
        }


class World:
    """The plan in the database."""

    def __init__(self, plan: Plan) -> None:
        company = CompanyFactory.create()
        self.people = [
            named(Member(company=company, name="x", email=f"{n}@x.example", is_active=active))
            for n, active in enumerate(plan.active)
        ]
        Member.objects.bulk_create(self.people)
        self.teams: list[Team] = []
        for n, team in enumerate(plan.teams):
            parent = None if team.parent is None else self.teams[team.parent]
            self.teams.append(TeamFactory.create(company=company, name=f"{n}", parent=parent))
            TeamMembership.objects.bulk_create(
                TeamMembership(team=self.teams[n], member=self.people[person]) for person in team.people
            )
        self.groups = [
            named(
                Group(
                    company=company,
                    name=f"{n}",
                    is_visible=group.is_visible,
                    deleted_at=timezone.now() if group.is_deleted else None,
                )
            )
            for n, group in enumerate(plan.groups)
        ]
        Group.objects.bulk_create(self.groups)
        for made, group in zip(self.groups, plan.groups, strict=True):
            Membership.objects.bulk_create(
                [
                    *(Membership(group=made, member=self.people[n]) for n in group.members),
                    *(Membership(group=made, team=self.teams[n]) for n in group.teams),
                    *(Membership(group=made, subgroup=self.groups[n]) for n in group.groups),
                ]
            )
            Master.objects.bulk_create(Master(group=made, member=self.people[n]) for n in group.masters)


def named(thing: Thing) -> Thing:
    thing.fold_name()
    return thing


@contextmanager
def world_of(plan: Plan) -> Iterator[World]:
    with transaction.atomic():
        yield World(plan)
        transaction.set_rollback(True)


def numbers(found: Iterable[Thing], known: list[Thing]) -> set[int]:
    """What was found as numbers of the plan; each thing may be there once only."""
    listed = [known.index(thing) for thing in found]
    assert len(listed) == len(set(listed))
    return set(listed)


@settings(max_examples=120)
@given(plans())
def test_who_is_in_a_group(plan: Plan) -> None:
    """Rule 2.10: of a group, of many, of a person, of a team: all ways to ask agree with the model."""
    model = Model(plan)
    with world_of(plan) as world:
        people = [model.people(n) for n in range(len(plan.groups))]
        counts = effective.count_people(world.groups)
        for n, group in enumerate(world.groups):
            assert numbers(effective.people_of(group), world.people) == people[n]
            assert counts[group.pk] == len(people[n])
        for n, person in enumerate(world.people):
            belongs = {number for number in range(len(plan.groups)) if n in model.in_group(number)}
            found = Group.objects.filter(pk__in=effective.belonging_ids(person))
            assert numbers(found, world.groups) == belongs
            runs = {number for number, group in enumerate(plan.groups) if n in group.masters}
            found = Group.objects.filter(pk__in=effective.group_ids_of(person))
            assert numbers(found, world.groups) == belongs | runs
            for number, group in enumerate(world.groups):
                expected = n in people[number] and not plan.groups[number].is_deleted
                assert effective.is_in(person, group) is expected
        in_teams = count_people_of_teams([team.pk for team in world.teams])
        for n, team in enumerate(world.teams):
            active = {person for person in model.people_of_team(n) if plan.active[person]}
            assert in_teams[team.pk] == len(active)


@settings(max_examples=30)
@given(plans())
def test_what_is_shown_of_private_groups(plan: Plan) -> None:
    """Rules 2.21, 5.3: people who are in only by way of what the viewer may not see are not shown."""
    model = Model(plan)
    with world_of(plan) as world:
        for n, viewer in enumerate(world.people):
            visible = visible_groups(viewer)
            seen = model.visible(n)
            assert numbers(visible, world.groups) == seen
            hidden = frozenset(range(len(plan.groups))) - seen
            for number, group in enumerate(world.groups):
                below = model.below(number)
                found = Group.objects.filter(pk__in=effective.hidden_subgroup_ids(group, visible))
                assert numbers(found, world.groups) == below & hidden
                shown = model.people(number, hidden)
                if n in model.people(number) and not plan.groups[number].is_deleted:
                    shown.add(n)
                assert numbers(effective.people_shown(group, visible), world.people) == shown
                above = {
                    outer
                    for outer in seen
                    if outer != number and number in Model(without(plan, hidden - {outer})).below(outer)
                }
                assert numbers(effective.groups_above_shown(group, visible), world.groups) == above - (
                    {*range(len(plan.groups))} if number in hidden else set()
                )
            for m, person in enumerate(world.people):
                groups = {
                    number
                    for number in seen
                    if m in model.in_group(number, hidden) or m in plan.groups[number].masters
                }
                assert numbers(effective.groups_shown(person, visible), world.groups) == groups


def without(plan: Plan, hidden: frozenset[int]) -> Plan:
    """The plan as if hidden groups contained nothing."""
    nothing: frozenset[int] = frozenset()
    groups = [
        GroupPlan(nothing, nothing, nothing, nothing, False, False) if n in hidden else group
        for n, group in enumerate(plan.groups)
    ]
    return Plan(plan.active, plan.teams, groups)


@settings(max_examples=80)
@given(plans())
def test_what_would_close_a_loop(plan: Plan) -> None:
    """Rule 2.11: the chain is there if and only if there is a loop, and each of its links exists."""
    model = Model(plan)
    with world_of(plan) as world:
        for number, group in enumerate(world.groups):
            for other, subgroup in enumerate(world.groups):
                chain = [world.groups.index(link) for link in effective.loop_chain(group, subgroup)]
                if number != other and number not in model.below(other):
                    assert chain == []
                    continue
                assert chain[0] == chain[-1] == number
                assert number == other or chain[1] == other
                for outer, inner in pairwise(chain[1:]):
                    assert inner in plan.groups[outer].groups


def test_an_empty_list_of_groups_asks_nothing(django_assert_num_queries: Callable[[int], object]) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        assert effective.count_people([]) == {}
        assert count_people_of_teams([]) == {}


def queries_for(number: int, ask: Callable[[Company, Group, Member], object]) -> int:
    """How many queries it takes in a company with so many nested groups, teams and people of each."""
    company = CompanyFactory.create()
    person = MemberFactory.create(company=company)
    parent, inner = None, None
    for n in range(number):
        parent = TeamFactory.create(company=company, parent=parent, people=[person])
        inner = GroupFactory.create(
            company=company,
            private=bool(n % 2),
            members=MemberFactory.create_batch(2, company=company),
            teams=[parent],
            subgroups=[inner] if inner else [],
        )
    viewer = MemberFactory.create(company=company)
    assert inner is not None
    with CaptureQueriesContext(connection) as queries:
        ask(company, inner, viewer)
    return len(queries)


@pytest.mark.parametrize(
    "ask",
    [
        lambda company, group, viewer: list(effective.people_of(group)),
        lambda company, group, viewer: list(effective.people_shown(group, visible_groups(viewer))),
        lambda company, group, viewer: list(visible_groups(viewer)),
        lambda company, group, viewer: effective.count_people(company.groups.all()),
        lambda company, group, viewer: effective.is_in(viewer, group),
        lambda company, group, viewer: list(effective.groups_shown(viewer, visible_groups(viewer))),
    ],
    ids=["people_of", "people_shown", "visible_groups", "count_people", "is_in", "groups_shown"],
)
def test_queries_do_not_grow(ask: Callable[[Company, Group, Member], object]) -> None:
    assert queries_for(12, ask) == queries_for(4, ask)


def test_a_group_of_people_by_name_is_read_without_following_anything() -> None:
    """A page of the largest groups costs what one of small ones costs."""
    company = CompanyFactory.create()
    people = MemberFactory.create_batch(2, company=company)
    left = MemberFactory.create(company=company, is_active=False)
    group = GroupFactory.create(company=company, members=[*people, left])
    visible = visible_groups(people[0])
    shown = effective.people_shown(group, visible)
    assert set(shown) == set(people)
    assert "RECURSIVE" not in str(shown.query)
    Membership.objects.create(group=group, team=TeamFactory.create(company=company, people=people))
    assert "RECURSIVE" in str(effective.people_shown(group, visible).query)
