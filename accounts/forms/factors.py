"""The forms of second factors: allauth's, hardened, and with the audit (rules 9.1, 9.2)."""

import logging
import struct
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCode
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.factors import record_used_code, record_wrong_code
from accounts.factors import Factor
from accounts.models import Member
from accounts.sign_in import throttle
from accounts.sign_in.check import ProviderRequired, TooManyFailures, check
from accounts.source import Source
from accounts.tasks import WayIn, tell_way_in
from groupadmin.base.form_fields import LineField

# In one line each, for fail2ban, as failed passwords.
logger = logging.getLogger("groupadmin.sign_in")

NAME_LENGTH = 60
CREDENTIAL_LENGTH = 100_000


# Codes


def _code_field(**options: Any) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(
        label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(attributes), **options
    )


def _tell_of_wrong_codes(member: Member) -> None:
    """Whoever enters so many knows the password: the person hears of it, once a day (rule 9.1)."""
    if throttle.NEWS_OF_CODES.of(str(member.pk)).take():
        source = Source.of(context.request)
        tell_way_in(member, WayIn.WRONG_CODES, ip=source.ip, device=source.device)


class _Audited:
    """Records recovery codes that are used up, and wrong codes of somebody who knew the password."""

    user: Member
    is_wrong = False

    def clean_code(self) -> str:
        count = throttle.CODES_OF_ACCOUNT.of(str(self.user.pk))
        if not count.take():
            _tell_of_wrong_codes(self.user)
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            with transaction.atomic():
                code: str = super().clean_code()  # type: ignore[misc]
                count.forget()
                factor = self.authenticator  # type: ignore[attr-defined]
                if factor.type == Factor.CODES:
                    factor.refresh_from_db()
                    left = len(factor.wrap().get_unused_codes())
                    source = Source.of(context.request)
                    record_used_code(self.user, left, source, actor=source.actor(self.user))
                return code
        finally:
            if self.is_wrong:
                source = Source.of(context.request)
                logger.warning(
                    "Failed sign-in from %s (%s): wrong code of %s",
                    source.ip or "-",
                    source.door,
                    self.user.email,
                )
                record_wrong_code(self.user, source, actor=source.actor(self.user))

    def _emit_authentication_failed(self, authenticator: Any) -> None:
        self.is_wrong = True
        super()._emit_authentication_failed(authenticator)  # type: ignore[misc]


class CodeForm(_Audited, AuthenticateForm):  # type: ignore[misc]
    """A code as the second step of signing in."""

    code = _code_field(help_text=gettext_lazy("From your authenticator app, or one of your recovery codes."))


class _ConfirmByCode(_Audited, ReauthenticateByCode):  # type: ignore[misc]
    """A code to confirm who one is (rule 9.4)."""


# Passkeys

REFUSED = gettext_lazy("The passkey was not accepted. Try again.")


class CredentialField(forms.JSONField):
    """A browser's answer about a passkey, which anybody can write."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if len(value or "") > CREDENTIAL_LENGTH:
            raise ValidationError(REFUSED)
        return _read(lambda: super(CredentialField, self).to_python(value))


def _read(read: Callable[[], Any]) -> Any:
    """What the library reads of a browser's answer. What it cannot read is a mistake, not a fault."""
    try:
        return read()
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        UnsupportedAlgorithm,
        ValueError,
        struct.error,
    ) as problem:
        raise ValidationError(REFUSED) from problem


class _Hardened:
    """A passkey that the library cannot read is an error of the form."""

    def clean_credential(self) -> Any:
        return _read(super().clean_credential)  # type: ignore[misc]


class _Uncounted:
    """A passkey cannot be guessed, so others' wrong codes do not keep its owner from using it (rule 9.5)."""

    cleaned_data: dict[str, Any]
    user: Member

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        _read(lambda: webauthn.parse_authentication_response(credential))
        return _read(lambda: webauthn.complete_authentication(self.user, credential))


class PasskeyForm(_Uncounted, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step of signing in."""

    credential = CredentialField()


class PasskeySignInForm(_Hardened, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone (rule 9.2)."""

    credential = CredentialField()


class _ConfirmByPasskey(_Uncounted, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey to confirm who one is (rule 9.4)."""

    credential = CredentialField()


def _name_field(**options: Any) -> LineField:
    return LineField(
        label=gettext_lazy("Name"),
        most=NAME_LENGTH,
        code_points=10 * NAME_LENGTH,
        help_text=gettext_lazy("Such as “My phone”, so that you can tell your passkeys apart."),
        **options,
    )


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    name = _name_field(required=False)
    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with it alone"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Without your password. Your device then asks for a fingerprint, face or PIN. Turn this off "
            "for a security key without a PIN."
        ),
    )
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = _read(super().clean)
        return cleaned


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = _name_field()


# Confirming


class ConfirmForm(forms.Form):
    """The password, a code or a passkey, whichever the person chooses (rule 9.4)."""

    prefix = "confirm"

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )
    code = _code_field(
        required=False, help_text=gettext_lazy("From your authenticator app, or a recovery code.")
    )
    credential = forms.CharField(required=False, max_length=CREDENTIAL_LENGTH, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.proof: Any = None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("credential"):
            self._prove(_ConfirmByPasskey, "credential", None)
        elif values.get("code"):
            self._prove(_ConfirmByCode, "code", "code")
        else:
            self._check_password(values.get("password", ""))
        return values

    def _check_password(self, password: str) -> None:
        """Counts failures as signing in does (rule 9.5)."""
        try:
            if check(self.user.email, password, Source.of(context.request)) != self.user:
                self.add_error("password", _("This password is not correct."))
        except ProviderRequired:
            self.add_error("password", _("This password is not correct."))
        except TooManyFailures:
            message = _("There were too many failed sign-ins. Try again in a quarter of an hour.")
            self.add_error("password", message)

    def _prove(self, kind: type[Any], name: str, beside: str | None) -> None:
        self.proof = kind(data={name: self.cleaned_data[name]}, user=self.user)
        for messages in self.proof.errors.values():
            self.add_error(beside, list(messages))
