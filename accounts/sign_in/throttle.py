"""Counts failures, so that nobody can guess passwords or flood mailboxes (rule 9.5).

An attempt is counted before it is made and given back when it succeeds: successes never count, and of many
attempts at the same moment no more are made than allowed.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
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

    def take(self, *what: str) -> bool:
        """Counts one, and says whether it was still allowed."""
        return _count(_key(self.kind, *what), timezone.now() + self.span) <= self.most

    def give_back(self, *what: str) -> None:
        """Takes one away again."""
        FailureCount.objects.filter(key=_key(self.kind, *what), count__gt=0).update(count=F("count") - 1)


# Somebody's own typing errors, and mail programs with an old password, which have a count of their own.
OF_ACCOUNT_AT_ADDRESS = Limit("account at address", 10, timedelta(minutes=15))
# Guessing at one account from many addresses, and at many accounts from one. Neither hinders an account at
# an address where it has signed in before: no stranger locks anybody out, and no office is locked out.
OF_ACCOUNT = Limit("account", 100, timedelta(hours=1))
OF_ADDRESS = Limit("address", 500, timedelta(hours=1))
# Mails with a link to choose a new password: to a mailbox, and asked for from an address.
RESETS_OF_MAILBOX = Limit("resets of mailbox", 3, timedelta(hours=1))
RESETS_FROM_ADDRESS = Limit("resets from address", 200, timedelta(hours=1))

FAMILIAR_FOR = timedelta(days=30)


def is_familiar(account: str, address: str) -> bool:
    """Whether the account has signed in at the address lately."""
    key = _key("familiar", account, address)
    return FailureCount.objects.filter(key=key, until__gt=timezone.now()).exists()


def make_familiar(account: str, address: str) -> None:
    """Remembers that the account has signed in at the address."""
    until = timezone.now() + FAMILIAR_FOR
    FailureCount.objects.update_or_create(
        key=_key("familiar", account, address), defaults={"count": 0, "until": until}
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
