"""Who lacks a second factor that is required of them sets it up before anything else (rule 9.2)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from groupadmin.base.unsaved import TAG, turned_away

from .confirmation import replaces_factor
from .factors import lacks_factor
from .models import Member

GetResponse = Callable[[HttpRequest], HttpResponse]

# Setting one up, confirming for it, and going away. Pages that need no sign-in are open to everybody anyway.
OPEN = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "account_logout",
    "account_change_password",
}


class SecondFactorMiddleware:
    """Leads every other page to the set-up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):
            return None
        if not isinstance(request.user, Member) or not lacks_factor(request.user):
            return None
        if replaces_factor(request, request.user):
            return None
        place = request.resolver_match
        if place is not None and place.view_name in OPEN:
            return None
        if request.method == "POST":
            said = _(
                "You need a second factor first, so nothing was saved. Set it up, then send the form again."
            )
            messages.warning(request, said, extra_tags=TAG)
        return turned_away(redirect("mfa_index"))
