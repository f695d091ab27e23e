"""Reads a mail as far as the decision needs: its bytes and its headers, never the body."""

import re
from collections.abc import Iterable
from itertools import islice

from django.conf import settings

from accounts.models.address import as_stored
from groupadmin.base.text import clean_line
from groups.mail import mailboxes
from groups.mail.arrival import Arrival
from groups.mail.front import is_front, results_of_front
from groups.mail.header_fields import fields, value_of
from groups.mail.header_text import declared_charset, header_text
from groups.mail.outgoing.headers import LOOP_MARK

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

_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f]{1,996}>")
_WORD = re.compile(r"[a-z-]{1,40}")
_BRACKETS = re.compile(r"<([^<>]*)>")


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
    charset = declared_charset(raw)
    senders = headers.all_bytes("from", 10)
    authors = mailboxes.authors(senders, charset) if sum(map(len, senders)) <= LONGEST_FROM else ()
    addresses = tuple(dict.fromkeys(as_stored(author.address) for author in authors))
    judgement = Judgement()
    if is_front(door, ip):
        address = addresses[0] if len(addresses) == 1 else ""
        judgement = judge(headers.of_front, settings.MAIL_AUTHSERV_ID, address, envelope_sender)
    return Arrival(
        door=door,
        ip=ip,
        envelope_sender=envelope_sender,
        recipients=tuple(recipients),
        raw=raw,
        from_addresses=addresses,
        authors=authors,
        shown_sender=_shown(b", ".join(senders), charset),
        subject=_shown(b"".join(headers.all_bytes("subject", 1)), charset),
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


class _Headers:
    """The header fields of a mail by name, each cut at a sensible length."""

    def __init__(self, raw: bytes) -> None:
        self._fields = fields(raw[:MOST_HEADER_BYTES])[0]

    def all_bytes(self, name: str, limit: int) -> list[bytes]:
        wanted = name.encode()
        return [
            *islice(
                (value_of(field, LONGEST_HEADER) for found, field in self._fields if found == wanted), limit
            )
        ]

    def all(self, name: str, limit: int) -> list[str]:
        return [_text(value) for value in self.all_bytes(name, limit)]

    def first(self, name: str) -> str:
        return next(iter(self.all(name, 1)), "")

    def count(self, name: str) -> int:
        wanted = name.encode()
        return sum(found == wanted for found, _field in self._fields)

    @property
    def of_front(self) -> list[str]:
        return [_text(value) for value in results_of_front(self._fields, LONGEST_HEADER)]


def _text(value: bytes) -> str:
    r"""What programs write for programs, in ASCII or UTF-8; other bytes as \xNN."""
    return value.decode("utf-8", "backslashreplace")


def _shown(value: bytes, charset: str) -> str:
    """A header as people read it, on one line."""
    return clean_line(header_text(value, charset))[:LONGEST_VALUE]


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
