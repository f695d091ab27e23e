"""Audit › Mail: every mail to or from a list, for a company's administrators (rules 4.7, 8.2, 8.3)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Company, Member
from accounts.request import MemberRequest
from accounts.views.audit import EVERY_DAY
from accounts.views.lookups import INVALID, get_or_404, require_administrator
from groupadmin.base.downloads import Format, table_answer
from groupadmin.base.errors import Invalid
from groupadmin.base.partials import fills, render_partial
from groups import permissions
from groups.actions.mail import export_mail, send_again
from groups.mail.audit import csv, labels, records
from groups.mail.audit.filters import MailFilters
from groups.mail.outgoing.probes import PROBE_RULE
from groups.models import Mail

PLACES = ("after", "before", "from")


@require_safe
def mail_audit(request: MemberRequest) -> HttpResponse:
    """The mails, newest first, as filtered by the bar above them."""
    _actor, company = require_administrator(request, "audit.see_mail")
    filters = MailFilters(request.GET)
    if not filters.is_valid():
        return _page(request, {"filters": filters}, status=INVALID)
    found = records.find(company.pk, filters, _with_place(filters.query, request))
    context = {
        "filters": filters,
        "found": found,
        "page": found.page,
        "query": list(filters.query.items()),
        "only": _only(filters, company),
        # Before the first mail there is nothing to filter.
        "is_empty": not found.page.rows and not Mail.objects.filter(company_id=company.pk).exists(),
    }
    return _page(request, context)


def _with_place(query: QueryDict, request: MemberRequest) -> QueryDict:
    for name in PLACES:
        if place := request.GET.get(name):
            query[name] = place
    return query


def _page(request: MemberRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render_partial(
        request, "groups/mail_audit.html", context, target="results", partial="results", status=status
    )


def _only(filters: MailFilters, company: Company) -> list[tuple[str, str]]:
    """What the list is filtered by id: the known name, and the address without it."""
    only = []
    if filters.person_id:
        person = Member.objects.filter(company=company, pk=filters.person_id).first()
        only.append((person.name if person else str(filters.person_id), filters.without("who")))
    if filters.target and filters.target[0] == "group":
        own = Mail.objects.filter(company_id=company.pk, group_id=filters.target[1])
        name = own.order_by().values_list("list_name", flat=True).first()
        only.append((name or str(filters.target[1]), filters.without("of")))
    return only


@require_safe
def mail_record(request: MemberRequest, pk: int) -> HttpResponse:
    """One mail: its route, the decision and its rule, the result for each recipient; not its content."""
    _actor, company = require_administrator(request, "audit.see_mail")
    mail = get_or_404(Mail.objects.filter(company_id=company.pk), pk)
    page, people = records.recipients_of(mail, request.GET)
    context = {
        "mail": mail,
        "typed": request.GET.get("q", "")[: records.TYPED_AT_MOST],
        "page": page,
        "people": people,
        "found_at_most": records.FOUND_AT_MOST,
    }
    if not fills(request, "results"):
        context |= _about(mail, request.user)
    return render_partial(request, "groups/mail_record.html", context, target="results", partial="results")


def _about(mail: Mail, viewer: Member) -> dict[str, Any]:
    """The part above the recipients."""
    visible = permissions.visible_groups(viewer)
    counts = records.counts_of(mail)
    sender = Member.objects.filter(company=viewer.company_id, pk=mail.member_id or 0)
    return {
        "rule": labels.rule_of(mail),
        "proof": labels.proof_of(mail),
        "headers": records.headers_of(mail),
        "counts": counts,
        "failed_to_arrive": bool(counts.failed)
        and mail.rule != PROBE_RULE
        and mail.result not in labels.NOT_LET_IN,
        "group_link": _link("groups:detail", mail.group_id, visible.filter(pk=mail.group_id or 0).exists()),
        "sender_link": _link("groups:member", mail.member_id, sender.exists()),
        "every_day": EVERY_DAY,
    }


@require_POST
def send_mail_again(request: MemberRequest, pk: int) -> HttpResponse:
    """Sends the mail again to those who failed to get it (rule 4.11)."""
    actor, company = require_administrator(request, "mail.send_again")
    mail = get_or_404(Mail.objects.filter(company_id=company.pk), pk)
    try:
        count = send_again(mail, actor=actor)
    except Invalid as problem:
        messages.error(request, str(problem))
    else:
        text = ngettext(
            "On its way again to %(count)s person.", "On its way again to %(count)s people.", count
        )
        none = _("It failed for no one who still gets emails from this list.")
        messages.success(request, text % {"count": f"{count:,}"} if count else none)
    return redirect("groups:mail_record", pk)


def _link(name: str, pk: int | None, is_there: bool) -> str:
    return reverse(name, args=[pk]) if is_there else ""


@require_POST
def mail_csv(request: MemberRequest) -> HttpResponseBase:
    """Downloads the filtered mails. This writes: the download is audited (rule 8.1)."""
    actor, company = require_administrator(request, "audit.export_mail")
    filters = MailFilters(request.POST)
    if not filters.is_valid():
        return render(request, "groups/mail_audit.html", {"filters": filters}, status=INVALID)
    export_mail(company, filters.told, actor=actor)
    rows = csv.rows(filters.mails(company.pk))
    return table_answer(Format.of(request.POST), f"mail-{filters.file_name}", csv.head, rows)
