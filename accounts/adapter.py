from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .actions.identities import still_lets_in
from .actions.sign_in import set_own_password
from .actor import Actor
from .confirmation import is_fresh
from .models import Member
from .provider_reach import binding_of
from .sign_in.check import ProviderRequired, TooManyFailures, check
from .source import Source
from .sso.asking import ask_provider

# What the person's way in was when they began to sign in.
BEGUN_WITH = "signing_in_with"
BEGUN_BY = "signing_in_by"
"""The identity provider by which they began; 0 for none."""


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody can sign up: administrators add the people of their company."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("This email address or password is not correct."),
        "enter_current_password": gettext_lazy("This password is not correct."),
        "too_many_login_attempts": gettext_lazy(
            "There were too many failed sign-ins. Try again in a quarter of an hour."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Member | None:
        """Checks as the submission of mail does, and counts failures alone (rule 9.5)."""
        try:
            return check(credentials.get("email") or "", credentials["password"], Source.of(request))
        except TooManyFailures:
            raise self.validation_error("too_many_login_attempts") from None
        except ProviderRequired as required:
            email = credentials.get("email") or ""
            answer = ask_provider(request, required.providers, email, is_required=True)
            raise ImmediateHttpResponse(answer) from None

    def pre_login(self, request: HttpRequest, user: Member, **kwargs: Any) -> HttpResponse | None:
        """Notes with which password somebody begins to sign in: a code may follow minutes later.

        A passkey gets nobody in who has to sign in by a provider, either (rule 9.6).
        """
        by = ((kwargs.get("signal_kwargs") or {}).get("provider") or {}).get("id", 0)
        if not by and (providers := binding_of(user)):
            clear_login(request)
            return ask_provider(request, providers, user.email, is_required=True)
        request.session[BEGUN_WITH], request.session[BEGUN_BY] = user.get_session_auth_hash(), by
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def login(self, request: HttpRequest, user: Member) -> None:
        """Lets in nobody who was deactivated, or got a new password, between the two steps (rule 9.3).

        Nor whose way in was closed: a provider became required, or is no longer in use (rule 9.6).
        """
        begun_with, by = request.session.pop(BEGUN_WITH, ""), request.session.pop(BEGUN_BY, 0)
        if not by and (providers := binding_of(user)):
            clear_login(request)
            raise ImmediateHttpResponse(ask_provider(request, providers, user.email, is_required=True))
        is_same = user.is_active and constant_time_compare(begun_with, user.get_session_auth_hash())
        if not is_same or (by and not still_lets_in(by, user)):
            clear_login(request)
            messages.error(request, _("Your account has changed. Sign in again."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def get_login_stages(self) -> list[str]:
        """allauth's, but for who signs in by a provider that stands for our second factor too."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.sign_in.stages.FactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def set_password(self, user: Member, password: str) -> None:
        """A password that somebody chose: signed in, or by the link in a mail."""
        request = context.request
        source = Source.of(request)
        is_signed_in = request.user == user
        if is_signed_in and not user.has_usable_password():
            # Whoever gets at the open page of somebody without a password must not give them one (rule 9.4).
            Actor.of(request).check_confirmed()
        kept = request.session.session_key if is_signed_in else None
        set_own_password(
            user, password, source, by_link=not is_signed_in, kept=kept, actor=source.actor(user)
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """For allauth's own pages: the same as for all delicate changes (rule 9.4)."""
        return not is_fresh(self.request)
