"""allauth's forms, where they would tell or allow too much (rules 9.5, 9.7)."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from accounts.sign_in import throttle
from accounts.sign_in.check import ProviderRequired, TooManyFailures, check
from accounts.source import Source
from accounts.tasks import mail_reset_link
from groupadmin.base.form_fields import AddressInput

# By name, as our own forms say it.
LABELS = {
    "login": gettext_lazy("Email address"),
    "email": gettext_lazy("Email address"),
    "remember": gettext_lazy("Stay signed in"),
    "oldpassword": gettext_lazy("Current password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("New password (again)"),
}


class _Labelled(forms.Form):
    """Fields with our labels, and no placeholders that say the same and go away while one types."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in LABELS:
                field.label = LABELS[name]
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                attributes = {key: value for key, value in field.widget.attrs.items() if key != "type"}
                field.widget = AddressInput(attributes)


class LoginForm(_Labelled, allauth.LoginForm):  # type: ignore[misc]
    """Asks who one is."""


class SetPasswordForm(_Labelled, allauth.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class ResetPasswordKeyForm(_Labelled, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link in a mail."""


class ResetPasswordForm(_Labelled, allauth.ResetPasswordForm):  # type: ignore[misc]
    """Asks for a mail with a link. Looks nobody up: whoever measures it learns nothing (rule 9.7)."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        address = throttle.network_of(Source.of(context.request).ip)
        if not throttle.RESETS_FROM_ADDRESS.of(address).take():
            raise ImmediateHttpResponse(render(context.request, "429.html", status=429))
        return email

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        """Queues the mail, unless that mailbox, known or not, has had enough of them lately."""
        email: str = self.cleaned_data["email"]
        if throttle.RESETS_OF_MAILBOX.of(email).take():
            mail_reset_link.enqueue(email)
        return email


class ChangePasswordForm(_Labelled, allauth.ChangePasswordForm):  # type: ignore[misc]
    """Whoever finds an open page cannot guess the password here either: a wrong one is a failed sign-in."""

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data.get("oldpassword", "")
        try:
            member = check(self.user.email, password, Source.of(context.request))
        except TooManyFailures:
            raise get_adapter().validation_error("too_many_login_attempts") from None
        except ProviderRequired:
            member = None
        if member is None:
            raise get_adapter().validation_error("enter_current_password")
        return password
