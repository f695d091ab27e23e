"""The content of a mail as plain text, for people with access; never anything that would run or load."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from groupadmin.base.text import clean_line, clean_text

HEADER_BYTES = 64 * 1024
HEADER_AT_MOST = 2_000
HEADERS_AT_MOST = 200
TEXT_AT_MOST = 100_000
NAMES_AT_MOST = 50


@dataclass(frozen=True)
class Content:
    """The headers, the text, and the names of the attachments."""

    headers: list[tuple[str, str]]
    text: str
    is_html: bool = False
    attachments: tuple[str, ...] = ()


def header_texts(start: bytes, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The decoded headers at the start of a mail, all or those with these names."""
    try:
        parsed = BytesHeaderParser().parsebytes(start[:HEADER_BYTES])
        found = [(name, str(value)) for name, value in parsed.items()]
    # The library fails on odd headers in many ways.
    except Exception:
        return []
    wanted = [name.lower() for name in names]
    shown = [one for one in found if not wanted or one[0].lower() in wanted]
    if wanted:
        shown.sort(key=lambda one: wanted.index(one[0].lower()))
    return [(clean_line(name), readable(value)) for name, value in shown[:HEADERS_AT_MOST]]


def readable(raw: str) -> str:
    """A header's value, decoded, in one line."""
    try:
        text = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        text = raw
    return clean_line(" ".join(text.split()))[:HEADER_AT_MOST]


def content_of(path: Path) -> Content:
    """A mail from a file. HTML is shown as source."""
    data = path.read_bytes()
    headers = header_texts(data)
    try:
        message = message_from_bytes(data, EmailMessage, policy=policy.default)
        text, is_html = _text(message)
        names = tuple(clean_line(part.get_filename() or "") for part in message.iter_attachments())
    except Exception:
        return Content(headers, "")
    return Content(headers, text[:TEXT_AT_MOST], is_html, names[:NAMES_AT_MOST])


def _text(message: EmailMessage) -> tuple[str, bool]:
    body = message.get_body(("plain", "html"))
    if body is None:
        return "", False
    return clean_text(str(body.get_content())), body.get_content_subtype() == "html"
