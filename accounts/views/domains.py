"""Service › Contacts › General › a domain: how to prove that it belongs to the company (rule 1.9)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.domain_proof import check_now
from accounts.models import Domain
from accounts.request import MemberRequest
from groupadmin.base.dns_records import Problem
from groupadmin.base.errors import Invalid

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
