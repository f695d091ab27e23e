"""Finds choices while somebody types: by name and address.

People are also found by their team, nickname and the reading of their name (rule 1.12).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import IntegerField, Q, QuerySet, Value

from accounts.models import Address, Member, Named, Team, TeamMembership
from accounts.search import addresses
from groupadmin.base.finding import EXACT, WITHIN, WORD, Ways, begin_words, begins, finds, has_words, ranked
from groupadmin.base.search_text import LONGEST_TYPED, typed_words
from groupadmin.base.text import clean_line

from .choice import Choice
from .describing import choices_of
from .scope import Scope

MOST_RESULTS = 20
KEPT_FOR_EACH_KIND = 5
TEAMS_SEARCHED = 100

Thing = TypeVar("Thing", bound=Named)


def search(scope: Scope, typed: str) -> list[Choice]:
    """The best choices for the text, best first: by name, then by address, company or team (rule 12.2)."""
    typed = clean_line(typed[:LONGEST_TYPED])
    if not typed_words(typed):
        return []
    teams: list[Team] = []
    others: list[Named] = []
    known = addresses(typed).filter(domain__company=scope.address_company)
    if scope.takes_teams:
        has_address = Q(address__in=known.filter(kind=Address.Kind.TEAM).values("pk"))
        teams = _best(scope.teams().select_related("address__domain"), _by_name(typed), has_address)
    if scope.further and (found := scope.further.to_search(known)):
        others = _best(found[0], _by_name(typed), found[1])
    kept = min(len(teams), KEPT_FOR_EACH_KIND) + min(len(others), KEPT_FOR_EACH_KIND)
    members = _members(scope, typed)[: MOST_RESULTS - kept]
    teams = teams[: MOST_RESULTS - len(members) - min(len(others), KEPT_FOR_EACH_KIND)]
    others = others[: MOST_RESULTS - len(members) - len(teams)]
    return _in_order(scope, members, teams, others)


def _by_name(typed: str) -> Ways:
    """How teams and groups are found by name.

    What begins with the text is asked for by itself: for a letter or two it fills the answer, and what merely
    has them somewhere is most of a company.
    """
    first, is_it = begins("name_search", typed)
    anywhere, begin = has_words("name_search", typed)
    return [(first, ranked(is_it, EXACT)), (anywhere, ranked(begin, WORD))]


def _people_by_name(scope: Scope, typed: str) -> Ways:
    """How people are found: those of one's own company by all that colleagues call them.

    Of other companies' people nothing but the name is known (rule 6.4). Only where there are none of these
    does an index help, which serves one column, not one or the other.
    """
    known = Q(company=scope.address_company)
    _first, is_it = begins("name_search", typed)
    called, _ = begins("called_folded", typed)
    also, begin = has_words("called_folded", typed)
    ways = [(known & called, ranked(is_it, EXACT)), (known & also, ranked(known & begin, WORD))]
    if scope.is_among_colleagues:
        return ways
    by_name = _by_name(typed)
    return [(one[0] | other[0], other[1]) for one, other in zip(ways, by_name, strict=True)]


def _members(scope: Scope, typed: str) -> list[Member]:
    """People by name and address, and if there is room left, people of teams with that name."""
    people = scope.members().select_related("company")
    owners = addresses(typed).filter(domain__company=scope.address_company, member__isnull=False)
    others = [Q(pk__in=owners.values("member"))]
    if scope.finds_by_company:
        others.append(finds("company__name_search", typed))
    if scope.browses:
        others.append(Q(pk__in=TeamMembership.objects.filter(team__in=_teams(scope, typed)).values("member")))
    return _best(people, _people_by_name(scope, typed), *others)


def _teams(scope: Scope, typed: str) -> list[int]:
    """Teams with words that begin with the text. Asked for first: there are few, or none."""
    named = Team.objects.filter(begin_words("name_search", typed), company=scope.company.pk)
    return list(named.order_by("pk").values_list("pk", flat=True)[:TEAMS_SEARCHED])


def _best(things: QuerySet[Thing], ways: Ways, *others: Q) -> list[Thing]:
    """The best matches, each with its `rank`."""
    found: list[Thing] = []
    last = Value(WITHIN, IntegerField())
    for condition, rank in [*ways, *((other, last) for other in others)]:
        if (room := MOST_RESULTS - len(found)) > 0:
            rows = things.filter(condition).exclude(pk__in=[one.pk for one in found]).annotate(rank=rank)
            found += rows.order_by("rank", "name_sort__collated", "pk")[:room]
    return found


def _in_order(
    scope: Scope, members: Sequence[Member], teams: Sequence[Team], others: Sequence[Named]
) -> list[Choice]:
    things: list[Any] = [*members, *teams, *others]
    choices = choices_of(scope, members, teams, with_teams=scope.browses)
    if scope.further and others:
        choices += scope.further.choices(others)
    ranked = sorted(zip(things, choices, strict=True), key=lambda pair: int(pair[0].rank))
    return [choice for _thing, choice in ranked]
