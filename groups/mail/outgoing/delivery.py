"""Hands envelopes over to the mail transport, oldest first, and stores the results.

On PostgreSQL the envelope's row stays locked during the hand-over, and is written as soon as the other side
answers: a killed worker repeats at most that one envelope, and two workers never take the same one. SQLite
has no row locks, so there an envelope is set aside for a while.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django_tasks import task, task_backends
from django_tasks.base import TaskResultStatus
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from groupadmin.base import clock, outage
from groupadmin.base.queue import enqueue_once
from groups.models import Envelope, Mail

from . import failing, outages
from .letters import Letters, LoadedMail, load, parcel
from .parcels import ConnectionLost, Outcome, Reply
from .transports import Transport, open_transport

logger = logging.getLogger(__name__)

# How long a run lasts before other jobs get their turn, and how long SQLite sets an envelope aside.
SECONDS_OF_A_RUN = 20
CLAIMED_FOR = timedelta(minutes=15)
LONGEST_DELAY = timedelta(hours=4)
# At most two runs at once, however many workers there are: other jobs need workers too.
DELIVERIES_AT_ONCE = 2
# A run that seems to last longer was killed.
LONGEST_RUN = timedelta(minutes=2)


@dataclass
class Run:
    """One worker's run, which reuses the connection and the loaded mail from envelope to envelope."""

    transport: Transport
    mail: LoadedMail | None = None
    is_stuck: bool = False
    # Domains in whose name the server has just taken mail.
    open_domains: set[str] = field(default_factory=set)

    def hand_over_next(self) -> bool:
        """Hands over the oldest envelope that is due. Returns whether there was one."""
        before = self.mail
        with _next_due() as envelope:
            if envelope is None:
                return False
            if self.mail is None or self.mail.pk != envelope.mail_id:
                self.mail = load(envelope.mail_id)
            outcome = self._hand_over(envelope, self.mail)
            settle(envelope, self.mail.at, outcome)
        self._note_server(self.mail.domain, outcome)
        if before is not None and before.pk != self.mail.pk:
            finish(Mail.objects.filter(pk=before.pk))
        return True

    def _hand_over(self, envelope: Envelope, mail: LoadedMail) -> Outcome:
        if mail.rest is None:
            return Outcome.none(envelope.recipients, Reply(554, "The content of this email is gone"))
        try:
            if envelope.personal:
                return self.transport.hand_over_each(Letters(envelope, mail))
            return self.transport.hand_over(parcel(envelope, mail))
        except ConnectionLost as lost:
            self.is_stuck = lost.never_connected
            if not self.is_stuck:
                logger.warning("Envelope %s was not handed over: %s", envelope.pk, lost)
            code = 550 if lost.is_refusal else 451
            return Outcome.none(envelope.recipients, Reply(code, str(lost), is_of_server=self.is_stuck))
        except ImproperlyConfigured as error:
            self.is_stuck = True
            return Outcome.none(envelope.recipients, Reply(550, str(error), is_of_server=True))
        except Exception as error:
            # Whatever went wrong, the envelope must not block the others.
            if outage.notice(error) is None:
                logger.exception("Envelope %s was not handed over", envelope.pk)
            return Outcome.none(envelope.recipients, Reply(451, "Internal error, see the log"))

    def _note_server(self, domain: str, outcome: Outcome) -> None:
        """Notes whether the server takes our mail; what became of the envelope is stored by then."""
        try:
            if (trouble := outcome.trouble) is not None:
                self.open_domains.discard(domain)
                where = "" if self.is_stuck else domain
                outages.begin(where, trouble.text, is_refusal=trouble.is_refusal)
            elif outcome.accepted and domain not in self.open_domains:
                self.open_domains.add(domain)
                if outages.end(domain):
                    call_another()
        except Exception as error:
            if outage.notice(error) is None:
                logger.exception("It could not be noted whether the mail server takes our mail")


def run(seconds: float = SECONDS_OF_A_RUN) -> int:
    """Hands over what is due, for a while. Returns the number of envelopes."""
    end = time.monotonic() + seconds
    count = 0
    with closing(open_transport()) as transport:
        this = Run(transport)
        while (has_time := time.monotonic() < end) and not this.is_stuck and this.hand_over_next():
            count += 1
            if count == 1 and due().exists():
                call_another()
    finish(Mail.objects.all())
    # While the transport is down, the timer wakes us; we do not wake ourselves.
    if not has_time and not this.is_stuck:
        wake_if_due()
    return count


@task()
def deliver() -> int:
    """Hands over what is due, for a while. Returns the number of envelopes."""
    return run()


def wake() -> None:
    """Makes the worker deliver soon; inside a transaction, after the commit.

    One waiting run is enough, as it finds everything that is due when it starts. Current runs do not count:
    they may already have looked for the last time.
    """
    enqueue_once(deliver)


def wake_if_due() -> None:
    """For the timer: delivers postponed envelopes, and those that nobody was woken for."""
    if due().exists():
        wake()


def call_another() -> None:
    """Starts a second run, if this one has too much to do and a worker is free."""
    if not isinstance(task_backends["default"], DatabaseBackend) or _runs(TaskResultStatus.READY):
        return
    if _runs(TaskResultStatus.RUNNING, started_at__gte=clock.now() - LONGEST_RUN) < DELIVERIES_AT_ONCE:
        deliver.enqueue()


def _runs(status: TaskResultStatus, **conditions: object) -> int:
    runs = DBTaskResult.objects.filter(status=status, task_path=deliver.module_path)
    return runs.filter(**conditions).count()


def due() -> QuerySet[Envelope]:
    """The envelopes to hand over now, oldest first."""
    envelopes = Envelope.objects.waiting().filter(held_at=None, due_at__lte=clock.now()).unclaimed()
    return envelopes.order_by("due_at", "id")


@contextmanager
def _next_due() -> Iterator[Envelope | None]:
    if connection.features.has_select_for_update_skip_locked:
        with transaction.atomic():
            yield due().select_for_update(skip_locked=True).first()
        return
    with transaction.atomic():
        envelope = due().first()
        if envelope is not None:
            Envelope.objects.filter(pk=envelope.pk).update(claimed_until=clock.now() + CLAIMED_FOR)
    yield envelope


@transaction.atomic(savepoint=False)
def settle(envelope: Envelope, accepted_at: datetime, outcome: Outcome) -> None:
    """Stores the result of an envelope: done, or to be retried for some or all of its recipients."""
    now = clock.read()
    is_over = now >= (envelope.tried_since or accepted_at) + timedelta(days=settings.MAIL_GIVE_UP_DAYS)
    failed = {who: reply for who, reply in outcome.refused.items() if is_over or reply.is_permanent}
    later = [who for who in outcome.refused if who not in failed]
    again = _retry(envelope, now, outcome, later) if later else None
    if again and not outcome.accepted and not failed:
        Envelope.objects.filter(pk=envelope.pk).update(
            due_at=again.due_at,
            attempts=again.attempts,
            last_error=again.last_error,
            waits_for_server=again.waits_for_server,
            claimed_until=None,
        )
        return
    changes = {"state": Envelope.State.DONE, "done_at": now, "claimed_until": None}
    if outcome.refused:
        changes |= {"recipients": outcome.accepted, "failures": {who: str(failed[who]) for who in failed}}
    Envelope.objects.filter(pk=envelope.pk).update(**changes)
    if again:
        again.save(force_insert=True)
    note_dead(envelope, {who: str(reply) for who, reply in failed.items() if reply.tells_address_is_dead})


def note_dead(envelope: Envelope, dead: dict[str, str]) -> bool:
    """Takes in that addresses are dead, and returns whether that leaves a mail to send.

    Whatever goes wrong here, what became of the envelope is stored.
    """
    try:
        with transaction.atomic():
            return failing.note(envelope.pk, envelope.mail_id, dead)
    except Exception as error:
        if outage.notice(error) is None:
            logger.exception("The dead addresses of envelope %s were not counted", envelope.pk)
        return False


def _retry(envelope: Envelope, now: datetime, outcome: Outcome, later: list[str]) -> Envelope:
    """The next attempt, after growing delays; at once for recipients who were one too many."""
    delay = timedelta(seconds=settings.MAIL_RETRY_SECONDS * 2 ** min(envelope.attempts, 20))
    if outcome.accepted and all(outcome.refused[who].is_too_many for who in later):
        delay = timedelta()
    return Envelope(
        mail_id=envelope.mail_id,
        recipients=later,
        headers=envelope.headers,
        personal=envelope.personal,
        due_at=now + min(delay, LONGEST_DELAY),
        attempts=min(envelope.attempts + 1, 32_000),
        last_error=str(outcome.refused[later[0]])[:1000],
        tried_since=envelope.tried_since,
        waits_for_server=any(outcome.refused[who].is_about_us for who in later),
    )


def finish(mails: QuerySet[Mail]) -> int:
    """Sets the result of mails whose last envelope is done (rule 8.2). Returns how many."""
    envelopes = Envelope.objects.filter(mail=OuterRef("pk"))
    over = mails.filter(result=Mail.Result.WAITING).exclude(Exists(envelopes.waiting()))
    return over.update(result=result_of(envelopes), finished_at=clock.now())


def result_of(envelopes: QuerySet[Envelope]) -> Case:
    """The result of a mail by its envelopes: some delivered, some failed."""
    return Case(
        When(~Exists(envelopes.exclude(failures={})), then=Value(Mail.Result.DELIVERED.value)),
        When(Exists(envelopes.exclude(recipients=[])), then=Value(Mail.Result.PART_FAILED.value)),
        default=Value(Mail.Result.FAILED.value),
    )
