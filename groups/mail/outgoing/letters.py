"""A mail as it is sent: the same for all of an envelope, or one letter for each recipient (rule 4.15)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from accounts.models.address import as_stored
from groupadmin.base.text import fold
from groups.mail.front import is_front
from groups.mail.header_fields import fields, value_of
from groups.mail.mailboxes import addresses
from groups.models import Envelope, Mail

from . import bounce_addresses, headers, seals, unsubscribe
from .parcels import Parcel, dot_stuffed, with_crlf
from .signatures import Content, Key, Signature
from .signing_keys import signing_key

_UNSEEN = re.compile(r"\x1b[^A-Za-z]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_DOMAIN = re.compile(r"[^\w.-]")


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
    # What signs it and what of it is signed, if we sign it; and what we seal of it (rule 4.16).
    key: Key | None = None
    content: Content | None = None
    seal: bytes = b""


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
    key = signing_key(mail.company_id, _signing_domains(mail, domain, own, rest))
    content = Content.of(rest) if key else None
    return LoadedMail(
        pk,
        mail.at,
        domain,
        own,
        dot_stuffed(rest),
        has_8bit,
        has_utf8_header,
        mail.mailing_list_id or 0,
        key,
        content,
        _sealed(key, mail, raw, content, own),
    )


def _signing_domains(mail: Mail, domain: str, own: headers.Headers, rest: bytes) -> list[str]:
    """For which domains we may sign, best first: receivers ask for the one in From, if it is the company's.

    What a signature for the list's domain says about From, it says of the whole organization's domain. So
    nothing is signed that may pretend to come from there (rule 4.16).
    """
    if "From" in dict(own):
        return [domain]
    names = _author_domains(rest)
    if not names:
        return []
    if mail.is_vouched:
        return [names[0], domain]
    return [] if any(_are_related(name, domain) for name in names) else [domain]


def _author_domains(rest: bytes) -> list[str]:
    """Of all who may stand in From, however somebody reads it; nobody if it is longer than what we read."""
    values = [field.partition(b":")[2] for name, field in fields(rest)[0] if name == b"from"]
    if sum(map(len, values)) > headers.LONGEST_READ:
        return []
    found = [one for value in values for one in addresses(value_of(b":" + value, headers.LONGEST_READ))]
    if not all(value.isascii() and b"\x1b" not in value for value in values):
        # Other programs know other characters, and leave out what is not seen.
        plain = (fold(_UNSEEN.sub("", value.decode("utf-8", "ignore"))) for value in values)
        found += [one for value in plain for one in addresses(value.encode())]
    return [as_stored(one).rpartition("@")[2] for one in found]


def _are_related(one: str, other: str) -> bool:
    """Whether two domains could be one organization's; says so rather too often than too seldom."""
    return _NO_DOMAIN.sub("", one).split(".")[-2:] == other.split(".")[-2:]


def _sealed(key: Key | None, mail: Mail, raw: bytes, content: Content | None, own: headers.Headers) -> bytes:
    if key is None or content is None or not is_front(mail.door, mail.ip):
        return b""
    shared = headers.on_top([pair for pair in own if pair[0] not in headers.PERSONAL])
    return seals.seal(key, raw, content.with_head(shared))


def _is_utf8(head: bytes) -> bool:
    """Whether headers are in UTF-8 and need it; what is neither that nor ASCII is sent as it is."""
    try:
        return not head.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def parcel(envelope: Envelope, mail: LoadedMail) -> Parcel:
    """A shared envelope as SMTP sends it: our headers above what all envelopes of the mail share."""
    top = _top(envelope, mail)
    signature = _signature(mail, top)
    above = (signature.header() if signature else b"") + mail.seal
    return Parcel(
        bounce_addresses.bounce_address(envelope.pk, mail.domain),
        envelope.recipients,
        (above + dot_stuffed(top), mail.rest or b""),
        has_8bit=mail.has_8bit or not top.isascii() or not mail.seal.isascii(),
        has_utf8_header=mail.has_utf8_header or not top.isascii() or not mail.seal.isascii(),
    )


def _top(envelope: Envelope, mail: LoadedMail, without: frozenset[str] = frozenset()) -> bytes:
    own: headers.Headers = [(name, value) for name, value in envelope.headers]
    names = {name for name, _value in own}
    shared = [pair for pair in mail.headers if pair[0] not in names]
    return headers.on_top([pair for pair in (*shared, *own) if pair[0] not in without])


def _signature(mail: LoadedMail, top: bytes, *, leaves: bool = False) -> Signature | None:
    """What signs an envelope's letters, after all that is changed in them."""
    if mail.key is None or mail.content is None:
        return None
    return Signature(mail.key, mail.content.with_head(top), leaves=leaves)


class Letters(Sequence[Parcel]):
    """The letters of a personal envelope, each made when it is asked for: a hundred share one body."""

    def __init__(self, envelope: Envelope, mail: LoadedMail) -> None:
        self.envelope, self.mail = envelope, mail
        self.leaves = envelope.personal == Envelope.Personal.LEAVING
        own = headers.PERSONAL if self.leaves else frozenset[str]()
        top = _top(envelope, mail, own)
        self.signature = _signature(mail, top, leaves=self.leaves)
        self.top = mail.seal + dot_stuffed(top)
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
        above = self.signature.header(own) if self.signature else b""
        return Parcel(
            bounce_addresses.personal_address(self.envelope.pk, recipient, self.mail.domain),
            (recipient,),
            (above, self.top, own, self.mail.rest or b""),
            self.has_8bit,
            self.has_utf8_header,
        )
