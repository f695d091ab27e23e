"""What each column of an import's tables means: found out, and chosen where that is wrong (rule 10.1).

Also who runs the groups that name no master: the verdicts show that one is needed (rule 10.2).
"""

import json
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.request import MemberRequest
from accounts.views.lookups import INVALID
from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets import ENCODINGS
from groups.directory import form
from groups.directory.imports import lifecycle
from groups.directory.imports.options import Options
from groups.forms.directory_import import DefaultMasterForm
from groups.forms.import_columns import chosen_in, encoding_select, read_choices, tables_of
from groups.models import DirectoryImport

from .lookups import frame_of, has_columns, import_for

State = DirectoryImport.State
# Before anything is brought in.
OPEN = (State.READY, State.FAILED)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: MemberRequest, pk: int) -> HttpResponse:
    """Shows each table with samples; POST reads the import again as chosen, or only shows what that means.

    Other systems' files have no columns to choose; the default master is chosen here for all.
    """
    actor, company, directory_import = import_for(request, pk)
    if directory_import.state not in OPEN:
        return redirect("groups:import", pk)
    options = Options.of(directory_import.options)
    posted = request.POST if request.method == "POST" else None
    master = DefaultMasterForm(posted, actor=actor, company=company, address=options.default_master)
    if posted is None:
        return _page(request, directory_import, options, master)
    options = replace(options, **_chosen(request, directory_import, options))
    if not master.is_valid() or "again" in posted:
        return _page(request, directory_import, options, master)
    try:
        options = replace(options, default_master=master.cleaned_data["default_master"])
        lifecycle.judge(directory_import, options, actor=actor)
    except Invalid as invalid:
        return _page(request, directory_import, options, master, problem=invalid.message)
    return redirect("groups:import", pk)


def _chosen(request: MemberRequest, directory_import: DirectoryImport, options: Options) -> dict[str, Any]:
    """The options that the form sets; what it says is about the tables as they were shown."""
    if not has_columns(directory_import):
        return {}
    before = read_choices(request.POST.get("before", ""))
    shown = _shown(directory_import, replace(options, columns=before))
    encoding = request.POST.get("encoding", "")
    return {
        "encoding": encoding if encoding in ENCODINGS else "",
        "columns": chosen_in(request.POST, shown, before),
    }


def _shown(directory_import: DirectoryImport, options: Options) -> list[form.ShownTable]:
    """What the tables are taken for; none if the files cannot be read."""
    if not has_columns(directory_import):
        return []
    try:
        return form.describe(
            lifecycle.files_of(directory_import),
            columns=options.columns,
            encoding=options.encoding,
            languages=options.languages,
        )
    except (Invalid, FileNotFoundError):
        return []


def _page(
    request: MemberRequest,
    directory_import: DirectoryImport,
    options: Options,
    master: DefaultMasterForm,
    problem: str = "",
) -> HttpResponse:
    context = frame_of(directory_import) | {
        "has_columns": has_columns(directory_import),
        "form": master,
        "tables": tables_of(_shown(directory_import, options), options.columns),
        "encoding": encoding_select(options.encoding),
        "before": json.dumps(options.columns, ensure_ascii=False),
        "problem": problem,
    }
    is_invalid = problem or (master.is_bound and not master.is_valid())
    return render(request, "groups/imports/columns.html", context, status=INVALID if is_invalid else 200)
