"""Addresses that mail servers call dead: for administrators, and for the person (rule 4.10)."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor
from accounts.request import MemberRequest
from accounts.views.lookups import PAGE_SIZE, get_or_404, require_administrator, search_query
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groups.actions.subscriptions import let_in_again, resume_own
from groups.mail.outgoing.dead_addresses import why_dead
from groups.mail.outgoing.failing import failing_of_company, with_owners
from groups.models import FailingAddress


@require_safe
def failing_addresses(request: MemberRequest) -> HttpResponse:
    """The company's failing addresses: whose, how often, why, since when."""
    _actor, company = require_administrator(request, "mail.see_failing")
    rows = failing_of_company(company)
    if typed := search_query(request):
        rows = rows.filter(Q(address__contains=typed.lower()))
    if (show := request.GET.get("show", "")) == "paused":
        rows = rows.paused()
    page = page_of(rows, {"address": str, "pk": int}, request.GET, PAGE_SIZE)
    context = {
        "page": page,
        "rows": with_owners(company, page.rows),
        "q": typed,
        "show": show if show == "paused" else "",
    }
    return render_partial(
        request, "groups/failing_addresses.html", context, target="results", partial="results"
    )


@require_POST
def let_in(request: MemberRequest, pk: int) -> HttpResponse:
    """Resumes mail to the address."""
    actor, company = require_administrator(request, "mail.let_in_again")
    failing = get_or_404(failing_of_company(company), pk)
    let_in_again(failing, company, actor=actor)
    messages.success(request, _("Emails go to %(address)s again.") % {"address": failing.address})
    return redirect("groups:failing_addresses")


@require_safe
def own_address(request: MemberRequest) -> HttpResponse:
    """Whether the mail of lists to the viewer is paused, since when and why."""
    failing = FailingAddress.objects.paused().filter(address=request.user.email).first()
    context = {"failing": failing, "why": why_dead(failing.last_error) if failing else None}
    return render(request, "groups/own_address.html", context)


@require_POST
def resume_own_address(request: MemberRequest) -> HttpResponse:
    """Resumes the mail of lists to the viewer."""
    if resume_own(actor=Actor.of(request)):
        messages.success(request, _("You get emails from mailing lists again."))
    return redirect("groups:own_address")
