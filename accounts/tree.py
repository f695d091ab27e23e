"""The organization chart: where teams stand in it (spec 1.3)."""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from groupadmin.base.text import isolated

from .models import Member, Team, TeamMembership

_TEAMS_ABOVE = """
WITH RECURSIVE above(id, parent_id) AS (
    SELECT id, parent_id FROM accounts_team WHERE id IN ({marks})
    UNION SELECT t.id, t.parent_id FROM accounts_team t JOIN above ON t.id = above.parent_id)
SELECT id FROM above
"""

_TEAMS_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM accounts_team WHERE id IN ({marks})
    UNION SELECT t.id FROM accounts_team t JOIN below ON t.parent_id = below.id)
SELECT id FROM below
"""

_PEOPLE_OF_EACH = """
WITH RECURSIVE team(root, id) AS (
    SELECT id, id FROM accounts_team WHERE id IN ({marks})
    UNION SELECT team.root, t.id FROM accounts_team t JOIN team ON t.parent_id = team.id)
SELECT team.root, count(DISTINCT tm.member_id)
FROM team JOIN accounts_teammembership tm ON tm.team_id = team.id
     JOIN accounts_member a ON a.id = tm.member_id
WHERE a.is_active GROUP BY team.root
"""


def _marks(ids: Collection[int]) -> str:
    return ", ".join(["%s"] * len(ids))


def team_paths(team_ids: Iterable[int]) -> dict[int, list[Team]]:
    """The way from the top of the chart down to each team, itself included, by team id; in one query."""
    wanted = set(team_ids)
    if not wanted:
        return {}
    sql = _TEAMS_ABOVE.format(marks=_marks(wanted))
    teams = {team.pk: team for team in Team.objects.filter(pk__in=RawSQL(sql, sorted(wanted)))}  # noqa: S611
    return {pk: _path(pk, teams) for pk in wanted if pk in teams}


def _path(pk: int, teams: dict[int, Team]) -> list[Team]:
    path = [teams[pk]]
    while (above := path[-1].parent_id) is not None and above in teams:
        path.append(teams[above])
    return path[::-1]


def team_path(team: Team) -> list[Team]:
    """The way from the top of the chart down to the team."""
    return team_paths([team.pk]).get(team.pk, [team])


def path_text(path: Iterable[Team]) -> str:
    """A path for places without markup."""
    return _(" › ").join(isolated(team.name) for team in path)


def team_ids_below(team_ids: Collection[int]) -> RawSQL:
    """A subquery: the ids of these teams and of all teams below them."""
    marks = _marks(team_ids) or "NULL"
    return RawSQL(_TEAMS_BELOW.format(marks=marks), sorted(team_ids))  # noqa: S611


def people_of_teams(team_ids: Collection[int]) -> QuerySet[Member]:
    """The active people of these teams and of the teams below them, each once."""
    people: QuerySet[Member] = Member.objects.active()
    inside = TeamMembership.objects.filter(team__in=team_ids_below(team_ids))
    return people.filter(pk__in=inside.values("member"))


def count_people_of_teams(team_ids: Sequence[int]) -> dict[int, int]:
    """The number of active people of each team and the teams below it, by team id, in one query."""
    if not team_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_OF_EACH.format(marks=_marks(team_ids)), list(team_ids))
        counts = dict(cursor.fetchall())
    return {pk: counts.get(pk, 0) for pk in team_ids}
