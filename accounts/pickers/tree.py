"""The organization chart to choose from, one level at a time."""

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q, QuerySet

from accounts.models import Member, Team

from .choice import Choice
from .describing import choices_of
from .scope import Scope
from .tokens import split_token

MOST_IN_LEVEL = 100

Row = TypeVar("Row", Member, Team)


@dataclass(frozen=True)
class Level:
    """The teams directly below one, then its own people; `after` is where the next page begins."""

    choices: list[Choice]
    after: str = ""


def level(scope: Scope, parent: int | None, after: str = "") -> Level:
    """One page of what is below the team, or of the top teams; empty for outsiders."""
    if not scope.browses:
        return Level([])
    kind, pk = split_token(after) if after else ("team", 0)
    teams: list[Team] = []
    if kind == "team":
        below = Team.objects.filter(company=scope.company, parent=parent).select_related("address__domain")
        teams = _page(below, Team.objects.all(), pk, MOST_IN_LEVEL)
    people: list[Member] = []
    if parent is not None and len(teams) <= MOST_IN_LEVEL:
        inside = scope.members().filter(team_memberships__team=parent, company=scope.company)
        start, room = (pk if kind == "member" else 0), MOST_IN_LEVEL - len(teams)
        people = _page(inside.select_related("company"), Member.objects.all(), start, room)
    rows = len(teams) + len(people)
    teams = teams[:MOST_IN_LEVEL]
    people = people[: MOST_IN_LEVEL - len(teams)]
    found = choices_of(scope, people, teams)
    ordered = [*found[len(people) :], *found[: len(people)]]
    return Level(ordered, ordered[-1].token if rows > MOST_IN_LEVEL else "")


def _page(rows: QuerySet[Row], everything: QuerySet[Row], after: int, most: int) -> list[Row]:
    """The rows after the one with the id `after`, one more than a page if there are more."""
    if after:
        name = everything.filter(pk=after).values_list("name_sort", flat=True).first()
        if name is None:
            return []
        rows = rows.filter(Q(name_sort__collated__gt=name) | Q(name_sort=name, pk__gt=after))
    return list(rows.order_by("name_sort__collated", "pk")[: most + 1])
