"""Who is in a group effectively, and why; and in which groups somebody is (rules 2.10, 2.21)."""

from collections.abc import Sequence
from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models import Member
from groupadmin.base.ids import parse_id
from groups import permissions
from groups.membership import effective
from groups.membership.reasons import Reasons, reasons, reasons_of_member
from groups.models import Group, Master
from groups.permissions import visible_groups
from groups.views.group import people_found
from groups.views.member import groups_found

from ..callers import Call, call_of
from ..fields import Flag, Out, Ref, Text, one
from ..operations import operation
from ..paging import BY_NAME, PageWish, page_of, replied
from ..replies import Reply
from .shown import (
    READ,
    GroupNamedOut,
    GroupOut,
    GroupRef,
    PersonOut,
    TeamNamedOut,
    group_of,
    named_group,
    named_team,
    shown_groups,
    shown_person,
    with_shown,
)

router = Router(tags=["People of groups"])


class WayOut(Out):
    """One reason: what would have to end for somebody to leave the group."""

    groups: list[GroupNamedOut] = Field(
        description="Through these contained groups, the outermost first; none if not through any."
    )
    teams: list[TeamNamedOut] = Field(
        description="By this team, from the one that is entered down to their own; none if by name."
    )
    entry_id: int = Field(description="The entry with the person or the team, in the last of these groups.")


class WaysOut(Out):
    """Why somebody is in a group."""

    ways: list[WayOut] = Field(description="The shortest ones, as far as the caller may see them.")
    has_more: bool = Field(description="Whether there are more.")


class PersonInGroupOut(Out):
    """Somebody who is in the group, or runs it."""

    member: PersonOut
    is_master: bool
    why: WaysOut | None = Field(description="If `why` was asked for.")


class PeopleOut(Out):
    """A page of people, by name."""

    items: list[PersonInGroupOut]
    next_cursor: str | None


class BelongingOut(Out):
    """Whether and why somebody is in a group."""

    member: PersonOut
    is_in: bool
    is_master: bool
    why: WaysOut


class GroupOfPersonOut(Out):
    """A group that somebody is in, or runs."""

    group: GroupOut
    is_master: bool
    why: WaysOut | None = Field(description="If `why` was asked for; without a way they only run the group.")


class GroupsOfPersonOut(Out):
    """A page of groups, by name."""

    items: list[GroupOfPersonOut]
    next_cursor: str | None


class WhyWish(BaseModel):
    """Whether reasons are told."""

    q: Annotated[Text, Field(max_length=200)] = Field("", description="Part of a name, or of an address.")
    why: Flag = Field(False, description="Tell how, which takes longer.")


Wish = Annotated[WhyWish, Query(...)]


@operation(
    router, "GET", "/groups/{ref}/people", READ, answers=PeopleOut, summary="List the people in a group"
)
def list_people(request: HttpRequest, ref: GroupRef, wanted: Wish, page: PageWish) -> Reply:
    """All active people who are in the group: by name, by team, and through contained groups, each once.

    Who is in it only through private groups that the caller may not see is left out (rule 2.21).
    """
    call = call_of(request)
    group, visible = group_of(call, ref), visible_groups(call.reader)
    found = page_of(people_found(group, "everyone", wanted.q, call.reader, visible), BY_NAME, page)
    masters = set(group.masters.filter(member__in=found.rows).values_list("member_id", flat=True))
    why = reasons(group, found.rows, visible) if wanted.why else {}
    items = [
        PersonInGroupOut(
            member=shown_person(call, person),
            is_master=person.pk in masters,
            why=_ways(why[person.pk]) if person.pk in why else None,
        )
        for person in found.rows
    ]
    return replied(request, found, PeopleOut, items)


@operation(
    router,
    "GET",
    "/groups/{ref}/people/{member}",
    READ,
    answers=BelongingOut,
    summary="Tell whether and why a person is in a group",
)
def get_why(request: HttpRequest, ref: GroupRef, member: Ref) -> BelongingOut:
    """Every way in which the person is in the group, as far as the caller may see it."""
    call = call_of(request)
    group, visible = group_of(call, ref), visible_groups(call.reader)
    person = person_of(call, member)
    is_in = effective.people_shown(group, visible).filter(pk=person.pk).exists()
    return BelongingOut(
        member=shown_person(call, person),
        is_in=is_in,
        is_master=permissions.is_master_of(person, group),
        why=_ways(reasons(group, [person], visible)[person.pk] if is_in else Reasons()),
    )


@operation(
    router,
    "GET",
    "/members/{ref}/groups",
    READ,
    answers=GroupsOfPersonOut,
    summary="List the groups of a person",
)
def list_groups_of_member(request: HttpRequest, ref: Ref, wanted: Wish, page: PageWish) -> Reply:
    """The groups that a person is in, in any way, or runs, as far as the caller may see them."""
    call = call_of(request)
    person, visible = person_of(call, ref), visible_groups(call.reader)
    found = page_of(with_shown(groups_found(person, wanted.q, visible)), BY_NAME, page)
    why = reasons_of_member(person, found.rows, visible) if wanted.why else {}
    run = _run_by(person, found.rows)
    items = [
        GroupOfPersonOut(group=shown, is_master=shown.id in run, why=_ways_in(why, shown.id))
        for shown in shown_groups(call, found.rows)
    ]
    return replied(request, found, GroupsOfPersonOut, items)


def _run_by(person: Member, groups: Sequence[Group]) -> set[int]:
    return set(Master.objects.filter(member=person, group__in=groups).values_list("group_id", flat=True))


def _ways_in(why: dict[int, Reasons], pk: int) -> WaysOut | None:
    return _ways(why[pk]) if pk in why else None


def _ways(found: Reasons) -> WaysOut:
    return WaysOut(
        ways=[
            WayOut(
                groups=[named_group(group) for group in path.groups],
                teams=[named_team(team) for team in path.way.teams],
                entry_id=path.way.entry,
            )
            for path in found.paths
        ],
        has_more=found.more,
    )


def person_of(call: Call, ref: str) -> Member:
    """The person, if the caller may know of them. Raises Http404 or NotVisible (rules 6.1, 6.4)."""
    pk = parse_id(ref)
    if pk is None:
        if not call.administers:
            raise Http404  # by other systems' ids nobody else finds people
        return one(Member.objects.filter(company=call.company).select_related("company"), ref)
    return permissions.get_person_for(call.reader, pk)
