"""Looks up records of domains, for seconds at most: whoever runs the other end may never answer."""

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
    answer = _ask(name, "TXT")
    if isinstance(answer, Problem):
        return TxtRecords(problem=answer)
    values = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return TxtRecords(frozenset(value.strip() for value in values))


def mail_servers(name: str) -> tuple[str, ...] | Problem:
    """Who takes a domain's mail by its MX records, the first to be tried first, or why none is known."""
    answer = _ask(name, "MX")
    if isinstance(answer, Problem):
        return answer
    records = sorted((record.preference, record.exchange.to_text(omit_final_dot=True)) for record in answer)
    return tuple(host for _preference, host in records)


def _ask(name: str, kind: str) -> dns.resolver.Answer | Problem:
    if len(name) > LONGEST_NAME:
        return Problem.MISSING
    try:
        return _resolver().resolve(name, kind, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Problem.MISSING
    except dns.exception.Timeout:
        return Problem.NO_ANSWER
    except (dns.exception.DNSException, OSError, UnicodeError):
        return Problem.FAILED


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
