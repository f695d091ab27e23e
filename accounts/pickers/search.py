"""Finds choices while somebody types: by name and address.

People are also found by their team, nickname and the reading of their name (rule 1.12).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import Address, Member, Named, Team, TeamMembership
from groupadmin.base.text import clean_line, fold

from .choice import Choice
from .describing import choices_of
from .scope import Scope

MOST_RESULTS = 20
KEPT_FOR_EACH_KIND = 5
LONGEST_QUERY = 200
MOST_WORDS = 8

FIRST, WORD, WITHIN = range(3)

Thing = TypeVar("Thing", bound=Named)


def search(scope: Scope, typed: str) -> list[Choice]:
    """The best choices for the text: first names and addresses that start with it, then words that do."""
    text = fold(clean_line(typed[:LONGEST_QUERY]))
    if not text:
        return []
    teams: list[Team] = []
    others: list[Named] = []
    addresses = _addresses(scope, text)
    if scope.takes_teams:
        has_address = Q(address__in=addresses.values("pk"))
        teams = _best(scope.teams().select_related("address__domain"), text, has_address)
    if scope.further and (found := scope.further.to_search(addresses)):
        others = _best(found[0], text, found[1])
    kept = min(len(teams), KEPT_FOR_EACH_KIND) + min(len(others), KEPT_FOR_EACH_KIND)
    members = _members(scope, text)[: MOST_RESULTS - kept]
    teams = teams[: MOST_RESULTS - len(members) - min(len(others), KEPT_FOR_EACH_KIND)]
    others = others[: MOST_RESULTS - len(members) - len(teams)]
    return _in_order(scope, members, teams, others)


def _members(scope: Scope, text: str) -> list[Member]:
    """People by name and address, and if there is room left, people of teams with that name."""
    people = scope.members().select_related("company")
    owners = _addresses(scope, text).filter(member__isnull=False).values("member")
    other_ways = Q(pk__in=owners)
    if scope.finds_by_company:
        other_ways |= Q(company__name_folded__contains=text)
    # Of other companies' people nothing but the name is known (rule 6.4).
    known = Q(company=scope.address_company)
    other_ways |= known & Q(called_folded__contains=text)
    is_called = Q(called_folded__startswith=text) | Q(called_folded__contains=f"\n{text}")
    found = _best(people, text, other_ways, starts=known & (Q(email__startswith=text) | is_called))
    if len(found) < MOST_RESULTS and scope.browses:
        named = Team.objects.filter(Q(name_folded__startswith=text) | Q(name_folded__contains=f" {text}"))
        in_teams = TeamMembership.objects.filter(team__in=named.filter(company=scope.company.pk).values("pk"))
        others = people.filter(pk__in=in_teams.values("member")).exclude(
            pk__in=[person.pk for person in found]
        )
        found += others.annotate(rank=Value(WITHIN)).order_by("name_sort", "pk")[: MOST_RESULTS - len(found)]
    return found


def _addresses(scope: Scope, text: str) -> QuerySet[Address]:
    """Addresses known to the actor that start with the text, or whose local part contains it."""
    local_part, at, domain = text.partition("@")
    known = Address.objects.filter(domain__company=scope.address_company)
    if at:
        return known.filter(local_part=local_part, domain__name__startswith=domain)
    return known.filter(local_part__contains=text)


def _best(things: QuerySet[Thing], text: str, has_address: Q, starts: Q | None = None) -> list[Thing]:
    """The best matches by name or address, each with its `rank`."""
    has_name = Q()
    for word in text.split()[:MOST_WORDS]:
        has_name &= Q(name_folded__contains=word)
    begins = Q(name_folded__startswith=text)
    rank = Case(
        When(begins | starts if starts else begins, then=Value(FIRST)),
        When(name_folded__contains=f" {text}", then=Value(WORD)),
        default=Value(WITHIN),
        output_field=IntegerField(),
    )
    fitting = things.filter(has_name | has_address).annotate(rank=rank)
    return list(fitting.order_by("rank", "name_sort", "pk")[:MOST_RESULTS])


def _in_order(
    scope: Scope, members: Sequence[Member], teams: Sequence[Team], others: Sequence[Named]
) -> list[Choice]:
    things: list[Any] = [*members, *teams, *others]
    choices = choices_of(scope, members, teams, with_teams=scope.browses)
    if scope.further and others:
        choices += scope.further.choices(others)
    ranked = sorted(zip(things, choices, strict=True), key=lambda pair: int(pair[0].rank))
    return [choice for _thing, choice in ranked]
