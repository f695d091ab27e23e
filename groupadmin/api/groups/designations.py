"""Who is designated to send to a list, and to send as it (rules 4.5, 4.6)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import Field

from groupadmin.base.errors import Invalid
from groups import actions
from groups.actions import GroupSettings
from groups.actions.subscriptions import NO_LIST
from groups.entries import Entries
from groups.models import Designation
from groups.permissions import Act, visible_groups

from ..callers import Call, call_of
from ..fields import In, Out
from ..operations import operation
from ..paging import PageWish, replied
from ..replies import Reply
from .series import Part, page_of_parts
from .shown import (
    READ,
    WRITE,
    GroupNamedOut,
    GroupRef,
    PersonOut,
    TeamNamedOut,
    VersionOut,
    group_of,
    named_group,
    named_team,
    shown_person,
    version_of,
)
from .things import EntriesIn, entries_of

router = Router(tags=["Mailing lists"])

Purpose = Annotated[
    Literal["senders", "send-as"],
    Path(
        description="`senders`: who may send to a list for designated members; `send-as`: who may send as it."
    ),
]
PURPOSES = {"senders": Designation.Purpose.SEND_TO, "send-as": Designation.Purpose.SEND_AS}
SETTINGS = {"senders": "senders", "send-as": "send_as"}
RELATED = {"group": "group", "team": "team", "member": "member__company"}


class DesignationOut(Out):
    """One who is designated: a person, all of a team, or all of a group."""

    kind: Literal["group", "team", "member"]
    member: PersonOut | None
    team: TeamNamedOut | None
    group: GroupNamedOut | None = Field(
        description="Null also for a private group that the caller may not see."
    )


class DesignationsOut(Out):
    """A page: groups, then teams, then people."""

    items: list[DesignationOut]
    next_cursor: str | None


class DesignationsPatch(In):
    """Whom to add and remove."""

    add: EntriesIn = Field(default_factory=EntriesIn)
    remove: EntriesIn = Field(default_factory=EntriesIn)


@operation(
    router,
    "GET",
    "/groups/{ref}/mailing-list/designations/{purpose}",
    READ,
    answers=DesignationsOut,
    summary="List who is designated for a list",
)
def list_designations(request: HttpRequest, ref: GroupRef, purpose: Purpose, page: PageWish) -> Reply:
    """For those who may change the group."""
    call = call_of(request)
    group = group_of(call, ref, Act.EDIT)
    rows = Designation.objects.filter(mailing_list=group.mailing_list_id, purpose=PURPOSES[purpose])
    parts = [
        Part(kind, rows.filter(**{f"{kind}__isnull": False}).select_related(related), {f"{kind}_id": int})
        for kind, related in RELATED.items()
    ]
    found = page_of_parts(parts, page)
    return replied(request, found, DesignationsOut, _shown(call, found.rows))


def _shown(call: Call, rows: list[Designation]) -> list[DesignationOut]:
    groups = [row.group_id for row in rows if row.group_id is not None]
    visible = visible_groups(call.reader).filter(pk__in=groups)
    seen = set(visible.values_list("pk", flat=True)) if groups else set()
    return [_designation(call, row, seen) for row in rows]


def _designation(call: Call, row: Designation, seen: set[int]) -> DesignationOut:
    shown: dict[str, Any] = {"kind": "member", "member": None, "team": None, "group": None}
    if row.member is not None:
        shown["member"] = shown_person(call, row.member)
    elif row.team is not None:
        shown |= {"kind": "team", "team": named_team(row.team)}
    else:
        group = row.group if row.group_id in seen else None
        shown |= {"kind": "group", "group": group and named_group(group)}
    return DesignationOut(**shown)


@operation(
    router,
    "PATCH",
    "/groups/{ref}/mailing-list/designations/{purpose}",
    WRITE,
    answers=VersionOut,
    summary="Add and remove who is designated for a list",
)
def edit_designations(
    request: HttpRequest, ref: GroupRef, purpose: Purpose, body: DesignationsPatch
) -> VersionOut:
    """Both in one step. What is in both is removed."""
    call = call_of(request)
    added, removed = entries_of(call, body.add, "add"), entries_of(call, body.remove, "remove")
    return _change(call, ref, purpose, lambda present: (present | added) - removed)


@operation(
    router,
    "PUT",
    "/groups/{ref}/mailing-list/designations/{purpose}",
    WRITE,
    answers=VersionOut,
    summary="Replace who is designated for a list",
)
def replace_designations(
    request: HttpRequest, ref: GroupRef, purpose: Purpose, body: EntriesIn
) -> VersionOut:
    """Makes exactly these the designated ones."""
    call = call_of(request)
    wanted = entries_of(call, body, "")
    return _change(call, ref, purpose, lambda present: wanted)


def _change(call: Call, ref: str, purpose: str, changed: Callable[[Entries], Entries]) -> VersionOut:
    name = SETTINGS[purpose]

    def change(present: GroupSettings) -> GroupSettings:
        mailing_list = present.mailing_list
        if mailing_list is None:
            raise Invalid(None, str(NO_LIST))
        after: dict[str, Any] = {name: changed(getattr(mailing_list, name))}
        return replace(present, mailing_list=replace(mailing_list, **after))

    group = group_of(call, ref)
    return version_of(actions.change_group(group, change, actor=call.actor, version=call.version))
