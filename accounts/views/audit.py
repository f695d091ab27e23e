"""Audit › Admin: who did what, for a company's administrators (rules 8.1, 8.3)."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.audit import export_audit
from accounts.audit.csv import head, rows
from accounts.audit.filters import AuditFilters
from accounts.audit.rows import Book
from accounts.models import AuditEntry, Company
from accounts.request import MemberRequest
from groupadmin.base.downloads import Format, table_answer
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial

from .lookups import INVALID, PAGE_SIZE, get_or_404, require_administrator

BY_TIME = {"-at": datetime, "-id": int}
EVERY_DAY = "180"
DETAILS_AT_MOST = 20


@require_safe
def audit(request: MemberRequest) -> HttpResponse:
    """The entries that match the filter bar, newest first."""
    _actor, company = require_administrator(request, "audit.see")
    filters = AuditFilters(request.GET)
    if not filters.is_valid():
        return _page(request, {"filters": filters}, status=INVALID)
    wanted = filters.query
    for name in ("after", "before"):
        if place := request.GET.get(name):
            wanted[name] = place
    found = page_of(filters.entries(company), BY_TIME, wanted, PAGE_SIZE)
    context = {
        "filters": filters,
        "page": found,
        "rows": Book(request.user, company).rows(found.rows),
        "query": list(filters.query.items()),
        "only": _only(filters, company),
    }
    return _page(request, context)


def _page(request: MemberRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render_partial(
        request, "accounts/audit.html", context, target="results", partial="results", status=status
    )


def _only(filters: AuditFilters, company: Company) -> list[tuple[str, str]]:
    """What the list is filtered by through an id: its last name, and the URL without that filter."""
    own = AuditEntry.objects.filter(company_id=company.pk).order_by("-at")
    only = []
    if filters.person_id:
        did = own.filter(actor_id=filters.person_id).values_list("actor_name", flat=True).first()
        was = own.filter(target_kind="member", target_id=filters.person_id)
        name = did or was.values_list("target_name", flat=True).first()
        only.append((name or filters.cleaned_data["who"], filters.without("who")))
    if filters.target:
        kind, pk = filters.target
        name = own.filter(target_kind=kind, target_id=pk).values_list("target_name", flat=True).first()
        only.append((name or str(pk), filters.without("of")))
    return only


@require_safe
def audit_entry(request: MemberRequest, pk: int) -> HttpResponse:
    """One entry: everything it records, before and after side by side, and links to related entries."""
    _actor, company = require_administrator(request, "audit.see")
    entry = get_or_404(AuditEntry.objects.filter(company_id=company.pk), pk)
    shows_all = bool(request.GET.get("all"))
    book = Book(request.user, company, named_at_most=None if shows_all else DETAILS_AT_MOST)
    (row,) = book.rows([entry])
    context = {
        "row": row,
        "details": book.details(entry),
        "shows_all": shows_all,
        "of_target": f"{entry.target_kind}-{entry.target_id}" if entry.target_id else "",
        "period": EVERY_DAY,
    }
    return render(request, "accounts/audit_entry.html", context)


@require_POST
def audit_csv(request: MemberRequest) -> HttpResponseBase:
    """Downloads the filtered entries. POST, as the download itself is audited (rule 8.1)."""
    actor, company = require_administrator(request, "audit.export")
    filters = AuditFilters(request.POST)
    if not filters.is_valid():
        return render(request, "accounts/audit.html", {"filters": filters}, status=INVALID)
    export_audit(company, filters.told, actor=actor)
    book = Book(request.user, company, named_at_most=None)
    name = f"audit-{company.name[:60]}-{filters.file_name}"
    return table_answer(Format.of(request.POST), name, head, rows(book, filters.entries(company)))
