"""The content of a mail as plain text, for people with access; never anything that would run or load.

Its headers and the names of its files are read as in the audit (rule 8.2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from groupadmin.base.charsets import decoded, readable
from groupadmin.base.text import clean_line, clean_text

from .header_fields import AsItCame, fields, value_of
from .header_text import declared_charset, header_text

HEADER_BYTES = 64 * 1024
LONGEST_HEADER = 8_000
HEADER_AT_MOST = 2_000
HEADERS_AT_MOST = 200
TEXT_AT_MOST = 100_000
NAMES_AT_MOST = 50
_BLANKS = re.compile(r"[ \t\r\n]+")
BODIES = ("text/plain", "text/html")


@dataclass(frozen=True)
class Content:
    """The headers, the text, and the names of the attachments."""

    headers: list[tuple[str, str]]
    text: str
    is_html: bool = False
    attachments: tuple[str, ...] = ()


def header_texts(start: bytes, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The decoded headers at the start of a mail, all or those with these names."""
    start = start[:HEADER_BYTES]
    charset = declared_charset(start)
    wanted = [name.lower().encode() for name in names]
    shown = [one for one in fields(start)[0] if one[0] and (not wanted or one[0] in wanted)]
    if wanted:
        shown.sort(key=lambda one: wanted.index(one[0]))
    return [(_name(field), _value(field, charset)) for _lower, field in shown[:HEADERS_AT_MOST]]


def _name(field: bytes) -> str:
    return field.partition(b":")[0].decode("ascii").strip()


def _value(field: bytes, charset: str) -> str:
    text = header_text(value_of(field, LONGEST_HEADER), charset)
    return clean_line(_BLANKS.sub(" ", text))[:HEADER_AT_MOST]


def content_of(path: Path) -> Content:
    """A mail from a file. HTML is shown as source."""
    data = path.read_bytes()
    headers = header_texts(data)
    charset = declared_charset(data)
    # Anything can be in there, and the library has no bottom to how deep parts may lie in each other.
    try:
        parts = [*_parts(message_from_bytes(data, policy=AsItCame()))]
        body = _body(parts)
        names = tuple(clean_line(_file_name(part, charset)) for part in parts if part is not body)
        text = _text(body, charset) if body is not None else ""
    except Exception:
        return Content(headers, "")
    is_html = body is not None and body.get_content_type() == "text/html"
    return Content(headers, text[:TEXT_AT_MOST], is_html, names[:NAMES_AT_MOST])


def _parts(message: Message) -> Iterator[Message]:
    """What is no container; an attached mail is one thing."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _parts(part)


def _body(parts: list[Message]) -> Message | None:
    shown = [part for part in parts if part.get_content_disposition() != "attachment"]
    return next((part for kind in BODIES for part in shown if part.get_content_type() == kind), None)


def _text(body: Message, charset: str) -> str:
    payload = body.get_payload(decode=True)
    label = body.get_param("charset")
    data = payload if isinstance(payload, bytes) else b""
    return clean_text(readable(data, label if isinstance(label, str) else charset))


def _file_name(part: Message, charset: str) -> str:
    """By RFC 2231, or as older programs write it: in encoded words, or in bytes of the mail's charset."""
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        found: list[Any] = [value for key, value in part.get_params([], header) if key.lower() == name]
        for value in sorted(found, key=lambda one: isinstance(one, str)):
            if isinstance(value, str):
                return header_text(value.encode("utf-8", "surrogateescape"), charset)
            # The library has made a character of each byte.
            data = value[2].encode("latin-1", "surrogateescape")
            text = decoded(data, value[0] or "")
            return text if text is not None else header_text(data, charset)
    return ""
