"""The headers that a mail to a list gets, and how they are put on top (RFC 2369, 2919, 8058).

Headers are pairs of name and value, the value without line breaks; without a value, the header is removed. A
named header replaces the mail's own, except for the trace headers, which are added to. Nothing else changes,
and the body stays the same byte by byte, so that the author's DKIM signature stays valid where From is
unchanged.
"""

import re
import unicodedata
from dataclasses import dataclass
from email.utils import formatdate, make_msgid
from itertools import islice

from groupadmin.base import mail_headers
from groupadmin.base.text import balanced, clean_line, isolated
from groups.mail.arrival import Arrival, Author
from groups.mail.header_fields import field_names, fields, value_of
from groups.mail.mailboxes import addresses
from groups.models import Mail

# Names the lists that a mail has passed through, so that one that comes back is recognised.
LOOP_MARK = "X-Groupadmin-List"
# Removes every header of a list that the mail came from: it is our list's now (RFC 2919).
ALL_LIST_HEADERS = "List-*"
TRACE = "Received"

Headers = list[tuple[str, str | None]]

# Of headers with addresses, so many and so long ones.
MOST_READ = 10
LONGEST_READ = 4_000
_DKIM_DOMAIN = re.compile(rb"[;:\s]d\s*=\s*([^\s;]+)")
_DKIM_HEADERS = re.compile(rb"[;:\s]h\s*=\s*([^;]+)")
_TURNING = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}

# Requests for receipts: everybody's program would answer to the author, or ask whether to (rule 4.3).
RECEIPT_REQUEST = re.compile(
    rb"(?:x-)?(?:(?:[\w-]+-)?receipt-(?:to|cc|requested|required|address|options)|(?:return|read|delivery)-receipt"
    rb"|request(?:ed)?-receipt|disposition-notification-[\w-]+|confirm-(?:reading|delivery)(?:-[\w-]+)?"
    rb"|notice-requested-[\w-]+|(?:[\w-]+-)?notification-to|acknowledge-to|generate-delivery-report|pmrqc|mdrcpt-to|mdsend-notifications-to)"
)

# Headers that would reveal the author of a mail sent as the list, or direct replies past it (rule 4.6).
_PERSONAL = (*("Sender", "Reply-To", "X-Sender", "X-Originating-IP", "X-Original-From"),)


def list_headers(name: str, address: str, *, unsubscribe: str, owner: str, help_url: str) -> Headers:
    """The headers that tell mail programs about the list.

    `unsubscribe` is the page where a signed-in member stops the list's mail. It is the same for everyone, so
    a hundred members can share a transaction; but mail programs cannot unsubscribe them with one click
    (RFC 8058). External contacts, who cannot sign in, get their own address, see contact_headers.
    """
    return [
        (ALL_LIST_HEADERS, None),
        ("List-Id", f"{phrase(name)} <{list_id(address)}>"),
        ("List-Post", f"<mailto:{mailto(address)}>"),
        ("List-Help", f"<{help_url}>"),
        ("List-Owner", f"<{owner}>"),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
    ]


def contact_headers(unsubscribe: str) -> Headers:
    """For an external contact's mail instead: the signed address with which they leave with one click."""
    return [
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


# What differs from one recipient to the next, where each has their own (rule 4.15).
PERSONAL = frozenset({"List-Unsubscribe", "List-Unsubscribe-Post"})
_LEAVING = b"List-Unsubscribe: <%s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def leaving(url: str) -> bytes:
    """The headers of contact_headers as SMTP sends them."""
    return _LEAVING % url.encode("ascii")


def list_id(address: str) -> str:
    """The list's unique name (RFC 2919): every character of our addresses is allowed in it."""
    return address.replace("@", ".")


def mailto(address: str) -> str:
    """An address in a mailto link (RFC 6068)."""
    return address.replace("%", "%25").replace("#", "%23").replace("?", "%3F").replace("&", "%26")


def common_headers(arrival: Arrival, address: str) -> Headers:
    """The headers that every mail we send on gets."""
    headers: Headers = [*_trace(arrival, address), ("Return-Path", None), ("Bcc", None)]
    names = field_names(arrival.raw)
    if b"message-id" not in names:
        headers.append(("Message-ID", make_msgid(domain=address.rpartition("@")[2])))
    if b"date" not in names:
        headers.append(("Date", formatdate()))
    if b"precedence" not in names:
        headers.append(("Precedence", "list"))
    # Marks of earlier lists stay.
    headers += [(LOOP_MARK, loop) for loop in dict.fromkeys((address, *arrival.loops)) if safe(loop)]
    return headers


def _trace(arrival: Arrival, address: str) -> Headers:
    """Where it came from, so that servers count one more hop (RFC 5321 4.4), but not from which computer."""
    if arrival.door not in (Mail.Door.LMTP, Mail.Door.SMTP) or not arrival.ip:
        return []
    ip = f"IPv6:{arrival.ip}" if ":" in arrival.ip else arrival.ip
    protocol = "LMTP" if arrival.door == Mail.Door.LMTP else "ESMTP"
    by = address.rpartition("@")[2]
    return [(TRACE, f"from [{ip}] by {by} with {protocol} for <{address}>; {formatdate()}")]


def replaced(headers: Headers) -> set[str]:
    """The lower-case names of the mail's own headers that these headers replace."""
    return {name.lower() for name, _value in headers if name != TRACE}


def as_list_headers(name: str, address: str) -> Headers:
    """A mail sent as the list comes from it, under its group's name, and replies go there (rule 4.6)."""
    return [("From", f"{phrase(name)} <{address}>"), *((personal, None) for personal in _PERSONAL)]


def author_headers(arrival: Arrival, name: str, address: str, domains: frozenset[str]) -> Headers:
    """The list as From where the author's own would make receivers reject the mail, else nothing (rule 4.3).

    The author's name stays readable, and Reply-To leads to them unless they set another one. A name that
    cannot be decoded goes out as it came, in its encoded words; raw bytes of no known charset are left out.
    """
    if not breaks_dmarc(arrival, domains):
        return []
    first = next(iter(arrival.authors), Author(""))
    if first.words:
        shown = f"{first.words} via {phrase(name)}"
    else:
        shown = phrase(f"{first.name or first.address} via {name}")
    headers: Headers = [("From", f"{shown} <{address}>")]
    if original := ", ".join(map(mailbox, arrival.authors)):
        headers.append(("X-Original-From", original))
        if not names_somebody(arrival.raw, b"reply-to"):
            headers.append(("Reply-To", original))
    return headers


def mailbox(author: Author) -> str:
    """An author with their name, as it stands in a header."""
    shown = author.words or (phrase(author.name) if author.name else "")
    return f"{shown} <{author.address}>" if shown else author.address


def names_somebody(raw: bytes, name: bytes) -> bool:
    """Whether a header with addresses has any: programs write empty ones too."""
    named = (field for found, field in fields(raw)[0] if found == name)
    return not all(map(_is_empty, islice(named, MOST_READ)))


def _is_empty(field: bytes) -> bool:
    return not addresses(value_of(field, LONGEST_READ))


def breaks_dmarc(arrival: Arrival, domains: frozenset[str]) -> bool:
    """Whether receivers would find the author's From forged when we send the mail (RFC 7489, 7960).

    When we send it on, only an aligned DKIM signature still speaks for the author, and it stays valid since
    we change nothing that it covers; where we do, it counts for nothing. Mail from the company's own domains
    is signed by the front server. If we do not know the policy, a signature for the author's domain decides,
    though unverified: without one the mail is rewritten, since a name with "via" costs less than a mail that
    does not arrive.

    Mail that pretends to come from the company gets as far as this only at role addresses (rule 1.10). It
    must not go out under that name: the front server's signature would make it genuine.
    """
    if all(address.rpartition("@")[2] in domains for address in arrival.from_addresses):
        return arrival.is_genuine is False
    if arrival.dmarc_policy == "none":
        return False
    signers = _signers(arrival.raw)
    is_signed = all(signers.include(address.rpartition("@")[2]) for address in arrival.from_addresses)
    if arrival.dkim_aligned and (signers.stay_valid or is_signed):
        return False
    return arrival.dmarc_policy in ("quarantine", "reject") or not is_signed


@dataclass(frozen=True)
class _Signers:
    """The domains whose DKIM signatures stay valid when we send the mail, and whether all do."""

    domains: frozenset[str]
    stay_valid: bool

    def include(self, domain: str) -> bool:
        """Whether one of them speaks for this domain: in DMARC's relaxed mode, sub-domains count too."""
        return any(f".{domain}".endswith(f".{one}") or one.endswith(f".{domain}") for one in self.domains)


def _signers(raw: bytes) -> _Signers:
    found = fields(raw)[0]
    signatures = [field for name, field in found if name == b"dkim-signature"]
    valid = [field for field in signatures if not _covers_changes(field, {name for name, _field in found})]
    domains = (_DKIM_DOMAIN.search(field) for field in valid)
    names = frozenset(one[1].decode("ascii", "replace").lower() for one in domains if one)
    return _Signers(names, stay_valid=len(valid) == len(signatures))


def _covers_changes(signature: bytes, names: set[bytes]) -> bool:
    """Whether a DKIM signature covers headers of these names that we add or take off."""
    listed = _DKIM_HEADERS.search(signature)
    signed = {name.strip().lower() for name in listed[1].split(b":")} if listed else set()
    return any(
        name.startswith(b"list-") or (name in names and RECEIPT_REQUEST.fullmatch(name)) for name in signed
    )


def phrase(name: str) -> str:
    """A name as the phrase before an address (rule 4.12). The direction of what follows stays as it is."""
    line = clean_line(name)
    turns = any(unicodedata.bidirectional(character) in _TURNING for character in line)
    return mail_headers.phrase(isolated(line) if turns else balanced(line))


def safe(value: str) -> bool:
    """Whether an address can go into a header unchanged."""
    return bool(value) and not re.search(r"[\x00-\x20\x7f-\x9f<>,;\ud800-\udfff]", value)


def without(raw: bytes, names: set[str]) -> bytes:
    """The mail without the named headers (in lower case) and requests for receipts; all else byte by byte.

    A first line that begins with a blank continues no header of the mail, and must not continue ours.
    """
    found, end = fields(raw)
    if raw[:1] in (b" ", b"\t") and found:
        del found[0]
    dropped = {name.encode() for name in names}
    drops_lists = ALL_LIST_HEADERS.lower() in names
    remaining = [
        field
        for name, field in found
        if name not in dropped
        and not (drops_lists and name.startswith(b"list-"))
        and RECEIPT_REQUEST.fullmatch(name) is None
        # Beside one that names somebody, an empty one would lead answers to the list that stands in From.
        and not (name == b"reply-to" and b"from" in dropped and _is_empty(field))
    ]
    return b"".join(remaining) + raw[end:]


def on_top(headers: Headers) -> bytes:
    """The headers as SMTP sends them, folded at spaces."""
    lines = [mail_headers.folded(name, value) for name, value in headers if value is not None]
    return "".join(lines).encode("utf-8", "replace")
