"""A mail to ourselves, by which the doctor sees that mail goes out and comes in again (rule 11.6).

It goes to an address for bounces of an envelope that there never is: mail servers in front already lead
those to us, nobody else can make one up, and nothing is stored. That it came is noted in the cache, which
all processes share.
"""

import re
import secrets
import time
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from django.core.cache import cache

from .outgoing.bounce_addresses import bounce_address

# No envelope gets so far. Even numbers arrive; the odd one after it is for what comes back.
FIRST = 9 * 10**18
KEPT_SECONDS = 15 * 60
SIGNATURES_AT_MOST = 10
_TAG = re.compile(r"(?:^|;)\s*([ds])\s*=\s*([^;\s]+)")


@dataclass(frozen=True)
class Arrived:
    """A mail that came: after how many seconds, and who has signed it, as pairs of domain and selector."""

    seconds: float
    signatures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Loop:
    """One such mail."""

    number: int
    domain: str
    begun: float

    @classmethod
    def begin(cls, domain: str) -> "Loop":
        return cls(FIRST + 2 * secrets.randbelow(10**16), domain, time.time())

    @property
    def recipient(self) -> str:
        return bounce_address(self.number, self.domain)

    @property
    def sender(self) -> str:
        return bounce_address(self.number + 1, self.domain)

    def arrived(self) -> Arrived | None:
        """How it arrived, if it has."""
        found = cache.get(_key(self.number))
        if found is None:
            return None
        at, signatures = found
        return Arrived(max(0.0, at - self.begun), tuple(map(tuple, signatures)))

    def has_come_back(self) -> bool:
        """Whether a server has sent a bounce instead of delivering it."""
        return cache.get(_key(self.number + 1)) is not None

    def forget(self) -> None:
        cache.delete_many([_key(self.number), _key(self.number + 1)])


def is_loop(envelope_id: int) -> bool:
    """Whether a signed address is none of an envelope."""
    return envelope_id >= FIRST


def note(envelope_id: int, raw: bytes) -> None:
    """Remembers that it came."""
    cache.set(_key(envelope_id), (time.time(), _signatures(raw)), KEPT_SECONDS)


def _signatures(raw: bytes) -> list[tuple[str, str]]:
    headers = BytesHeaderParser().parsebytes(raw[: 64 * 1024])
    found = []
    for value in headers.get_all("DKIM-Signature", [])[:SIGNATURES_AT_MOST]:
        tags = dict(_TAG.findall(str(value)))
        if "d" in tags and "s" in tags:
            found.append((tags["d"].lower()[:253], tags["s"].lower()[:253]))
    return found


def _key(number: int) -> str:
    return f"groups.mail.loop.{number}"
