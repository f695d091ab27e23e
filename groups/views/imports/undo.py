"""Taking a whole import back, looked at before (rule 10.3)."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groups.directory.imports import undoing
from groups.directory.imports.summary import KINDS
from groups.directory.imports.undoing import dry_run
from groups.models import DirectoryImport, ImportRow

from .lookups import frame_of, import_for
from .shown import PAGE_SIZE, shown

IN_ORDER = {"id": int}


@dataclass(frozen=True)
class Line:
    """How much of a kind is taken back, and how much stays."""

    label: str
    taken_back: int
    left: int


@require_POST
def import_look_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Finds out what undoing would do; it writes that down, so this is a POST."""
    actor, _company, directory_import = import_for(request, pk)
    try:
        job = dry_run.look_back(directory_import, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect("groups:import", pk)
    return redirect("accounts:job", job.pk) if job else redirect("groups:import_undo", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: MemberRequest, pk: int) -> HttpResponse:
    """GET shows what would be taken back, and what is left because it was touched since; POST does it."""
    actor, _company, directory_import = import_for(request, pk)
    found = dry_run.found(directory_import)
    if found is None or not undoing.may_be_undone(directory_import):
        return redirect("groups:import", pk)
    if request.method != "POST":
        return _page(request, directory_import, found)
    try:
        undoing.start_undo(directory_import, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    return redirect("groups:import", pk)


def _page(
    request: MemberRequest, directory_import: DirectoryImport, found: dict[str, dict[str, int]]
) -> HttpResponse:
    back, left = found.get("taken_back", {}), found.get("left", {})
    staying = ImportRow.objects.filter(directory_import=directory_import, state=ImportRow.State.DONE)
    page = page_of(staying.exclude(touched=""), IN_ORDER, request.GET, PAGE_SIZE)
    context = frame_of(directory_import) | {
        "lines": [
            Line(str(label), back.get(kind, 0), left.get(kind, 0))
            for kind, label in KINDS.items()
            if kind in back or kind in left
        ],
        "back_count": sum(back.values()),
        "left_count": sum(left.values()),
        "page": page,
        "shown": [shown(row) for row in page.rows],
    }
    return render_partial(request, "groups/imports/undo.html", context, target="results", partial="results")
