"""Leads back to where somebody was signed out, and says that what they sent was not saved (rule 9.8).

Whoever sends a form after their session has ended is asked to sign in, and then comes to the page that the
form was on: not to the address that it is sent to, at which there may be no page. Nothing that they sent is
kept here, and nothing is sent again for them. What they typed, their browser keeps
(static/groupadmin/unsaved.js).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

from groupadmin.base.unsaved import NOT_SAVED, TAG, turned_away
from groupadmin.base.way_back import came_from

GetResponse = Callable[[HttpRequest], HttpResponse]
READS = ("GET", "HEAD", "OPTIONS")
SIGN_OUT = ("account_logout", "admin:logout")
SENT_UNASKED = "_seen"
"""At the end of the names of what open pages send by themselves: nobody misses it."""


class SignInMiddleware(LoginRequiredMiddleware):
    """Asks who one is wherever a view does not say otherwise; the way back leads to a page."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in READS and not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        sign_in = resolve_url(self.get_login_url(view_func))
        if (name := _name_of(request)) in SIGN_OUT:
            return HttpResponseRedirect(sign_in)
        # A fragment has no page of its own, and a form perhaps none at its address.
        back = came_from(request) or request.get_full_path()
        if request.method not in READS and not name.endswith(SENT_UNASKED):
            back = _with_word(back)
        return turned_away(redirect_to_login(back, sign_in))


class ReturnMiddleware:
    """Says, on the page that somebody comes back to, that nothing was saved."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "GET" or NOT_SAVED not in request.GET or not request.user.is_authenticated:
            return None
        said = _("You were signed out, so nothing was saved. Check the form and send it again.")
        messages.warning(request, said, extra_tags=TAG)
        rest = request.GET.copy()
        del rest[NOT_SAVED]
        return redirect(f"{request.path}?{rest.urlencode()}" if rest else request.path)


def _name_of(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match is not None else ""


def _with_word(path: str) -> str:
    parts = urlsplit(path)
    query = [*parse_qsl(parts.query, keep_blank_values=True), (NOT_SAVED, "1")]
    return f"{parts.path}?{urlencode(query)}"
