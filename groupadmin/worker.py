"""What surrounds the background worker, so that it loses nothing.

django_tasks_db never takes up a task again whose worker was killed in the middle of it. Here each worker says
every few seconds that it is alive; what dead ones had begun is made ready again, for any worker to run from
the start. So a task must be written such that it can be stopped anywhere and run again.
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
"""For how long a worker elsewhere may say nothing. One on the same machine is known at once to have ended."""
UNKNOWN_DEAD_AFTER = timedelta(hours=1)
"""After which a task is lost whose worker never said anything."""
ATTEMPTS = 5
"""How often a task may take its worker with it."""


class WorkerDied(Exception):  # noqa: N818  (a name that is kept in the queue)
    """The worker ended in the middle of the task, time and again."""


class Pulse:
    """Beats beside a worker, in a thread of its own: it lives, dead ones' tasks go on, due work is queued."""

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
        """One beat. What fails is tried again at the next one."""
        for work in (self._say_alive, recover, _call_periodic):
            try:
                work()
            except DatabaseError:
                # Such as SQLite while a long task writes.
                logger.info("The database did not answer; trying again soon", exc_info=True)

    def _say_alive(self) -> None:
        here = {"machine": _machine(), "process": _process(os.getpid()), "seen_at": Now()}
        Worker.objects.update_or_create(pk=self.worker_id, defaults=here)


def recover() -> int:
    """Makes ready again what dead workers had begun. Returns how many tasks."""
    running = DBTaskResult.objects.running()
    forgotten = Worker.objects.filter(seen_at__lt=Now() - UNKNOWN_DEAD_AFTER)
    if forgotten.exists():
        forgotten.delete()
    if not (lost := _lost(running)):
        return 0
    with transaction.atomic():
        # Asked again under lock, so that no two workers make the same task ready.
        lost = _lost(running.filter(pk__in=[task.pk for task in lost]).select_for_update(skip_locked=True))
        for task in lost:
            _make_ready(task)
    return len(lost)


def _lost(running: QuerySet[DBTaskResult[Any, Any]]) -> list[DBTaskResult[Any, Any]]:
    """Those of the tasks whose worker has ended."""
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
    """All workers that have been heard of lately, and those of them that live."""
    machine = _machine()
    late = set(Worker.objects.filter(seen_at__lt=Now() - DEAD_AFTER).values_list("pk", flat=True))
    known, alive = set(), set()
    for worker in Worker.objects.all():
        known.add(worker.pk)
        # By the process, where it can be seen: its beat may wait for a database that is busy with its task.
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
    """Names the place in which process numbers mean the same: this start of the machine, or its container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        # Not Linux: then what counts is the beat alone.
        return f"{socket.gethostname()} {os.getpid()}"


def _process(pid: int) -> str:
    """Names a process, also apart from later ones with its number: by when it was started."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{pid}"
    # A zombie has ended; only nobody has asked yet how.
    return f"{pid} {fields[19]}" if fields[0] != "Z" else f"{pid}"


def _is_running(process: str) -> bool:
    return _process(int(process.split()[0])) == process
