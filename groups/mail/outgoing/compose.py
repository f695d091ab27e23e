"""Builds the mail that a member writes as a list on the page "New mail" (rule 4.6)."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from groupadmin.base.text import balanced, clean_line

NAME_AT_MOST = 200
# Content types with a structure of their own, which arbitrary bytes may not have.
STRUCTURED = ("message", "multipart")
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
    """The mail as it is sent: from the list, with the group's name. It does not mention Bcc."""
    message = EmailMessage(SMTP)
    local_part, _at, domain = address.rpartition("@")
    message["From"] = Address(balanced(clean_line(name)), local_part, domain)
    message["To"] = [Address(addr_spec=one) for one in mail.to]
    if mail.cc:
        message["Cc"] = [Address(addr_spec=one) for one in mail.cc]
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(mail.form_key, address)
    message.set_content(mail.text + "\n")
    for attachment in mail.attachments:
        maintype, subtype = _kind(attachment.name)
        message.add_attachment(
            attachment.data, maintype=maintype, subtype=subtype, filename=clean_file_name(attachment.name)
        )
    return message.as_bytes()


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
