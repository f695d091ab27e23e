"""Keeps the background worker from losing tasks.

django_tasks_db never retries a task whose worker was killed while running it. Here each worker reports every
few seconds that it is alive; the tasks of dead workers are queued again, for any worker to run from the
start. So every task must be safe to stop anywhere and run again.
"""

import logging
import os
import socket
import threading
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from .models import Worker

logger = logging.getLogger("groupadmin.worker")

DEAD_AFTER = timedelta(seconds=60)
"""How long a worker on another machine may be silent. The end of one on this machine is noticed at once."""
UNKNOWN_DEAD_AFTER = timedelta(hours=1)
"""When a running task counts as lost if its worker has never reported."""
ATTEMPTS = 5
"""How many workers a task may kill before it is given up."""


class WorkerDied(Exception):  # noqa: N818  (the name is stored in the queue)
    """The worker ended while running the task, again and again."""


class Pulse:
    """A worker's heartbeat, in its own thread: reports it alive, recovers lost tasks, queues due work."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> "Pulse":
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(settings.WORKER_HEARTBEAT_SECONDS)
        Worker.objects.filter(pk=self.worker_id).delete()

    def _run(self) -> None:
        while not self._stop.wait(settings.WORKER_HEARTBEAT_SECONDS):
            close_old_connections()
            self.beat()
        connection.close()

    def beat(self) -> None:
        """Runs once; what fails is tried again at the next heartbeat."""
        for work in (self._say_alive, recover, _call_periodic):
            try:
                work()
            except DatabaseError:
                # Such as SQLite during a long write.
                logger.info("The database did not answer; trying again soon", exc_info=True)

    def _say_alive(self) -> None:
        here = {"machine": _machine(), "process": _process(os.getpid()), "seen_at": Now()}
        Worker.objects.update_or_create(pk=self.worker_id, defaults=here)


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
            _make_ready(task)
    return len(lost)


def _lost(running: QuerySet[DBTaskResult[Any, Any]]) -> list[DBTaskResult[Any, Any]]:
    """The tasks whose worker has ended."""
    tasks = list(running)
    if not tasks:
        return []
    known, alive = _workers()
    old = {pk for (pk,) in running.filter(started_at__lt=Now() - UNKNOWN_DEAD_AFTER).values_list("pk")}
    lost = []
    for task in tasks:
        worker = task.worker_ids[-1] if task.worker_ids else ""
        if worker not in alive and (worker in known or task.pk in old):
            lost.append(task)
    return lost


def _workers() -> tuple[set[str], set[str]]:
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


def _make_ready(task: DBTaskResult[Any, Any]) -> None:
    if len(task.worker_ids) >= ATTEMPTS:
        logger.error("Task %s has ended %d workers; giving it up", task.id, len(task.worker_ids))
        task.set_failed(WorkerDied())
        return
    logger.warning("Task %s goes on: its worker has ended", task.id)
    DBTaskResult.objects.filter(pk=task.pk).update(status=TaskResultStatus.READY, started_at=None)


def _call_periodic() -> None:
    for path in settings.WORKER_PERIODIC:
        try:
            import_string(path)()
        except DatabaseError:
            raise
        except Exception:
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
