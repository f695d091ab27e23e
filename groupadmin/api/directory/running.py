"""Starting, cancelling and undoing imports (rules 10.2, 10.3, 10.5)."""

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from groups.directory.imports import lifecycle, undoing
from groups.directory.imports.undoing import dry_run

from ..callers import Call, call_of
from ..fields import In, RowRef
from ..operations import operation
from ..replies import Reply, accepted
from .shown import SCOPE, ImportOut, import_of, shown_import

router = Router(tags=["Imports"])


class StartIn(In):
    """How it is brought in."""

    only_good: bool = Field(False, description="Bring in the good rows although others are refused.")


@operation(
    router, "POST", "/imports/{ref}/start", SCOPE, answers=ImportOut, status=202, summary="Start an import"
)
def start_import(request: HttpRequest, ref: RowRef, body: StartIn) -> Reply:
    """Brings the good rows in. Needs the scope `delicate`.

    Also goes on with one that failed or was cancelled.
    """
    call = call_of(request)
    lifecycle.start_run(import_of(call, ref), only_good=body.only_good, actor=call.actor)
    return _going_on(call, ref)


@operation(router, "POST", "/imports/{ref}/cancel", SCOPE, answers=ImportOut, summary="Cancel an import")
def cancel_import(request: HttpRequest, ref: RowRef) -> ImportOut:
    """Stops it. What is in stays, and can be undone."""
    call = call_of(request)
    lifecycle.cancel(import_of(call, ref), actor=call.actor)
    return shown_import(import_of(call, ref))


@operation(
    router,
    "POST",
    "/imports/{ref}/look-back",
    SCOPE,
    answers=ImportOut,
    status=202,
    summary="Look what undoing an import would do",
)
def look_back_at_import(request: HttpRequest, ref: RowRef) -> Reply:
    """Changes nothing. What would be taken back and what stays is then in `undo` of the import."""
    call = call_of(request)
    dry_run.look_back(import_of(call, ref), actor=call.actor)
    return _going_on(call, ref)


@operation(
    router, "POST", "/imports/{ref}/undo", SCOPE, answers=ImportOut, status=202, summary="Undo an import"
)
def undo_import(request: HttpRequest, ref: RowRef) -> Reply:
    """Takes back what nobody has touched since. Needs the scope `delicate`."""
    call = call_of(request)
    undoing.start_undo(import_of(call, ref), actor=call.actor)
    return _going_on(call, ref)


def _going_on(call: Call, ref: str) -> Reply:
    found = import_of(call, ref)
    return accepted(shown_import(found), f"/api/v1/imports/{found.pk}")
