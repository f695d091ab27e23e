"""allauth's forms, where they would tell or allow too much (rules 9.5, 9.7)."""

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.shortcuts import render

from accounts.sign_in import throttle
from accounts.sign_in.check import TooManyFailures, check
from accounts.source import Source
from accounts.tasks import mail_reset_link


class ResetPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
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


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    """Whoever finds an open page cannot guess the password here either: a wrong one is a failed sign-in."""

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data.get("oldpassword", "")
        try:
            member = check(self.user.email, password, Source.of(context.request))
        except TooManyFailures:
            raise get_adapter().validation_error("too_many_login_attempts") from None
        if member is None:
            raise get_adapter().validation_error("enter_current_password")
        return password
