"""Seals mail that a list passes on (ARC, RFC 8617; rule 4.16): what our front server found, in our name.

Receivers who trust us then believe its results, though the way over the list may have broken the author's own
signature. We look up nothing ourselves: whether the chain before us is good says the front server.
"""

import re
from hashlib import sha256
from typing import Any

import authres
from django.conf import settings

from groups.mail.front import results_of_front
from groups.mail.header_fields import fields, value_of

from . import canonical, headers
from .signatures import ALWAYS, IF_THERE, Content, Key, chosen, tags, wrapped

SET = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
MOST_SETS = 49
LONGEST_SET = 16_000
_INSTANCE = re.compile(rb"(?:\A|;)\s*i\s*=\s*([0-9]{1,3})\s*(?:;|\Z)")


def seal(key: Key, raw: bytes, content: Content) -> bytes:
    """The next set of the chain, to be put on top; nothing if there is nothing that we could vouch for.

    `raw` is the mail as it came from the front server, `content` as it goes out.
    """
    came_with = fields(raw)[0]
    results = _results(came_with)
    before = _chain(came_with)
    if not results or before is None or not _agrees(results, has_chain=bool(before)):
        return b""
    number = str(len(before) + 1).encode()
    found = headers.on_top(
        [("ARC-Authentication-Results", f"i={number.decode()}; {results.decode('utf-8', 'replace')}")]
    )
    signature = _message_signature(key, content, number)
    verdict = b"pass" if before else b"none"
    unsigned = b"ARC-Seal: " + tags(
        [(b"i", number + b"; cv=" + verdict + b"; a=rsa-sha256"), *key.tags, (b"b", b"")]
    )
    covered = [*(field for one in before for field in one), found, signature]
    digest = sha256(b"".join(map(canonical.header, covered)))
    digest.update(canonical.header(unsigned).removesuffix(b"\r\n"))
    return unsigned + wrapped(key.sign(digest.digest())) + b"\r\n" + signature + found


def _message_signature(key: Key, content: Content, number: bytes) -> bytes:
    """As DKIM's, but for what differs from letter to letter."""
    listed, covered = chosen(content, (*ALWAYS, *IF_THERE, b"dkim-signature"), once_more=False)
    unsigned = b"ARC-Message-Signature: " + tags(
        [
            (b"i", number + b"; a=rsa-sha256; c=relaxed/relaxed"),
            *key.tags,
            (b"h", wrapped(b":".join(listed), ":")),
            (b"bh", content.body_hash),
            (b"b", b""),
        ]
    )
    digest = sha256(b"".join(map(canonical.header, covered)))
    digest.update(canonical.header(unsigned).removesuffix(b"\r\n"))
    return unsigned + wrapped(key.sign(digest.digest())) + b"\r\n"


def _results(came_with: list[tuple[bytes, bytes]]) -> bytes:
    """All that the front server found, in one line after its name; empty if it has written nothing."""
    ours = str(settings.MAIL_AUTHSERV_ID).lower().encode()
    found = []
    for value in results_of_front(came_with, LONGEST_SET):
        name, _semicolon, results = b" ".join(value.split()).partition(b";")
        results = results.strip().rstrip(b"; ")
        # “None” says that nothing was looked at (RFC 8601, 2.2): there is nothing to vouch for.
        if ours and name.strip().lower() in (ours, ours + b" 1") and results.lower() not in (b"", b"none"):
            found.append(results)
    return b"; ".join([ours, *found]) if found else b""


def _chain(came_with: list[tuple[bytes, bytes]]) -> list[list[bytes]] | None:
    """The sets that others have sealed before, each in the order of SET; None if they are no chain."""
    sets: dict[int, dict[bytes, bytes]] = {}
    for name, field in came_with:
        if name not in SET:
            continue
        number = _INSTANCE.search(value_of(field, LONGEST_SET))
        if number is None or len(field) > LONGEST_SET:
            return None
        one = sets.setdefault(int(number[1]), {})
        if name in one:
            return None
        one[name] = field
    if sorted(sets) != [*range(1, len(sets) + 1)] or len(sets) > MOST_SETS:
        return None
    if any(len(one) != len(SET) for one in sets.values()):
        return None
    return [[sets[number][name] for name in SET] for number in sorted(sets)]


def _method(result: Any) -> str:
    """That of a result; of “none”, which says that nothing was looked at, there is none."""
    return str(getattr(result, "method", "")).lower()


def _agrees(results: bytes, *, has_chain: bool) -> bool:
    """Whether the front server says of the chain what a next set may follow: it holds, or there is none."""
    try:
        parsed: Any = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {results.decode()}")
    # The library fails in many ways.
    except Exception:
        return False
    said = {str(one.result).lower() for one in parsed.results if _method(one) == "arc"}
    return said == {"pass"} if has_chain else said <= {"none"}
