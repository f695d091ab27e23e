"""Where an import begins: its files, and what is not in them; and the imports before it (rule 10.2)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor
from accounts.models import Company
from accounts.request import MemberRequest
from accounts.views.lookups import INVALID, require_administrator
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groupadmin.base.uploads import takes_large_files
from groups.directory.imports import lifecycle
from groups.directory.imports.summary import Summary, summary_of
from groups.forms.directory_import import ImportForm, files_limit, too_large
from groups.models import DirectoryImport

from .lookups import ACT, source_label, title_of

NEWEST_FIRST = {"-id": int}
PAGE_SIZE = 20


@dataclass(frozen=True)
class Earlier:
    """An import in the list."""

    directory_import: DirectoryImport
    title: str
    source: str
    summary: Summary


@require_safe
def imports(request: MemberRequest) -> HttpResponse:
    """The form, and the imports so far."""
    actor, company = require_administrator(request, ACT)
    return _page(request, company, ImportForm(actor=actor, company=company))


@takes_large_files("IMPORT_MAX_BYTES")
@require_POST
def import_add(request: MemberRequest) -> HttpResponse:
    """Takes the files, and has the worker look at them."""
    actor, company = require_administrator(request, ACT)
    form = ImportForm(request.POST, request.FILES, actor=actor, company=company)
    if form.is_valid() and (opened := _open(request, form, company, actor)):
        return redirect("groups:import", opened.pk)
    return _page(request, company, form)


def _open(request: MemberRequest, form: ImportForm, company: Company, actor: Actor) -> DirectoryImport | None:
    """The import, which the worker begins to read; none, with the reason in the form, if it is not kept."""
    try:
        files = [(file.name or "", file) for file in form.cleaned_data["file"]]
        opened = lifecycle.open_import(company, files, form.options(_languages(request)), actor=actor)
        lifecycle.judge(opened, actor=actor)
    except Invalid as invalid:
        show_invalid(form, invalid, renamed={"files": "file"})
        return None
    return opened


def _languages(request: MemberRequest) -> list[str]:
    """The reader's languages, best first: files on their computer are mostly in its encoding."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500].lower())
    return [language for language, _weight in accepted]


def _page(request: MemberRequest, company: Company, form: ImportForm) -> HttpResponse:
    own = DirectoryImport.objects.filter(company=company).select_related("started_by")
    page = page_of(own.prefetch_related("files"), NEWEST_FIRST, request.GET, PAGE_SIZE)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [_earlier(one) for one in page.rows],
        "files_limit": files_limit(),
        "too_large": too_large(),
        "links": [(reverse("groups:import_form"), "file-text", _("What columns there can be"))],
    }
    status = INVALID if form.errors else 200
    template = "groups/imports/start.html"
    return render_partial(request, template, context, target="import-form", partial="form", status=status)


def _earlier(directory_import: DirectoryImport) -> Earlier:
    return Earlier(
        directory_import,
        title_of(directory_import),
        source_label(directory_import),
        summary_of(directory_import.counts),
    )
