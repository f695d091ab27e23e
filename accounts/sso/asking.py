"""The pages between the sign-in page and a provider (rules 9.6, 9.7)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from accounts.models import IdentityProvider

ASK, AWAY = "account/sso.html", "account/sso_away.html"
INVALID = 422


def ask_provider(
    request: HttpRequest,
    providers: Sequence[IdentityProvider],
    email: str = "",
    *,
    next_url: str = "",
    is_required: bool = False,
    problem: str | Promise = "",
) -> HttpResponse:
    """The page with the ways that an address has, by its domain alone; without any, it asks for one."""
    context: dict[str, Any] = {
        "providers": providers,
        "email": email,
        "next": next_url or request.POST.get("next", ""),
        "is_required": is_required,
        "problem": problem,
    }
    return render(request, ASK, context, status=INVALID if problem or is_required else 200)


def send_away(request: HttpRequest, provider: IdentityProvider, url: str) -> HttpResponse:
    """Leads to the provider by a page of our own.

    To answer a form with a redirect there would be simpler, but our policy lets forms lead only here
    (`form-action`), and Chromium holds that against redirects too, also those that the provider makes.
    """
    return render(request, AWAY, {"provider": provider, "url": url})
