"""What mail leaves to the background worker."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task, task_backends
from django_tasks.base import TaskResultStatus
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from groupadmin.base.queue import enqueue_once

# Two at once at most, however many workers there are: the others' turn is other work's.
DELIVERIES_AT_ONCE = 2
# What seems to run for longer was killed.
LONGEST_RUN = timedelta(minutes=2)


@task()
def deliver() -> int:
    """Hands over what is due, for a while. Returns how many envelopes it was."""
    from . import delivery

    return delivery.run()


def wake() -> None:
    """Has the worker deliver soon. Inside a transaction, it wakes nobody before that is committed.

    One run that waits is enough: it finds whatever is due when it begins. Runs that go on at the moment
    may be looking for the last time, so they do not count.
    """
    enqueue_once(deliver)


def wake_if_due() -> None:
    """For the clock: what a run has put off, or nobody was woken for, is delivered when its time comes."""
    from . import delivery

    if delivery.due().exists():
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
