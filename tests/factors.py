"""Second factors of people, as tests need them: authenticator apps and recovery codes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Member
from tests.factories import PASSWORD


def app_of(member: Member) -> str:
    """Adds an authenticator app; the secret that it shows codes of."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(member, secret)
    return secret


def codes_of(member: Member) -> list[str]:
    """The person's unused recovery codes, made if there are none."""
    codes: list[str] = RecoveryCodes.activate(member).get_unused_codes()
    return codes


def code(secret: str, later: int = 0) -> str:
    """The code that an app shows now, or so many steps later."""
    counter = list(totp.yield_hotp_counters_from_time())[1] + later
    shown: str = totp.format_hotp_value(totp.hotp_value(secret, counter))
    return shown


def wrong_code(secret: str) -> str:
    """A code that the app shows neither now nor soon."""
    shown = {code(secret, step) for step in range(-2, 3)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in shown)


def secret_of(member: Member) -> str:
    """What the app was set up with."""
    stored: str = decrypt(Authenticator.objects.get(user=member, type="totp").data["secret"])
    return stored


def with_password(member: Member) -> Client:
    """A browser in which the right password was entered."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    """Whether somebody is signed in there."""
    return client.get(reverse("groups:list")).status_code == 200


def recorded() -> list[str]:
    """What the audit says of second factors, in order."""
    return list(
        AuditEntry.objects.filter(action__startswith="factor.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def told() -> str:
    """What the last mail says."""
    return str(mail.outbox[-1].body)
