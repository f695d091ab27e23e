"""Tokens of the company, for its administrators, and one's own (rule 11.4)."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions import tokens as actions
from accounts.actor import Actor, NotVisible
from accounts.forms.tokens import CompanyTokenForm, OwnTokenForm
from accounts.models import AccessToken, Scope
from accounts.permissions import is_administrator_of
from accounts.request import MemberRequest
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.paging import page_of
from groupadmin.base.text import isolated

from .lookups import PAGE_SIZE, get_or_404, page, require_administrator

LIST, FORM, MADE = "accounts/tokens.html", "accounts/token_form.html", "accounts/token_made.html"
NEWEST_FIRST = {"-id": int}


@require_safe
def company_tokens(request: MemberRequest) -> HttpResponse:
    """The company's tokens and those of its people, the newest first."""
    _actor, company = require_administrator(request, "token.see")
    tokens = AccessToken.objects.shown().filter(company=company).select_related("member", "created_by")
    return page(
        request, LIST, {"page": page_of(tokens, NEWEST_FIRST, request.GET, PAGE_SIZE), "of_company": True}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def company_token_add(request: MemberRequest) -> HttpResponse:
    """Makes a token of the company, and shows it this once."""
    actor, company = require_administrator(request, "token.create")
    # Whoever comes from the page about SCIM.
    initial = {"scopes": [Scope.SCIM], "days": "365"} if "scim" in request.GET else None
    form = CompanyTokenForm(request.POST or None, initial=initial, actor=actor, company=company)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_company_token(company, form.settings(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            return _made(request, made, "accounts:company_tokens")
    context: dict[str, object] = {"form": form, "of_company": True}
    return page(request, FORM, context, invalid=request.method == "POST")


@require_safe
def own_tokens(request: MemberRequest) -> HttpResponse:
    """One's own tokens, the newest first."""
    tokens = AccessToken.objects.shown().filter(member=request.user)
    return page(
        request, LIST, {"page": page_of(tokens, NEWEST_FIRST, request.GET, PAGE_SIZE), "of_company": False}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own_token_add(request: MemberRequest) -> HttpResponse:
    """Makes a token of one's own, and shows it this once."""
    form = OwnTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_own_token(request.user, form.settings(), actor=Actor.of(request))
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            return _made(request, made, "accounts:own_tokens")
    context: dict[str, object] = {"form": form, "of_company": False}
    return page(request, FORM, context, invalid=request.method == "POST")


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """Ends a token, after asking: one's own, or as an administrator any of the company (rule 10.12)."""
    member = request.user
    tokens = AccessToken.objects.shown().select_related("company", "member")
    token = get_or_404(tokens.filter(Q(company__isnull=False) | Q(member=member)), pk)
    if token.member_id != member.pk and not is_administrator_of(member, token.company_id):
        raise NotVisible("token.revoke", token)
    of_company = "of_company" in (request.POST or request.GET)
    back = "accounts:company_tokens" if of_company else "accounts:own_tokens"
    if request.method != "POST":
        return ask(request, _revoking(token, reverse(back), of_company=of_company))
    actions.revoke_token(token, actor=Actor.of(request))
    messages.success(request, _("%(name)s is revoked.") % {"name": isolated(token.name)})
    return redirect(back)


def _revoking(token: AccessToken, back: str, *, of_company: bool) -> Question:
    used = ngettext("It was used %(count)s time.", "It was used %(count)s times.", token.uses)
    if not token.uses:
        used = _("It was never used.")
    return Question(
        heading=_("Revoke %(name)s?") % {"name": isolated(token.name)},
        answer=_("Revoke"),
        back=back,
        lines=[
            Touched("unplug", _("Programs that use it are refused at once.")),
            Touched("history", used % {"count": f"{token.uses:,}"}),
            Touched("triangle-alert", _("This cannot be undone: they need a new token.")),
        ],
        hidden=[("of_company", "1")] if of_company else [],
    )


def _made(request: MemberRequest, made: actions.MadeToken, back: str) -> HttpResponse:
    if not made.secret:
        # The form was sent again. It cannot be shown a second time, as nobody has it any more.
        messages.info(request, _("This token was already made. If you did not copy it, revoke it."))
        return redirect(back)
    context = {"token": made.token, "secret": made.secret, "back": reverse(back), "site": settings.SITE_URL}
    return render(request, MADE, context)
