"""Keeps what was decided on: a mail and its recipients, or the trace of one that was refused (spec 4.3, 8.2)."""

from django.db import transaction

from groups.models import Mail, MailingList

from .parts import Arrival, Decision, Kept


@transaction.atomic
def accept(arrival: Arrival, mailing_list: MailingList, decision: Decision) -> Kept:
    """Stores the mail with everybody whom it goes to. Once it returns and is committed, nothing loses it."""
    raise NotImplementedError


@transaction.atomic
def refuse(
    arrival: Arrival, mailing_list: MailingList | None, address: str, decision: Decision
) -> Mail | None:
    """Writes down that a mail to an address was refused; None, and no trace, where no company is concerned."""
    raise NotImplementedError
