"""Everything that a company has: asked for here, made by the worker, then downloaded (rule 10.7)."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Company
from accounts.request import MemberRequest
from accounts.views.lookups import get_or_404, page, require_administrator
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groupadmin.base.file_names import disposition
from groupadmin.base.serving import file_answer
from groups.directory.export import everything
from groups.models import CompanyExport

SHOWN_AT_MOST = 20
TEMPLATE = "groups/exports.html"


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: MemberRequest) -> HttpResponse:
    """The exports that can be downloaded, and the form for the next one."""
    actor, company = require_administrator(request, everything.ACTION)
    if request.method != "POST":
        return page(request, TEMPLATE, _context(company))
    try:
        job = everything.start_export(company, has_rooms="has_rooms" in request.POST, actor=actor)
    except Invalid as invalid:
        return page(request, TEMPLATE, {**_context(company), "problem": invalid.message}, invalid=True)
    return redirect("accounts:job", job.pk)


def _context(company: Company) -> dict[str, Any]:
    made = CompanyExport.objects.filter(company=company).exclude(file="").select_related("started_by")
    running = everything.running_export(company)
    return {
        "exports": [(export, everything.expires_at(export)) for export in made[:SHOWN_AT_MOST]],
        "running": running.job if running else None,
    }


@require_POST
def download(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The zip file. POST, as the download itself is audited (rule 8.1)."""
    actor, company = require_administrator(request, "company.download_export")
    export = get_or_404(CompanyExport.objects.filter(company=company).exclude(file=""), pk)
    everything.record_download(export, actor=actor)
    try:
        response = file_answer(request, export.file, "application/zip")
    except FileNotFoundError:
        raise Http404 from None
    day = timezone.localdate(export.created_at).isoformat()
    plain = re.sub(r"[^\w]+", "-", company.name).strip("-")[:60] or "company"
    response["Content-Disposition"] = disposition(f"groupadmin-{plain}-{day}.zip")
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Deletes an export before its time, after asking (rule 10.12)."""
    actor, company = require_administrator(request, "company.delete_export")
    export = get_or_404(CompanyExport.objects.filter(company=company).exclude(file=""), pk)
    if request.method != "POST":
        question = Question(
            heading=_("Delete this export?"),
            answer=_("Delete export"),
            back=reverse("groups:exports"),
            lines=[
                Touched(
                    "file-archive", _("Its file can no longer be downloaded. You can start another export.")
                )
            ],
        )
        return ask(request, question)
    everything.delete_export(export, actor=actor)
    messages.success(request, _("The export was deleted."))
    return redirect("groups:exports")
