"""Signs people in to the submission server with their usual email address and password."""

from dataclasses import dataclass

from django.utils.crypto import constant_time_compare

from accounts.actor import Door
from accounts.factors import may_use_password_alone
from accounts.models import Member
from accounts.sign_in.check import ProviderRequired, TooManyFailures, check
from accounts.source import Source


@dataclass(frozen=True)
class SignIn:
    """Who signed in, or why nobody did."""

    member_id: int | None
    reply: str
    # Changes with their password.
    mark: str = ""


WELCOME = "235 2.7.0 You are signed in."
WRONG = SignIn(None, "535 5.7.8 The email address or the password is wrong.")
# Mail apps have nowhere to enter a code: the password alone must not be a way around it (rule 9.2).
NEEDS_FACTOR = SignIn(
    None,
    "534 5.7.9 Your account needs a second factor, which mail apps cannot give. "
    "Send as the list from its page in the browser.",
)
# The same for everybody at the domain, with the right password or a wrong one (rule 9.7).
NEEDS_PROVIDER = SignIn(
    None,
    "534 5.7.9 Your company requires its own single sign-on, which mail apps cannot use. "
    "Send as the list from its page in the browser.",
)
TOO_MANY = SignIn(None, "454 4.7.0 Too many failed sign-ins. Try again in a quarter of an hour.")


def sign_in(login: bytes, password: bytes, ip: str | None) -> SignIn:
    """The active member of a company with this address and password, if they need no more (rules 9.1, 9.5).

    Mail programs sign in for each mail, so that only failures are in the audit.
    """
    email = login.decode("utf-8", "replace")
    # What is not UTF-8 is nobody's password, and counts like any other wrong one.
    text = password.decode("utf-8", "replace")
    try:
        member = check(email, text, Source(ip, door=Door.MAIL), of_a_company=True)
    except TooManyFailures:
        return TOO_MANY
    except ProviderRequired:
        return NEEDS_PROVIDER
    if member is None:
        return WRONG
    if not may_use_password_alone(member):
        return NEEDS_FACTOR
    return SignIn(member.pk, WELCOME, member.get_session_auth_hash())


def still_in(found: SignIn | None) -> int | None:
    """Who signed in, if they would be let in now: programs keep connections open for long (rule 9.3)."""
    if found is None or found.member_id is None:
        return None
    member = Member.objects.active().select_related("company").filter(pk=found.member_id).first()
    if member is None or not may_use_password_alone(member):
        return None
    return member.pk if constant_time_compare(found.mark, member.get_session_auth_hash()) else None
