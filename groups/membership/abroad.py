"""Which of a company's people are in external groups of other companies (rules 1.4, 2.15)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from accounts.models import Company, Member
from groupadmin.base import finding
from groupadmin.base.paging import Page, page_of_union
from groupadmin.base.search_text import typed_address, typed_words
from groups.models import Group, Master, Membership, is_live

PAGE_SIZE = 50
_KEY = {"person_sort": str, "member_id": int, "group_sort": str, "group_id": int}


@dataclass(frozen=True)
class Place:
    """One person in one group of another company, as a member, a master or both."""

    person: Member
    group: Group
    is_member: bool
    is_master: bool
    since: datetime


def page_of_places(company: Company, typed: str, wanted: QueryDict) -> Page[Place]:
    """A page of them, by person and group; the number of queries is constant."""
    page = page_of_union(
        [
            _searched(places(model, company), typed).annotate(
                person_sort=F("member__name_sort__collated"), group_sort=F("group__name_sort__collated")
            )
            for model in (Membership, Master)
        ],
        _KEY,
        wanted,
        PAGE_SIZE,
    )
    return Page(_described([(row[1], row[3]) for row in page.rows]), page.previous, page.next)


def place_of(company: Company, group_pk: int, member_pk: int) -> Place | None:
    """That person of the company in that group of another company, if they are in it."""
    for model in (Membership, Master):
        if places(model, company).filter(group=group_pk, member=member_pk).exists():
            return _described([(member_pk, group_pk)])[0]
    return None


def is_abroad(person: Member) -> bool:
    """Whether the person is in or runs any group of another company."""
    if person.company is None:
        return False
    return any(places(model, person.company).filter(member=person).exists() for model in (Membership, Master))


def places(model: type[Membership] | type[Master], company: Company) -> QuerySet[Any, Any]:
    """Entries or masters for the company's people in live groups of other companies."""
    rows = model._default_manager.filter(
        is_live("group__"), member__company=company, group__kind=Group.Kind.EXTERNAL
    )
    return rows.exclude(group__company=company)


def _searched(rows: QuerySet[Any, Any], typed: str) -> QuerySet[Any, Any]:
    if not typed_words(typed):
        return rows
    found = Q()
    for text in ("member__called_folded", "group__name_search", "group__company__name_search"):
        found |= finding.finds(text, typed)
    if "@" in (address := typed_address(typed)):
        found |= Q(member__email__contains=address)
    return rows.filter(found)


def _described(pairs: list[tuple[int, int]]) -> list[Place]:
    """The places of (person, group) pairs, with what is shown."""
    people = Member.objects.in_bulk([person for person, _group in pairs])
    groups = Group.objects.select_related("company").in_bulk([group for _person, group in pairs])
    entered, run = (
        {
            (member, group): since
            for member, group, since in model._default_manager.filter(
                member__in=people, group__in=groups
            ).values_list("member_id", "group_id", moment)
        }
        for model, moment in ((Membership, "added_at"), (Master, "since"))
    )
    return [
        Place(
            people[pair[0]], groups[pair[1]], pair in entered, pair in run, min(_moments(pair, entered, run))
        )
        for pair in pairs
        if pair in entered or pair in run
    ]


def _moments(pair: tuple[int, int], *tables: dict[tuple[int, int], datetime]) -> list[datetime]:
    return [table[pair] for table in tables if pair in table]
