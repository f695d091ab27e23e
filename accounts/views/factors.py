"""One's own second factors (rule 9.2): allauth's pages, whose changes go through our action."""

from typing import Any

from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.mfa.base.views import IndexView, authenticate
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.factors import change_factors
from accounts.actor import Actor
from accounts.factor_adapter import offers_passkeys
from accounts.factors import has_factor, lacks_factor
from accounts.request import MemberRequest, viewer_of
from accounts.source import Source
from groupadmin.base.errors import Invalid

from .lookups import INVALID


class _Change:
    """A form whose change is audited and told; what is wrong with it is answered with 422."""

    # Django's own views would also obey DELETE, past the action.
    http_method_names = ["get", "head", "post"]
    request: HttpRequest
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        change = super().form_valid  # type: ignore[misc]
        try:
            answer: HttpResponse = change_factors(
                viewer_of(self.request),
                lambda: change(form),
                Source.of(self.request),
                actor=Actor.of(self.request),
            )
        except Invalid as invalid:
            messages.error(self.request, invalid.message)
            return redirect("mfa_index")
        except IntegrityError:
            # Sent twice: it is there already.
            return redirect("mfa_index")
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        answer.status_code = INVALID
        return answer


class Overview(IndexView):  # type: ignore[misc]
    """The factors one has; for who needs one and has none, the way to set it up."""

    def get_template_names(self) -> list[str]:
        lacks = lacks_factor(viewer_of(self.request))
        return ["mfa/set_up.html" if lacks else "mfa/index.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = viewer_of(self.request)
        more = {"offers_passkeys": offers_passkeys(self.request), "has_factor": has_factor(member)}
        return {**super().get_context_data(**kwargs), **more}


class AddApp(_Change, ActivateTOTPView):  # type: ignore[misc]
    """An authenticator app, by a code that it shows."""


class RemoveApp(_Change, DeactivateTOTPView):  # type: ignore[misc]
    """Asks, and removes it."""


class AddPasskey(_Change, AddWebAuthnView):  # type: ignore[misc]
    """A passkey, which the browser makes."""


class RenamePasskey(_Change, EditWebAuthnView):  # type: ignore[misc]
    """Another name for it."""


class RemovePasskey(_Change, RemoveWebAuthnView):  # type: ignore[misc]
    """Asks, and removes it."""


class NewCodes(_Change, GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes, which make the previous ones void."""


@login_not_required
def second_step(request: HttpRequest) -> HttpResponse:
    """Asks for a code or passkey after the password (rule 9.2)."""
    stage = get_pending_stage(request)
    if stage is not None and (stage.login.user is None or not has_factor(stage.login.user)):
        # Their factors were reset a moment ago, or they were deleted. allauth would lead in circles.
        clear_login(request)
        return redirect("account_login")
    answer: HttpResponse = authenticate(request)
    return answer


@login_not_required
@require_POST
def cancel_sign_in(request: HttpRequest) -> HttpResponse:
    """Goes back from the second step of signing in, such as to sign in as somebody else."""
    clear_login(request)
    return redirect("account_login")


@require_safe
def confirm(request: MemberRequest) -> HttpResponse:
    """Asks to confirm, then leads back (rule 9.4): for fragments of pages, which cannot ask."""
    Actor.of(request).check_confirmed()
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(wanted if safe else reverse("home"))
