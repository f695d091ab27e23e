"""Takes in bounces, and notes the recipients who did not get the mail.

A bounce comes to the signed address of one envelope, so nobody can invent one for a mail that they did not
get. A recipient knows the address of an envelope that up to a hundred people share, and could lie about one
of the others; pausing them takes five different mails, and shows. An address for each recipient would prevent
it, at the price of a transaction for each.
"""

import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from django.db import transaction
from flufl.bounce import all_failures

from groupadmin.base.text import clean_line
from groups.mail.arrival import Arrival, Decision
from groups.models import Envelope, Mail

from . import bounce_addresses, failing
from .delivery import result_of

logger = logging.getLogger(__name__)

# The report comes first; the whole original mail may follow.
READ_BYTES = 1024 * 1024

UNKNOWN = Decision(False, "bounce", 550, "5.1.1", "There is no such address.")
TAKEN = Decision(True, "bounce")


def take_in(arrival: Arrival, token: str) -> Decision:
    """Notes what a bounce says about its envelope's recipients; `token` comes from bounce_token.

    The only answer is the reply in the dialogue: 550 if the token is not ours, else 250. What cannot be
    understood, such as an out-of-office reply, is dropped.
    """
    envelope_id = bounce_addresses.envelope_of(token)
    if envelope_id is None:
        return UNKNOWN
    temporary, permanent = _failures(arrival.raw)
    for address in temporary:
        logger.info("Envelope %s is late for %s", envelope_id, address)
    if permanent:
        _record_failures(envelope_id, permanent)
    return TAKEN


def _failures(raw: bytes) -> tuple[set[str], dict[str, str]]:
    """The addresses that a bounce reports as delayed, and those that got nothing, with the reason."""
    message = message_from_bytes(raw[:READ_BYTES])
    try:
        temporary, permanent = all_failures(message)
        reasons = dict(_reasons(message))
    except Exception:
        # Anything can arrive here, and flufl.bounce handles many odd formats.
        logger.warning("A bounce could not be read", exc_info=True)
        return set(), {}
    failed = {_text(address): reasons.get(_text(address), "5.0.0 came back") for address in permanent}
    return {_text(address) for address in temporary}, failed


def _text(address: bytes | str) -> str:
    text = address.decode("utf-8", "replace") if isinstance(address, bytes) else address
    return clean_line(text).lower()


def _reasons(message: Message) -> Iterator[tuple[str, str]]:
    """The reason for each recipient in a standard delivery status notification (RFC 3464)."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for about in part.get_payload():
            if not isinstance(about, Message):
                continue
            reason = str(about.get("Diagnostic-Code", "")).partition(";")[2] or str(about.get("Status", ""))
            for name in ("Original-Recipient", "Final-Recipient"):
                address = str(about.get(name, "")).partition(";")[2]
                yield _text(address), clean_line(" ".join(reason.split()))[:500] or "5.0.0 came back"


@transaction.atomic
def _record_failures(envelope_id: int, permanent: dict[str, str]) -> None:
    """Moves people from those who got the mail to those who did not, once however many bounces come."""
    envelope = Envelope.objects.select_for_update().filter(pk=envelope_id).first()
    if envelope is None:
        return
    if len(envelope.recipients) == 1 and not envelope.failures:
        # One recipient, so it is about them, even if it names another address that they forward to.
        permanent = {envelope.recipients[0].lower(): next(iter(permanent.values()))}
    failed = {who: permanent[who.lower()] for who in envelope.recipients if who.lower() in permanent}
    if not failed or envelope.state != Envelope.State.DONE:
        return
    envelope.recipients = [who for who in envelope.recipients if who not in failed]
    envelope.failures = {**envelope.failures, **failed}
    envelope.save(update_fields=["recipients", "failures"])
    failing.count(failed)
    envelopes = Envelope.objects.filter(mail=envelope.mail_id)
    over = Mail.objects.filter(pk=envelope.mail_id).exclude(result=Mail.Result.WAITING)
    over.update(result=result_of(envelopes))
