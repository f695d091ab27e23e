"""Service › Contacts › General: who creates groups and who connects (rules 1.1, 1.4, 1.5).

What "Company" (company.py) has in common with it stands here: both save some of the company's settings.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.company import CompanySettings
from accounts.actor import Actor
from accounts.audit.conflicts import EditConflict
from accounts.forms.company import GeneralForm, PartForm
from accounts.jobs import changes
from accounts.models import Company
from accounts.request import MemberRequest
from groupadmin.base.asking import Question, unanswered
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid

from .lookups import page, posted_again, require_administrator

CONFIRM = "accounts/settings_confirm.html"


@dataclass(frozen=True)
class Part:
    """A page that shows and saves some of the company's settings."""

    form: type[PartForm]
    template: str
    view_name: str
    around: Callable[[Company], dict[str, object]]
    """What the page shows besides its form."""
    question: Callable[[Company, CompanySettings], Question | None] = lambda company, wanted: None
    """What is asked before it is saved, if anything (rule 10.12)."""

    def context(self, company: Company, form: PartForm) -> dict[str, object]:
        """What the template needs."""
        return self.around(company) | {"form": form}


GENERAL = Part(GeneralForm, "accounts/settings.html", "accounts:settings", lambda company: {})


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Authority to create groups, taking back messages, connecting with other companies."""
    return show_part(request, GENERAL)


def show_part(request: MemberRequest, part: Part) -> HttpResponse:
    """The page, or what came of saving it."""
    actor, company = require_administrator(request, "company.update")
    if request.method != "POST":
        return page(request, part.template, part.context(company, part.form(company=company)))
    form = part.form(request.POST, company=company)
    if form.is_valid():
        try:
            return _save(request, part, company, form, actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        except Conflict:
            return _show_conflict(request, part, company, form)
    return page(request, part.template, part.context(company, form), invalid=True)


def _save(request: MemberRequest, part: Part, company: Company, form: PartForm, actor: Actor) -> HttpResponse:
    """Saves at once, asks first if people would leave groups (rule 2.15), or starts a job."""
    confirmed, version = "confirmed" in request.POST, form.cleaned_data["version"]
    wanted = form.settings()
    if (asked := part.question(company, wanted)) is not None:
        asked = replace(asked, hidden=changes.hidden_fields(request.POST), back=reverse(part.view_name))
        if (question := unanswered(request, asked)) is not None:
            return question
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
    return redirect(part.view_name)


def _show_conflict(request: MemberRequest, part: Part, company: Company, form: PartForm) -> HttpResponse:
    """Shows what others changed and keeps the input: the person decides whether to save again (rule 2.18)."""
    now = Company.objects.get(pk=company.pk)
    fresh = part.form(posted_again(request, now.version), company=now)
    fresh.is_valid()
    typed, present = asdict(fresh.settings()), asdict(CompanySettings.of(now))
    conflict = EditConflict.of(now, form.cleaned_data["version"], typed, present, viewer=request.user)
    return page(request, part.template, part.context(now, fresh) | {"conflict": conflict})
