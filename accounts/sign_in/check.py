"""Checks an email address and password, for the pages and for the submission of mail (rules 9.1, 9.5, 9.7).

Whether there is such an account is told by neither words nor time: each attempt does the same work, with the
same number of queries and one hashing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.contrib.auth import authenticate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.actions.sign_in import record_failure
from accounts.models import IdentityProvider, Member
from accounts.provider_reach import binding, providers_at, required
from accounts.source import Source

from . import throttle

logger = logging.getLogger("groupadmin.sign_in")

LONGEST = 320

WRONG = gettext_lazy("The password is wrong.")
UNKNOWN = gettext_lazy("There is no such account.")
INACTIVE = gettext_lazy("The person is inactive.")
ELSEWHERE = gettext_lazy("The person has to sign in by an identity provider.")


class TooManyFailures(Exception):  # noqa: N818  (an answer, not a fault)
    """The account or the address has failed too often lately (rule 9.5)."""


class ProviderRequired(Exception):  # noqa: N818  (an answer, not a fault)
    """People at the address's domain sign in by an identity provider, whoever they are (rules 9.6, 9.7).

    Right and wrong passwords are answered alike, so that this door tells nobody which is right.
    """

    def __init__(self, providers: list[IdentityProvider]) -> None:
        super().__init__(providers)
        self.providers = providers


def check(email: str, password: str, source: Source, *, of_a_company: bool = False) -> Member | None:
    """The active member with this address and password; `of_a_company` leaves out superusers without one.

    Failures are counted, logged in one line for fail2ban, and in the audit of the account's company.
    Raises TooManyFailures or ProviderRequired.
    """
    email = email.replace("\0", "").strip().lower()[:LONGEST]
    address = throttle.network_of(source.ip)
    here = throttle.OF_ACCOUNT_AT_ADDRESS.of(source.door, email, address)
    of_address = throttle.OF_ADDRESS.of(address)
    counts = (here, throttle.OF_ACCOUNT.of(email), of_address)
    taken = throttle.taken(*counts)
    spent = {count for count, number in taken.items() if number >= count.limit.most}
    if here in spent:
        _log(source, "there were too many failures")
        raise TooManyFailures
    is_crowded = bool(spent)
    asked = Member.objects.select_related("company").filter(email=email).first()
    demanded = required(providers_at(email))
    is_familiar = throttle.is_familiar(email, address)
    # An office whose people mistype a lot on a Monday still gets in, all at once.
    must_wait = taken[of_address] >= throttle.CHECKED_IN_TURN_FROM and not is_familiar
    with _in_turn(source) if must_wait else nullcontext():
        member = _authenticated(email, password, of_a_company)
    if is_crowded and not is_familiar:
        # Only now, so that it takes as long as with whoever is familiar.
        member = None
    is_elsewhere = member is not None and bool(binding(demanded, member))
    if member is not None and not is_elsewhere:
        throttle.make_familiar(email, address)
        return member
    for count in counts:
        count.take()
    _fail(asked, source, is_crowded, ELSEWHERE if is_elsewhere else WRONG)
    if demanded:
        raise ProviderRequired(demanded)
    return None


_AT_ONCE = threading.BoundedSemaphore(2)
_CHECKING = threading.Lock()


@contextmanager
def _in_turn(source: Source) -> Iterator[None]:
    """One at a time in each process, while one waits. Raises TooManyFailures for all others."""
    if not _AT_ONCE.acquire(blocking=False):
        _log(source, "others are being checked")
        raise TooManyFailures
    try:
        with _CHECKING:
            yield
    finally:
        _AT_ONCE.release()


def _authenticated(email: str, password: str, of_a_company: bool) -> Member | None:
    found = authenticate(None, email=email, password=password)
    if not isinstance(found, Member) or found.email != email:
        # allauth would also take addresses that it has stored itself; ours are the only ones.
        return None
    return None if of_a_company and found.company_id is None else found


def _fail(asked: Member | None, source: Source, is_crowded: bool, wrong: Promise) -> None:
    """What was typed is neither stored nor logged unless it is an account: it may be a password."""
    _log(source, f"as {asked.email}" if asked else "as nobody known")
    if is_crowded:
        # Not in the audit, which cannot be emptied and must not be flooded.
        raise TooManyFailures
    reason = UNKNOWN if asked is None else wrong if asked.is_active else INACTIVE
    record_failure(asked, source, reason)


def _log(source: Source, what: str) -> None:
    logger.warning("Failed sign-in from %s (%s): %s", source.ip or "-", source.door, what)
