"""How the queues and workers are, in a few cheap queries: for readiness, metrics and the doctor (rule 11.6).

Only what waits or has failed is counted, up to a limit, and never a table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from accounts.models import Company, Job, QueuedMail, Webhook, WebhookDelivery
from groupadmin.base import clock
from groupadmin.models import TimedRun, Worker
from groupadmin.worker import find_workers
from groups.models import DirectoryImport, Envelope, Mail, Notice, Notification, Outage

COUNTED_AT_MOST = 100_000
# Of which mails the results are told.
LATELY = timedelta(minutes=5)
DAILY = "daily"


def count(rows: QuerySet[Any]) -> int:
    """How many there are, up to COUNTED_AT_MOST."""
    return rows.order_by()[:COUNTED_AT_MOST].count()


@dataclass(frozen=True)
class Workers:
    """Who does the work in the background."""

    alive: int
    dead: int
    seen_at: datetime | None

    @classmethod
    def read(cls) -> "Workers":
        known, alive = find_workers()
        seen_at = Worker.objects.filter(pk__in=alive).aggregate(last=Max("seen_at"))["last"]
        return cls(len(alive), len(known - alive), seen_at)


@dataclass(frozen=True)
class Queue:
    """Something that waits: how much, and since when the oldest of it."""

    waiting: int
    since: datetime | None = None


def due_tasks() -> QuerySet[Any]:
    """Those that a worker could take now."""
    is_due = Q(run_after=get_date_max()) | Q(run_after__lte=clock.now())
    return DBTaskResult.objects.filter(is_due, status=TaskResultStatus.READY)


@dataclass(frozen=True)
class Tasks:
    """The worker's queue."""

    due: int
    due_since: datetime | None
    later: int
    running: int
    running_since: datetime | None
    failed: int

    @classmethod
    def read(cls) -> "Tasks":
        # Anything put off became due when its time had come.
        oldest = due_tasks().order_by().aggregate(new=Min("enqueued_at"), again=Min("run_after"))
        due = count(due_tasks())
        ready = count(DBTaskResult.objects.filter(status=TaskResultStatus.READY))
        others = DBTaskResult.objects.filter(status__in=[TaskResultStatus.RUNNING, TaskResultStatus.FAILED])
        found = {
            row["status"]: row
            for row in others.order_by().values("status").annotate(many=Count("pk"), since=Min("started_at"))
        }
        running, failed = found.get(TaskResultStatus.RUNNING), found.get(TaskResultStatus.FAILED)
        return cls(
            due,
            _due_since(oldest),
            max(0, ready - due),
            running["many"] if running else 0,
            running["since"] if running else None,
            failed["many"] if failed else 0,
        )


def _due_since(oldest: dict[str, Any]) -> datetime | None:
    """Of a task that was put off, its time counts and not that at which it was queued."""
    if oldest["new"] is None:
        return None
    again: datetime | None = oldest["again"]
    new: datetime = oldest["new"]
    return new if again is None or again == get_date_max() else max(new, again)


@dataclass(frozen=True)
class ListMail:
    """Mail of lists that waits to be handed over (rule 4.11)."""

    waiting: int
    held: int
    since: datetime | None
    untouched_since: datetime | None
    outages: dict[str, datetime]

    @classmethod
    def read(cls) -> "ListMail":
        waiting = Envelope.objects.waiting()
        oldest = Mail.objects.filter(result=Mail.Result.WAITING).order_by("pk").values_list("at", flat=True)
        due = waiting.filter(held_at=None).order_by("due_at", "pk").values_list("due_at", flat=True)
        current = Outage.objects.current().values_list("domain", "started_at")
        return cls(
            count(waiting.filter(held_at=None)),
            count(waiting.filter(held_at__isnull=False)),
            oldest.first(),
            due.first(),
            dict(current[:COUNTED_AT_MOST]),
        )


def mail_to_people() -> Queue:
    """Mails for signing in and about it: how many wait, and when the next was due."""
    waiting = QueuedMail.objects.filter(due_at__isnull=False)
    return Queue(count(waiting), waiting.order_by("due_at").values_list("due_at", flat=True).first())


def mail_given_up() -> int:
    return count(QueuedMail.objects.filter(due_at=None))


def notifications() -> Queue:
    """Notifications that wait for their mail (rule 5.1), and since when the oldest could go."""
    waiting = Notification.objects.to_mail()
    return Queue(count(waiting), waiting.order_by("mail_at").values_list("mail_at", flat=True).first())


def notices() -> int:
    """Those of which nobody has been told yet."""
    return count(Notice.objects.filter(is_spread=False))


@dataclass(frozen=True)
class Webhooks:
    """Events that wait for receivers (rule 11.5): of those that are called, and of those that are not."""

    waiting: int
    kept: int
    due_since: datetime | None
    failing: int
    paused: int

    @classmethod
    def read(cls) -> "Webhooks":
        rows, called = WebhookDelivery.objects.waiting(), Webhook.objects.told().filter(paused_at=None)
        first = rows.filter(webhook=OuterRef("pk"), due_at__lte=clock.now()).order_by("due_at")
        # One by one, by the index of each.
        oldest = Subquery(first.values("due_at")[:1])
        ready = Webhook.objects.ready().annotate(oldest=oldest)
        return cls(
            count(rows.filter(webhook__in=called)),
            count(rows.filter(webhook__in=Webhook.objects.exclude(pk__in=called))),
            ready.order_by().aggregate(since=Min("oldest"))["since"],
            count(called.filter(failing_since__isnull=False)),
            count(Webhook.objects.filter(paused_at__isnull=False)),
        )


def results_of_mails(now: datetime) -> dict[str, int]:
    """How the mails of the last minutes ended; found by the index of each company."""
    lately = Mail.objects.filter(company_id__in=Company.objects.values("pk"), at__gte=now - LATELY)
    found = lately.order_by().values_list("result").annotate(many=Count("pk"))
    return dict.fromkeys(Mail.Result.values, 0) | dict(found)


def jobs() -> dict[str, int]:
    """Long changes that wait, run or have failed."""
    states = [Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED]
    found = Job.objects.filter(state__in=states).order_by().values_list("state").annotate(many=Count("pk"))
    return {str(state.value): 0 for state in states} | dict(found)


def imports() -> dict[str, int]:
    """Imports that are at work."""
    State = DirectoryImport.State  # noqa: N806
    states = [State.READING, State.RUNNING, State.UNDOING]
    rows = DirectoryImport.objects.filter(state__in=states)
    found = rows.order_by().values_list("state").annotate(many=Count("pk"))
    return {str(state.value): 0 for state in states} | dict(found)


def daily_run_at() -> datetime | None:
    """When the daily run ended last."""
    return TimedRun.objects.filter(pk=DAILY).values_list(F("ended_at"), flat=True).first()
