"""How many people are effectively in groups and teams, many at once (spec 2.10), as `effective` says."""

from collections.abc import Iterable, Sequence

from django.db import connection

from groups.models import Group

_GROUPS_INSIDE = """
WITH RECURSIVE
  inside(root, id) AS (
    SELECT id, id FROM groups_group WHERE id IN ({roots})
    UNION SELECT inside.root, m.subgroup_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.subgroup_id IS NOT NULL)
"""

# The teams entered in each group, without those that lie below another of them.
_TEAMS_OF_GROUPS = """,
  entered(root, id) AS (
    SELECT DISTINCT inside.root, m.team_id FROM inside JOIN groups_membership m ON m.group_id = inside.id
    WHERE m.team_id IS NOT NULL),
  above(root, team, id) AS (
    SELECT entered.root, t.id, t.parent_id FROM entered JOIN accounts_team t ON t.id = entered.id
    UNION SELECT above.root, above.team, t.parent_id FROM above JOIN accounts_team t ON t.id = above.id)
SELECT root, id FROM entered
EXCEPT
SELECT above.root, above.team FROM above JOIN entered ON entered.root = above.root AND entered.id = above.id
"""

# People of numbered sets of teams, then the others of each group; `number_of` says which set a group has.
_COUNTS = """,
  team(number, id) AS (
    VALUES {chosen}
    UNION SELECT team.number, t.id FROM accounts_team t JOIN team ON t.parent_id = team.id),
  placed(number, id) AS (
    SELECT DISTINCT team.number, tm.member_id
    FROM team JOIN accounts_teammembership tm ON tm.team_id = team.id
         JOIN accounts_member a ON a.id = tm.member_id WHERE a.is_active),
  number_of(root, number) AS (VALUES {number_of}),
  entered(root, id) AS (
    SELECT DISTINCT inside.root, m.member_id
    FROM inside JOIN groups_membership m ON m.group_id = inside.id
         JOIN accounts_member a ON a.id = m.member_id WHERE a.is_active)
SELECT 0, placed.number, count(*) FROM placed GROUP BY placed.number
UNION ALL
SELECT 1, entered.root, count(*) FROM entered JOIN number_of ON number_of.root = entered.root
LEFT JOIN placed ON placed.number = number_of.number AND placed.id = entered.id
WHERE placed.id IS NULL GROUP BY entered.root
"""


def count_people(groups: Iterable[Group]) -> dict[int, int]:
    """The number of effective members of each group, by group id, in two queries.

    Groups with the same teams share the work: a page of groups that all hold everybody counts everybody once.
    To the people of a group's teams come those who are entered in it by themselves and in none of the teams.
    """
    roots = [group.pk for group in groups]
    if not roots:
        return {}
    inside = _GROUPS_INSIDE.format(roots=_marks(roots))
    with connection.cursor() as cursor:
        cursor.execute(inside + _TEAMS_OF_GROUPS, roots)
        teams: dict[int, set[int]] = {root: set() for root in roots}
        for root, team in cursor.fetchall():
            teams[root].add(team)
        numbers: dict[frozenset[int], int] = {}
        number_of = {root: numbers.setdefault(frozenset(teams[root]), len(numbers)) for root in roots}
        chosen = [(number, team) for found, number in numbers.items() for team in found]
        cursor.execute(
            inside
            + _COUNTS.format(chosen=_rows(chosen or [(-1, 0)]), number_of=_rows(list(number_of.items()))),
            roots,
        )
        counts = {(kind, key): count for kind, key, count in cursor.fetchall()}
    return {root: counts.get((0, number_of[root]), 0) + counts.get((1, root), 0) for root in roots}


def _rows(pairs: Sequence[tuple[int, int]]) -> str:
    """Rows of two numbers as SQL, of a type that PostgreSQL can join with ids."""
    return ", ".join(f"(CAST({int(one)} AS bigint), CAST({int(other)} AS bigint))" for one, other in pairs)


def people_of_teams(team_ids: Sequence[int]) -> dict[int, int]:
    """The number of active people of each team and the teams below it, by team id, in one query."""
    if not team_ids:
        return {}
    sql = f"""
        WITH RECURSIVE team(root, id) AS (
            SELECT id, id FROM accounts_team WHERE id IN ({_marks(team_ids)})
            UNION SELECT team.root, t.id FROM accounts_team t JOIN team ON t.parent_id = team.id)
        SELECT team.root, count(DISTINCT tm.member_id)
        FROM team JOIN accounts_teammembership tm ON tm.team_id = team.id
             JOIN accounts_member a ON a.id = tm.member_id
        WHERE a.is_active GROUP BY team.root
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, list(team_ids))
        counts = dict(cursor.fetchall())
    return {pk: counts.get(pk, 0) for pk in team_ids}


def _marks(values: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(values))
