"""Long work, done by the worker while somebody looks at a progress bar.

A job is one transaction with one action in it: either all of it happens, or nothing. If the worker is killed
in the middle, the next one runs the job again from the start (groupadmin.worker). A job in steps is one whose
action is done already and leaves work only, in transactions of its own; run again, it goes on with the rest.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
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
from accounts.models import Company, Job
from groupadmin.base.errors import Conflict, Invalid

AT_ONCE = 200
"""How much may be written while somebody waits for the page; beyond that it is a job."""
ATTEMPTS = 3
TOLD_EVERY_SECONDS = 0.25

Run = Callable[[Job, Actor, Progress], str]
"""Does the work, and says in words what came of it."""


@dataclass(frozen=True)
class Kind:
    """What there is to do, how it is called, and where one came from. Each area registers its own."""

    title: str | Promise
    back: str
    run: Run
    is_in_steps: bool = False
    # Which of the arguments `back` needs.
    back_arguments: tuple[str, ...] = ()
    # Where one goes on who came by way of Django admin.
    back_in_admin: str = ""


KINDS: dict[str, Kind] = {}
"""Filled when the programme starts: accounts/jobs/kinds.py, groups/room/delete_data/job.py."""


def register(name: str, kind: Kind) -> None:
    """Lets jobs of this kind be started; its name stands in their rows."""
    if KINDS.setdefault(name, kind) is not kind:
        raise ImproperlyConfigured(f"There are two kinds of jobs called {name}.")


def start(kind: str, company: Company | None, arguments: dict[str, Any], *, actor: Actor) -> Job:
    """Leaves an action to the worker, which does it in the actor's name."""
    with transaction.atomic():
        job = Job.objects.create(
            company=company,
            kind=kind,
            arguments=arguments,
            started_by=actor.member,
            door=actor.door,
            ip=actor.ip,
        )
        queued = run_job.enqueue(job.pk)
        Job.objects.filter(pk=job.pk).update(arguments={**arguments, "task": str(queued.id)})
    return job


@task()
def run_job(pk: int) -> None:
    """Does what is asked for; a second time, only if the first did not get to its end."""
    job = Job.objects.select_related("company", "started_by__company").filter(pk=pk).first()
    if job is None or job.is_over:
        return
    Job.objects.filter(pk=pk).update(state=Job.State.RUNNING, done=0, total=0)
    reader = job.started_by.language if job.started_by else ""
    with translation.override(reader or settings.LANGUAGE_CODE):
        try:
            _run(job)
        except Exception:
            _finish(job, Job.State.FAILED, _went_wrong(job))
            raise


def _went_wrong(job: Job) -> str:
    if job.kind in KINDS and KINDS[job.kind].is_in_steps:
        return _("Something went wrong along the way. Start again to finish the rest.")
    return _("Something went wrong. Nothing was changed.")


def _run(job: Job) -> None:
    kind = KINDS[job.kind]
    if job.started_by is None and job.door != Door.SYSTEM and not kind.is_in_steps:
        # Else the system itself would act. Work in steps acts for nobody any more: its action is done.
        _finish(
            job,
            Job.State.FAILED,
            _("The person who started this is no longer a member. Nothing was changed."),
        )
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _attempt(job, kind)
        except OperationalError:
            # Such as two who wait for each other, of whom the database has chosen this one to try again.
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _attempt(job: Job, kind: Kind) -> None:
    actor = Actor(job.started_by, Door(job.door), job.ip)
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
    except Conflict:
        _finish(job, Job.State.FAILED, _("Someone else changed this in the meantime. Nothing was changed."))


def _finish(job: Job, state: Job.State, message: str) -> None:
    """In the transaction of the work itself, so that what is said to be done is done."""
    ended = {"state": state, "message": message[:1000], "finished_at": timezone.now()}
    Job.objects.filter(pk=job.pk).update(**ended)


def _tell(job: Job, done: int, total: int) -> None:
    """Writes how far a job in steps is, between its transactions."""
    Job.objects.filter(pk=job.pk).update(done=done, total=total)


class _Bar:
    """Writes how far it is, where it can be read before the work is committed: by a connection of its own.

    On SQLite only one can write at a time; there nobody knows how far it is.
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
                # It never waits for the work, which waits for it.
                cursor.execute("SET lock_timeout = '1s'")
                cursor.execute(
                    "UPDATE accounts_job SET done = %s, total = %s WHERE id = %s", [done, total, self.job.pk]
                )
        except DatabaseError:
            self.connection.close()
            self.connection = None


def give_up_lost() -> None:
    """Says of jobs whose task is given up that they failed; a beat of the worker."""
    if not isinstance(task_backends["default"], DatabaseBackend):
        return
    waiting = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    tasks = {job.arguments.get("task"): job for job in waiting}
    given_up = DBTaskResult.objects.filter(pk__in=[pk for pk in tasks if pk], status=TaskResultStatus.FAILED)
    for pk in given_up.values_list("pk", flat=True):
        _finish(tasks[str(pk)], Job.State.FAILED, _went_wrong(tasks[str(pk)]))


def purge_jobs() -> int:
    """Removes jobs that were over long ago. Returns how many."""
    since = timezone.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    return Job.objects.filter(finished_at__lt=since).delete()[0]


def back_from(job: Job) -> str:
    """Where one goes on from a job."""
    kind = KINDS[job.kind]
    if kind.back_in_admin and job.door == Door.ADMIN:
        return reverse(kind.back_in_admin)
    return reverse(kind.back, args=[job.arguments[name] for name in kind.back_arguments])
