"""A mail as it is sent: the same for all of an envelope, or one letter for each recipient (rule 4.15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from groups.mail.header_fields import fields
from groups.models import Envelope, Mail

from . import bounce_addresses, headers, unsubscribe
from .parcels import Parcel, dot_stuffed, with_crlf


@dataclass(frozen=True)
class LoadedMail:
    """A mail ready to be sent in any number of envelopes."""

    pk: int
    at: datetime
    domain: str
    headers: headers.Headers
    rest: bytes | None  # as sent, without the headers that are replaced; None if it is gone
    has_8bit: bool = False
    has_utf8_header: bool = False
    mailing_list: int = 0


def load(pk: int) -> LoadedMail:
    """A mail with its content, prepared once for all its envelopes."""
    mail = Mail.objects.select_related("content").get(pk=pk)
    domain = mail.list_address.rpartition("@")[2]
    own: headers.Headers = [(name, value) for name, value in mail.headers]
    if mail.content is None:
        return LoadedMail(pk, mail.at, domain, own, None)
    raw = with_crlf(bytes(mail.content.data))
    rest = headers.without(raw, headers.replaced(own))
    has_8bit = not rest.isascii()
    has_utf8_header = has_8bit and _is_utf8(rest[: fields(rest)[1]])
    return LoadedMail(
        pk, mail.at, domain, own, dot_stuffed(rest), has_8bit, has_utf8_header, mail.mailing_list_id or 0
    )


def _is_utf8(head: bytes) -> bool:
    """Whether headers are in UTF-8 and need it; what is neither that nor ASCII is sent as it is."""
    try:
        return not head.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def parcel(envelope: Envelope, mail: LoadedMail) -> Parcel:
    """A shared envelope as SMTP sends it: our headers above what all envelopes of the mail share."""
    top = _top(envelope, mail)
    return Parcel(
        bounce_addresses.bounce_address(envelope.pk, mail.domain),
        envelope.recipients,
        (dot_stuffed(top), mail.rest or b""),
        has_8bit=mail.has_8bit or not top.isascii(),
        has_utf8_header=mail.has_utf8_header or not top.isascii(),
    )


def _top(envelope: Envelope, mail: LoadedMail, without: frozenset[str] = frozenset()) -> bytes:
    own: headers.Headers = [(name, value) for name, value in envelope.headers]
    names = {name for name, _value in own}
    shared = [pair for pair in mail.headers if pair[0] not in names]
    return headers.on_top([pair for pair in (*shared, *own) if pair[0] not in without])


class Letters(Sequence[Parcel]):
    """The letters of a personal envelope, each made when it is asked for: a hundred share one body."""

    def __init__(self, envelope: Envelope, mail: LoadedMail) -> None:
        self.envelope, self.mail = envelope, mail
        self.leaves = envelope.personal == Envelope.Personal.LEAVING
        own = headers.PERSONAL if self.leaves else frozenset[str]()
        self.top = dot_stuffed(_top(envelope, mail, own))
        self.has_8bit = mail.has_8bit or not self.top.isascii()
        self.has_utf8_header = mail.has_utf8_header or not self.top.isascii()
        self.leaving = unsubscribe.Links(mail.mailing_list)

    def __len__(self) -> int:
        return len(self.envelope.recipients)

    @overload
    def __getitem__(self, number: int) -> Parcel: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Parcel]: ...
    def __getitem__(self, number: int | slice) -> Parcel | Sequence[Parcel]:
        if isinstance(number, slice):
            return [self._letter(recipient) for recipient in self.envelope.recipients[number]]
        return self._letter(self.envelope.recipients[number])

    def _letter(self, recipient: str) -> Parcel:
        own = headers.leaving(self.leaving.url(recipient)) if self.leaves else b""
        return Parcel(
            bounce_addresses.personal_address(self.envelope.pk, recipient, self.mail.domain),
            (recipient,),
            (self.top, own, self.mail.rest or b""),
            self.has_8bit,
            self.has_utf8_header,
        )
