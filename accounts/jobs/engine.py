"""Long work, done by the worker while somebody watches a progress bar.

A job is one transaction with one action in it: all of it happens, or nothing. If the worker is killed, the
next one runs the job again from the start (groupadmin.worker). A job in steps follows an action that is
already done, and works in transactions of its own; when run again, it continues with what is left.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus, task, task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from accounts.actor import Actor, Door, Refused
from accounts.audit import record_refusal
from accounts.consequences import Progress
from accounts.losses import Agreement, LosesMany
from accounts.models import Company, Job
from accounts.tokens import actor_of
from accounts.zones import zone_of, zone_of_company
from groupadmin.base import outage
from groupadmin.base.errors import Conflict, Invalid

AT_ONCE = 200
"""How much may be written while somebody waits for the page; anything more becomes a job."""
ATTEMPTS = 3
TOLD_EVERY_SECONDS = 0.25

Run = Callable[[Job, Actor, Progress], str]
"""Does the work, and returns the result as text."""


@dataclass(frozen=True)
class Kind:
    """A kind of job: what it does, its title, and where its page leads back to. Registered by each area."""

    title: str | Promise
    back: str
    run: Run
    is_in_steps: bool = False
    # The arguments that `back` needs.
    back_arguments: tuple[str, ...] = ()
    # Where to go back to in Django admin.
    back_in_admin: str = ""
    # What is said of one in steps that went wrong, instead of "start again".
    went_wrong: str | Promise = ""
    # Called in the transaction in which a job fails, with the reason: lets go of what the job held.
    failed: Callable[[Job, str], None] | None = None


KINDS: dict[str, Kind] = {}
"""Filled at start-up: accounts/jobs/kinds.py, groups/room/delete_data/job.py."""


def register(name: str, kind: Kind) -> None:
    """Makes this kind of job available; its name is stored in the rows."""
    if KINDS.setdefault(name, kind) is not kind:
        raise ImproperlyConfigured(f"There are two kinds of jobs called {name}.")


def start(kind: str, company: Company | None, arguments: dict[str, Any], *, actor: Actor) -> Job:
    """Has the worker run an action in the actor's name, who has agreed to what it loses (rule 10.5)."""
    arguments = {**arguments, "agreed": str(actor.agreed), "accepts_loss": actor.accepts_loss}
    with transaction.atomic():
        job = Job.objects.create(
            company=company,
            kind=kind,
            arguments=arguments,
            started_by=actor.member,
            token_id=actor.service.token if actor.service else None,
            door=actor.door,
            ip=actor.ip,
        )
        queued = run_job.enqueue(job.pk)
        Job.objects.filter(pk=job.pk).update(arguments={**arguments, "task": str(queued.id)})
    return job


@task()
def run_job(pk: int) -> None:
    """Runs a job; if called again, only when the first run did not finish."""
    job = (
        Job.objects.select_related(
            "company", "started_by__company", "token__company", "token__member__company"
        )
        .filter(pk=pk)
        .first()
    )
    if job is None or job.is_over:
        return
    Job.objects.filter(pk=pk).update(state=Job.State.RUNNING, done=0, total=0)
    reader = job.started_by
    language = (reader and reader.language) or settings.LANGUAGE_CODE
    zone = zone_of(reader) if reader else zone_of_company(job.company)
    with translation.override(language), timezone.override(zone):
        try:
            _run(job)
        except Exception as problem:
            # While the database is away, nothing has gone wrong: the worker begins again.
            if not outage.is_away(problem):
                _finish(job, Job.State.FAILED, _went_wrong(job))
            raise


def _went_wrong(job: Job) -> str:
    if (kind := KINDS.get(job.kind)) is not None and kind.is_in_steps:
        again = _("Something went wrong along the way. Start again to finish the rest.")
        return str(kind.went_wrong) or again
    return _("Something went wrong. Nothing was changed.")


def _run(job: Job) -> None:
    kind = KINDS[job.kind]
    if job.door != Door.SYSTEM and not kind.is_in_steps and not _is_starter_there(job):
        # Otherwise the system itself would act. A job in steps needs no actor: its action is done.
        _finish(
            job,
            Job.State.FAILED,
            _("The person who started this is no longer a member. Nothing was changed."),
        )
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _attempt(job, kind)
        except OperationalError as problem:
            # Such as a deadlock, in which the database has made this transaction fail.
            if attempt == ATTEMPTS or outage.is_away(problem):
                raise
        else:
            return


def _is_starter_there(job: Job) -> bool:
    return job.started_by is not None or (job.token is not None and job.token.is_usable)


def _attempt(job: Job, kind: Kind) -> None:
    actor = _actor(job)
    try:
        if kind.is_in_steps:
            _finish(job, Job.State.DONE, kind.run(job, actor, partial(_tell, job)))
            return
        with _Bar(job) as bar, transaction.atomic():
            _finish(job, Job.State.DONE, kind.run(job, actor, bar))
    except Refused as refusal:
        record_refusal(actor, refusal)
        _finish(job, Job.State.FAILED, refusal.reason)
    except Invalid as invalid:
        _finish(job, Job.State.FAILED, invalid.message)
    except LosesMany as asks:
        _finish(job, Job.State.FAILED, asks.message)
    except Conflict:
        _finish(job, Job.State.FAILED, _("Someone else changed this in the meantime. Nothing was changed."))


def _actor(job: Job) -> Actor:
    """Whoever started it, as they were then."""
    agreed = Agreement.read(str(job.arguments.get("agreed", "")))
    accepts = job.arguments.get("accepts_loss") is True
    if job.token is not None:
        return replace(actor_of(job.token, Door(job.door), job.ip), agreed=agreed, accepts_loss=accepts)
    return Actor(job.started_by, Door(job.door), job.ip, agreed=agreed, accepts_loss=accepts)


def _finish(job: Job, state: Job.State, message: str) -> None:
    """Called in the transaction of the work, so that what is reported as done is done."""
    ended = {"state": state, "message": message[:1000], "finished_at": timezone.now()}
    kind = KINDS.get(job.kind)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**ended)
        if state == Job.State.FAILED and kind is not None and kind.failed is not None:
            kind.failed(job, message)


def _tell(job: Job, done: int, total: int) -> None:
    """Writes the progress of a job in steps, between its transactions."""
    Job.objects.filter(pk=job.pk).update(done=done, total=total)


class _Bar:
    """Writes the progress through a connection of its own, so that it is visible before the commit.

    SQLite has only one writer at a time; there the progress stays unknown.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.told_at = 0.0
        self.connection: BaseDatabaseWrapper | None = None

    def __enter__(self) -> "_Bar":
        if connection.vendor == "postgresql":
            self.connection = connection.copy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.connection is not None:
            self.connection.close()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.connection is None or now - self.told_at < TOLD_EVERY_SECONDS:
            return
        self.told_at = now
        try:
            with self.connection.cursor() as cursor:
                # Never wait for the work, as the work waits for this.
                cursor.execute("SET lock_timeout = '1s'")
                cursor.execute(
                    "UPDATE accounts_job SET done = %s, total = %s WHERE id = %s", [done, total, self.job.pk]
                )
        except DatabaseError:
            self.connection.close()
            self.connection = None


def give_up_lost() -> None:
    """Marks jobs as failed whose task was given up; called periodically by the worker."""
    if not isinstance(task_backends["default"], DatabaseBackend):
        return
    waiting = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    tasks = {job.arguments.get("task"): job for job in waiting}
    given_up = DBTaskResult.objects.filter(pk__in=[pk for pk in tasks if pk], status=TaskResultStatus.FAILED)
    for pk in given_up.values_list("pk", flat=True):
        _finish(tasks[str(pk)], Job.State.FAILED, _went_wrong(tasks[str(pk)]))


def purge_jobs() -> int:
    """Deletes jobs that ended long ago. Returns how many."""
    since = timezone.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    return Job.objects.filter(finished_at__lt=since).delete()[0]


def back_from(job: Job) -> str:
    """The URL that a job's page leads back to."""
    kind = KINDS[job.kind]
    if kind.back_in_admin and job.door == Door.ADMIN:
        return reverse(kind.back_in_admin)
    return reverse(kind.back, args=[job.arguments[name] for name in kind.back_arguments])
