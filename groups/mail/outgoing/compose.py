"""Builds the mail that a member writes as a list on the page "New mail" (rule 4.6)."""

import mimetypes
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from secrets import token_bytes
from uuid import UUID

from groupadmin.base.mail_headers import encoded, phrase
from groupadmin.base.text import balanced, clean_line

from .headers import Headers, on_top

NAME_AT_MOST = 255
# Content types with a structure of their own, which arbitrary bytes may not have.
STRUCTURED = ("message", "multipart")
# Whole lines in base64.
BLOCK = 57 * 10_000
UNKNOWN_KIND = ("application", "octet-stream")


@dataclass(frozen=True)
class Attachment:
    """A file to go with a mail."""

    name: str
    data: bytes


@dataclass(frozen=True)
class NewMail:
    """The cleaned content of the page. The form key identifies the form that was sent."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    form_key: UUID
    attachments: Sequence[Attachment] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """All addressees, each once."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))


def message_id(form_key: UUID, list_address: str) -> str:
    """The same for a form sent twice, so that the second mail is recognised."""
    return f"<{form_key}@{list_address.rpartition('@')[2]}>"


def compose(mail: NewMail, *, name: str, address: str, at: datetime) -> bytes:
    """The mail as it is sent: from the list, with the group's name (rule 4.12). It does not mention Bcc."""
    headers: Headers = [
        ("From", f"{phrase(balanced(name))} <{address}>"),
        ("To", _listed(mail.to)),
        ("Cc", _listed(mail.cc) or None),
        ("Subject", encoded(mail.subject)),
        ("Date", format_datetime(at)),
        ("Message-ID", message_id(mail.form_key, address)),
    ]
    message = EmailMessage(SMTP)
    message.set_content(mail.text + "\n")
    places = [b"groupadmin %s" % token_bytes(32) for _attachment in mail.attachments]
    for attachment, place in zip(mail.attachments, places, strict=True):
        maintype, subtype = _kind(attachment.name)
        message.add_attachment(
            place, maintype=maintype, subtype=subtype, filename=clean_file_name(attachment.name)
        )
    return b"".join(_filled(on_top(headers) + message.as_bytes(), mail.attachments, places))


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(str(Address(addr_spec=one)) for one in addresses)


def _filled(raw: bytes, attachments: Sequence[Attachment], places: Sequence[bytes]) -> Iterator[bytes]:
    """The mail with the attachments in their places.

    EmailMessage would need many times their size, since it makes a text of each of their lines.
    """
    for attachment, place in zip(attachments, places, strict=True):
        before, _place, raw = raw.partition(_encoded(place))
        yield before
        yield from map(_encoded, _blocks(attachment.data))
    yield raw


def _blocks(data: bytes) -> Iterator[bytes]:
    whole = memoryview(data)
    return (bytes(whole[start : start + BLOCK]) for start in range(0, len(data), BLOCK))


def _encoded(block: bytes) -> bytes:
    """In base64, in lines that each end in CR and LF."""
    return encodebytes(block).replace(b"\n", b"\r\n")


def _kind(name: str) -> tuple[str, str]:
    kind, encoding = mimetypes.guess_type(name)
    maintype, _slash, subtype = (kind or "").partition("/")
    if encoding or not subtype or maintype in STRUCTURED:
        return UNKNOWN_KIND
    return maintype, subtype


def clean_file_name(name: str) -> str:
    """A name that no file system reads as a path, and no mail program as hidden."""
    name = clean_line(name).replace("/", "_").replace("\\", "_").lstrip(".").strip()
    stem, dot, ending = name.rpartition(".")
    if dot and len(name) > NAME_AT_MOST and len(ending) < NAME_AT_MOST // 2:
        return f"{stem[: NAME_AT_MOST - len(ending) - 1]}.{ending}"
    return name[:NAME_AT_MOST] or "file"
