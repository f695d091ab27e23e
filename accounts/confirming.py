"""Asks who one is again before a delicate change, and then carries on with it (rule 9.4).

An action that finds the last proof too old raises Unconfirmed. The answer to that request is a page that
asks for the password, a code or a passkey, and holds what was posted in hidden fields: sent to the same
address, it proves and changes in one go. Nothing typed is lost, nothing is kept in the session, and several
tabs do not disturb each other.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from groupadmin.base.unsaved import turned_away
from groupadmin.base.way_back import ours

from .confirmation import Unconfirmed
from .factor_adapter import offers_passkeys
from .factors import Factor
from .forms.factors import ConfirmForm
from .provider_reach import binding, providers_at
from .request import viewer_of

GetResponse = Callable[[HttpRequest], HttpResponse]

OWN = f"{ConfirmForm.prefix}-"
# Posted if a page was asked for, not a change: then the page follows.
OF_A_PAGE = f"{OWN}page"
# Posted by who says that they have confirmed at their company, in another tab (rule 9.6).
CARRY_ON = f"{OWN}carry-on"
TEMPLATE = "account/confirm.html"
ASKED, WRONG = 403, 422


class ConfirmMiddleware:
    """Asks, and reads the answer before the view sees the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Who is not signed in has sent no answer; nor is a body read before a token is asked for.
        if not request.user.is_authenticated or request.method != "POST":
            return None
        if not any(name.startswith(OWN) for name in request.POST):
            return None
        if CARRY_ON in request.POST:
            # Whether it is so, the action sees.
            request.POST = _without_own(request.POST)  # type: ignore[assignment]  # it is immutable too
            return None
        form = ConfirmForm(request.POST, user=viewer_of(request))
        if not form.is_valid():
            return _page(request, form)
        if form.proof is not None:
            form.proof.save()
        else:
            reauthenticate_by_password(request)
        if OF_A_PAGE in request.POST:
            return redirect(request.get_full_path())
        request.POST = _without_own(request.POST)  # type: ignore[assignment]  # it is immutable too
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, (Unconfirmed, ReauthenticationRequired)):
            return None
        if getattr(request, "htmx", False):
            # A fragment of a page cannot ask: the whole page does, and leads back.
            shown = urlsplit(request.htmx.current_url_abs_path or reverse("home"))  # type: ignore[attr-defined]
            back = urlencode({"next": shown.path + (f"?{shown.query}" if shown.query else "")})
            return turned_away(HttpResponseClientRedirect(f"{reverse('account_reauthenticate')}?{back}"))
        return _page(request, ConfirmForm(user=viewer_of(request)))


def _page(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    """The page that asks."""
    member = viewer_of(request)
    kinds = set(Authenticator.objects.filter(user=member).values_list("type", flat=True))
    has_passkey = Factor.PASSKEY in kinds and offers_passkeys(request)
    providers = [found for found in providers_at(member.email) if found.company_id == member.company_id]
    is_change = request.method == "POST" and OF_A_PAGE not in request.POST
    context = {
        "form": form,
        "action": request.get_full_path(),
        "is_change": is_change,
        "hidden_fields": _fields(request.POST) if is_change else [(OF_A_PAGE, "1")],
        "has_password": member.has_usable_password() and not binding(providers, member),
        "providers": providers,
        "has_codes": bool(kinds & {Factor.APP, Factor.CODES}),
        "passkey_options": {"request_options": begin_authentication(member)} if has_passkey else None,
        "back": _back(request),
    }
    return render(request, TEMPLATE, context, status=WRONG if form.is_bound else ASKED)


def _fields(posted: QueryDict) -> list[tuple[str, str]]:
    names = (name for name in posted if name != "csrfmiddlewaretoken" and not name.startswith(OWN))
    return [(name, value) for name in names for value in posted.getlist(name)]


def _without_own(posted: QueryDict) -> QueryDict:
    """What was posted, as the view expects it."""
    rest = posted.copy()
    for name in [name for name in rest if name.startswith(OWN)]:
        del rest[name]
    rest._mutable = False
    return rest


def _back(request: HttpRequest) -> str:
    """Where the person comes from, as far as it is here."""
    shown = request.POST.get(f"{OWN}back") or request.headers.get("Referer", "")
    return ours(request, shown) or reverse("home")
