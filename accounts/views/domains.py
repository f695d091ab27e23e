"""Company › Domains: adding one, and how to prove that it belongs to the company (rule 1.9)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import domains as actions
from accounts.actions.domain_proof import check_now
from accounts.consequences import Departures
from accounts.forms.company import DomainForm
from accounts.jobs import engine, kinds
from accounts.models import Domain
from accounts.request import MemberRequest
from groupadmin.base.asking import Question, Touched, unanswered
from groupadmin.base.dns_records import Problem
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid

from .company import COMPANY
from .lookups import get_or_404, page, require_administrator

PROBLEMS: dict[str, Promise] = {
    Problem.MISSING: gettext_lazy(
        "There is no such record yet. New records can take up to an hour to appear."
    ),
    Problem.OTHER: gettext_lazy(
        "There is a TXT record, but with another value. Copy the value from this page."
    ),
    Problem.NO_ANSWER: gettext_lazy("The domain's name servers did not answer. We try again by ourselves."),
    Problem.FAILED: gettext_lazy(
        "The domain's name servers answered with an error. Check that the domain is set up, or try "
        "again later."
    ),
    Problem.TAKEN: gettext_lazy(
        "The record is right, but another company here has proven this domain. Write to the people who run "
        "this installation."
    ),
}


@require_safe
def domain(request: MemberRequest, pk: int) -> HttpResponse:
    """The domain's state, and the record that proves it."""
    _actor, company = require_administrator(request, "domain.prove")
    found = get_or_404(Domain.objects.filter(company=company), pk)
    context: dict[str, object] = {
        "domain": found,
        "problem": PROBLEMS.get(found.problem, ""),
        "lapses_at": _lapses_at(found),
    }
    return page(request, "accounts/domain.html", context)


def _lapses_at(domain: Domain) -> datetime | None:
    if domain.state != Domain.State.CLAIMED:
        return None
    return domain.claimed_at + timedelta(days=settings.DOMAIN_CLAIMS_KEPT_DAYS)


@require_POST
def domain_check(request: MemberRequest, pk: int) -> HttpResponse:
    """Looks for the record now."""
    actor, company = require_administrator(request, "domain.prove")
    found = get_or_404(Domain.objects.filter(company=company).select_related("company"), pk)
    try:
        checked = check_now(found, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect("accounts:domain", found.pk)
    if checked.state == Domain.State.PROVEN:
        said = _("%(domain)s is proven. You can delete the record.")
        messages.success(request, said % {"domain": found.name})
    return redirect("accounts:domain", found.pk)


@require_POST
def domain_add(request: MemberRequest) -> HttpResponse:
    """Adds an email domain, to be proven (rule 1.9)."""
    actor, company = require_administrator(request, "domain.add")
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            added = actions.add_domain(company, form.cleaned_data["name"], actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            said = _("%(domain)s was added. Prove now that it belongs to your company.")
            messages.success(request, said % {"domain": added.name})
            return redirect("accounts:domain", added.pk)
    context = COMPANY.context(company, COMPANY.form(company=company)) | {"domain_form": form}
    return page(request, COMPANY.template, context, invalid=True)


@require_http_methods(["GET", "HEAD", "POST"])
def domain_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes a domain that no address uses, after asking (rules 2.15, 10.12)."""
    actor, company = require_administrator(request, "domain.remove")
    found = get_or_404(Domain.objects.filter(company=company), pk)
    departures = actions.departures_without_domain(found)
    if (question := unanswered(request, _removing(found, departures))) is not None:
        return question
    actor.check_losses(departures.losses)
    if departures.entries > engine.AT_ONCE:
        return redirect("accounts:job", kinds.start_domain_removal(found, actor=actor).pk)
    return _change(request, pk, actions.remove_domain, "domain.remove", _("%(domain)s was removed."))


def _removing(domain: Domain, departures: Departures) -> Question:
    proven = domain.state == Domain.State.PROVEN
    again = _("To use it again, prove again that it belongs to your company.")
    lines = [Touched("globe", again if proven else _("No address uses it."))]
    if departures.people:
        known = _("Another company knows yours only by it: without it, you can no longer connect.")
        said = ngettext(
            "%(count)s person leaves external groups.",
            "%(count)s people leave external groups.",
            departures.people,
        )
        groups = ngettext(
            "%(count)s external group loses people.",
            "%(count)s external groups lose people.",
            departures.groups,
        )
        lines += [
            Touched("handshake", known),
            Touched("log-out", said % {"count": f"{departures.people:,}"}, is_warning=True),
            Touched("users", groups % {"count": f"{departures.groups:,}"}),
        ]
    return Question(
        heading=_("Remove %(domain)s?") % {"domain": domain.name},
        answer=_("Remove"),
        back=reverse("accounts:company"),
        lines=lines,
        name=domain.name if departures.people else "",
        is_plain=True,
    )


@require_POST
def domain_make_primary(request: MemberRequest, pk: int) -> HttpResponse:
    """Makes a domain the default for new addresses."""
    done = _("%(domain)s is now the primary domain.")
    return _change(request, pk, actions.make_domain_primary, "domain.make_primary", done)


def _change(
    request: MemberRequest, pk: int, action: Callable[..., object], name: str, done: str
) -> HttpResponse:
    actor, company = require_administrator(request, name)
    found = get_or_404(Domain.objects.filter(company=company), pk)
    try:
        action(found, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, done % {"domain": found.name})
    return redirect("accounts:company")
