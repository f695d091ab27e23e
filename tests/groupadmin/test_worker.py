"""The background worker loses nothing, though it be killed in the middle of its work."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from structlog.contextvars import get_contextvars

from groupadmin.base.queue import enqueue_once
from groupadmin.models import Worker
from groupadmin.worker import Heartbeat, TaskWorker, recover
from tests.background import break_down, hold_the_first_time, kill_the_worker, start_worker

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING


@pytest.fixture(autouse=True)
def _queue() -> Iterator[None]:
    with override_settings(TASKS=IN_DATABASE):
        yield


def _running(worker_id: str, *earlier: str) -> Any:
    kill_the_worker.enqueue()
    task = DBTaskResult.objects.latest("enqueued_at")
    DBTaskResult.objects.filter(pk=task.pk).update(
        status=RUNNING, worker_ids=[*earlier, worker_id], started_at=timezone.now()
    )
    return task


def _worker(pk: str, *, machine: str = "elsewhere", process: str = "1 1", ago: float = 0) -> Worker:
    seen = timezone.now() - timedelta(seconds=ago)
    return Worker.objects.create(pk=pk, machine=machine, process=process, seen_at=seen)


@pytest.mark.django_db
def test_goes_on_with_what_a_dead_worker_had_begun() -> None:
    _worker("dead", ago=61)
    task = _running("dead")
    assert recover() == 1
    task.refresh_from_db()
    assert (task.status, task.worker_ids) == (READY, ["dead"])
    assert recover() == 0


@pytest.mark.django_db
def test_leaves_alone_what_others_do() -> None:
    """One elsewhere that said something lately; one here that waits for the database, and so says nothing."""
    _worker("elsewhere", ago=50)
    with Heartbeat("here"):
        Worker.objects.filter(pk="here").update(seen_at=timezone.now() - timedelta(seconds=500))
        tasks = [_running("elsewhere"), _running("here")]
        assert recover() == 0
    assert {task.status for task in DBTaskResult.objects.filter(pk__in=[t.pk for t in tasks])} == {RUNNING}


@pytest.mark.django_db
def test_knows_at_once_that_a_process_here_has_ended() -> None:
    heartbeat = Heartbeat("gone")
    heartbeat.beat()
    process = Worker.objects.get(pk="gone").process
    # Another process with the same number, started later.
    Worker.objects.filter(pk="gone").update(process=f"{process}9")
    _running("gone")
    assert recover() == 1


@pytest.mark.django_db
def test_a_worker_that_never_said_anything_has_an_hour() -> None:
    task = _running("django's own")
    assert recover() == 0
    DBTaskResult.objects.filter(pk=task.pk).update(started_at=timezone.now() - timedelta(hours=2))
    assert recover() == 1


@pytest.mark.django_db
def test_gives_up_what_ends_one_worker_after_another() -> None:
    _worker("e", ago=61)
    task = _running("e", "a", "b", "c", "d")
    recover()
    task.refresh_from_db()
    assert task.status == TaskResultStatus.FAILED
    assert "WorkerDied" in task.exception_class_path


@pytest.mark.django_db
def test_forgets_workers_of_before() -> None:
    _worker("yesterday", ago=24 * 3600)
    recover()
    assert not Worker.objects.exists()


@pytest.mark.django_db
def test_queues_what_waits_already_no_second_time() -> None:
    enqueue_once(hold_the_first_time, "a")
    enqueue_once(hold_the_first_time, "a")
    enqueue_once(hold_the_first_time, "b")
    assert DBTaskResult.objects.count() == 2
    DBTaskResult.objects.update(status=RUNNING)
    enqueue_once(hold_the_first_time, "a")
    assert DBTaskResult.objects.count() == 3


BEATS: list[str] = []


def _beat() -> None:
    BEATS.append("beat")


def _broken_beat() -> None:
    raise RuntimeError


@pytest.mark.django_db
def test_each_beat_calls_all_even_if_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    BEATS.clear()
    here = f"{__name__}._"
    with override_settings(WORKER_PERIODIC=[f"{here}broken_beat", f"{here}beat"]), Heartbeat("one"):
        assert BEATS == ["beat"]
        assert Worker.objects.filter(pk="one").exists()
    assert not Worker.objects.exists()
    assert "_broken_beat failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_s_task_is_finished_by_the_next(tmp_path: Path) -> None:
    """Killed outright in the middle of a task; nobody waits for it to be missed."""
    for name in ("begun", "never"):
        os.mkfifo(tmp_path / name)
    hold_the_first_time.enqueue(str(tmp_path))
    killed = start_worker()
    try:
        (tmp_path / "begun").read_text()
    finally:
        killed.kill()
        killed.communicate()
    held = DBTaskResult.objects.filter(task_path=hold_the_first_time.module_path)
    assert held.get().status == RUNNING
    output, _none = start_worker("--batch").communicate(timeout=60)
    task = held.get()
    assert task.status == TaskResultStatus.SUCCESSFUL, output
    assert len(task.worker_ids) == 2
    assert (tmp_path / "lines").read_text().split() == ["begun", "begun", "done"]
    assert not Worker.objects.exclude(pk=task.worker_ids[0]).exists()
    connection.close()


@pytest.mark.django_db
def test_told_to_stop_it_does_what_it_has_just_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers are stopped. Nobody would know for an hour that the task is nobody's."""
    monkeypatch.setattr("groupadmin.worker.close_old_connections", lambda: None)
    worker = _task_worker()
    claim = DBTaskResult.claim

    def told(task: Any, worker_id: str) -> None:
        claim(task, worker_id)
        worker.shutdown(signal.SIGTERM, None)

    monkeypatch.setattr(DBTaskResult, "claim", told)
    for _number in range(2):
        break_down.enqueue("never")
    worker.run()
    found = DBTaskResult.objects.values_list("status", flat=True)
    assert sorted(found) == [READY, TaskResultStatus.SUCCESSFUL], "and begins no other"
    worker.running = True
    with pytest.raises(SystemExit):
        worker.shutdown(signal.SIGTERM, None)


def _task_worker() -> TaskWorker:
    return TaskWorker(
        queue_names=["default"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="w",
    )


@pytest.mark.django_db
class TestFailing:
    """A task that fails is tried again, and shown in the end; none ends in silence."""

    @pytest.fixture(autouse=True)
    def _one_transaction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The test's own, in which workers otherwise close their connections."""
        monkeypatch.setattr("groupadmin.worker.close_old_connections", lambda: None)
        monkeypatch.setattr(connection, "close", lambda: None)

    @staticmethod
    def _run(times: int = 1) -> Any:
        for _time in range(times):
            DBTaskResult.objects.update(run_after=timezone.now())
            _task_worker().run()
        return DBTaskResult.objects.get()

    def test_is_tried_again_later(self, caplog: pytest.LogCaptureFixture) -> None:
        break_down.enqueue("twice")
        task = self._run()
        assert (task.status, task.finished_at) == (READY, None)
        assert 5 < (task.run_after - timezone.now()).total_seconds() <= 10
        assert "tests.background.break_down failed, and is tried again in 0:00:10" in caplog.text
        assert self._run(2).status == TaskResultStatus.SUCCESSFUL

    def test_is_given_up_aloud(self, caplog: pytest.LogCaptureFixture) -> None:
        break_down.enqueue("always")
        task = self._run(5)
        assert task.status == TaskResultStatus.FAILED
        assert "RuntimeError" in task.exception_class_path
        assert caplog.records[-1].levelname == "ERROR"
        assert "failed for good, after 5 attempts" in caplog.records[-1].message

    def test_its_lines_in_the_log_say_which_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known: list[dict[str, Any]] = []
        monkeypatch.setattr(
            "groupadmin.worker.logger.warning", lambda *words, **_: known.append(get_contextvars())
        )
        break_down.enqueue("twice")
        task = self._run()
        assert known == [{"task": str(task.pk)}]
        assert get_contextvars() == {}

    def test_counts_neither_as_done_nor_as_failed_while_the_database_is_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("groupadmin.worker.LOOKED_FOR_EVERY", 0)
        break_down.enqueue("away")
        task = self._run()
        assert task.status == TaskResultStatus.SUCCESSFUL
        assert task.worker_ids == ["w", "w"]
