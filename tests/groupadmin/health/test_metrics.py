"""The numbers that Prometheus reads (rule 11.6)."""

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_prometheus.db.metrics import execute_total
from django_tasks import TaskResultStatus
from prometheus_client import CollectorRegistry, Counter, generate_latest, values
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Member
from groupadmin.health import exposition, processes, requests
from groupadmin.models import Worker
from groups.models import Mail, Outage
from tests.factories import EnvelopeFactory, MailFactory, WebhookDeliveryFactory

from .conftest import MakeTask

PROMTOOL = shutil.which("promtool")


def numbers(client: Client) -> dict[str, float]:
    """Each number by its name and its one label's value."""
    text = client.get("/metrics").content.decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.django_db
class TestState:
    def test_workers(self, worker: Worker, prometheus: Client) -> None:
        Worker.objects.create(pk="lost", machine="other", process="1", seen_at=timezone.now() - timedelta(1))
        found = numbers(prometheus)
        assert (found["groupadmin_workers alive"], found["groupadmin_workers dead"]) == (1, 1)
        assert found["groupadmin_worker_heartbeat_age_seconds"] < 60

    def test_tasks(self, make_task: MakeTask, prometheus: Client) -> None:
        hour = timezone.now() - timedelta(hours=1)
        row = make_task(status=TaskResultStatus.READY)
        type(row).objects.update(enqueued_at=hour)
        make_task(status=TaskResultStatus.READY, run_after=timezone.now() + timedelta(hours=1))
        make_task(status=TaskResultStatus.RUNNING, started_at=hour)
        make_task(status=TaskResultStatus.FAILED)
        found = numbers(prometheus)
        states = ("due", "later", "running", "failed")
        assert [found[f"groupadmin_tasks {state}"] for state in states] == [1, 1, 1, 1]
        assert 3600 <= found["groupadmin_tasks_due_age_seconds"] < 3700
        assert 3600 <= found["groupadmin_tasks_running_age_seconds"] < 3700

    def test_a_task_that_was_put_off_is_as_old_as_its_time(
        self, make_task: MakeTask, prometheus: Client
    ) -> None:
        row = make_task(status=TaskResultStatus.READY, run_after=timezone.now() - timedelta(minutes=1))
        type(row).objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
        assert 60 <= numbers(prometheus)["groupadmin_tasks_due_age_seconds"] < 120

    def test_mail(self, prometheus: Client) -> None:
        mail = MailFactory.create(result=Mail.Result.WAITING)
        EnvelopeFactory.create(mail=mail, waiting=True, due_at=timezone.now() - timedelta(minutes=10))
        EnvelopeFactory.create(mail=mail, waiting=True, held_at=timezone.now())
        MailFactory.create(result=Mail.Result.REFUSED)
        Outage.objects.create(domain="one.example", started_at=timezone.now(), last_error="550 no")
        found = numbers(prometheus)
        states = ("waiting", "held")
        assert [found[f"groupadmin_envelopes {state}"] for state in states] == [1, 1]
        assert 600 <= found["groupadmin_envelopes_due_age_seconds"] < 700
        assert (found["groupadmin_mail_outages all"], found["groupadmin_mail_outages domain"]) == (0, 1)
        assert found["groupadmin_mails_recent refused"] == 1
        assert found["groupadmin_mails_recent delivered"] == 0

    def test_webhooks(self, prometheus: Client) -> None:
        """A paused one, and one that is left alone for a while, keep nothing from being sent."""
        minutes = {number: timezone.now() - timedelta(minutes=number) for number in (10, 20, 30, 40)}
        WebhookDeliveryFactory.create(due_at=minutes[10], webhook__failing_since=minutes[40])
        WebhookDeliveryFactory.create(due_at=timezone.now() + timedelta(hours=1))
        WebhookDeliveryFactory.create(due_at=minutes[20], state="done")
        later = timezone.now() + timedelta(minutes=5)
        WebhookDeliveryFactory.create(due_at=minutes[20], webhook__silent_until=later)
        paused = {"webhook__paused_at": minutes[30], "webhook__paused_because": "gone"}
        WebhookDeliveryFactory.create(due_at=minutes[30], **paused)
        WebhookDeliveryFactory.create(due_at=minutes[40], webhook__is_on=False)
        found = numbers(prometheus)
        assert [found[f"groupadmin_webhook_events {state}"] for state in ("waiting", "kept")] == [3, 2]
        assert 600 <= found["groupadmin_webhook_events_due_age_seconds"] < 700
        assert [found[f"groupadmin_webhooks {state}"] for state in ("failing", "paused")] == [1, 1]

    def test_the_daily_run(self, prometheus: Client) -> None:
        assert numbers(prometheus)["groupadmin_daily_run_timestamp_seconds"] == 0
        call_command("daily", verbosity=0)
        ago = timezone.now().timestamp() - numbers(prometheus)["groupadmin_daily_run_timestamp_seconds"]
        assert 0 <= ago < 60

    def test_the_room_for_files(self, prometheus: Client) -> None:
        assert numbers(prometheus)["groupadmin_storage_free_bytes"] > 0

    def test_what_cannot_be_read_is_missing_and_the_rest_is_there(
        self, prometheus: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(now: object) -> list[Any]:
            raise ValueError("a fault of ours")

        monkeypatch.setattr(exposition, "PARTS", [broken, *exposition.PARTS[1:]])
        found = numbers(prometheus)
        assert found["groupadmin_state_parts_failed"] == 1
        assert found["groupadmin_database_up"] == 1
        assert "groupadmin_workers alive" not in found
        assert "groupadmin_tasks due" in found

    def test_without_a_database_it_says_so(self, prometheus: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(seconds: float) -> Any:
            raise OperationalError("connection refused")

        monkeypatch.setattr(exposition, "within", away)
        monkeypatch.setattr(connection, "close", lambda: None)
        answer = prometheus.get("/metrics")
        assert answer.status_code == 200
        assert b"groupadmin_database_up 0.0\n" in answer.content

    def test_asks_as_much_for_many_as_for_few(self, make_task: MakeTask, prometheus: Client) -> None:
        counts = []
        for _round in range(2):
            for _number in range(3):
                make_task(status=TaskResultStatus.FAILED)
                EnvelopeFactory.create(waiting=True)
                WebhookDeliveryFactory.create()
            with CaptureQueriesContext(connection) as asked:
                prometheus.get("/metrics")
            counts.append(len(asked))
        assert counts[0] == counts[1]


@pytest.mark.django_db
class TestRequests:
    def test_are_counted_by_page_and_never_by_path(
        self, master: Member, client: Client, prometheus: Client
    ) -> None:
        client.force_login(master)
        client.get("/groups/?q=secret-words")
        client.get("/no-such-page-anywhere/")
        text = prometheus.get("/metrics").content.decode()
        assert (
            'django_http_responses_total_by_status_view_method_total{method="GET",status="200",view="' in text
        )
        assert master.email not in text
        assert "secret-words" not in text
        assert "no-such-page" not in text

    def test_queries_are_counted_once_however_often_a_thread_connects(
        self, client: Client, prometheus: Client
    ) -> None:
        client.get("/sign-in/")
        for _time in range(2):
            connection_created.send(type(connection), connection=connection)
        counted = execute_total.labels("default", connection.vendor)._value
        before = counted.get()
        Member.objects.exists()
        assert counted.get() - before == 1
        assert "django_db_execute_total{" in prometheus.get("/metrics").content.decode()
        connection.execute_wrappers.remove(requests._timed)

    def test_made_up_methods_make_no_new_numbers(self, client: Client, prometheus: Client) -> None:
        client.generic("SPAM", "/groups/")
        assert "SPAM" not in prometheus.get("/metrics").content.decode()

    @pytest.mark.skipif(PROMTOOL is None, reason="promtool (package prometheus) is not installed")
    def test_promtool_finds_nothing_wrong(self, client: Client, prometheus: Client) -> None:
        client.get("/sign-in/")
        text = prometheus.get("/metrics").content
        checked = subprocess.run([f"{PROMTOOL}", "check", "metrics"], input=text, capture_output=True)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


class TestProcesses:
    """Several processes have one sum, and what an ended one has counted is not lost."""

    def _count(self, where: Path, pid: int, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(processes.FOLDER, str(where))
        kept = values.MultiProcessValue(lambda: pid)  # type: ignore[no-untyped-call]
        monkeypatch.setattr("prometheus_client.metrics.values.ValueClass", kept)
        Counter("made", "Made here.", registry=CollectorRegistry()).inc(times)

    def _sum(self, where: Path) -> bytes:
        with processes.reading(where):
            return generate_latest(processes.registry_of(where))

    def test_are_added_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for pid, times in ((11, 2), (12, 3)):
            self._count(tmp_path, pid, times, monkeypatch)
        assert b"made_total 5.0\n" in self._sum(tmp_path)
        for pid in (11, 12):
            processes.keep_of_ended(tmp_path, pid)
            assert b"made_total 5.0\n" in self._sum(tmp_path)
        assert [path.name for path in tmp_path.glob("*.db")] == ["counter_ended.db"]
        self._count(tmp_path, 13, 1, monkeypatch)
        assert b"made_total 6.0\n" in self._sum(tmp_path)

    def test_begin_at_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count(tmp_path, 11, 2, monkeypatch)
        processes.clear(tmp_path)
        assert b"made_total" not in self._sum(tmp_path)

    def test_a_process_that_has_counted_nothing(self, tmp_path: Path) -> None:
        processes.keep_of_ended(tmp_path, os.getpid())
        assert list(tmp_path.glob("*.db")) == []
