"""Decides for each recipient of a mail, and stores or refuses it."""

import logging
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from structlog.contextvars import bound_contextvars

from accounts.models import Company
from accounts.sign_in.throttle import Limit
from groupadmin.base import outage
from groupadmin.base.outage import Trouble
from groups.mail.arrival import Arrival, Decision
from groups.mail.outgoing import bounce_addresses, bounces
from groups.models import MailContent, MailingList

from . import acceptance, policy, role_addresses
from .lookup import look_up, recognise
from .reading import read

logger = logging.getLogger(__name__)

# Of a list, refused before anything of a mail was sent: who asks on and on fills no audit.
REFUSED_EARLY = Limit("refused at RCPT", 100, timedelta(hours=1))


def take(
    raw: bytes,
    door: str,
    envelope_sender: str,
    recipients: tuple[str, ...],
    ip: str | None,
    signed_in: int | None,
) -> list[Decision]:
    """Reads a mail and decides for each recipient. It never raises: after an error the sender tries again.

    What is logged about it has an id of its own, as a page's lines have their request's (rule 11.6).
    """
    with bound_contextvars(arrival=uuid.uuid4().hex):
        return _take(raw, door, envelope_sender, recipients, ip, signed_in)


def _take(
    raw: bytes,
    door: str,
    envelope_sender: str,
    recipients: tuple[str, ...],
    ip: str | None,
    signed_in: int | None,
) -> list[Decision]:
    envelope: dict[str, Any] = {"door": door, "envelope_sender": envelope_sender, "recipients": recipients}
    try:
        arrival = recognise(read(raw, ip=ip, signed_in_id=signed_in, **envelope))
    except Exception as error:
        later = _later(error, "A mail from %a could not be read", envelope_sender)
        return [later] * len(recipients)
    return receive(arrival)


def receive(arrival: Arrival) -> list[Decision]:
    """Decides for each recipient of the envelope, and stores the mail where it is accepted.

    Each list is a transaction of its own: once this returns, what was accepted is committed, whatever happens
    next. The same mail to two lists goes to both, so people in both get it twice: they may file them
    separately, and each list's audit is complete.
    """
    receiver = _Receiver(arrival)
    if policy.is_signed_in(arrival):
        return [receiver.handle("")] * len(arrival.recipients)
    decided: dict[str, Decision] = {}
    for recipient in arrival.recipients:
        if recipient.lower() not in decided:
            decided[recipient.lower()] = receiver.handle(recipient)
    return [decided[recipient.lower()] for recipient in arrival.recipients]


def check_recipient(door: str, ip: str | None, envelope_sender: str, address: str) -> Decision | None:
    """What is wrong with a recipient before the mail itself arrives; None if nothing is.

    An address that never belonged to a list leaves no record: people guessing addresses would fill the audit.
    """
    if bounce_addresses.bounce_token(address) is not None:
        return None
    arrival = Arrival(door, ip, envelope_sender, (address,), b"")
    try:
        mailing_list, context = look_up(arrival, address)
        decision = policy.check_list(context)
        if decision is not None and role_addresses.company_at(address) is not None:
            return None
        if decision is not None and mailing_list is not None and envelope_sender:
            _record(arrival, mailing_list, decision)
    except Exception as error:
        return _later(error, "The recipient %a could not be looked up", address)
    return decision


def _record(arrival: Arrival, mailing_list: MailingList, decision: Decision) -> None:
    (address,) = arrival.recipients
    if REFUSED_EARLY.of(address.lower()).take():
        acceptance.refuse(arrival, mailing_list, address.lower(), decision)


def _later(error: Exception, message: str, what: object) -> Decision:
    """Asks to send it again. An outage is logged once, a fault of ours each time."""
    trouble = outage.notice(error)
    if trouble is None:
        logger.error(message, what, exc_info=error)
    return policy.NO_SPACE if trouble in (Trouble.FULL, Trouble.NO_SPACE) else policy.LATER


class _Receiver:
    """Decides on one mail for each recipient in turn, and stores its bytes once for all."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._content: MailContent | None = None
        # By list: one that is addressed by two of its addresses gets the mail once (rule 4.14).
        self._accepted: dict[int, Decision] = {}

    def handle(self, recipient: str) -> Decision:
        """Whatever goes wrong, the mail stays with the sender, who tries again."""
        arrival = self._arrival
        try:
            if policy.is_signed_in(arrival):
                return self._decide(arrival.from_addresses[0] if len(arrival.from_addresses) == 1 else "")
            if (token := bounce_addresses.bounce_token(recipient)) is not None:
                return bounces.take_in(arrival, token)
            return self._decide(recipient)
        except Exception as error:
            return _later(error, "A mail for %a could not be stored", recipient or arrival.from_addresses)

    def _decide(self, address: str) -> Decision:
        mailing_list, context = look_up(self._arrival, address)
        # A list that has had the address since before it was reserved keeps it.
        is_list = policy.is_signed_in(self._arrival) or policy.check_list(context) is None
        if not is_list and (company := role_addresses.company_at(address)) is not None:
            return self._to_administrators(company, address)
        decision = policy.decide(self._arrival, context)
        if decision.accepted and mailing_list is not None:
            if mailing_list.pk in self._accepted:
                return self._accepted[mailing_list.pk]
            accepted = acceptance.accept(self._arrival, mailing_list, decision, content=self._content)
            self._content = accepted.mail.content
            self._accepted[mailing_list.pk] = decision
            if accepted.is_repeat:
                return replace(decision, text=f"OK, this email was accepted before as {accepted.mail.pk}")
        else:
            acceptance.refuse(self._arrival, mailing_list, context.address, decision)
        return decision

    def _to_administrators(self, company: Company, address: str) -> Decision:
        decision, self._content = role_addresses.take_in(self._arrival, company, address, self._content)
        return decision
