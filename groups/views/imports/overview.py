"""An import on its way: read, looked at, brought in, undone; its rows and its report (rule 10.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.request import MemberRequest
from groupadmin.base.partials import render_partial
from groups.directory.imports import undoing
from groups.directory.imports.report import effects_of, report_of
from groups.directory.imports.summary import VERDICTS, Summary
from groups.forms.directory_import import RowFilters
from groups.models import DirectoryImport, ImportRow

from .lookups import frame_of, has_columns, import_for
from .meaning import Meaning, meaning_of
from .shown import page_of_rows

State = DirectoryImport.State
# While what it means is still to come, or is so.
MEANS = (State.READY, State.DONE)
BUSY: dict[str, tuple[Promise, Promise]] = {
    State.READING: (
        gettext_lazy("Reading and checking…"),
        gettext_lazy("You can leave this page. Nothing changes until you say so."),
    ),
    State.RUNNING: (
        gettext_lazy("Importing…"),
        gettext_lazy("You can leave this page. It continues in the background, each row once."),
    ),
    State.UNDOING: (
        gettext_lazy("Undoing…"),
        gettext_lazy("You can leave this page. It continues in the background."),
    ),
}


@dataclass(frozen=True)
class Said:
    """What became of an import, in words."""

    title: str
    lines: list[str] = field(default_factory=list)


@require_safe
def overview(request: MemberRequest, pk: int) -> HttpResponse:
    """The progress while something goes on; else the verdicts, with what can be done now."""
    _actor, _company, directory_import = import_for(request, pk)
    if directory_import.state in BUSY:
        return render(request, "groups/imports/progress.html", progress_of(directory_import))
    return page_of_import(request, directory_import)


@require_safe
def import_progress(request: MemberRequest, pk: int) -> HttpResponse:
    """The progress alone, which htmx asks every second; once it is over, the whole page."""
    _actor, _company, directory_import = import_for(request, pk)
    if directory_import.state not in BUSY:
        there = redirect("groups:import", pk)
        return HttpResponseClientRedirect(there["Location"]) if request.htmx else there
    return render_partial(
        request,
        "groups/imports/progress.html",
        progress_of(directory_import),
        target="import-progress",
        partial="state",
    )


def progress_of(directory_import: DirectoryImport) -> dict[str, Any]:
    """What the page of a busy import shows."""
    said, hint = BUSY[directory_import.state]
    return frame_of(directory_import) | {
        "job": directory_import.job,
        "said": said,
        "hint": hint,
        "can_cancel": directory_import.state != State.UNDOING,
    }


def page_of_import(
    request: MemberRequest, directory_import: DirectoryImport, errors: list[str] | None = None
) -> HttpResponse:
    """The page of an import at rest: what can be done, the numbers, the meaning, the rows."""
    filters = RowFilters(request.GET, [file.name for file in directory_import.files.all()])
    wanted = filters.query
    for name in ("after", "before"):
        if place := request.GET.get(name):
            wanted[name] = place
    page, shown = page_of_rows(directory_import, filters.chosen, wanted)
    frame = frame_of(directory_import)
    context = frame | {
        "filters": filters,
        "page": page,
        "shown": shown,
        "verdicts": VERDICTS.items(),
        "meaning": _meaning(directory_import, frame["summary"]),
        "said": None if directory_import.state == State.READY else _said(directory_import, frame["summary"]),
        "can_undo": undoing.may_be_undone(directory_import),
        "can_go_on": directory_import.state in (State.CANCELLED, State.FAILED)
        and bool(directory_import.counts),
        "has_columns": has_columns(directory_import),
        "errors": errors or [],
    }
    return render_partial(
        request,
        "groups/imports/import.html",
        context,
        target="results",
        partial="results",
        status=422 if errors else 200,
    )


def _meaning(directory_import: DirectoryImport, summary: Summary) -> Meaning | None:
    """What it means; nothing where nothing would change, and no advice once it is too late for it."""
    if directory_import.state not in MEANS or not summary.changing:
        return None
    found = meaning_of(directory_import.meaning)
    return replace(found, warnings=[]) if found and directory_import.state == State.DONE else found


def _said(directory_import: DirectoryImport, summary: Summary) -> Said:
    lines = [directory_import.problem] if directory_import.problem else []
    if directory_import.state in (State.FAILED, State.CANCELLED):
        lines += _how_far(directory_import)
        failed = directory_import.state == State.FAILED
        return Said(_("This import failed") if failed else _("This import was cancelled"), lines)
    left_out = ImportRow.objects.filter(directory_import=directory_import).left_out().count()
    if directory_import.state == State.UNDONE:
        if left_out:
            left = ngettext(
                "%(count)s row stays as it is. Below it says why.",
                "%(count)s rows stay as they are. Below they say why.",
                left_out,
            )
            lines.append(left % {"count": f"{left_out:,}"})
        if directory_import.problem:
            return Said(_("This import was undone only in part"), lines)
        if not left_out:
            lines.append(_("Everything is as it was before."))
        return Said(_("This import was undone"), lines)
    brought = summary.changing - left_out
    changed = ngettext("%(count)s row was imported.", "%(count)s rows were imported.", brought)
    lines.append(changed % {"count": f"{brought:,}"})
    if left_out:
        late = ngettext(
            "%(count)s row could no longer be imported. Below it says why.",
            "%(count)s rows could no longer be imported. Below they say why.",
            left_out,
        )
        lines.append(late % {"count": f"{left_out:,}"})
    if summary.refused:
        refused = ngettext(
            "%(count)s row was refused. Below it says why.",
            "%(count)s rows were refused. Below they say why.",
            summary.refused,
        )
        lines.append(refused % {"count": f"{summary.refused:,}"})
    return Said(_("Imported"), lines)


def _how_far(directory_import: DirectoryImport) -> list[str]:
    """What is in already of an import that stopped. Never counts: it may be a part of a million."""
    if undoing.may_be_undone(directory_import):
        return [_("Part of it was imported, and stays. Go on with the rest, or undo it.")]
    return [_("Nothing was changed.")]


@require_safe
def import_report(request: MemberRequest, pk: int) -> HttpResponseBase:
    """All rows as CSV, with verdicts and reasons."""
    _actor, _company, directory_import = import_for(request, pk)
    return _csv(report_of(directory_import), "import", directory_import)


@require_safe
def import_effects(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Who gains and loses which group, room and mail, person by person, as CSV."""
    _actor, _company, directory_import = import_for(request, pk)
    return _csv(effects_of(directory_import), "effects", directory_import)


def _csv(lines: Iterator[str], what: str, directory_import: DirectoryImport) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    company, day = (
        _in_file_name(directory_import.company.name),
        timezone.localdate(directory_import.created_at).isoformat(),
    )
    named = content_disposition_header(True, f"{what}-{company}-{day}.csv")
    response["Content-Disposition"] = named or "attachment"
    return response


def _in_file_name(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name).strip("-")[:60] or "company"
