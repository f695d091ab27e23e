"""Recently deleted groups: restoring them, and deleting them for good (rules 2.17, 10.6)."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from accounts.actions.locks import lock_company
from groups import actions, permissions
from groups.actions.delete import purge_group
from groups.models import Group
from groups.permissions import Act
from groups.views.deleted import days_left, deleted_groups

from ..callers import Call, call_of
from ..fields import In, Moment, Out, Ref, Text, one
from ..operations import operation
from ..paging import PageWish, page_of, replied
from ..replies import NOTHING, Reply
from .shown import READ, WRITE, GroupOut, Kind, again

router = Router(tags=["Deleted groups"])

LATEST_FIRST = {"-deleted_at": datetime, "-id": int}
FIELD_NAMES = {"address": "local_part"}


class DeletedGroupOut(Out):
    """A group that can still be restored."""

    id: int
    kind: Kind
    name: str
    description: str
    address: str = Field(description="That its mailing list had; others may have taken it since.")
    deleted_at: Moment
    days_left: int = Field(description="How many days it can be restored, this one included.")
    version: int = Field(description="Also the ETag.")


class DeletedGroupsOut(Out):
    """A page of deleted groups, the latest first."""

    items: list[DeletedGroupOut]
    next_cursor: str | None


class RestoreIn(In):
    """What it is called from now on, if its name or address is taken by now."""

    name: Text = Field("", description="Empty for the one that it had.")
    local_part: Text = Field("", description="What stands before the @; empty for the one that it had.")


@operation(
    router, "GET", "/deleted-groups", READ, answers=DeletedGroupsOut, summary="List recently deleted groups"
)
def list_deleted_groups(request: HttpRequest, page: PageWish) -> Reply:
    """For administrators."""
    call = call_of(request)
    company = call.check_administers("group.list_deleted")
    found = page_of(deleted_groups(company), LATEST_FIRST, page)
    return replied(request, found, DeletedGroupsOut, [_shown(group) for group in found.rows])


@operation(
    router,
    "GET",
    "/deleted-groups/{ref}",
    READ,
    answers=DeletedGroupOut,
    summary="Get a recently deleted group",
)
def get_deleted_group(request: HttpRequest, ref: Ref) -> DeletedGroupOut:
    """For administrators."""
    return _shown(_deleted(call_of(request), ref, "group.list_deleted"))


@operation(
    router,
    "POST",
    "/deleted-groups/{ref}/restore",
    WRITE,
    answers=GroupOut,
    summary="Restore a deleted group",
    field_names=FIELD_NAMES,
)
def restore_group(request: HttpRequest, ref: Ref, body: RestoreIn) -> GroupOut:
    """Brings it back with everything in it; aliases that are taken are given up. For administrators."""
    call = call_of(request)
    group = _locked(call, ref)
    names = {"name": body.name or None, "local_part": body.local_part or None}
    actions.restore_group(group, actor=call.actor, **names)
    return again(call, group.pk)


@operation(
    router,
    "DELETE",
    "/deleted-groups/{ref}",
    WRITE,
    answers=None,
    status=204,
    summary="Delete a group permanently",
)
def purge_deleted_group(request: HttpRequest, ref: Ref) -> Reply:
    """With all that is in its room. Nobody can bring it back. For administrators."""
    call = call_of(request)
    purge_group(_locked(call, ref), actor=call.actor)
    return NOTHING


def _locked(call: Call, ref: str) -> Group:
    """The deleted group, at the version of If-Match. Raises Refused, Http404, NotVisible or Conflict."""
    group = _deleted(call, ref, Act.RESTORE)
    lock_company(group.company_id)
    group = permissions.get_group_for(call.actor, group.pk, Act.RESTORE, lock=True)
    call.check_version(group)
    return group


def _deleted(call: Call, ref: str, action: str) -> Group:
    company = call.check_administers(action)
    others = Group.objects.exclude(company=company).select_related("company")
    return one(deleted_groups(company), ref, hidden=others, action=action)


def _shown(group: Group) -> DeletedGroupOut:
    assert group.deleted_at is not None  # noqa: S101  (only deleted ones are listed)
    return DeletedGroupOut(
        id=group.pk,
        kind="external" if group.is_external else "internal",
        name=group.name,
        description=group.description,
        address=group.mailing_list.kept_address if group.mailing_list else "",
        deleted_at=group.deleted_at,
        days_left=days_left(group),
        version=group.version,
    )
