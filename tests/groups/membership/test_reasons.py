"""Why somebody is in a group: every path, the shortest first (rules 2.10, 2.21)."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Company, Member, Team
from groups.membership import effective
from groups.membership.reasons import PATHS_AT_MOST, Path, chains_to, reasons, reasons_of_member
from groups.models import Group
from groups.permissions import visible_groups
from tests.factories import CompanyFactory, GroupFactory, MemberFactory, TeamFactory

Words = tuple[tuple[str, ...], tuple[str, ...]]


def words(path: Path) -> Words:
    """A path as names: the groups on the way, and the teams at its end."""
    return tuple(group.name for group in path.groups), tuple(team.name for team in path.way.teams)


@pytest.fixture
def why(administrator: Member) -> Callable[[Group, Member], list[Words]]:
    def ask(group: Group, member: Member) -> list[Words]:
        found = reasons(group, [member], visible_groups(administrator))
        return [words(path) for path in found[member.pk].paths]

    return ask


def test_directly_by_team_and_by_group(
    company: Company, member: Member, why: Callable[[Group, Member], list[Words]]
) -> None:
    """Each way is one path; the direct one comes first, then those through fewer groups (rule 2.10)."""
    platform = TeamFactory.create(company=company, name="Platform")
    sre = TeamFactory.create(company=company, name="SRE", parent=platform, people=[member])
    launch = GroupFactory.create(company=company, name="Launch", teams=[sre])
    group = GroupFactory.create(company=company, members=[member], teams=[platform, sre], subgroups=[launch])

    assert why(group, member) == [
        ((), ()),
        ((), ("SRE",)),
        ((), ("Platform", "SRE")),
        (("Launch",), ("SRE",)),
    ]


def test_the_path_names_the_entry_that_would_end_it(
    company: Company, member: Member, administrator: Member
) -> None:
    inner = GroupFactory.create(company=company, members=[member])
    group = GroupFactory.create(company=company, members=[member], subgroups=[inner])

    paths = reasons(group, [member], visible_groups(administrator))[member.pk].paths

    assert [path.way.entry for path in paths] == [
        group.entries.get(member=member).pk,
        inner.entries.get(member=member).pk,
    ]


def test_a_way_through_a_private_group_is_not_told(
    company: Company, member: Member, outsider: Member
) -> None:
    """Whoever may not see the private group learns nothing of who is in it (rule 2.21)."""
    secret = GroupFactory.create(company=company, private=True, members=[member])
    group = GroupFactory.create(company=company, subgroups=[secret])

    assert not reasons(group, [member], visible_groups(outsider))[member.pk]
    assert reasons(group, [member], visible_groups(member))[member.pk]


def test_a_member_of_the_private_group_sees_their_own_way(company: Company, member: Member) -> None:
    """Oneself one may know of (rule 2.21): also two private groups deep."""
    innermost = GroupFactory.create(company=company, name="C", private=True, members=[member])
    secret = GroupFactory.create(company=company, name="B", private=True, subgroups=[innermost])
    group = GroupFactory.create(company=company, name="A", subgroups=[secret])

    paths = reasons(group, [member], visible_groups(member))[member.pk].paths

    assert [words(path) for path in paths] == [(("B", "C"), ())]


def test_countless_paths_are_cut_and_said_to_be_more(
    company: Company, member: Member, administrator: Member
) -> None:
    """A lattice of 16 levels has 65,536 paths; the answer comes at once and is bounded."""
    below = [GroupFactory.create(company=company, members=[member]) for _ in range(2)]
    for _level in range(15):
        below = [GroupFactory.create(company=company, subgroups=below) for _ in range(2)]
    group = GroupFactory.create(company=company, subgroups=below)

    found = reasons(group, [member], visible_groups(administrator))[member.pk]

    assert len(found.paths) == PATHS_AT_MOST
    assert found.more


def test_a_loop_that_should_not_be_does_not_hang(
    company: Company, member: Member, administrator: Member
) -> None:
    first = GroupFactory.create(company=company, members=[member])
    second = GroupFactory.create(company=company, subgroups=[first])
    first.entries.create(subgroup=second)

    paths = reasons(second, [member], visible_groups(administrator))[member.pk].paths

    assert [path.groups for path in paths] == [(first,)]


def test_queries_do_not_grow(company: Company, administrator: Member) -> None:
    """Neither with people nor with depth."""

    def queries(people: int, depth: int) -> int:
        team = None
        for _ in range(depth):
            team = TeamFactory.create(company=company, parent=team)
        crowd = [MemberFactory.create(company=company) for _ in range(people)]
        TeamFactory.create(company=company, parent=team, people=crowd)
        group = GroupFactory.create(company=company, teams=[team], members=crowd)
        for _ in range(depth):
            group = GroupFactory.create(company=company, subgroups=[group])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            reasons(group, crowd, visible_groups(administrator))
        return len(captured)

    assert queries(people=20, depth=8) == queries(people=1, depth=1) <= 7


def test_reasons_of_a_member_for_many_groups(company: Company, member: Member, administrator: Member) -> None:
    """The other way round: why one person is in each of these groups."""
    inner = GroupFactory.create(company=company, name="Inner", members=[member])
    outer = GroupFactory.create(company=company, name="Outer", subgroups=[inner])

    found = reasons_of_member(member, [inner, outer], visible_groups(administrator))

    assert [words(path) for path in found[inner.pk].paths] == [((), ())]
    assert [words(path) for path in found[outer.pk].paths] == [(("Inner",), ())]


def test_groups_of_a_member_leave_out_what_is_known_only_through_a_private_group(
    company: Company, member: Member, outsider: Member, administrator: Member
) -> None:
    """On a person's page as little is told as on the group's (rule 2.21)."""
    secret = GroupFactory.create(company=company, private=True, members=[member])
    public = GroupFactory.create(company=company, subgroups=[secret])
    above = GroupFactory.create(company=company, subgroups=[public])
    known = GroupFactory.create(company=company, members=[member])

    assert set(effective.groups_shown(member, visible_groups(outsider))) == {known}
    assert set(effective.groups_shown(member, visible_groups(member))) == {secret, public, above, known}
    assert set(effective.groups_shown(member, visible_groups(administrator))) == {
        secret,
        public,
        above,
        known,
    }


def test_what_a_group_is_part_of(
    company: Company, member: Member, outsider: Member, administrator: Member
) -> None:
    """Containers at any depth, with the chain; none that is known only through a private one (rule 2.21)."""
    group = GroupFactory.create(company=company, name="G", members=[member])
    middle = GroupFactory.create(company=company, name="M", subgroups=[group])
    top = GroupFactory.create(company=company, name="T", subgroups=[middle, group])
    secret = GroupFactory.create(company=company, private=True, subgroups=[group])
    over_secret = GroupFactory.create(company=company, subgroups=[secret])

    shown = effective.groups_above_shown(group, visible_groups(outsider))
    everything = effective.groups_above_shown(group, visible_groups(administrator))
    chains = chains_to(group, [middle, top], visible_groups(outsider))

    assert set(shown) == {middle, top}
    assert set(everything) == {middle, top, secret, over_secret}
    assert [words(path)[0] for path in chains[top.pk].paths] == [("G",), ("M", "G")]


TEAMS, GROUPS, PEOPLE = 5, 5, 3


class AgainstTheNaiveModel(TestCase):
    """Random charts and groups: the paths are those that a plain recursion finds."""

    @settings(max_examples=40)
    @given(data=st.data())
    def test_same_paths(self, data: st.DataObject) -> None:
        company = CompanyFactory.create()
        viewer = MemberFactory.create(company=company, is_administrator=True)
        people = [MemberFactory.create(company=company) for _ in range(PEOPLE)]
        subsets = {
            name: st.lists(st.sampled_from(range(size)), unique=True) if size else st.just([])
            for name, size in (("people", PEOPLE), ("teams", TEAMS))
        }
        teams: list[Team] = []
        for _ in range(TEAMS):
            parent = data.draw(st.sampled_from([None, *teams]))
            own = [people[n] for n in data.draw(subsets["people"])]
            teams.append(TeamFactory.create(company=company, parent=parent, people=own))
        groups: list[Group] = []
        for _ in range(GROUPS):
            below = data.draw(st.lists(st.sampled_from(groups), unique=True)) if groups else []
            groups.append(
                GroupFactory.create(
                    company=company,
                    members=[people[n] for n in data.draw(subsets["people"])],
                    teams=[teams[n] for n in data.draw(subsets["teams"])],
                    subgroups=below,
                )
            )

        found = reasons(groups[-1], people, visible_groups(viewer))

        for person in people:
            expected = naive_paths(groups[-1], person)
            paths = [words(path) for path in found[person.pk].paths]
            assert len(set(paths)) == len(paths) == min(len(expected), PATHS_AT_MOST)
            assert set(paths) <= expected
            assert found[person.pk].more == (len(expected) > PATHS_AT_MOST)
            assert [len(path[0]) for path in paths] == sorted(len(path[0]) for path in expected)[: len(paths)]


def naive_paths(group: Group, person: Member) -> set[Words]:
    """Every way, found by walking down entry by entry and team by team."""
    found: set[Words] = set()
    for entry in group.entries.all():
        if entry.member == person:
            found.add(((), ()))
        if entry.team is not None:
            found |= {((), way) for way in naive_ways(entry.team, person)}
        if entry.subgroup is not None:
            found |= {
                ((entry.subgroup.name, *groups), teams)
                for groups, teams in naive_paths(entry.subgroup, person)
            }
    return found


def naive_ways(team: Team, person: Member) -> set[tuple[str, ...]]:
    own = {(team.name,)} if team.members.filter(pk=person.pk).exists() else set()
    return own | {(team.name, *way) for child in team.children.all() for way in naive_ways(child, person)}
