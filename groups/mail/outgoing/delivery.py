"""Hands envelopes over to the way out, oldest first, and keeps what became of each.

On PostgreSQL the envelope's row is locked while it is handed over, and written as soon as the other side has
answered: a worker that is killed repeats that one envelope at most, and several workers never take the same
one. SQLite knows no locks of rows, so there an envelope is lent for a while.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils import timezone

from groups.models import Envelope, Mail

from . import bounce_addresses, failing, headers, tasks
from .client import Lost, Outcome, Parcel, Reply, wired, with_crlf
from .transports import WayOut, way_out

logger = logging.getLogger(__name__)

# How long a run takes before others get their turn; and for how long SQLite lends an envelope.
SECONDS_OF_A_RUN = 20
LENT = timedelta(minutes=15)
LONGEST_DELAY = timedelta(hours=4)


@dataclass(frozen=True)
class Loaded:
    """A mail ready to go, for as many envelopes as there are."""

    pk: int
    at: datetime
    domain: str
    headers: headers.Headers
    rest: bytes | None  # on the wire, without the headers that are replaced; None if it is gone
    has_8bit: bool = False
    has_utf8_header: bool = False


@dataclass
class Run:
    """One worker's run: the connection and the mail in hand are kept from envelope to envelope."""

    way: WayOut
    mail: Loaded | None = None
    is_stuck: bool = False

    def one(self) -> bool:
        """Hands over the oldest envelope that is due. Tells whether there was one."""
        before = self.mail
        with _taken() as envelope:
            if envelope is None:
                return False
            if self.mail is None or self.mail.pk != envelope.mail_id:
                self.mail = load(envelope.mail_id)
            settle(envelope, self.mail.at, self._hand_over(envelope, self.mail))
        if before is not None and before.pk != self.mail.pk:
            finish(Mail.objects.filter(pk=before.pk))
        return True

    def _hand_over(self, envelope: Envelope, mail: Loaded) -> Outcome:
        if mail.rest is None:
            return Outcome.none(envelope.recipients, Reply(554, "The mail's content is gone"))
        try:
            return self.way.hand_over(parcel(envelope, mail))
        except Lost as lost:
            self.is_stuck = lost.never_connected
            logger.warning("Envelope %s was not handed over: %s", envelope.pk, lost)
            return Outcome.none(envelope.recipients, Reply(451, str(lost)))
        except Exception as error:
            self.is_stuck = isinstance(error, ImproperlyConfigured)
            # Whatever it is, the envelope must not be in the others' way.
            logger.exception("Envelope %s was not handed over", envelope.pk)
            return Outcome.none(envelope.recipients, Reply(451, "An error of ours, see the log"))


def run(seconds: float = SECONDS_OF_A_RUN) -> int:
    """Hands over what is due, for a while. Returns how many envelopes it was."""
    end = time.monotonic() + seconds
    count = 0
    with closing(way_out()) as way:
        this = Run(way)
        while (has_time := time.monotonic() < end) and not this.is_stuck and this.one():
            count += 1
            if count == 1 and due().exists():
                tasks.call_another()
    finish(Mail.objects.all())
    # While the way out is shut, the clock wakes us, not we ourselves.
    if not has_time and not this.is_stuck:
        tasks.wake_if_due()
    return count


def due() -> QuerySet[Envelope]:
    """The envelopes that are to be handed over now, oldest first."""
    waiting = Envelope.objects.filter(state=Envelope.State.WAITING, due_at__lte=timezone.now())
    return waiting.order_by("due_at", "id")


@contextmanager
def _taken() -> Iterator[Envelope | None]:
    if connection.features.has_select_for_update_skip_locked:
        with transaction.atomic():
            yield due().select_for_update(skip_locked=True).first()
        return
    with transaction.atomic():
        envelope = due().first()
        if envelope is not None:
            Envelope.objects.filter(pk=envelope.pk).update(due_at=timezone.now() + LENT)
    yield envelope


def load(pk: int) -> Loaded:
    """A mail with its content, prepared once for all of its envelopes."""
    mail = Mail.objects.select_related("content").get(pk=pk)
    domain = mail.list_address.rpartition("@")[2]
    own: headers.Headers = [(name, value) for name, value in mail.headers]
    if mail.content is None:
        return Loaded(pk, mail.at, domain, own, None)
    raw = with_crlf(bytes(mail.content.data))
    rest = headers.without(raw, headers.replaced(own))
    has_8bit = not rest.isascii()
    has_utf8_header = has_8bit and _is_utf8(rest[: headers.fields(rest)[1]])
    return Loaded(pk, mail.at, domain, own, wired(rest), has_8bit, has_utf8_header)


def _is_utf8(head: bytes) -> bool:
    """Whether headers are in UTF-8 and need it; what is neither this nor ASCII, is left to luck."""
    try:
        return not head.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def parcel(envelope: Envelope, mail: Loaded) -> Parcel:
    """The envelope as it goes over the wire: our headers on top of what all envelopes of the mail share."""
    own: headers.Headers = [(name, value) for name, value in envelope.headers]
    names = {name for name, _value in own}
    top = headers.on_top([*(pair for pair in mail.headers if pair[0] not in names), *own])
    return Parcel(
        bounce_addresses.bounce_address(envelope.pk, mail.domain),
        envelope.recipients,
        (wired(top), mail.rest or b""),
        has_8bit=mail.has_8bit or not top.isascii(),
        has_utf8_header=mail.has_utf8_header or not top.isascii(),
    )


@transaction.atomic(savepoint=False)
def settle(envelope: Envelope, accepted_at: datetime, outcome: Outcome) -> None:
    """Writes what became of an envelope: done, or to be tried again, for some of its people or for all."""
    now = timezone.now()
    is_over = now >= accepted_at + timedelta(days=settings.MAIL_GIVE_UP_DAYS)
    failed = {who: reply for who, reply in outcome.refused.items() if is_over or reply.is_permanent}
    later = [who for who in outcome.refused if who not in failed]
    again = _again(envelope, now, outcome, later) if later else None
    if again and not outcome.accepted and not failed:
        Envelope.objects.filter(pk=envelope.pk).update(
            due_at=again.due_at, attempts=again.attempts, last_error=again.last_error
        )
        return
    changes = {"state": Envelope.State.DONE, "done_at": now}
    if outcome.refused:
        changes |= {"recipients": outcome.accepted, "failures": {who: str(failed[who]) for who in failed}}
    Envelope.objects.filter(pk=envelope.pk).update(**changes)
    if again:
        again.save(force_insert=True)
    failing.count({who: str(reply) for who, reply in failed.items() if reply.tells_address_is_bad})


def _again(envelope: Envelope, now: datetime, outcome: Outcome, later: list[str]) -> Envelope:
    """The next attempt, later and later; at once for those who were only too many for one envelope."""
    delay = timedelta(seconds=settings.MAIL_RETRY_SECONDS * 2 ** min(envelope.attempts, 20))
    if outcome.accepted and all(outcome.refused[who].is_too_many for who in later):
        delay = timedelta()
    return Envelope(
        mail_id=envelope.mail_id,
        recipients=later,
        headers=envelope.headers,
        due_at=now + min(delay, LONGEST_DELAY),
        attempts=min(envelope.attempts + 1, 32_000),
        last_error=str(outcome.refused[later[0]])[:1000],
    )


def finish(mails: QuerySet[Mail]) -> int:
    """Gives those of the mails their result whose last envelope is done (spec 8.2). Returns how many."""
    envelopes = Envelope.objects.filter(mail=OuterRef("pk"))
    over = mails.filter(result=Mail.Result.WAITING).exclude(
        Exists(envelopes.filter(state=Envelope.State.WAITING))
    )
    return over.update(result=result_of(envelopes), finished_at=timezone.now())


def result_of(envelopes: QuerySet[Envelope]) -> Case:
    """What has become of a mail, by its envelopes: some reached, some failed."""
    return Case(
        When(~Exists(envelopes.exclude(failures={})), then=Value(Mail.Result.DELIVERED.value)),
        When(Exists(envelopes.exclude(recipients=[])), then=Value(Mail.Result.PART_FAILED.value)),
        default=Value(Mail.Result.FAILED.value),
    )
