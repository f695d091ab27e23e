"""Takes in bounces, and notes the recipients who did not get the mail.

A bounce comes to the signed address of one envelope, so nobody can invent one for a mail that they did not
get. A recipient knows the address of an envelope that up to a hundred people share, and could lie about one
of the others. All that such lies bring about is a probe (rule 4.10), which arrives. An address for each
recipient would prevent them, at the price of a transaction for each.
"""

import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import takewhile

from django.db import transaction
from flufl.bounce import all_failures

from groupadmin.base.text import clean_line
from groups.mail.arrival import Arrival, Decision
from groups.models import Envelope, Mail

from . import bounce_addresses, dead_addresses, delivery

logger = logging.getLogger(__name__)

# The report comes first; the whole original mail may follow. The detectors go through the lines many times.
READ_BYTES = 256 * 1024
READ_LINES = 20_000

UNKNOWN = Decision(False, "bounce", 550, "5.1.1", "There is no such address.")
TAKEN = Decision(True, "bounce")
UNTOLD = "5.0.0 came back"
LINES_READ = 500
RECIPIENTS_AT_MOST = 100
# Complaints about spam (RFC 5965), and confirmations that a mail was read (RFC 8098): no bounces.
OTHER_REPORTS = frozenset({"feedback-report", "disposition-notification"})


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
    try:
        message = message_from_bytes(_beginning(raw))
        if str(message.get_param("report-type")).lower() in OTHER_REPORTS:
            return set(), {}
        temporary, permanent = all_failures(message)
        reasons = dict(_reasons(message))
        if not reasons:
            reasons = _told_in_words(message, {_text(address) for address in permanent})
    except Exception:
        # Anything can arrive here, and flufl.bounce handles many odd formats.
        logger.info("A bounce could not be read", exc_info=True)
        return set(), {}
    failed = {_text(address): reasons.get(_text(address), UNTOLD) for address in permanent}
    return {_text(address) for address in temporary}, failed


def _beginning(raw: bytes) -> bytes:
    """What is read of a bounce."""
    return b"\n".join(raw[:READ_BYTES].split(b"\n", READ_LINES)[:READ_LINES])


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
            reason = _reason(about)
            for name in ("Original-Recipient", "Final-Recipient"):
                address = str(about.get(name, "")).partition(";")[2]
                yield _text(address), reason


def _reason(about: Message) -> str:
    """What the server said, with the status code if its words have none, or a milder one."""
    said = clean_line(" ".join(str(about.get("Diagnostic-Code", "")).partition(";")[2].split()))
    status = dead_addresses.status_in(str(about.get("Status", "")))
    if status and (not said or status.startswith("4.") or not dead_addresses.status_in(said)):
        said = f"{status} {said}".strip()
    return said[:500] or UNTOLD


def _told_in_words(message: Message, addresses: set[str]) -> dict[str, str]:
    """The lines that follow each address in a bounce of no standard, such as qmail's."""
    part = next((one for one in message.walk() if one.get_content_type() == "text/plain"), None)
    payload = part.get_payload(decode=True) if part is not None else b""
    lines = (payload if isinstance(payload, bytes) else b"").decode("utf-8", "replace").splitlines()
    told: dict[str, str] = {}
    if len(addresses) > RECIPIENTS_AT_MOST:
        return told
    for number, line in enumerate(lines[:LINES_READ]):
        for address in addresses - told.keys():
            if address in line.lower():
                after = takewhile(str.strip, [line.lower().partition(address)[2], *lines[number + 1 :]])
                told[address] = clean_line(" ".join(" ".join(after).split()).lstrip(">: "))[:500] or UNTOLD
    return told


@transaction.atomic
def _record_failures(envelope_id: int, permanent: dict[str, str]) -> None:
    """Moves people from those who got the mail to those who did not, once however many bounces come."""
    envelope = Envelope.objects.select_for_update().filter(pk=envelope_id).first()
    if envelope is None:
        return
    if len(envelope.recipients) == 1 and not envelope.failures and not envelope.was_shared:
        # One recipient, so it is about them, even if it names another address that they forward to.
        permanent = {envelope.recipients[0].lower(): next(iter(permanent.values()))}
    failed = {who: permanent[who.lower()] for who in envelope.recipients if who.lower() in permanent}
    if not failed or envelope.state != Envelope.State.DONE:
        return
    envelope.recipients = [who for who in envelope.recipients if who not in failed]
    envelope.failures = {**envelope.failures, **failed}
    envelope.save(update_fields=["recipients", "failures"])
    dead = {who: reason for who, reason in failed.items() if dead_addresses.why_dead(reason)}
    if delivery.note_dead(envelope, dead):
        delivery.wake()
    envelopes = Envelope.objects.filter(mail=envelope.mail_id)
    over = Mail.objects.filter(pk=envelope.mail_id).exclude(result=Mail.Result.WAITING)
    over.update(result=delivery.result_of(envelopes))
