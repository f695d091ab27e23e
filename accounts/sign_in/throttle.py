"""Counts failures, so that nobody can guess passwords or flood mailboxes (rule 9.5).

Attempts are counted when they have failed, never before: the right ones of many people, or of one person's
many programs, do not count for a moment. Of wrong ones at the same moment, as many more than allowed are
checked as the server has threads.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import FailureCount

IPV6_NETWORK = 64
"""In bits: what one customer of a provider has."""


@dataclass(frozen=True)
class Limit:
    """How many failures are allowed in how much time, counted from the first."""

    kind: str
    most: int
    span: timedelta

    def of(self, *what: str) -> "Count":
        """Its count for that."""
        return Count(self, _key(self.kind, *what))


@dataclass(frozen=True)
class Count:
    """The count of one thing: of an account, an address, or both."""

    limit: Limit
    key: str

    def take(self) -> bool:
        """Counts one, and says whether it was still allowed."""
        return _count(self.key, timezone.now() + self.limit.span) <= self.limit.most

    def forget(self) -> None:
        """Begins anew, after a success."""
        FailureCount.objects.filter(key=self.key).delete()


# Somebody's own typing errors, and mail programs with an old password, which have a count of their own.
OF_ACCOUNT_AT_ADDRESS = Limit("account at address", 10, timedelta(minutes=15))
# Guessing at one account from many addresses, and at many accounts from one. Neither hinders an account at
# an address where it has signed in before: no stranger locks anybody out, and no office is locked out.
OF_ACCOUNT = Limit("account", 100, timedelta(hours=1))
OF_ADDRESS = Limit("address", 500, timedelta(hours=1))
# Codes of a person's second factors.
CODES_OF_ACCOUNT = Limit("codes of account", 5, timedelta(minutes=5))
NEWS_OF_CODES = Limit("news of codes", 1, timedelta(days=1))
# Mails with a link to choose a new password: to a mailbox, and asked for from an address.
RESETS_OF_MAILBOX = Limit("resets of mailbox", 3, timedelta(hours=1))
RESETS_FROM_ADDRESS = Limit("resets from address", 200, timedelta(hours=1))

FAMILIAR_FOR = timedelta(days=30)


# From so many failures of an address on, few of its attempts are checked at the same moment: each takes a
# good part of a second of a core, and someone who floods us would keep all threads from all people.
CHECKED_IN_TURN_FROM = 50


def taken(*counts: Count) -> dict[Count, int]:
    """How much of each is taken now. Takes one query."""
    found = FailureCount.objects.filter(key__in=[count.key for count in counts], until__gt=timezone.now())
    numbers = dict(found.values_list("key", "count"))
    return {count: numbers.get(count.key, 0) for count in counts}


def is_familiar(account: str, address: str) -> bool:
    """Whether the account has signed in at the address lately."""
    key = _key("familiar", account, address)
    return FailureCount.objects.filter(key=key, until__gt=timezone.now()).exists()


def make_familiar(account: str, address: str) -> None:
    """Remembers that the account has signed in at the address."""
    row = FailureCount(key=_key("familiar", account, address), count=0, until=timezone.now() + FAMILIAR_FOR)
    FailureCount.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["key"], update_fields=["until"]
    )


def forget_old() -> None:
    """Deletes counts that have run out."""
    FailureCount.objects.filter(until__lt=timezone.now()).delete()


def network_of(ip: str | None) -> str:
    """The address to count by: of IPv6 the network, in which one customer can use any number of addresses."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _count(key: str, until: datetime) -> int:
    """One statement, so that nothing is lost between two who count at once."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_failurecount AS f (key, count, until) VALUES (%s, 1, %s) "
            "ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN f.until <= %s THEN 1 ELSE f.count + 1 END, "
            "until = CASE WHEN f.until <= %s THEN excluded.until ELSE f.until END "
            "RETURNING count",
            (key, _adapted(until), _adapted(now), _adapted(now)),
        )
        (count,) = cursor.fetchone()
    return int(count)


def _adapted(moment: datetime) -> Any:
    """The moment as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)
