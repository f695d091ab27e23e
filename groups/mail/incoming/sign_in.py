"""Signs people in to the submission server with their usual email address and password; counts failures."""

import hashlib
import logging
from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.core.cache import cache

from accounts.factors import may_use_password_alone
from accounts.models import Member

logger = logging.getLogger(__name__)

# Per quarter of an hour, for an account and for an IP address, which a whole office may share.
SECONDS = 15 * 60
FAILURES_OF_ACCOUNT = 10
FAILURES_OF_IP = 50
LONGEST = 320


@dataclass(frozen=True)
class SignIn:
    """Who signed in, or why nobody did."""

    member_id: int | None
    reply: str


WELCOME = "235 2.7.0 You are signed in."
WRONG = SignIn(None, "535 5.7.8 The email address or the password is wrong.")
# Mail apps have nowhere to enter a code: the password alone must not be a way around it (rule 9.2).
NEEDS_FACTOR = SignIn(
    None,
    "534 5.7.9 Your account needs a second factor, which mail apps cannot give. "
    "Send as the list from its page in the browser.",
)
TOO_MANY = SignIn(None, "454 4.7.0 Too many failed sign-ins. Try again in a quarter of an hour.")


def sign_in(login: bytes, password: bytes, ip: str | None) -> SignIn:
    """The active member of a company with this email address and password, if that is all they need.

    Failures go to the log, not to the audit: an audit belongs to a company, and a guesser belongs to none.
    """
    email = login.decode("utf-8", "replace").replace("\x00", "").strip().lower()[:LONGEST]
    limits = {_key("account", email): FAILURES_OF_ACCOUNT, _key("ip", ip or ""): FAILURES_OF_IP}
    failures = cache.get_many(limits)
    if any(failures.get(key, 0) >= most for key, most in limits.items()):
        logger.warning("Submission: sign-in as %a from %s refused, there were too many failures", email, ip)
        return TOO_MANY
    member = _member(email, password)
    if member is None:
        for key in limits:
            _count(key)
        logger.warning("Submission: sign-in as %a from %s failed", email, ip)
        return WRONG
    if not may_use_password_alone(member):
        logger.warning("Submission: sign-in as %a from %s refused, it needs a second factor", email, ip)
        return NEEDS_FACTOR
    return SignIn(member.pk, WELCOME)


def _member(email: str, password: bytes) -> Member | None:
    try:
        text = password.decode()
    except UnicodeDecodeError:
        return None
    if not email or "\x00" in text:
        return None
    found = authenticate(None, email=email, password=text)
    return found if isinstance(found, Member) and found.is_active and found.company_id is not None else None


def _key(kind: str, value: str) -> str:
    """A key that every cache accepts, whatever was entered."""
    return f"mail-sign-in-{kind}-{hashlib.sha256(value.encode()).hexdigest()}"


def _count(key: str) -> None:
    if not cache.add(key, 1, SECONDS):
        try:
            cache.incr(key)
        except ValueError:
            # It expired between the two calls.
            cache.set(key, 1, SECONDS)
