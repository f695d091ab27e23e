"""Masters: who runs a group (rules 2.7, 2.12, 2.15)."""

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from groups import actions, permissions
from groups.models import Master
from groups.permissions import Act

from ..callers import call_of
from ..fields import In, Moment, Out, example
from ..operations import operation
from ..paging import PageWish, page_of, replied
from ..replies import Reply
from .shown import READ, WRITE, GroupRef, PersonOut, VersionOut, group_of, shown_person, version_of
from .things import Things, people_of

router = Router(tags=["Masters"])


class MasterOut(Out):
    """Who runs the group; not necessarily one of its members (rule 2.12)."""

    member: PersonOut
    since: Moment
    source: str | None = Field(
        description="The system that it comes from; empty if none. For those who may change the group."
    )


class MastersOut(Out):
    """A page of masters."""

    items: list[MasterOut]
    next_cursor: str | None


class MastersIn(In):
    """All masters."""

    members: Things


class MastersPatch(In):
    """Whom to add and remove."""

    model_config = example(add=["jane@example.com"], remove=[1042])

    add: Things = []
    remove: Things = []


@operation(
    router, "GET", "/groups/{ref}/masters", READ, answers=MastersOut, summary="List the masters of a group"
)
def list_masters(request: HttpRequest, ref: GroupRef, page: PageWish) -> Reply:
    """Inactive ones are listed for those who may change the group."""
    call = call_of(request)
    group = group_of(call, ref)
    may_edit = bool(permissions.may(call.actor, Act.EDIT, group))
    masters = group.masters.select_related("member__company")
    found = page_of(masters if may_edit else masters.active(), {"member_id": int}, page)

    def shown(master: Master) -> MasterOut:
        source = master.source if may_edit else None
        return MasterOut(member=shown_person(call, master.member), since=master.since, source=source)

    return replied(request, found, MastersOut, [shown(master) for master in found.rows])


@operation(
    router,
    "PATCH",
    "/groups/{ref}/masters",
    WRITE,
    answers=VersionOut,
    summary="Add and remove masters of a group",
)
def edit_masters(request: HttpRequest, ref: GroupRef, body: MastersPatch) -> VersionOut:
    """Both in one step; at least one active master stays."""
    call = call_of(request)
    added, removed = people_of(call, body.add, "add"), people_of(call, body.remove, "remove")
    group = group_of(call, ref)
    return version_of(actions.edit_masters(group, added, removed, actor=call.actor, version=call.version))


@operation(
    router,
    "PUT",
    "/groups/{ref}/masters",
    WRITE,
    answers=VersionOut,
    summary="Replace the masters of a group",
)
def replace_masters(request: HttpRequest, ref: GroupRef, body: MastersIn) -> VersionOut:
    """Makes exactly these the masters; at least one is active.

    A token with a source takes the role from those to whom it gave it; others stay (rule 10.4).
    """
    call = call_of(request)
    wanted = people_of(call, body.members, "members")
    group = group_of(call, ref)
    return version_of(actions.replace_masters(group, wanted, actor=call.actor, version=call.version))
