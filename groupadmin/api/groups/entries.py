"""Entries: the people, teams and groups that are in a group by name (rules 2.8–2.11, 2.18)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from groupadmin.base.errors import Invalid
from groups import actions, permissions
from groups.entries import Entries
from groups.entries import entries_of as entries_in
from groups.models import Group, Membership
from groups.permissions import Act, visible_groups

from ..callers import Call, call_of
from ..fields import In, Moment, Out, RowRef, example, row_of
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
from .things import EntriesIn, Things, entries_of, people_of

router = Router(tags=["Entries"])

FIELD_NAMES = {"members": "entries"}
EntryKind = Literal["group", "team", "member"]
COLUMNS: dict[str, str] = {"group": "subgroup_id", "team": "team_id", "member": "member_id"}
"""In the order in which they are listed."""


class EntryOut(Out):
    """One thing that is in the group."""

    id: int
    kind: EntryKind
    member: PersonOut | None
    team: TeamNamedOut | None
    group: GroupNamedOut | None = Field(
        description="Null also for a private group that the caller may not see."
    )
    added_at: Moment
    source: str | None = Field(
        description="The system that it comes from; empty if none. For those who may change the group."
    )


class EntriesOut(Out):
    """A page of entries: groups, then teams, then people."""

    items: list[EntryOut]
    next_cursor: str | None


class EntryFilter(BaseModel):
    """Which entries are listed."""

    kind: EntryKind | None = None


class EntriesPatch(In):
    """What is to be added and removed. What is there already, or not there, is no mistake."""

    model_config = example(
        add={"members": ["jane@example.com", 1042], "teams": [7]}, remove={"members": ["ext:hr:E-1017"]}
    )

    add: EntriesIn = Field(default_factory=EntriesIn)
    remove: EntriesIn = Field(default_factory=EntriesIn)


class ExternalPeopleIn(In):
    """People of other companies, by their ids."""

    members: Things = []


@operation(
    router, "GET", "/groups/{ref}/entries", READ, answers=EntriesOut, summary="List the entries of a group"
)
def list_entries(
    request: HttpRequest, ref: GroupRef, wanted: Annotated[EntryFilter, Query(...)], page: PageWish
) -> Reply:
    """What is in the group by name; who is in it through teams and groups, its people say.

    Inactive people are listed for those who may change the group.
    """
    call = call_of(request)
    group = group_of(call, ref)
    may_edit = bool(permissions.may(call.actor, Act.EDIT, group))
    kinds = [wanted.kind] if wanted.kind else COLUMNS
    found = page_of_parts([_part(group, kind, may_edit) for kind in kinds], page)
    return replied(request, found, EntriesOut, _shown(call, found.rows, may_edit))


def _part(group: Group, kind: str, may_edit: bool) -> Part:
    column = COLUMNS[kind]
    rows = group.entries.filter(**{f"{column}__isnull": False})
    if kind == "member" and not may_edit:
        rows = rows.filter(member__is_active=True)
    related = {"group": "subgroup", "team": "team", "member": "member__company"}[kind]
    # Not joined: PostgreSQL would read all people up to the cursor.
    return Part(kind, rows.prefetch_related(related), {column: int})


def _shown(call: Call, rows: Sequence[Membership], may_edit: bool) -> list[EntryOut]:
    groups = [row.subgroup_id for row in rows if row.subgroup_id is not None]
    visible = visible_groups(call.reader).filter(pk__in=groups)
    seen = set(visible.values_list("pk", flat=True)) if groups else set()
    return [_entry(call, row, seen, may_edit) for row in rows]


def _entry(call: Call, row: Membership, seen: set[int], may_edit: bool) -> EntryOut:
    shown: dict[str, Any] = {"kind": "member", "member": None, "team": None, "group": None}
    if row.member is not None:
        shown["member"] = shown_person(call, row.member)
    elif row.team is not None:
        shown |= {"kind": "team", "team": named_team(row.team)}
    else:
        subgroup = row.subgroup if row.subgroup_id in seen else None
        shown |= {"kind": "group", "group": subgroup and named_group(subgroup)}
    return EntryOut(id=row.pk, added_at=row.added_at, source=row.source if may_edit else None, **shown)


@operation(
    router,
    "POST",
    "/groups/{ref}/entries",
    WRITE,
    answers=VersionOut,
    summary="Add entries to a group",
    field_names=FIELD_NAMES,
)
def add_entries(request: HttpRequest, ref: GroupRef, body: EntriesIn) -> VersionOut:
    """Adds people, teams and groups; what is there already stays. Costs the same in a group of any size."""
    call = call_of(request)
    return _edit(call, group_of(call, ref), entries_of(call, body, ""), Entries())


@operation(
    router,
    "PATCH",
    "/groups/{ref}/entries",
    WRITE,
    answers=VersionOut,
    summary="Add and remove entries of a group",
    field_names=FIELD_NAMES,
)
def edit_entries(request: HttpRequest, ref: GroupRef, body: EntriesPatch) -> VersionOut:
    """Both in one step. What is in both is removed. Costs the same in a group of any size.

    A token with a source removes what it has added; entries of others stay (rule 10.4).
    """
    call = call_of(request)
    group = group_of(call, ref)
    return _edit(call, group, entries_of(call, body.add, "add"), entries_of(call, body.remove, "remove"))


@operation(
    router,
    "PUT",
    "/groups/{ref}/entries",
    WRITE,
    answers=VersionOut,
    summary="Replace the entries of a group",
    field_names=FIELD_NAMES,
)
def replace_entries(request: HttpRequest, ref: GroupRef, body: EntriesIn) -> VersionOut:
    """Makes exactly these the entries. Compares the whole group.

    A token with a source removes what it has added; entries of others stay (rule 10.4).
    """
    call = call_of(request)
    wanted = entries_of(call, body, "")
    group = actions.replace_entries(group_of(call, ref), wanted, actor=call.actor, version=call.version)
    return version_of(group)


@operation(
    router,
    "DELETE",
    "/groups/{ref}/entries/{entry_id}",
    WRITE,
    answers=VersionOut,
    summary="Remove an entry of a group",
    field_names=FIELD_NAMES,
)
def remove_entry(request: HttpRequest, ref: GroupRef, entry_id: RowRef) -> VersionOut:
    """By its own id, as the list of entries tells it. One of another source than the token's stays."""
    call = call_of(request)
    group = group_of(call, ref, Act.EDIT)
    entry = row_of(group.entries.all(), entry_id)
    gone = entries_in([(entry.member_id, entry.team_id, entry.subgroup_id)])
    done = _edit(call, group, Entries(), gone)
    if group.entries.filter(pk=entry.pk).exists():
        raise Invalid(None, _("This entry is not from the token's source, so it stays."))
    return done


@operation(
    router,
    "POST",
    "/groups/{ref}/external-members",
    WRITE,
    answers=VersionOut,
    summary="Add people of other companies to an external group",
)
def add_external_members(request: HttpRequest, ref: GroupRef, body: ExternalPeopleIn) -> VersionOut:
    """From the Contacts of the person whose token it is (rule 6.3); a company's token has none."""
    call = call_of(request)
    members = people_of(call, body.members, "members")
    return version_of(actions.add_external_members(group_of(call, ref), members, actor=call.actor))


def _edit(call: Call, group: Group, added: Entries, removed: Entries) -> VersionOut:
    done = actions.edit_entries(group, added, removed, actor=call.actor, version=call.version)
    return version_of(done)
