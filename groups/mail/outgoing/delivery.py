"""Hands envelopes over to the mail transport, oldest first, and stores what became of each.

On PostgreSQL the envelope's row is locked while it is handed over, and written as soon as the other side has
answered: a worker that is killed repeats that one envelope at most, and several workers never take the same
one. SQLite knows no locks of rows, so there an envelope is set aside for a while.
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
from django_tasks import task, task_backends
from django_tasks.base import TaskResultStatus
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from groupadmin.base.queue import enqueue_once
from groups.models import Envelope, Mail

from . import bounce_addresses, failing, headers
from .client import ConnectionLost, Outcome, Parcel, Reply, dot_stuffed, with_crlf
from .transports import Transport, open_transport

logger = logging.getLogger(__name__)

# How long a run takes before others get their turn; and for how long SQLite sets an envelope aside.
SECONDS_OF_A_RUN = 20
CLAIMED_FOR = timedelta(minutes=15)
LONGEST_DELAY = timedelta(hours=4)
# Two runs at once at most, however many workers there are: the others' turn is other work's.
DELIVERIES_AT_ONCE = 2
# What seems to run for longer was killed.
LONGEST_RUN = timedelta(minutes=2)


@dataclass(frozen=True)
class LoadedMail:
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

    transport: Transport
    mail: LoadedMail | None = None
    is_stuck: bool = False

    def one(self) -> bool:
        """Hands over the oldest envelope that is due. Tells whether there was one."""
        before = self.mail
        with _next_due() as envelope:
            if envelope is None:
                return False
            if self.mail is None or self.mail.pk != envelope.mail_id:
                self.mail = load(envelope.mail_id)
            settle(envelope, self.mail.at, self._hand_over(envelope, self.mail))
        if before is not None and before.pk != self.mail.pk:
            finish(Mail.objects.filter(pk=before.pk))
        return True

    def _hand_over(self, envelope: Envelope, mail: LoadedMail) -> Outcome:
        if mail.rest is None:
            return Outcome.none(envelope.recipients, Reply(554, "The content of this email is gone"))
        try:
            return self.transport.hand_over(parcel(envelope, mail))
        except ConnectionLost as lost:
            self.is_stuck = lost.never_connected
            logger.warning("Envelope %s was not handed over: %s", envelope.pk, lost)
            return Outcome.none(envelope.recipients, Reply(451, str(lost)))
        except Exception as error:
            self.is_stuck = isinstance(error, ImproperlyConfigured)
            # Whatever it is, the envelope must not be in the others' way.
            logger.exception("Envelope %s was not handed over", envelope.pk)
            return Outcome.none(envelope.recipients, Reply(451, "Internal error, see the log"))


def run(seconds: float = SECONDS_OF_A_RUN) -> int:
    """Hands over what is due, for a while. Returns how many envelopes it was."""
    end = time.monotonic() + seconds
    count = 0
    with closing(open_transport()) as transport:
        this = Run(transport)
        while (has_time := time.monotonic() < end) and not this.is_stuck and this.one():
            count += 1
            if count == 1 and due().exists():
                call_another()
    finish(Mail.objects.all())
    # While the transport is shut, the clock wakes us, not we ourselves.
    if not has_time and not this.is_stuck:
        wake_if_due()
    return count


@task()
def deliver() -> int:
    """Hands over what is due, for a while. Returns how many envelopes it was."""
    return run()


def wake() -> None:
    """Has the worker deliver soon. Inside a transaction, it wakes nobody before that is committed.

    One run that waits is enough: it finds whatever is due when it begins. Runs that go on at the moment
    may be looking for the last time, so they do not count.
    """
    enqueue_once(deliver)


def wake_if_due() -> None:
    """For the clock: what a run has put off, or nobody was woken for, is delivered when its time comes."""
    if due().exists():
        wake()


def call_another() -> None:
    """A run that finds more than it can do calls a second one, if a worker is free for it."""
    if not isinstance(task_backends["default"], DatabaseBackend) or _runs(TaskResultStatus.READY):
        return
    if _runs(TaskResultStatus.RUNNING, started_at__gte=timezone.now() - LONGEST_RUN) < DELIVERIES_AT_ONCE:
        deliver.enqueue()


def _runs(status: TaskResultStatus, **conditions: object) -> int:
    runs = DBTaskResult.objects.filter(status=status, task_path=deliver.module_path)
    return runs.filter(**conditions).count()


def due() -> QuerySet[Envelope]:
    """The envelopes that are to be handed over now, oldest first."""
    waiting = Envelope.objects.waiting().filter(due_at__lte=timezone.now())
    return waiting.order_by("due_at", "id")


@contextmanager
def _next_due() -> Iterator[Envelope | None]:
    if connection.features.has_select_for_update_skip_locked:
        with transaction.atomic():
            yield due().select_for_update(skip_locked=True).first()
        return
    with transaction.atomic():
        envelope = due().first()
        if envelope is not None:
            Envelope.objects.filter(pk=envelope.pk).update(due_at=timezone.now() + CLAIMED_FOR)
    yield envelope


def load(pk: int) -> LoadedMail:
    """A mail with its content, prepared once for all of its envelopes."""
    mail = Mail.objects.select_related("content").get(pk=pk)
    domain = mail.list_address.rpartition("@")[2]
    own: headers.Headers = [(name, value) for name, value in mail.headers]
    if mail.content is None:
        return LoadedMail(pk, mail.at, domain, own, None)
    raw = with_crlf(bytes(mail.content.data))
    rest = headers.without(raw, headers.replaced(own))
    has_8bit = not rest.isascii()
    has_utf8_header = has_8bit and _is_utf8(rest[: headers.fields(rest)[1]])
    return LoadedMail(pk, mail.at, domain, own, dot_stuffed(rest), has_8bit, has_utf8_header)


def _is_utf8(head: bytes) -> bool:
    """Whether headers are in UTF-8 and need it; what is neither this nor ASCII, is left to luck."""
    try:
        return not head.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def parcel(envelope: Envelope, mail: LoadedMail) -> Parcel:
    """The envelope as it goes over the wire: our headers on top of what all envelopes of the mail share."""
    own: headers.Headers = [(name, value) for name, value in envelope.headers]
    names = {name for name, _value in own}
    top = headers.on_top([*(pair for pair in mail.headers if pair[0] not in names), *own])
    return Parcel(
        bounce_addresses.bounce_address(envelope.pk, mail.domain),
        envelope.recipients,
        (dot_stuffed(top), mail.rest or b""),
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
    """Gives those of the mails their result whose last envelope is done (rule 8.2). Returns how many."""
    envelopes = Envelope.objects.filter(mail=OuterRef("pk"))
    over = mails.filter(result=Mail.Result.WAITING).exclude(Exists(envelopes.waiting()))
    return over.update(result=result_of(envelopes), finished_at=timezone.now())


def result_of(envelopes: QuerySet[Envelope]) -> Case:
    """What has become of a mail, by its envelopes: some reached, some failed."""
    return Case(
        When(~Exists(envelopes.exclude(failures={})), then=Value(Mail.Result.DELIVERED.value)),
        When(Exists(envelopes.exclude(recipients=[])), then=Value(Mail.Result.PART_FAILED.value)),
        default=Value(Mail.Result.FAILED.value),
    )
