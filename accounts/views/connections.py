"""Service › Contacts › Connection: who may connect with which other companies (rules 1.4, 6.1)."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import connections as actions
from accounts.forms.connection import ConnectionPeopleForm, PartnerDomainForm
from accounts.jobs import engine
from accounts.models import Company, PartnerDomain
from accounts.request import MemberRequest
from accounts.search import find_members
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial

from .lookups import PAGE_SIZE, get_or_404, page, page_by_name, require_administrator, search_query

MOST_AT_ONCE = 200
COMPANIES = "accounts/connection_companies.html"
BY_DOMAIN = {"name": str, "id": int}


@require_safe
def connection(request: MemberRequest) -> HttpResponse:
    """The chosen members, found by name, address or team, in pages."""
    _actor, company = require_administrator(request, "connection.see")
    typed = search_query(request)
    found = page_by_name(find_members(company, typed).filter(may_connect=True), request, "q")
    context = {"company": company, "page": found, "q": typed, "tab": "members"}
    return render_partial(request, "accounts/connection.html", context, target="results", partial="results")


@require_http_methods(["GET", "HEAD", "POST"])
def connection_add(request: MemberRequest) -> HttpResponse:
    """Chooses more members, by name, address or team."""
    actor, company = require_administrator(request, "connection.grant")
    template = "accounts/connection_add.html"
    if request.method != "POST":
        form = ConnectionPeopleForm(actor=actor, company=company)
        return page(request, template, {"company": company, "form": form})
    form = ConnectionPeopleForm(request.POST, actor=actor, company=company)
    if form.is_valid():
        try:
            count = actions.grant_connection(company, form.cleaned_data["people"], actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            done = ngettext("%(count)s person was added.", "%(count)s people were added.", count)
            nobody = _("Everyone you chose is already in the list.")
            messages.success(request, done % {"count": f"{count:,}"} if count else nobody)
            return redirect("accounts:connection")
    return page(request, template, {"company": company, "form": form}, invalid=True)


@require_POST
def connection_remove(request: MemberRequest) -> HttpResponse:
    """Revokes the permission of one or several; asks first if they would leave groups (rule 2.15)."""
    actor, company = require_administrator(request, "connection.withdraw")
    chosen = _posted_members(company, request.POST)
    if not chosen:
        messages.error(request, _("Choose at least one person."))
        return redirect("accounts:connection")
    departures = actions.departures_without(company, [*chosen])
    if departures and "confirmed" not in request.POST:
        context: dict[str, object] = {"people": chosen, "departures": departures}
        return page(request, "accounts/connection_remove.html", context)
    actor.check_losses(departures.losses)
    if departures.entries > engine.AT_ONCE:
        job = engine.start("connection.withdraw", company, {"members": [*chosen]}, actor=actor)
        return redirect("accounts:job", job.pk)
    actions.withdraw_connection(company, [*chosen], actor=actor)
    done = ngettext("%(count)s person was removed.", "%(count)s people were removed.", len(chosen))
    messages.success(request, done % {"count": f"{len(chosen):,}"})
    return redirect("accounts:connection")


def _posted_members(company: Company, posted: QueryDict) -> dict[int, str]:
    """The company's people that the button or boxes name and who have the permission: names by id."""
    given = posted.getlist("one")[:1] or posted.getlist("member")[:MOST_AT_ONCE]
    ids = [pk for text in given if (pk := parse_id(text))]
    people = find_members(company, "").filter(pk__in=ids, may_connect=True)
    return dict(people.order_by("name_sort__collated", "id").values_list("pk", "name"))


@require_safe
def connection_companies(request: MemberRequest) -> HttpResponse:
    """The email domains of the companies to connect with, if that is not all companies."""
    _actor, company = require_administrator(request, "connection.see")
    return page(request, COMPANIES, _companies(request, company, PartnerDomainForm()))


def _companies(request: MemberRequest, company: Company, form: PartnerDomainForm) -> dict[str, object]:
    domains = PartnerDomain.objects.filter(company=company)
    found = page_of(domains, BY_DOMAIN, request.GET, PAGE_SIZE)
    return {"company": company, "page": found, "form": form, "tab": "companies"}


@require_POST
def connection_company_add(request: MemberRequest) -> HttpResponse:
    """Adds a domain. Whether anyone here has it is not revealed (rule 6.2)."""
    actor, company = require_administrator(request, "connection.add_company")
    form = PartnerDomainForm(request.POST)
    if form.is_valid():
        try:
            domain = actions.add_partner_domain(company, form.cleaned_data["name"], actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("%(domain)s was added.") % {"domain": domain.name})
            return redirect("accounts:connection_companies")
    return page(request, COMPANIES, _companies(request, company, form), invalid=True)


@require_POST
def connection_company_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes a domain; asks first if people would leave groups (rule 2.15)."""
    actor, company = require_administrator(request, "connection.remove_company")
    domain = get_or_404(PartnerDomain.objects.filter(company=company).select_related("company"), pk)
    departures = actions.departures_without_domain(domain)
    if departures and "confirmed" not in request.POST:
        context: dict[str, object] = {"domain": domain, "departures": departures}
        return page(request, "accounts/connection_remove.html", context)
    actor.check_losses(departures.losses)
    if departures.entries > engine.AT_ONCE:
        job = engine.start("connection.remove_company", company, {"domain": domain.pk}, actor=actor)
        return redirect("accounts:job", job.pk)
    try:
        actions.remove_partner_domain(domain, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, _("%(domain)s was removed.") % {"domain": domain.name})
    return redirect("accounts:connection_companies")
