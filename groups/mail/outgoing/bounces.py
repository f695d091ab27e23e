"""Takes in mail that came back, and notes whom it did not reach.

A bounce comes to the signed address of one envelope, so nobody can make up one for mail that they have not
got. Whoever has got the mail knows the address of up to a hundred recipients' envelope, and could lie about
one of these others; five different mails of that are needed to pause them, and it shows. An address for each
recipient would prevent it, at the price of a transaction for each.
"""

import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from django.db import transaction
from flufl.bounce import all_failures

from groupadmin.base.text import clean_line
from groups.mail.incoming.arrival import Arrival, Decision
from groups.models import Envelope, Mail

from . import bounce_addresses, failing
from .delivery import result_of

logger = logging.getLogger(__name__)

# What is told comes first; the mail that came back, whole, may follow.
READ_BYTES = 1024 * 1024

UNKNOWN = Decision(False, "bounce", 550, "5.1.1", "There is no such address.")
TAKEN = Decision(True, "bounce")


def take_in(arrival: Arrival, token: str) -> Decision:
    """Notes what a bounce says of its envelope's recipients. `token` is what tokens.bounce_token gave.

    Nobody is ever answered but in the dialogue: 550 where the token is not ours, else 250. What nobody can
    make sense of, such as somebody's note of absence, is dropped.
    """
    envelope_id = bounce_addresses.envelope_of(token)
    if envelope_id is None:
        return UNKNOWN
    temporary, permanent = _failures(arrival.raw)
    for address in temporary:
        logger.info("Envelope %s is late for %s", envelope_id, address)
    if permanent:
        _note(envelope_id, permanent)
    return TAKEN


def _failures(raw: bytes) -> tuple[set[str], dict[str, str]]:
    """The addresses that a bounce says are late, and those that it says got nothing, with the reason."""
    message = message_from_bytes(raw[:READ_BYTES])
    try:
        temporary, permanent = all_failures(message)
        reasons = dict(_reasons(message))
    except Exception:
        # Anything can come here, and flufl.bounce has many recipes for odd ones.
        logger.warning("A bounce could not be read", exc_info=True)
        return set(), {}
    failed = {_text(address): reasons.get(_text(address), "5.0.0 came back") for address in permanent}
    return {_text(address) for address in temporary}, failed


def _text(address: bytes | str) -> str:
    text = address.decode("utf-8", "replace") if isinstance(address, bytes) else address
    return clean_line(text).lower()


def _reasons(message: Message) -> Iterator[tuple[str, str]]:
    """By recipient, what a standard delivery status notification says (RFC 3464)."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for about in part.get_payload():
            if not isinstance(about, Message):
                continue
            said = str(about.get("Diagnostic-Code", "")).partition(";")[2] or str(about.get("Status", ""))
            for name in ("Original-Recipient", "Final-Recipient"):
                address = str(about.get(name, "")).partition(";")[2]
                yield _text(address), clean_line(" ".join(said.split()))[:500] or "5.0.0 came back"


@transaction.atomic
def _note(envelope_id: int, permanent: dict[str, str]) -> None:
    """Moves people from those who got the mail to those who did not, once however many bounces come."""
    envelope = Envelope.objects.select_for_update().filter(pk=envelope_id).first()
    if envelope is None:
        return
    if len(envelope.recipients) == 1 and not envelope.failures:
        # One recipient, so it is theirs, even if the bounce names another address that they forward to.
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
