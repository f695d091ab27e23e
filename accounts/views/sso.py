"""Signing in, and confirming, by a company's identity provider (rules 9.4, 9.6)."""

import logging

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import identities
from accounts.actor import Actor, Door
from accounts.confirmation import record_provider
from accounts.models import IdentityProvider, Member
from accounts.provider_reach import providers_at
from accounts.request import MemberRequest
from accounts.sign_in import throttle
from accounts.source import Source
from accounts.sso import flow, logout, trouble
from accounts.sso.asking import ask_provider, send_away
from accounts.sso.signed import LEEWAY_SECONDS, Said
from accounts.sso.trouble import Trouble
from groupadmin.base.text import clean_line

logger = logging.getLogger("groupadmin.sign_in")

EMAIL_LENGTH = 320


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sso(request: HttpRequest) -> HttpResponse:
    """Asks for one's address, and leads to the provider of its domain."""
    if request.user.is_authenticated:
        return redirect(_safe(request, request.GET.get("next", "")) or "home")
    email = clean_line(request.POST.get("login", ""))[:EMAIL_LENGTH]
    if request.method != "POST" or not email:
        return ask_provider(request, [], next_url=request.GET.get("next", ""))
    providers = providers_at(email)
    if len(providers) == 1:
        return _lead(request, providers[0], email)
    problem = (
        "" if providers else _("There is no single sign-on for this address. Sign in with your password.")
    )
    return ask_provider(request, providers, email, problem=problem)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Leads to a provider. Companies may link here from their own start pages; one click follows."""
    if request.user.is_authenticated:
        return redirect(_safe(request, request.GET.get("next", "")) or "home")
    provider = _provider(key)
    if not provider.is_used:
        raise Http404
    email = clean_line(request.POST.get("login", ""))[:EMAIL_LENGTH]
    if request.method != "POST":
        return ask_provider(request, [provider], next_url=request.GET.get("next", ""))
    return _lead(request, provider, email)


def _lead(request: HttpRequest, provider: IdentityProvider, email: str) -> HttpResponse:
    next_url = _safe(request, request.POST.get("next", ""))
    try:
        url = flow.begin(request, provider, next_url=next_url, hint=email)
    except Trouble as problem:
        _log(provider, problem)
        return ask_provider(request, [provider], email, problem=problem.words)
    return send_away(request, provider, url)


@require_POST
def confirm(request: MemberRequest, key: str) -> HttpResponse:
    """Leads to the provider, to prove again who one is (rule 9.4)."""
    provider = _provider(key)
    member = request.user
    if not provider.is_used or provider.company_id != member.company_id:
        raise Http404
    next_url = _safe(request, request.POST.get("next", "")) or reverse("sso_confirmed")
    try:
        url = flow.begin(request, provider, next_url=next_url, hint=member.email, confirms=member.pk)
    except Trouble as problem:
        _log(provider, problem)
        messages.error(request, str(problem.words))
        return redirect("home")
    return send_away(request, provider, url)


@require_safe
def confirmed(request: MemberRequest) -> HttpResponse:
    """The end of confirming in a tab of its own."""
    return render(request, "account/sso_done.html")


@login_not_required
@never_cache
@require_safe
def back(request: HttpRequest, key: str) -> HttpResponse:
    """Where a provider sends people back to, with its answer."""
    provider, source = _provider(key), Source.of(request)
    try:
        asked, said = flow.finish(request, provider)
        if not provider.is_used:
            raise Trouble(trouble.OFF)
        if asked.confirms:
            return _confirm(request, provider, asked, said)
        if request.user.is_authenticated:
            # In another tab, meanwhile.
            return redirect("home")
        person = identities.Person(said.subject, said.email)
        return _sign_in(request, provider, identities.find_member(provider, person, source), asked, said)
    except identities.NotLetIn as refused:
        _refuse(provider, refused, source)
        problem = Trouble(_words(refused), str(refused))
    except Trouble as found:
        problem = found
    _log(provider, problem)
    messages.error(request, str(problem.words))
    return redirect("home" if request.user.is_authenticated else "account_login")


def _words(refused: identities.NotLetIn) -> str | Promise:
    """For the person. Why there is nobody active, the administrators read in the audit."""
    if refused.reason == identities.UNVERIFIED:
        return trouble.UNVERIFIED
    if refused.reason == identities.CHANGED:
        return trouble.STALE
    if refused.reason == identities.OTHER_IDENTITY:
        return trouble.OTHER_IDENTITY
    return trouble.UNKNOWN


def _sign_in(
    request: HttpRequest, provider: IdentityProvider, member: Member, asked: flow.Asked, said: Said
) -> HttpResponse:
    record_provider(
        request,
        member,
        said.auth_time or 0,
        provider=provider.pk,
        signs_in=True,
        asks_factor=provider.asks_factor,
    )
    by: identities.SignedInBy = {
        "id": provider.pk,
        "name": provider.name,
        "subject": said.subject,
        "sid": said.sid,
    }
    login = Login(user=member, redirect_url=asked.next or None, signal_kwargs={"provider": by})
    answer: HttpResponse = perform_login(request, login)
    return answer


def _confirm(request: HttpRequest, provider: IdentityProvider, asked: flow.Asked, said: Said) -> HttpResponse:
    """Counts only if it is the same person, who has just proven it there. Raises Trouble."""
    member = request.user
    if not isinstance(member, Member) or member.pk != asked.confirms:
        raise Trouble(trouble.STALE, "somebody else is signed in now")
    known = identities.find_known(provider, said.subject)
    if known != member:
        raise Trouble(trouble.OTHER_PERSON, f"{said.subject!r} is not {member.email}")
    if said.auth_time is None or said.auth_time < asked.at - LEEWAY_SECONDS:
        raise Trouble(trouble.NOT_FRESH, f"auth_time is {said.auth_time}")
    record_provider(
        request,
        member,
        said.auth_time,
        provider=provider.pk,
        signs_in=False,
        asks_factor=provider.asks_factor,
    )
    return redirect(asked.next or "home")


@login_not_required
@csrf_exempt
@never_cache
@require_POST
def end_sessions(request: HttpRequest, key: str) -> HttpResponse:
    """Where a provider says who has signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    provider = _provider(key)
    try:
        told = logout.read(provider, request.POST.get("logout_token", ""))
    except Trouble as problem:
        _log(provider, problem)
        return JsonResponse({"error": "invalid_request", "error_description": problem.detail}, status=400)
    ip = request.META.get("REMOTE_ADDR") or None
    identities.end_by_provider(provider, told.subject, told.sid, actor=Actor(None, Door.WEB, ip))
    return HttpResponse()


def _provider(key: str) -> IdentityProvider:
    rows = IdentityProvider.objects.select_related("company", "emergency_administrator")
    found = rows.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _refuse(provider: IdentityProvider, refused: identities.NotLetIn, source: Source) -> None:
    """In the audit, as far as nobody floods it: some providers let everybody in the world sign in."""
    if throttle.OF_ADDRESS.of(throttle.network_of(source.ip)).take():
        identities.record_not_let_in(provider, refused, source)


def _safe(request: HttpRequest, url: str) -> str:
    """The address to go on to, if it is here."""
    is_safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_safe else ""


def _log(provider: IdentityProvider, problem: Trouble) -> None:
    logger.warning("Single sign-on by %s: %s", provider.issuer, problem)
