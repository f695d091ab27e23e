"""Looks up TXT records, for seconds at most: whoever runs the other end may never answer."""

from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.resolver
from django.conf import settings
from dns.nameserver import Do53Nameserver, Nameserver

PORT = 53
LONGEST_NAME = 253


class Problem(StrEnum):
    """What was wrong with a record that was looked for."""

    MISSING = "missing"
    """The name has no TXT record, or is not known at all."""
    OTHER = "other"
    """There are TXT records, but none says what it should."""
    NO_ANSWER = "no answer"
    """The domain's name servers did not answer in time."""
    FAILED = "failed"
    """They, or our resolver, answered with a failure."""
    TAKEN = "taken"
    """The record is right, but somebody else has proven the domain."""


@dataclass(frozen=True)
class TxtRecords:
    """The values of a name's TXT records, or why there are none."""

    values: frozenset[str] = frozenset()
    problem: Problem | None = None


def txt_records(name: str) -> TxtRecords:
    """Asks the resolvers of the settings, or the system's, for a name's TXT records. Never raises."""
    if len(name) > LONGEST_NAME:
        return TxtRecords(problem=Problem.MISSING)
    try:
        answer = _resolver().resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return TxtRecords(problem=Problem.MISSING)
    except dns.exception.Timeout:
        return TxtRecords(problem=Problem.NO_ANSWER)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return TxtRecords(problem=Problem.FAILED)
    values = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return TxtRecords(frozenset(value.strip() for value in values))


def _resolver() -> dns.resolver.Resolver:
    addresses = settings.DNS_RESOLVERS
    resolver = dns.resolver.Resolver(configure=not addresses)
    if addresses:
        resolver.nameservers = [_nameserver(address) for address in addresses]
    resolver.lifetime = settings.DNS_TIMEOUT_SECONDS
    resolver.timeout = settings.DNS_TIMEOUT_SECONDS / 2
    return resolver


def _nameserver(address: str) -> Nameserver:
    """One of the settings' resolvers: an IP address, with a port or without, IPv6 then in brackets."""
    host, separator, port = address.rpartition(":")
    if address.endswith("]") or not separator or (":" in host and not host.endswith("]")):
        host, port = address, ""
    return Do53Nameserver(host.strip("[]"), int(port or PORT))
