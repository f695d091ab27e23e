"""Everything that a company has, as one file (rule 10.7)."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from ninja import Router
from pydantic import Field

from groupadmin.base.serving import file_answer
from groups.directory.export import everything
from groups.models import CompanyExport

from ..callers import Call, call_of
from ..fields import In, Moment, Out, RowRef, row_of
from ..operations import operation
from ..paging import NEWEST, PageWish, page_of, replied
from ..replies import NOTHING, Reply, accepted
from .shown import SCOPE

router = Router(tags=["Exports"])

SEE = "company.see_exports"


class ExportOut(Out):
    """An export. Ask again until `is_ready`."""

    id: int
    is_ready: bool
    has_failed: bool
    has_rooms: bool = Field(description="Whether what is in the message rooms is in it.")
    size: int
    created_at: Moment
    expires_at: Moment


class ExportsOut(Out):
    """A page of exports, the newest first."""

    items: list[ExportOut]
    next_cursor: str | None


class ExportIn(In):
    """What is in it."""

    has_rooms: bool = Field(False, description="What people wrote in message rooms too.")


@operation(router, "GET", "/exports", SCOPE, answers=ExportsOut, summary="List exports")
def list_exports(request: HttpRequest, page: PageWish) -> Reply:
    """Those that can be downloaded, and the one that is being made."""
    found = page_of(_own(call_of(request), SEE), NEWEST, page)
    return replied(request, found, ExportsOut, [_shown(export) for export in found.rows])


@operation(router, "POST", "/exports", SCOPE, answers=ExportOut, status=202, summary="Export everything")
def begin_export(request: HttpRequest, body: ExportIn) -> Reply:
    """All administrators are told. Needs the scope `delicate`."""
    call = call_of(request)
    company = call.check_administers(everything.ACTION)
    job = everything.start_export(company, has_rooms=body.has_rooms, actor=call.actor)
    export = CompanyExport.objects.select_related("job").get(job=job)
    return accepted(_shown(export), f"/api/v1/exports/{export.pk}")


@operation(router, "GET", "/exports/{ref}", SCOPE, answers=ExportOut, summary="Get an export")
def get_export(request: HttpRequest, ref: RowRef) -> ExportOut:
    """Whether it is ready."""
    return _shown(_export(call_of(request), ref, SEE))


@operation(
    router,
    "GET",
    "/exports/{ref}/file",
    SCOPE,
    answers=None,
    summary="Download an export",
    download="application/zip",
)
def download_export(request: HttpRequest, ref: RowRef) -> HttpResponseBase:
    """The download is in the audit. Needs the scope `delicate`."""
    call = call_of(request)
    export = _export(call, ref, "company.download_export")
    if not export.file:
        raise Http404
    everything.record_download(export, actor=call.actor)
    try:
        response = file_answer(request, export.file, "application/zip")
    except FileNotFoundError:
        raise Http404 from None
    response["Content-Disposition"] = f'attachment; filename="groupadmin-{export.pk}.zip"'
    return response


@operation(router, "DELETE", "/exports/{ref}", SCOPE, answers=None, status=204, summary="Delete an export")
def delete_export(request: HttpRequest, ref: RowRef) -> Reply:
    """Before its time."""
    call = call_of(request)
    everything.delete_export(_export(call, ref, "company.delete_export"), actor=call.actor)
    return NOTHING


def _own(call: Call, action: str) -> QuerySet[CompanyExport]:
    company = call.check_administers(action)
    return CompanyExport.objects.filter(company=company).select_related("job", "company")


def _export(call: Call, ref: str, action: str) -> CompanyExport:
    return row_of(_own(call, action), ref)


def _shown(export: CompanyExport) -> ExportOut:
    return ExportOut(
        id=export.pk,
        is_ready=bool(export.file),
        has_failed=export.job is not None and export.job.state == export.job.State.FAILED,
        has_rooms=export.has_rooms,
        size=export.size,
        created_at=export.created_at,
        expires_at=everything.expires_at(export),
    )
