"""Service › Integrations › Single sign-on: the company's identity providers (rule 9.6)."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import once
from accounts.actions import identities
from accounts.actions import providers as actions
from accounts.actor import Actor, NotVisible
from accounts.forms.provider import ProviderForm
from accounts.models import Company, Domain, IdentityProvider
from accounts.permissions import is_administrator_of
from accounts.provider_reach import may_be_emergency
from accounts.request import MemberRequest
from accounts.sso.trial import try_out
from groupadmin.base.asking import COUNTED_AT_MOST, Question, Touched, counted, unanswered
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.partials import render_partial
from groupadmin.base.text import clean_line, isolated

from .lookups import CHANGED, get_or_404, member_of, page, posted_again, require_administrator

LIST, FORM, TRIAL = "accounts/providers.html", "accounts/provider_form.html", "accounts/provider_try.html"
URL_LENGTH = 2000


@require_safe
def providers(request: MemberRequest) -> HttpResponse:
    """The providers, and how many people have signed in by each."""
    _actor, company = require_administrator(request, "provider.see")
    rows = IdentityProvider.objects.filter(company=company).select_related("emergency_administrator")
    shown = list(rows.prefetch_related("domains").annotate(people=Count("identities")))
    for provider in shown:
        named = provider.emergency_administrator
        provider.lacks_emergency = provider.is_required and (  # type: ignore[attr-defined]
            named is None or not may_be_emergency(provider, named)
        )
    return page(request, LIST, {"providers": shown})


@require_http_methods(["GET", "HEAD", "POST"])
def provider_add(request: MemberRequest) -> HttpResponse:
    """Adds one. It is asked who it is before anything is stored."""
    actor, company = require_administrator(request, "provider.add")
    # At once, so that nothing typed is lost when it is asked later.
    actions.check_may_manage(company, "provider.add", actor=actor)
    if request.method == "POST" and (there := once.made(actor, IdentityProvider)):
        # Sent twice: its domains are no longer to be had.
        return redirect("accounts:provider", there.pk)
    form = ProviderForm(request.POST or None, company=company)
    if request.method == "POST" and form.is_valid() and form.discover():
        try:
            made = actions.add_provider(company, form.settings(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": isolated(made.name)})
            return redirect("accounts:provider", made.pk)
    key = form["key"].value()
    return page(request, FORM, _context(company, form, key), invalid=request.method == "POST")


@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: MemberRequest, pk: int) -> HttpResponse:
    """One of them, to be changed."""
    actor, company, present = _present(request, pk, "provider.update")
    actions.check_may_manage(company, "provider.update", actor=actor)
    form = ProviderForm(request.POST or None, company=company, provider=present)
    if request.method == "POST" and form.is_valid() and form.discover():
        kept = request.session.session_key
        try:
            actions.update_provider(
                present, form.settings(), form.cleaned_data["version"], kept=kept, actor=actor
            )
        except Invalid as invalid:
            show_invalid(form, invalid)
        except Conflict:
            return _show_conflict(request, company, pk)
        else:
            messages.success(
                request, _("%(name)s was saved.") % {"name": isolated(form.cleaned_data["name"])}
            )
            return redirect("accounts:providers")
    context = _context(company, form, present.key) | {"provider": present}
    return page(request, FORM, context, invalid=request.method == "POST")


def _show_conflict(request: MemberRequest, company: Company, pk: int) -> HttpResponse:
    """Keeps the input; the person decides whether to save again (rule 2.18)."""
    now = IdentityProvider.objects.get(pk=pk)
    form = ProviderForm(posted_again(request, now.version), company=company, provider=now)
    form.add_error(None, _("Somebody else has changed it in the meantime. Save again to overwrite that."))
    answer = page(request, FORM, _context(company, form, now.key) | {"provider": now})
    answer.status_code = CHANGED
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def provider_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes it, after asking (rule 10.12); people sign in with their passwords again."""
    actor, _company, present = _present(request, pk, "provider.remove")
    actions.check_may_manage(present.company, "provider.remove", actor=actor)
    if (question := unanswered(request, _removing(present))) is not None:
        return question
    try:
        actions.remove_provider(present, kept=request.session.session_key, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, _("%(name)s was removed.") % {"name": isolated(present.name)})
    return redirect("accounts:providers")


def _removing(provider: IdentityProvider) -> Question:
    """One that has to be used wants its name typed."""
    people = provider.identities.all()[: COUNTED_AT_MOST + 1].count()
    said = ngettext(
        "%(count)s person has signed in by it, and is signed out.",
        "%(count)s people have signed in by it, and are signed out.",
        people,
    )
    domains = ", ".join(provider.domains.order_by("name").values_list("name", flat=True))
    lines = [Touched("log-out", said % {"count": counted(people)})]
    if provider.is_required:
        required = _("It is required at %(domains)s. Everybody there signs in with a password again.")
        lines.append(Touched("triangle-alert", required % {"domains": domains}, is_warning=True))
    after = _("Whoever has no password gets one by “Forgot your password?”.")
    return Question(
        heading=_("Remove %(name)s?") % {"name": isolated(provider.name)},
        answer=_("Remove"),
        back=reverse("accounts:provider", args=[provider.pk]),
        lines=[*lines, Touched("key-round", after)],
        name=provider.name if provider.is_required else "",
        is_plain=True,
    )


@require_POST
def provider_try(request: MemberRequest) -> HttpResponse:
    """Asks the address that was typed who it is, and shows what is wrong."""
    actor, company = require_administrator(request, "provider.try")
    actions.check_may_manage(company, "provider.try", actor=actor)
    typed = clean_line(request.POST.get("discovery_url", ""))[:URL_LENGTH]
    context = {"trial": try_out(typed), "typed": typed}
    return render_partial(request, TRIAL, context, target="trial", partial="trial")


@require_POST
def member_separate(request: MemberRequest, pk: int) -> HttpResponse:
    """Forgets who a person is at the providers, such as after they got a new account there."""
    actor, company = require_administrator(request, "identity.separate")
    member = member_of(company, pk)
    name = {"name": isolated(member.name)}
    if identities.separate(member, actor=actor):
        messages.success(request, _("%(name)s is joined anew at the next single sign-on.") % name)
    else:
        messages.info(request, _("%(name)s has not signed in by single sign-on.") % name)
    return redirect("accounts:member_edit", pk)


def _present(request: MemberRequest, pk: int, action: str) -> tuple[Actor, Company, IdentityProvider]:
    actor, company = require_administrator(request, action)
    rows = IdentityProvider.objects.select_related("company", "emergency_administrator")
    present = get_or_404(rows, pk)
    if not is_administrator_of(request.user, present.company_id):
        raise NotVisible(action, present)
    return actor, company, present


def _context(company: Company, form: ProviderForm, key: str) -> dict[str, object]:
    return {
        "form": form,
        "has_domains": Domain.objects.filter(company=company, state=Domain.State.PROVEN).exists(),
        "addresses": [
            (name, label, settings.SITE_URL + reverse(name, args=[key]))
            for name, label in (
                ("sso_back", _("Redirect address")),
                ("sso_logout", _("Back-channel logout address")),
                ("sso_start", _("Sign-in address")),
            )
        ]
        if isinstance(key, str) and key.isalnum()
        else [],
    }
