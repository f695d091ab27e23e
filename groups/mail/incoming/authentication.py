"""How far the From address can be trusted, according to the front server (rule 4.7; RFC 8601).

The front server writes Authentication-Results under the name settings.MAIL_AUTHSERV_ID, and removes incoming
ones. The sender's DMARC policy is read from there too. We do not query DNS ourselves: the front server
already has, and mail should not wait for an answer that others control.

What a client chooses says nothing about the client. The envelope sender is such a thing, though the front
server repeats it, even beside `auth=pass`; and a crafted one can look like further results.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import authres

MOST_HEADERS = 10
MOST_CHARACTERS = 4000

_POLICY = re.compile(r"\b(?:p|policy|policy\.dmarc)=(none|quarantine|reject)\b", re.IGNORECASE)
_DMARC_FAILS = re.compile(r"\bdmarc\s*(?:/\s*1\s*)?=\s*fail\b", re.IGNORECASE)
# An envelope sender that means itself wherever it is written: no quotes, comments, blanks or semicolons.
_PLAIN = re.compile(r"[^\s\"(),:;<>\\]*")


@dataclass(frozen=True)
class Judgement:
    """What the front server says about the From address: True genuine, False forged, None unknown."""

    is_genuine: bool | None = None
    login: str = ""  # with which somebody signed in to the front server, usually an address
    dkim_aligned: bool = False
    dmarc_policy: str = ""


@dataclass(frozen=True)
class _Result:
    """One method's result, and the address or domain that it covers."""

    method: str
    result: str
    about: dict[str, str]
    # A property that is named twice is not the front server's doing.
    is_clear: bool = True

    @property
    def has_passed(self) -> bool:
        return self.result == "pass" and self.is_clear

    def is_aligned(self, domain: str) -> bool:
        """Whether it covers the domain in From in DMARC's relaxed mode: the same domain, or a subdomain."""
        names = {"dkim": ("header.d",), "spf": ("smtp.mailfrom",)}.get(self.method, ())
        spoken_of = next((self.about[name] for name in names if name in self.about), "")
        other = spoken_of.rpartition("@")[2]
        return bool(other) and (
            other == domain or other.endswith(f".{domain}") or (domain.endswith(f".{other}") and "." in other)
        )


@dataclass(frozen=True)
class _Header:
    """One of the front server's headers, and whether it could be read."""

    text: str
    results: tuple[_Result, ...] = ()
    is_readable: bool = True


def judge(headers: Iterable[str], authserv_id: str, address: str, envelope_sender: str) -> Judgement:
    """What the front server's headers say about the sender, and about the address in From if there is one.

    `headers` are the values of the Authentication-Results above the second Received, topmost first: those
    further down were there before the mail reached the front server.
    """
    ours = list(_headers_of_front(headers, authserv_id)) if authserv_id else []
    domain = address.rpartition("@")[2]
    if not ours:
        return Judgement()
    is_plain = _PLAIN.fullmatch(envelope_sender) is not None
    has_failed = any(_fails(header, is_plain=is_plain) for header in ours)
    if not is_plain:
        return Judgement(is_genuine=False if has_failed else None)
    results = list(_that_count(ours))
    if not domain:
        return Judgement(login=_login(results))
    return Judgement(
        is_genuine=False if has_failed else _verdict(results, address, domain),
        login=_login(results),
        dkim_aligned=any(r.method == "dkim" and r.has_passed and r.is_aligned(domain) for r in results),
        dmarc_policy=_policy([header.text for header in ours]),
    )


def _headers_of_front(values: Iterable[str], authserv_id: str) -> Iterator[_Header]:
    for number, value in enumerate(values):
        if number == MOST_HEADERS:
            return
        text = value[:MOST_CHARACTERS]
        try:
            parsed: Any = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {text}")
        # The library fails in many ways.
        except Exception:
            if text.strip().lower().startswith(authserv_id.lower()):
                yield _Header(text, is_readable=False)
            continue
        if str(parsed.authserv_id).lower() == authserv_id.lower():
            # Of other versions than the first, nobody knows what they mean.
            yield _Header(text, tuple(_read(r) for r in parsed.results if r.version in (None, "1")))


def _read(result: Any) -> _Result:
    named = [f"{p.type}.{p.name}".lower() for p in result.properties]
    about = dict(zip(named, (str(p.value).lower() for p in result.properties), strict=True))
    return _Result(str(result.method).lower(), str(result.result).lower(), about, len(named) == len(about))


def _that_count(headers: list[_Header]) -> Iterator[_Result]:
    """Each method's results in the topmost header that has it, as several milters write one header each.

    Who signed in is believed in the topmost header alone: somebody who gets a header of their own past the
    front server does not become a person.
    """
    decided = {"auth"}
    yield from (result for result in headers[0].results if result.method == "auth")
    for header in headers:
        yield from (result for result in header.results if result.method not in decided)
        decided |= {result.method for result in header.results}


def _fails(header: _Header, *, is_plain: bool) -> bool:
    """Whether DMARC has failed, be it hidden behind something crafted; then nothing else counts."""
    if header.is_readable and is_plain:
        return any(r.method == "dmarc" and r.result == "fail" for r in header.results)
    return _DMARC_FAILS.search(header.text) is not None


def _verdict(results: list[_Result], address: str, domain: str) -> bool | None:
    """By the sign-in if there was one, by DMARC's result, or by those of the methods that it builds on.

    Somebody who signed in speaks for their own address only. That the mail comes from the domain says
    nothing about the person then: everybody who signs in to its server may have sent it.
    """
    if any(r.method == "auth" and r.result == "pass" for r in results):
        return True if _login(results) == address else None
    dmarc = next((r for r in results if r.method == "dmarc"), None)
    if dmarc is not None and dmarc.result == "pass":
        return dmarc.has_passed and dmarc.about.get("header.from", domain) == domain
    aligned = [r for r in results if r.method in ("dkim", "spf") and r.is_aligned(domain)]
    if any(r.has_passed for r in aligned):
        return True
    return False if any(r.result == "fail" for r in aligned) else None


def _login(results: list[_Result]) -> str:
    """With which somebody signed in; empty if nobody did, or if it is not clear."""
    signed_in = [r for r in results if r.method == "auth" and r.result == "pass"]
    if len(signed_in) != 1 or not signed_in[0].has_passed:
        return ""
    return signed_in[0].about.get("smtp.auth", "")


def _policy(values: list[str]) -> str:
    """The From domain's published policy: a comment after dmarc=, which each program formats differently."""
    for value in values:
        _before, dmarc, after = value.partition("dmarc=")
        found = _POLICY.search(after.partition(";")[0]) if dmarc else None
        if found:
            return found[1].lower()
    return ""
