"""Keeps the background worker from losing tasks (rule 11.7).

django_tasks_db never retries a task whose worker was killed while running it. Here each worker reports every
few seconds that it is alive; the tasks of dead workers are queued again, for any worker to run from the
start. So every task must be safe to stop anywhere and run again.

Nor does it outlive the database, or try again what has failed. Here a worker waits until the database is
back, and tries a task up to five times; one that fails then is in the log and in Django admin.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks.signals import task_finished, task_started
from django_tasks_db.management.commands.db_worker import Worker as DatabaseWorker
from django_tasks_db.models import DBTaskResult, get_date_max
from django_tasks_db.utils import exclusive_transaction
from structlog.contextvars import bound_contextvars

from .base import clock, outage
from .base.outage import Trouble
from .models import Worker

logger = logging.getLogger("groupadmin.worker")

DEAD_AFTER = timedelta(seconds=60)
"""How long a worker on another machine may be silent. The end of one on this machine is noticed at once."""
UNKNOWN_DEAD_AFTER = timedelta(hours=1)
"""When a running task counts as lost if its worker has never reported."""
ATTEMPTS = 5
"""How often a task is begun, whether it fails or ends its worker, before it is given up."""
DELAYS = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 900)]
"""How long it then waits after each failure."""
LOOKED_FOR_EVERY = 1.0
"""How often, in seconds, a worker looks whether the database is back."""


class WorkerDied(Exception):  # noqa: N818  (the name is stored in the queue)
    """The worker ended while running the task, again and again."""


class Heartbeat:
    """A worker's sign of life, in its own thread: reports it alive, recovers lost tasks, queues due work."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(settings.WORKER_HEARTBEAT_SECONDS)
        # If that fails, its process has ended soon, and so is known to be dead.
        _try(Worker.objects.filter(pk=self.worker_id).delete)

    def _run(self) -> None:
        while not self._stop.wait(settings.WORKER_HEARTBEAT_SECONDS):
            _try(close_old_connections)
            self.beat()
        connection.close()

    def beat(self) -> None:
        """Runs once; what fails is tried again at the next heartbeat."""
        for work in (self._say_alive, recover, _call_periodic):
            _try(work)

    def _say_alive(self) -> None:
        here = {"machine": _machine(), "process": _process(os.getpid()), "seen_at": Now()}
        Worker.objects.update_or_create(pk=self.worker_id, defaults=here)


def _try(work: Callable[[], object]) -> None:
    """An outage is said once, a fault of ours each time; neither stops the heart."""
    try:
        work()
    except Error as problem:
        if outage.notice(problem) is None:
            logger.exception("The heartbeat failed")


class TaskWorker(DatabaseWorker):
    """Runs tasks, one after the other, and waits out the database's absence."""

    has_lost = False
    """Whether a task of ours may be in the queue as running, though we do not run it."""

    def run(self) -> None:
        """Until it is told to stop; in batch mode, until nothing is left to do."""
        while self.running:
            try:
                if not self._run_next():
                    if self.batch:
                        return
                    time.sleep(self.interval)
            except Error as problem:
                if outage.notice(problem) is None:
                    raise
                connection.close()
                self.has_lost = True
                time.sleep(LOOKED_FOR_EVERY)

    def _run_next(self) -> bool:
        """Whether there was a task."""
        close_old_connections()
        if self.has_lost:
            _queue_again(self.worker_id)
            self.has_lost = False
        try:
            if (task := self._claim()) is None:
                return False
            self.run_task(task)
        finally:
            self.running_task = False
        if self.max_tasks is not None and self._run_tasks >= self.max_tasks:
            self.running = False
        return True

    def _claim(self) -> DBTaskResult[Any, Any] | None:
        """The next task, which from now on no other worker takes."""
        is_due = Q(run_after=get_date_max()) | Q(run_after__lte=clock.now())
        tasks = DBTaskResult.objects.filter(
            is_due, status=TaskResultStatus.READY, backend_name=self.backend_name
        )
        if not self.process_all_queues:
            tasks = tasks.filter(queue_name__in=self.queue_names)
        tasks = tasks.exclude(queue_name__in=self.excluded_queue_names)
        with exclusive_transaction(tasks.db):
            task = tasks.get_locked()
            if task is not None:
                # From here on a signal lets us finish: one that is ours and not run would wait for an hour.
                self.running_task = True
                task.claim(self.worker_id)
                DBTaskResult.objects.filter(pk=task.pk).update(started_at=clock.now())
        return task

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        """Runs it. While the database is away it counts neither as done nor as failed."""
        self.running_task = True
        try:
            # What it logs says which task it is, as a page's lines say which request.
            with bound_contextvars(task=f"{db_task_result.pk}"):
                _call_or_fail(db_task_result)
        finally:
            self.running_task = False
            self._run_tasks += 1


def _call_or_fail(row: DBTaskResult[Any, Any]) -> None:
    try:
        _call(row)
    except Exception as problem:
        if outage.notice(problem) is Trouble.AWAY:
            raise
        fail(row, problem)


def _call(row: DBTaskResult[Any, Any]) -> None:
    task, result = row.task, row.task_result
    backend = type(task.get_backend())
    task_started.send(sender=backend, task_result=result)
    row.set_successful(task.call(*result.args, **result.kwargs))
    task_finished.send(sender=backend, task_result=row.task_result)


def fail(row: DBTaskResult[Any, Any], problem: Exception) -> None:
    """Has a task tried again later; after enough attempts it stays in the list of those that failed."""
    row.set_failed(problem)
    attempts = len(row.worker_ids)
    trace = None if outage.trouble_of(problem) else problem
    if attempts >= ATTEMPTS:
        logger.error("Task %s failed for good, after %d attempts", row.task_path, attempts, exc_info=trace)
        return
    delay = DELAYS[max(0, attempts - 1)]
    logger.warning("Task %s failed, and is tried again in %s", row.task_path, delay, exc_info=trace)
    DBTaskResult.objects.filter(pk=row.pk).update(
        status=TaskResultStatus.READY, run_after=clock.now() + delay, finished_at=None
    )


def _queue_again(worker_id: str) -> None:
    """Queues what this worker had begun when the database went away."""
    for task in DBTaskResult.objects.running():
        if task.worker_ids[-1:] == [worker_id]:
            _make_ready(task, "the database is back")


def recover() -> int:
    """Queues the tasks of dead workers again. Returns how many."""
    running = DBTaskResult.objects.running()
    forgotten = Worker.objects.filter(seen_at__lt=Now() - UNKNOWN_DEAD_AFTER)
    if forgotten.exists():
        forgotten.delete()
    if not (lost := _lost(running)):
        return 0
    with transaction.atomic():
        # Checked again under the lock, so that no two workers queue the same task.
        lost = _lost(running.filter(pk__in=[task.pk for task in lost]).select_for_update(skip_locked=True))
        for task in lost:
            _make_ready(task, "its worker has ended")
    return len(lost)


def _lost(running: QuerySet[DBTaskResult[Any, Any]]) -> list[DBTaskResult[Any, Any]]:
    """The tasks whose worker has ended."""
    tasks = list(running)
    if not tasks:
        return []
    known, alive = find_workers()
    old = {pk for (pk,) in running.filter(started_at__lt=Now() - UNKNOWN_DEAD_AFTER).values_list("pk")}
    lost = []
    for task in tasks:
        worker = task.worker_ids[-1] if task.worker_ids else ""
        if worker not in alive and (worker in known or task.pk in old):
            lost.append(task)
    return lost


def find_workers() -> tuple[set[str], set[str]]:
    """All workers that have reported, and those of them that are alive."""
    machine = _machine()
    late = set(Worker.objects.filter(seen_at__lt=Now() - DEAD_AFTER).values_list("pk", flat=True))
    known, alive = set(), set()
    for worker in Worker.objects.all():
        known.add(worker.pk)
        # By its process if it runs here: its heartbeat may be waiting for a database that its task keeps
        # busy.
        here = worker.machine == machine
        if _is_running(worker.process) if here else worker.pk not in late:
            alive.add(worker.pk)
    return known, alive


def _make_ready(task: DBTaskResult[Any, Any], reason: str) -> None:
    if len(task.worker_ids) >= ATTEMPTS:
        logger.error("Task %s has ended %d workers; giving it up", task.id, len(task.worker_ids))
        task.set_failed(WorkerDied())
        return
    logger.warning("Task %s goes on: %s", task.id, reason)
    DBTaskResult.objects.filter(pk=task.pk).update(status=TaskResultStatus.READY, started_at=None)


def _call_periodic() -> None:
    for path in settings.WORKER_PERIODIC:
        try:
            import_string(path)()
        except Exception as problem:
            if outage.notice(problem) is None:
                logger.exception("%s failed", path)


def _machine() -> str:
    """Identifies where process ids are unique: this boot of the machine, or its container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        # Not Linux: then only the heartbeat counts.
        return f"{socket.gethostname()} {os.getpid()}"


def _process(pid: int) -> str:
    """Identifies a process by id and start time, so that later ones with the same id differ."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{pid}"
    # A zombie has ended, but has not been waited for.
    return f"{pid} {fields[19]}" if fields[0] != "Z" else f"{pid}"


def _is_running(process: str) -> bool:
    return _process(int(process.split()[0])) == process
