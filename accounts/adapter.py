from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from .actions.sign_in import set_own_password
from .confirmation import is_fresh
from .models import Member
from .sign_in.check import TooManyFailures, check
from .source import Source


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

    def set_password(self, user: Member, password: str) -> None:
        """A password that somebody chose: signed in, or by the link in a mail."""
        request = context.request
        source = Source.of(request)
        is_signed_in = request.user == user
        kept = request.session.session_key if is_signed_in else None
        set_own_password(
            user, password, source, by_link=not is_signed_in, kept=kept, actor=source.actor(user)
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """For allauth's own pages: the same as for all delicate changes (rule 9.4)."""
        return not is_fresh(self.request)
