"""How many people are effectively in groups and teams, many at once (rule 2.10), like `effective`."""

from collections.abc import Iterable, Mapping, Sequence

from accounts.tree_sql import PEOPLE_IN_TEAMS, teams_above, teams_below
from groupadmin.base.sql import Carry, Part, Sql, query
from groups.models import Group

from .sql import entered, groups, groups_inside

# Numbered sets of teams, and which set a group has.
_TeamSets = Mapping[frozenset[int], int]


def count_people(groups: Iterable[Group]) -> dict[int, int]:
    """The number of effective members of each group, by group id, in two queries.

    Groups with the same teams share the work: a page of groups that all hold everybody counts everybody once.
    People entered directly are added to the people of a group's teams, unless they are in one of those.
    """
    roots = [group.pk for group in groups]
    if not roots:
        return {}
    teams_of = _teams_of(roots)
    numbers: dict[frozenset[int], int] = {}
    number_of = {root: numbers.setdefault(teams_of[root], len(numbers)) for root in roots}
    in_teams, by_themselves = _counted(roots, numbers, number_of)
    return {root: in_teams.get(number_of[root], 0) + by_themselves.get(root, 0) for root in roots}


def _inside(roots: Sequence[int]) -> Part:
    return groups_inside(groups(roots, Carry.ORIGIN), Carry.ORIGIN)


def _teams_of(roots: Sequence[int]) -> dict[int, frozenset[int]]:
    """The teams entered in each group, except those below another of them."""
    topmost = Sql(
        "SELECT origin, id FROM entered_team EXCEPT"
        " SELECT one.origin, one.id FROM entered_team one"
        " JOIN team_above ON team_above.origin = one.id AND team_above.id <> one.id"
        " JOIN entered_team other ON other.origin = one.origin AND other.id = team_above.id"
    )
    found = query(
        topmost,
        _inside(roots),
        entered("entered_team", "team"),
        teams_above(Sql("SELECT DISTINCT id, id FROM entered_team"), Carry.ORIGIN),
    )
    teams_of: dict[int, set[int]] = {root: set() for root in roots}
    for root, team in found.rows():
        teams_of[root].add(team)
    return {root: frozenset(found) for root, found in teams_of.items()}


def _counted(
    roots: Sequence[int], numbers: _TeamSets, number_of: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """The number of people of each set of teams, and of the others in each group."""
    chosen = [(number, team) for found, number in numbers.items() for team in found]
    counts = Sql(
        "SELECT 0, placed.origin, count(*) FROM placed GROUP BY placed.origin"
        " UNION ALL"
        " SELECT 1, one.origin, count(*) FROM entered_member one"
        " JOIN accounts_member a ON a.id = one.id AND a.is_active"
        " JOIN number_of ON number_of.root = one.origin"
        " LEFT JOIN placed ON placed.origin = number_of.number AND placed.id = one.id"
        " WHERE placed.id IS NULL GROUP BY one.origin"
    )
    found = query(
        counts,
        teams_below(_rows(chosen or [(-1, 0)]), Carry.ORIGIN),
        Part(
            "placed", "origin, id", Sql(f"SELECT DISTINCT team_below.origin, tm.member_id {PEOPLE_IN_TEAMS}")
        ),
        Part("number_of", "root, number", _rows(list(number_of.items()))),
        _inside(roots),
        entered("entered_member", "member"),
    )
    counted: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for kind, key, count in found.rows():
        counted[kind][key] = count
    return counted


def _rows(pairs: Sequence[tuple[int, int]]) -> Sql:
    """Rows of two numbers, of a type that PostgreSQL can join with ids."""
    rows = (f"(CAST({int(one)} AS bigint), CAST({int(other)} AS bigint))" for one, other in pairs)
    return Sql(f"VALUES {', '.join(rows)}")
