"""Reads a mail as far as deciding needs it, decides for each recipient, and keeps or refuses it."""

import logging
import re
from collections.abc import Iterable
from email import policy as mail_policy
from typing import Any

from django.conf import settings

from groupadmin.base.text import clean_line
from groups.mail.outgoing import bounce_addresses, bounces
from groups.mail.outgoing.headers import LOOP_MARK, fields
from groups.models import Mail, MailContent

from . import acceptance, policy
from .arrival import Arrival, Decision
from .authentication import Judgement, judge
from .lookup import facts_of

logger = logging.getLogger(__name__)

# Of headers in all, of one header that is read, and of one value that is kept.
MOST_READ = policy.MOST_HEADER_BYTES
LONGEST_HEADER = 8_000
LONGEST_FROM = 4_000
LONGEST_VALUE = 1000
MOST_REFERENCES = 50
MOST_MARKS = 100

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_WORD = re.compile(r"[a-z-]{1,40}")
_BRACKETS = re.compile(r"<([^<>]*)>")
# In From: names in quotation marks and comments, which are passed over, or else an address.
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
    """A mail as it arrived, with what its headers say. Reads any bytes whatever, and never the body."""
    headers = _Headers(raw)
    senders = headers.all("from", 10)
    addresses = _senders(senders)
    judgement = Judgement()
    if len(addresses) == 1 and _is_front(door, ip):
        judgement = judge(headers.of_front, settings.MAIL_AUTHSERV_ID, addresses[0])
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
        dkim_aligned=judgement.dkim_aligned,
        dmarc_policy=judgement.dmarc_policy,
        signed_in_id=signed_in_id,
    )


def take(
    raw: bytes,
    door: str,
    envelope_sender: str,
    recipients: tuple[str, ...],
    ip: str | None,
    signed_in: int | None,
) -> list[Decision]:
    """Reads a mail and decides for each recipient. It never fails: the sender tries again what went wrong."""
    envelope: dict[str, Any] = {"door": door, "envelope_sender": envelope_sender, "recipients": recipients}
    try:
        arrival = read(raw, ip=ip, signed_in_id=signed_in, **envelope)
    except Exception:
        logger.exception("A mail from %a could not be read", envelope_sender)
        return [policy.LATER] * len(recipients)
    return receive(arrival)


def receive(arrival: Arrival) -> list[Decision]:
    """Decides for each recipient of the envelope, and keeps the mail where it is let in.

    Each list is a transaction of its own: once this returns, what it says was accepted is committed, whatever
    comes after. The same mail to two lists goes to each of them, and so to people of both twice: they may
    file them apart, and each list's audit is complete.
    """
    keeper = _Keeper(arrival)
    if policy.is_signed_in(arrival):
        return [keeper.handle("")] * len(arrival.recipients)
    decided: dict[str, Decision] = {}
    for recipient in arrival.recipients:
        if recipient.lower() not in decided:
            decided[recipient.lower()] = keeper.handle(recipient)
    return [decided[recipient.lower()] for recipient in arrival.recipients]


def check_recipient(door: str, ip: str | None, envelope_sender: str, address: str) -> Decision | None:
    """What is wrong with a recipient before the mail itself is there; None if it can come.

    An address that never was a list's leaves no trace: people who guess addresses would fill the audit.
    """
    if bounce_addresses.bounce_token(address) is not None:
        return None
    arrival = Arrival(door, ip, envelope_sender, (address,), b"")
    try:
        mailing_list, facts = facts_of(arrival, address)
        decision = policy.check_list(facts)
        if decision is not None and mailing_list is not None and envelope_sender:
            acceptance.refuse(arrival, mailing_list, address.lower(), decision)
    except Exception:
        logger.exception("The recipient %a could not be looked up", address)
        return policy.LATER
    return decision


class _Keeper:
    """Decides on one mail for one recipient after the other, and stores its bytes once for all."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._content: MailContent | None = None

    def handle(self, recipient: str) -> Decision:
        """Whatever goes wrong, the mail stays with the sender, who tries again."""
        arrival = self._arrival
        try:
            if policy.is_signed_in(arrival):
                return self._decide(arrival.from_addresses[0] if len(arrival.from_addresses) == 1 else "")
            if (token := bounce_addresses.bounce_token(recipient)) is not None:
                return bounces.take_in(arrival, token)
            return self._decide(recipient)
        except Exception:
            logger.exception("A mail for %a could not be kept", recipient or arrival.from_addresses)
            return policy.LATER

    def _decide(self, address: str) -> Decision:
        mailing_list, facts = facts_of(self._arrival, address)
        decision = policy.decide(self._arrival, facts)
        if decision.accepted and mailing_list is not None:
            kept = acceptance.accept(self._arrival, mailing_list, decision, content=self._content)
            self._content = kept.mail.content
        else:
            acceptance.refuse(self._arrival, mailing_list, facts.address, decision)
        return decision


def _is_front(door: str, ip: str | None) -> bool:
    """Whether it comes from the front server: anybody else may write into a mail whatever they like."""
    return door == Mail.Door.LMTP or (door == Mail.Door.SMTP and ip in settings.MAIL_FRONTS)


class _Headers:
    """The header fields of a mail by name, each cut where nobody would read on."""

    def __init__(self, raw: bytes) -> None:
        self._fields = fields(raw[:MOST_READ])[0]

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
        """Authentication-Results above the second Received: the front server has not written those below."""
        values: list[str] = []
        received = 0
        for name, field in self._fields:
            received += name == b"received"
            if received == 2:
                break
            if name == b"authentication-results":
                values.append(_value(field))
        return values


def _value(field: bytes) -> str:
    """A field's value, unfolded. Longer ones are cut; bytes that are no UTF-8 become question marks."""
    value = field.partition(b":")[2][:LONGEST_HEADER]
    return _FOLD.sub(b"", value).decode("utf-8", "replace").strip("\r\n")


def _senders(values: list[str]) -> tuple[str, ...]:
    """The addresses in the From headers, each once; none of headers that nobody would read to their end."""
    if any(len(value) > LONGEST_FROM for value in values):
        return ()
    return tuple(dict.fromkeys(address for value in values for address in _addresses(value)))


def _addresses(value: str) -> list[str]:
    """Every address that some program might take for the sender's, in lower case.

    Of `boss@company.example <other@outside.example>` programs show the one or the other. Both are found, so
    that the mail has several senders; a stricter reader would find one, and not the one that is shown.
    """
    return [found.lower() for found in _ADDRESS.findall(clean_line(value)) if found]


def _decoded(value: str) -> str:
    """A header as a person reads it, in one line."""
    try:
        # Read as free text: what looks like addresses can take the library seconds.
        parsed = mail_policy.SMTPUTF8.header_factory("subject", clean_line(value))
    # The library knows many ways to give up.
    except Exception:
        parsed = value
    return clean_line(str(parsed))[:LONGEST_VALUE]


def _references(headers: _Headers) -> tuple[str, ...]:
    text = f"{headers.first('references')} {headers.first('in-reply-to')}"
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(text)))[-MOST_REFERENCES:]


def _auto_submitted(headers: _Headers) -> str:
    """RFC 3834, and what programs wrote before there was one."""
    # The word alone: parameters and comments may follow.
    value = next(iter(_WORD.findall(headers.first("auto-submitted").lower())), "no")
    older = any(headers.first(name).strip() for name in ("x-autoreply", "x-autorespond"))
    return "auto-replied" if older and value == "no" else value


def _list_id(value: str) -> str:
    found = _BRACKETS.search(value)
    return (found[1] if found else value).strip().lower()[:LONGEST_VALUE]
