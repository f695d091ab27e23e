"""How far the From address can be trusted, according to the front server (RFC 8601).

The front server writes Authentication-Results under the name settings.MAIL_AUTHSERV_ID, and removes incoming
ones with that name. The sender's DMARC policy is read from there too. We do not query DNS ourselves: the
front server already has, and mail should not wait for an answer that others control.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import authres

MOST_HEADERS = 10
MOST_CHARACTERS = 4000

_POLICY = re.compile(r"\b(?:p|policy|policy\.dmarc)=(none|quarantine|reject)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Judgement:
    """What the front server says about the From address: True genuine, False forged, None unknown."""

    is_genuine: bool | None = None
    dkim_aligned: bool = False
    dmarc_policy: str = ""


@dataclass(frozen=True)
class _Result:
    """One method's result, and the address or domain that it covers."""

    method: str
    result: str
    about: dict[str, str]

    @property
    def has_passed(self) -> bool:
        return self.result == "pass"

    def is_aligned(self, domain: str) -> bool:
        """Whether it covers the domain in From in DMARC's relaxed mode: the same domain, or a subdomain."""
        names = {"dkim": ("header.d",), "spf": ("smtp.mailfrom",)}.get(self.method, ())
        spoken_of = next((self.about[name] for name in names if name in self.about), "")
        other = spoken_of.rpartition("@")[2]
        return bool(other) and (
            other == domain or other.endswith(f".{domain}") or (domain.endswith(f".{other}") and "." in other)
        )


def judge(headers: Iterable[str], authserv_id: str, address: str) -> Judgement:
    """What the front server's headers say about the address in From; unknown without such headers.

    `headers` are the values of the Authentication-Results above the second Received, topmost first: those
    further down were there before the mail reached the front server.
    """
    ours = list(_results_of_front(headers, authserv_id)) if authserv_id else []
    results = [result for _value, found in ours for result in found]
    domain = address.rpartition("@")[2]
    if not results or not domain:
        return Judgement()
    return Judgement(
        is_genuine=_verdict(results, address, domain),
        dkim_aligned=any(r.method == "dkim" and r.has_passed and r.is_aligned(domain) for r in results),
        dmarc_policy=_policy([value for value, _found in ours]),
    )


def _results_of_front(headers: Iterable[str], authserv_id: str) -> Iterator[tuple[str, list[_Result]]]:
    for number, value in enumerate(headers):
        if number == MOST_HEADERS:
            return
        try:
            parsed: Any = authres.AuthenticationResultsHeader.parse(
                f"Authentication-Results: {value[:MOST_CHARACTERS]}"
            )
        # Unreadable headers say nothing; the library fails in many ways.
        except Exception:  # noqa: S112
            continue
        if str(parsed.authserv_id).lower() == authserv_id.lower():
            yield value, [_read(result) for result in parsed.results]


def _read(result: Any) -> _Result:
    about = {f"{p.type}.{p.name}".lower(): str(p.value).lower() for p in result.properties}
    return _Result(str(result.method).lower(), str(result.result).lower(), about)


def _verdict(results: list[_Result], address: str, domain: str) -> bool | None:
    """DMARC's result if there is one, else that of the methods that it builds on."""
    dmarc = next((r for r in results if r.method == "dmarc"), None)
    if _is_signed_in(results, address):
        return True
    if dmarc is not None and dmarc.result in ("pass", "fail"):
        return dmarc.has_passed and dmarc.about.get("header.from", domain) == domain
    aligned = [r for r in results if r.method in ("dkim", "spf") and r.is_aligned(domain)]
    if any(r.has_passed for r in aligned):
        return True
    return False if any(r.result == "fail" for r in aligned) else None


def _is_signed_in(results: list[_Result], address: str) -> bool:
    """Whether one of the front server's users sent it, signed in with this address."""
    names = ("smtp.auth", "smtp.mailfrom")
    return any(
        r.method == "auth" and r.has_passed and address in [r.about.get(name) for name in names]
        for r in results
    )


def _policy(values: list[str]) -> str:
    """The From domain's published policy: a comment after dmarc=, which each program formats differently."""
    for value in values:
        _before, dmarc, after = value.partition("dmarc=")
        found = _POLICY.search(after.partition(";")[0]) if dmarc else None
        if found:
            return found[1].lower()
    return ""
