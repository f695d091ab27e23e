"""Takes in bounces, and notes the recipients who did not get the mail.

A bounce comes to the signed address of one envelope, so nobody can invent one for a mail that they did not
get. A recipient knows the address of an envelope that up to a hundred people share, and could lie about one
of the others. All that such lies bring about is a probe (rule 4.10), which arrives. An address for each
recipient prevents them, at the price of a transaction for each (rule 4.15); it also says whom a bounce is
about, whatever the bounce names.
"""

import logging
from email.message import Message
from itertools import islice

from django.db import transaction
from flufl.bounce import all_failures

from groupadmin.base.text import clean_line
from groups.mail import loop
from groups.mail.arrival import Arrival, Decision
from groups.models import Envelope, Mail

from . import bounce_addresses, bounce_reports, bounce_texts, dead_addresses, delivery
from .bounce_texts import ADDRESS

logger = logging.getLogger(__name__)

# The report comes first; the whole original mail may follow. The detectors go through the lines many times.
READ_BYTES = 256 * 1024
READ_LINES = 20_000
# That is how long the lines of a mail may be, at most (RFC 5322, 2.1.1).
LINE_AT_MOST = 998

UNKNOWN = Decision(False, "bounce", 550, "5.1.1", "There is no such address.")
TAKEN = Decision(True, "bounce")
UNTOLD = "5.0.0 came back"
# As many as an envelope has, by several spellings.
RECIPIENTS_AT_MOST = 500
# Complaints about spam (RFC 5965), and confirmations that a mail was read (RFC 8098): no bounces.
OTHER_REPORTS = frozenset({"feedback-report", "disposition-notification"})


def take_in(arrival: Arrival, token: str) -> Decision:
    """Notes what a bounce says about its envelope's recipients; `token` comes from bounce_token.

    The only answer is the reply in the dialogue: 550 if the token is not ours, else 250. What cannot be
    understood, such as an out-of-office reply, is dropped.
    """
    alone: str | None = None
    envelope_id = bounce_addresses.envelope_of(token)
    if envelope_id is None:
        envelope_id, alone = _recipient_of(token)
    if envelope_id is None:
        return UNKNOWN
    if loop.is_loop(envelope_id):
        loop.note(envelope_id, arrival.raw)
        return TAKEN
    temporary, permanent = _failures(arrival.raw)
    for address in temporary:
        logger.info("Envelope %s is late for %s", envelope_id, address)
    if permanent:
        _record_failures(envelope_id, permanent, alone)
    return TAKEN


def _recipient_of(token: str) -> tuple[int | None, str | None]:
    """The envelope and the one recipient that a personal token is about (rule 4.15).

    None of an envelope that is gone, or in which that recipient is no longer: it is nobody's any more.
    """
    envelope = Envelope.objects.filter(pk=bounce_addresses.personal_envelope_of(token) or 0).first()
    if envelope is None or not envelope.personal:
        return None, None
    who = bounce_addresses.recipient_of(token, envelope.pk, [*envelope.recipients, *envelope.failures])
    return (None, None) if who is None else (envelope.pk, who)


def _failures(raw: bytes) -> tuple[set[str], dict[str, str]]:
    """The addresses that a bounce reports as delayed, and those that got nothing, with the reason."""
    try:
        return _read(_beginning(raw))
    except Exception:
        # Anything can arrive here, in many odd formats.
        logger.info("A bounce could not be read", exc_info=True)
        return set(), {}


def _beginning(raw: bytes) -> bytes:
    """What is read of a bounce."""
    return b"\n".join(raw[:READ_BYTES].split(b"\n", READ_LINES)[:READ_LINES])


def _with_short_lines(raw: bytes) -> Message:
    """For flufl.bounce, whose patterns look at all of a line for each of its letters."""
    message = bounce_reports.parsed(raw)
    for part in message.walk():
        data = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(data, bytes) and any(len(line) > LINE_AT_MOST for line in data.splitlines()):
            short = b"\n".join(line[:LINE_AT_MOST] for line in data.splitlines())
            del part["Content-Transfer-Encoding"]
            part.set_payload(short.decode("ascii", "surrogateescape"))
    return message


def _read(raw: bytes) -> tuple[set[str], dict[str, str]]:
    """By what programs have written in it, then by what servers say to people, then by flufl.bounce."""
    message = bounce_reports.parsed(raw)
    kinds = {str(message.get_param("report-type")).lower()}
    kinds |= {part.get_content_subtype() for part in bounce_reports.parts(message)}
    if kinds & OTHER_REPORTS or bounce_texts.is_answer(message):
        return set(), {}
    told = bounce_reports.told(message)
    late = {one.address for one in told if one.is_late}
    failed = {one.address: one.words for one in told if not one.is_late}
    if not told:
        temporary, permanent = all_failures(_with_short_lines(raw))
        late = {text for address in temporary if ADDRESS.fullmatch(text := _text(address))}
        failed = {text: "" for address in permanent if ADDRESS.fullmatch(text := _text(address))}
    if late and not failed:
        return late, {}
    return late, _explained(failed, bounce_texts.read(message), late)


def _explained(failed: dict[str, str], text: bounce_texts.Text, late: set[str]) -> dict[str, str]:
    """The reasons, with what people are told where programs say nothing, or only that it failed."""
    found = {address: words for address, words in text.told.items() if words and address not in late}
    for address, words in islice(failed.items(), RECIPIENTS_AT_MOST):
        said = text.told.get(address) or words or text.after(address)
        found[address] = (words if dead_addresses.is_decided(words) else said) or UNTOLD
    return {address: clean_line(words) for address, words in found.items()}


def _plainest(reasons: list[str]) -> str:
    """The reason that says that the address is dead, or else the first."""
    return next((reason for reason in reasons if dead_addresses.why_dead(reason)), reasons[0])


def _text(address: bytes | str) -> str:
    text = address.decode("utf-8", "backslashreplace") if isinstance(address, bytes) else address
    return clean_line(text).lower()


@transaction.atomic
def _record_failures(envelope_id: int, permanent: dict[str, str], alone: str | None) -> None:
    """Moves people from those who got the mail to those who did not, once however many bounces come.

    If the bounce came to the address of one alone, it is about them, whomever it names.
    """
    envelope = Envelope.objects.select_for_update().filter(pk=envelope_id).first()
    if envelope is None:
        return
    if len(envelope.recipients) == 1 and not envelope.failures and not envelope.was_shared:
        # One recipient, so it is about them, even if it names another address that they forward to.
        alone = envelope.recipients[0]
    if alone is not None:
        alone = alone.lower()
        permanent = {alone: permanent.get(alone) or _plainest(list(permanent.values()))}
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
