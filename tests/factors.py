"""Second factors of people, as tests need them: authenticator apps and recovery codes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt

from accounts.models import Member


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
