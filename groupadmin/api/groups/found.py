"""Finding groups: the list with its filters, one group, and what it is part of (rules 5.3, 5.5)."""

from typing import Annotated, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models.address import as_stored
from groups.listing import query
from groups.listing.query import Sort, Wanted
from groups.membership import effective
from groups.models import Group, MailingList
from groups.permissions import visible_groups

from ..callers import Call, call_of
from ..fields import Flag, Out, Text
from ..operations import operation
from ..paging import BY_NAME, PageWish, page_of, replied
from ..replies import Reply
from .shown import (
    FEATURES,
    READ,
    GroupOut,
    GroupRef,
    Kind,
    group_of,
    shown_group,
    shown_groups,
    with_shown,
)

router = Router(tags=["Groups"])

FeatureName = Literal["message", "note", "event", "task", "folder", "mailing_list"]
ORDERS: dict[str, Sort] = {
    "name": Sort.NAME,
    "-name": Sort.NAME_BACKWARDS,
    "created_at": Sort.OLDEST,
    "-created_at": Sort.NEWEST,
}
SHOWN: dict[str, query.Scope] = {
    "all": query.Scope.ALL,
    "managed": query.Scope.MANAGED,
    "belonging": query.Scope.BELONGING,
}


class GroupsOut(Out):
    """A page of groups."""

    items: list[GroupOut]
    next_cursor: str | None


class GroupFilter(BaseModel):
    """Which groups are listed."""

    q: Annotated[Text, Field(max_length=200)] = Field(
        "", description="Part of a name; or the beginning of an address, or of a master's name."
    )
    show: Literal["all", "managed", "belonging"] = Field(
        "all", description="Of all that the caller may see: those that they manage, or are in."
    )
    kind: Kind | None = None
    is_visible: Flag | None = None
    feature: list[FeatureName] = Field([], description="With all of these features on.", max_length=6)
    without_master: Flag = Field(False, description="Nobody runs them (rule 2.15).")
    without_entries: Flag = Field(False, description="Nothing is in them.")
    address: Annotated[Text, Field(max_length=320)] = Field(
        "", description="With exactly this address of a mailing list, or alias."
    )
    source: Annotated[Text, Field(max_length=100)] | None = Field(None, description="For administrators.")
    external_id: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="For administrators."
    )
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    count: Flag = Field(False, description="Whether to count their people, which takes longer.")


class CountWish(BaseModel):
    """Whether the people are counted."""

    count: Flag = Field(False, description="Whether to count the people.")


@operation(router, "GET", "/groups", READ, answers=GroupsOut, summary="List groups")
def list_groups(request: HttpRequest, wanted: Annotated[GroupFilter, Query(...)], page: PageWish) -> Reply:
    """The groups that the caller may see: the company's, and those of others that they are in."""
    call = call_of(request)
    found = page_of(with_shown(_found(call, wanted)), ORDERS[wanted.sort].key, page)
    return replied(request, found, GroupsOut, shown_groups(call, found.rows, counts=wanted.count))


@operation(router, "GET", "/groups/{ref}", READ, answers=GroupOut, summary="Get a group")
def get_group(request: HttpRequest, ref: GroupRef, wanted: Annotated[CountWish, Query(...)]) -> Reply:
    """One group, with its settings."""
    call = call_of(request)
    shown = shown_group(call, group_of(call, ref), counts=wanted.count)
    # People come and go by teams too, without a new version.
    return Reply(shown, is_conditional=not wanted.count)


@operation(
    router,
    "GET",
    "/groups/{ref}/part-of",
    READ,
    answers=GroupsOut,
    summary="List the groups that contain a group",
)
def list_containers(request: HttpRequest, ref: GroupRef, page: PageWish) -> Reply:
    """Directly or through others, by name, as far as the caller may see them (rule 2.21)."""
    call = call_of(request)
    above = effective.groups_above_shown(group_of(call, ref), visible_groups(call.reader))
    found = page_of(with_shown(above), BY_NAME, page)
    return replied(request, found, GroupsOut, shown_groups(call, found.rows))


def _found(call: Call, wanted: GroupFilter) -> QuerySet[Group]:
    groups: QuerySet[Group] = query.matching(
        call.reader,
        SHOWN[wanted.show],
        Wanted(
            search=wanted.q,
            kind=wanted.kind or "",
            visibility="" if wanted.is_visible is None else "public" if wanted.is_visible else "private",
            features=tuple(FEATURES[name] for name in wanted.feature),
            no_master=wanted.without_master,
            no_members=wanted.without_entries,
        ),
    )
    if wanted.address:
        email = as_stored(wanted.address)
        lists = MailingList.objects.filter(Q(address__email=email) | Q(aliases__address__email=email))
        groups = groups.filter(uses_mailing_list=True, mailing_list__in=lists.values("pk"))
    exact = {"source": wanted.source, "external_id": wanted.external_id}
    exact = {name: value for name, value in exact.items() if value is not None}
    if exact:
        groups = groups.filter(company=call.check_administers("group.see"), **exact)
    return groups
