"""The organization chart: where teams stand in it (spec 1.3)."""

from collections.abc import Iterable

from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from groupadmin.base.text import isolated

from .models import Team

_TEAMS_ABOVE = """
WITH RECURSIVE above(id, parent_id) AS (
    SELECT id, parent_id FROM accounts_team WHERE id IN ({marks})
    UNION SELECT t.id, t.parent_id FROM accounts_team t JOIN above ON t.id = above.parent_id)
SELECT id FROM above
"""


def team_paths(team_ids: Iterable[int]) -> dict[int, list[Team]]:
    """The way from the top of the chart down to each team, itself included, by team id; in one query."""
    wanted = set(team_ids)
    if not wanted:
        return {}
    sql = _TEAMS_ABOVE.format(marks=", ".join(["%s"] * len(wanted)))
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
