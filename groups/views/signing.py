"""Service › Integrations › Mail signing: the keys of the company's domains, and their records (rule 4.16)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Company, Domain
from accounts.request import MemberRequest
from accounts.views.domains import PROBLEMS
from accounts.views.lookups import get_or_404, require_administrator
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groups.actions import signing
from groups.models import SigningKey

IN_USE, NEW, FORMER = SigningKey.State.IN_USE, SigningKey.State.NEW, SigningKey.State.FORMER


@dataclass(frozen=True)
class Shown:
    """A domain, with the key that signs, the one that is to, and those that did."""

    domain: Domain
    in_use: SigningKey | None
    new: SigningKey | None
    former: list[SigningKey]

    @property
    def problem(self) -> str:
        """What was wrong with the record when it was looked for last."""
        return str(PROBLEMS.get(self.looked_at.problem, "")) if self.looked_at else ""

    @property
    def looked_at(self) -> SigningKey | None:
        """The key whose record was looked for last."""
        keys = [key for key in (self.new, self.in_use) if key is not None and key.checked_at is not None]
        return max(keys, key=lambda key: key.checked_at or key.created_at, default=None)


@require_safe
def mail_signing(request: MemberRequest) -> HttpResponse:
    """Each domain with its keys."""
    _actor, company = require_administrator(request, "mail.see_keys")
    _check_signs()
    return render(request, "groups/mail_signing.html", {"domains": list(_shown(company))})


def _shown(company: Company) -> Iterator[Shown]:
    for domain, keys in signing.keys_of(company).items():
        by_state = {key.state: key for key in keys}
        former = [key for key in keys if key.state == FORMER]
        yield Shown(domain, by_state.get(IN_USE), by_state.get(NEW), former)


@require_POST
def make_signing_key(request: MemberRequest, pk: int) -> HttpResponse:
    """Makes a key for a domain."""
    actor, company = require_administrator(request, "mail.make_key")
    _check_signs()
    domain = get_or_404(Domain.objects.usable().filter(company=company).select_related("company"), pk)
    try:
        signing.make_key(domain, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    return redirect("groups:mail_signing")


@require_POST
def check_signing_key(request: MemberRequest, pk: int) -> HttpResponse:
    """Looks for the key's record now."""
    actor, _company = require_administrator(request, "mail.check_key")
    key = _key(request, pk)
    try:
        checked = signing.check_key(key, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect("groups:mail_signing")
    if checked is not None and not checked.problem and checked.state == IN_USE:
        said = _("The record is there. Mail of %(domain)s is signed.")
        messages.success(request, said % {"domain": checked.domain.name})
    return redirect("groups:mail_signing")


@require_http_methods(["GET", "HEAD", "POST"])
def stop_signing_key(request: MemberRequest, pk: int) -> HttpResponse:
    """Signs no longer with the key, after asking (rule 10.12)."""
    actor, _company = require_administrator(request, "mail.stop_key")
    key = _key(request, pk)
    if request.method != "POST":
        return ask(request, _stopping(key))
    signing.stop_key(key, actor=actor)
    messages.success(request, _("The key no longer signs."))
    return redirect("groups:mail_signing")


def _stopping(key: SigningKey) -> Question:
    signs, domain = key.state == IN_USE, {"domain": key.domain.name}
    lines = [Touched("key-round", _("The key is destroyed. To sign, you need a new key and a new record."))]
    if signs:
        unsigned = _("Mail of %(domain)s goes out unsigned from now on.") % domain
        lines.insert(0, Touched("mail-warning", unsigned, is_warning=True))
    heading = _("Stop signing mail of %(domain)s?") if signs else _("Discard the new key of %(domain)s?")
    return Question(
        heading=heading % domain,
        answer=_("Stop signing") if signs else _("Discard this key"),
        back=reverse("groups:mail_signing"),
        lines=lines,
    )


def _key(request: MemberRequest, pk: int) -> SigningKey:
    _check_signs()
    keys = SigningKey.objects.filter(domain__company=request.user.company)
    return get_or_404(keys.select_related("domain__company"), pk)


def _check_signs() -> None:
    if not settings.MAIL_SIGN:
        raise Http404
