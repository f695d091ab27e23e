"""Reads a mail as far as the decision needs: its bytes and its headers, never the body."""

import re
from collections.abc import Iterable
from email import policy as mail_policy

from django.conf import settings

from groupadmin.base.text import clean_line
from groups.mail.arrival import Arrival
from groups.mail.outgoing.headers import LOOP_MARK, fields
from groups.models import Mail

from .authentication import Judgement, judge

MOST_HEADER_BYTES = 256 * 1024
"""The limit for all headers: nothing beyond is read. Large mail servers have the same one."""
# The limits of a header that is read, and of a value that is stored.
LONGEST_HEADER = 8_000
LONGEST_FROM = 4_000
LONGEST_VALUE = 1000
LONGEST_LOGIN = 320
MOST_REFERENCES = 50
MOST_MARKS = 100

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_WORD = re.compile(r"[a-z-]{1,40}")
_BRACKETS = re.compile(r"<([^<>]*)>")
# In From: quoted names and comments, which are skipped, or else an address.
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PLAIN = r'[^\s<>"(),;:@\[\]]+'
_ADDRESS = re.compile(rf"{_QUOTED}(?!@)|\((?:[^()\\]|\\.)*\)|((?:{_QUOTED}|{_PLAIN})@{_PLAIN})")


def read(
    raw: bytes,
    *,
    door: str,
    envelope_sender: str,
    recipients: Iterable[str],
    ip: str | None = None,
    signed_in_id: int | None = None,
) -> Arrival:
    """A mail as it arrived, with its headers. Accepts any bytes, and never reads the body."""
    headers = _Headers(raw)
    senders = headers.all("from", 10)
    addresses = _senders(senders)
    judgement = Judgement()
    if _is_front(door, ip):
        address = addresses[0] if len(addresses) == 1 else ""
        judgement = judge(headers.of_front, settings.MAIL_AUTHSERV_ID, address, envelope_sender)
    return Arrival(
        door=door,
        ip=ip,
        envelope_sender=envelope_sender,
        recipients=tuple(recipients),
        raw=raw,
        from_addresses=addresses,
        shown_sender=_decoded(", ".join(senders)),
        subject=_decoded(headers.first("subject")),
        message_id=next(iter(_MESSAGE_ID.findall(headers.first("message-id"))), ""),
        references=_references(headers),
        auto_submitted=_auto_submitted(headers),
        precedence=headers.first("precedence").strip().lower()[:40],
        list_ids=tuple(_list_id(value) for value in headers.all("list-id", MOST_MARKS)),
        loops=tuple(value.strip().lower() for value in headers.all(LOOP_MARK.lower(), MOST_MARKS)),
        hops=headers.count("received"),
        is_genuine=judgement.is_genuine,
        front_login=judgement.login[:LONGEST_LOGIN],
        dkim_aligned=judgement.dkim_aligned,
        dmarc_policy=judgement.dmarc_policy,
        signed_in_id=signed_in_id,
    )


def mail_bytes(data: bytearray) -> bytes:
    """A mail as it came by SMTP, without dot-stuffing, each line ending in CR LF.

    Lone CR and LF end lines for some programs and not for others: they could hide headers from us, or a
    second mail inside one (RFC 5321, 2.3.8).
    """
    # We added the leading CR LF; a dot at the start of a line is the sender's.
    raw = bytes(data).replace(b"\r\n.", b"\r\n")[2:]
    pairs = raw.count(b"\r\n")
    if raw.count(b"\r") == pairs == raw.count(b"\n"):
        return raw
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _is_front(door: str, ip: str | None) -> bool:
    """Whether it comes from the front server: anybody else can write any header."""
    return door == Mail.Door.LMTP or (door == Mail.Door.SMTP and ip in settings.MAIL_FRONTS)


class _Headers:
    """The header fields of a mail by name, each cut at a sensible length."""

    def __init__(self, raw: bytes) -> None:
        self._fields = fields(raw[:MOST_HEADER_BYTES])[0]

    def all(self, name: str, limit: int) -> list[str]:
        wanted = name.encode()
        values: list[str] = []
        for found, field in self._fields:
            if found == wanted and len(values) < limit:
                values.append(_value(field))
        return values

    def first(self, name: str) -> str:
        return next(iter(self.all(name, 1)), "")

    def count(self, name: str) -> int:
        wanted = name.encode()
        return sum(found == wanted for found, _field in self._fields)

    @property
    def of_front(self) -> list[str]:
        """Authentication-Results above the second Received: the front server did not write those below."""
        values: list[str] = []
        received = 0
        for name, field in self._fields:
            received += name == b"received"
            if received == 2:
                break
            # Nobody but a forger leaves a blank before the colon, to get past the filters of names.
            if field[:23].lower() == b"authentication-results:":
                values.append(_value(field))
        return values


def _value(field: bytes) -> str:
    """A field's value, unfolded. Long ones are cut; bytes that are not UTF-8 become question marks."""
    value = field.partition(b":")[2][:LONGEST_HEADER]
    return _FOLD.sub(b"", value).decode("utf-8", "replace").strip("\r\n")


def _senders(values: list[str]) -> tuple[str, ...]:
    """The addresses in the From headers, each once; none if a header is too long to read."""
    if any(len(value) > LONGEST_FROM for value in values):
        return ()
    return tuple(dict.fromkeys(address for value in values for address in _addresses(value)))


def _addresses(value: str) -> list[str]:
    """Every address that some program might take for the sender's, in lower case.

    For `boss@company.example <other@outside.example>` programs show one or the other. Both are found, so the
    mail has several senders; a stricter reader would find only one, and not the one that is shown.
    """
    return [found.lower() for found in _ADDRESS.findall(clean_line(value)) if found]


def _decoded(value: str) -> str:
    """A header as people read it, on one line."""
    try:
        # Read as free text: text that looks like addresses can take the library seconds.
        parsed = mail_policy.SMTPUTF8.header_factory("subject", clean_line(value))
    # The library fails on odd headers in many ways.
    except Exception:
        parsed = value
    return clean_line(str(parsed))[:LONGEST_VALUE]


def _references(headers: _Headers) -> tuple[str, ...]:
    text = f"{headers.first('references')} {headers.first('in-reply-to')}"
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(text)))[-MOST_REFERENCES:]


def _auto_submitted(headers: _Headers) -> str:
    """RFC 3834, and the headers that programs used before it."""
    # Only the first word: parameters and comments may follow.
    value = next(iter(_WORD.findall(headers.first("auto-submitted").lower())), "no")
    older = any(headers.first(name).strip() for name in ("x-autoreply", "x-autorespond"))
    return "auto-replied" if older and value == "no" else value


def _list_id(value: str) -> str:
    found = _BRACKETS.search(value)
    return (found[1] if found else value).strip().lower()[:LONGEST_VALUE]
