"""Service › Contacts › General: the company's settings, for administrators (rules 1.1, 1.4, 1.5)."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import consequences
from accounts.actions import company as actions
from accounts.actions import domains as domain_actions
from accounts.actor import Actor
from accounts.audit.conflicts import EditConflict
from accounts.forms.company import DomainForm, SettingsForm
from accounts.jobs import changes, engine, kinds
from accounts.models import Address, Company, Domain, Member, Team
from accounts.request import MemberRequest
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid

from .lookups import get_or_404, page, posted_again, require_administrator

TEMPLATE = "accounts/settings.html"
CONFIRM = "accounts/settings_confirm.html"
RESERVED_SHOWN = 20


@dataclass(frozen=True)
class Usage:
    """How much of the plan is used."""

    groups: int
    teams: int
    members: int

    @classmethod
    def of(cls, company: Company) -> "Usage":
        return cls(
            consequences.in_groups().count_groups(company),
            Team.objects.filter(company=company).count(),
            Member.objects.active().filter(company=company).count(),
        )


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Plan, Core, connecting, authority to create groups, domains."""
    actor, company = require_administrator(request, "company.update")
    if request.method != "POST":
        form = SettingsForm(company=company)
        return page(request, TEMPLATE, _context(company, form))
    form = SettingsForm(request.POST, company=company)
    if form.is_valid():
        try:
            return _save(request, company, form, actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        except Conflict:
            return _show_conflict(request, company, form, actor)
    return page(request, TEMPLATE, _context(company, form), invalid=True)


def _save(request: MemberRequest, company: Company, form: SettingsForm, actor: Actor) -> HttpResponse:
    """Saves at once, asks first if people would leave groups (rule 2.15), or starts a job."""
    confirmed, version = "confirmed" in request.POST, form.cleaned_data["version"]
    wanted = form.settings()
    try:
        job = changes.change_settings(company, wanted, version, confirmed=confirmed, actor=actor)
    except changes.Asks as asks:
        context = {
            "departures": asks.departures,
            "wanted": wanted,
            "hidden_fields": changes.hidden_fields(request.POST),
        }
        return page(request, CONFIRM, context)
    if job is not None:
        return redirect("accounts:job", job.pk)
    messages.success(request, _("The settings were saved."))
    return redirect("accounts:settings")


def _show_conflict(
    request: MemberRequest, company: Company, form: SettingsForm, actor: Actor
) -> HttpResponse:
    """Shows what others changed and keeps the input: the person decides whether to save again (rule 2.18)."""
    viewer = request.user
    now = Company.objects.get(pk=company.pk)
    fresh = SettingsForm(posted_again(request, now.version), company=now)
    fresh.is_valid()
    typed, present = asdict(form.settings()), asdict(actions.CompanySettings.of(now))
    conflict = EditConflict.of(now, form.cleaned_data["version"], typed, present, viewer=viewer)
    return page(request, TEMPLATE, _context(now, fresh) | {"conflict": conflict})


def _context(
    company: Company, form: SettingsForm, domain_form: DomainForm | None = None
) -> dict[str, object]:
    return {
        "form": form,
        "domain_form": domain_form or DomainForm(),
        "domains": _domains(company),
        "reserved": Address.objects.filter(domain__company=company, predates_rule=True)[:RESERVED_SHOWN],
        "usage": Usage.of(company),
    }


def _domains(company: Company) -> QuerySet[Domain]:
    in_use = Exists(Address.objects.filter(domain=OuterRef("pk")))
    return Domain.objects.filter(company=company).annotate(is_used=in_use)


@require_POST
def domain_add(request: MemberRequest) -> HttpResponse:
    """Adds an email domain, to be proven (rule 1.9)."""
    actor, company = require_administrator(request, "domain.add")
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            domain = domain_actions.add_domain(company, form.cleaned_data["name"], actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            said = _("%(domain)s was added. Prove now that it belongs to your company.")
            messages.success(request, said % {"domain": domain.name})
            return redirect("accounts:domain", domain.pk)
    return page(request, TEMPLATE, _context(company, SettingsForm(company=company), form), invalid=True)


@require_POST
def domain_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes a domain that no address uses; asks first if people would leave groups (rule 2.15)."""
    actor, company = require_administrator(request, "domain.remove")
    domain = get_or_404(Domain.objects.filter(company=company), pk)
    departures = domain_actions.departures_without_domain(domain)
    if departures.people and "confirmed" not in request.POST:
        context: dict[str, object] = {"departures": departures, "domain": domain}
        return page(request, CONFIRM, context)
    actor.check_losses(departures.losses)
    if departures.entries > engine.AT_ONCE:
        return redirect("accounts:job", kinds.start_domain_removal(domain, actor=actor).pk)
    return _change(request, pk, domain_actions.remove_domain, "domain.remove", _("%(domain)s was removed."))


@require_POST
def domain_make_primary(request: MemberRequest, pk: int) -> HttpResponse:
    """Makes a domain the default for new addresses."""
    done = _("%(domain)s is now the primary domain.")
    return _change(request, pk, domain_actions.make_domain_primary, "domain.make_primary", done)


def _change(
    request: MemberRequest, pk: int, action: Callable[..., object], name: str, done: str
) -> HttpResponse:
    actor, company = require_administrator(request, name)
    domain = get_or_404(Domain.objects.filter(company=company), pk)
    try:
        action(domain, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, done % {"domain": domain.name})
    return redirect("accounts:settings")
