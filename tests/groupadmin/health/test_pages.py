"""What machines ask: whether the process lives, and whether it can answer (rule 11.6)."""

import ipaddress
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from groupadmin.base import clock
from groupadmin.health import access, readiness, storage
from groupadmin.models import Worker
from groups.models import Outage
from tests.factories import EnvelopeFactory

from .conftest import TOKEN


def checks(client: Client, path: str = "/readyz") -> tuple[int, dict[str, Any]]:
    answer = client.get(path)
    return answer.status_code, answer.json()["checks"]


class TestAlive:
    def test_says_so_without_asking_the_database(self) -> None:
        """This test may not use it."""
        answer = Client().get("/healthz", headers={"Host": "10.1.2.3"})
        assert (answer.status_code, answer.content) == (200, b"ok\n")
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    def test_nothing_can_be_sent_there(self, path: str) -> None:
        assert Client().post(path).status_code == 405


@pytest.mark.django_db
class TestReady:
    def test_all_is_well(self, worker: Worker, client: Client) -> None:
        status, found = checks(client)
        assert status == 200
        assert list(found) == ["database", "storage", "migrations", "worker", "mail"]
        assert all(check == {"ok": True} for check in found.values())

    def test_without_a_worker(self, client: Client) -> None:
        status, found = checks(client)
        assert status == 503
        assert [name for name, check in found.items() if not check["ok"]] == ["worker"]

    def test_a_worker_that_has_fallen_silent(self, worker: Worker, prometheus: Client) -> None:
        late = timezone.now() - timedelta(minutes=5)
        Worker.objects.update(seen_at=late, machine="another")
        status, found = checks(prometheus)
        assert status == 503
        assert found["worker"] == {"ok": False, "detail": "none is alive, 1 are dead"}

    def test_a_check_may_be_left_out(self, client: Client) -> None:
        """A load balancer has no better process to ask when the worker is dead."""
        status, found = checks(client, "/readyz?exclude=worker&exclude=mail")
        assert status == 200
        assert "worker" not in found

    def test_strangers_hear_what_and_not_why(self, client: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        assert checks(client)[1]["worker"] == {"ok": False}

    def test_without_a_database(self, prometheus: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> None:
            raise OperationalError("connection refused\nIs the server running?")

        monkeypatch.setattr(clock, "read", away)
        status, found = checks(prometheus)
        assert status == 503
        assert found["database"] == {"ok": False, "detail": "OperationalError: connection refused"}
        assert found["worker"] == {"ok": False, "detail": "not looked at"}
        assert found["storage"]["ok"]

    def test_before_the_migrations(self, prometheus: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(readiness, "unapplied", lambda: ["groups.0021", "groups.0022"])
        status, found = checks(prometheus)
        assert status == 503
        assert found["migrations"]["detail"] == "2 not applied: groups.0021, groups.0022"

    def test_files_that_cannot_be_written(
        self, prometheus: Client, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(media))
        status, found = checks(prometheus)
        assert status == 503
        assert found["storage"]["detail"] == f"{media} cannot be written to"

    def test_files_of_a_machine_that_is_silent(
        self, prometheus: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever asks again and again does not fill the process with threads that wait."""
        begun: list[int] = []
        goes_on = threading.Event()

        def silent() -> str:
            begun.append(1)
            goes_on.wait(30)
            return ""

        monkeypatch.setattr(storage, "trouble", silent)
        watch = storage.Watch(0.01)
        assert [watch.trouble() for _ in range(3)] == ["does not answer"] * 3
        goes_on.set()
        assert len(begun) == 1

    def test_mail_that_waits_for_long(self, worker: Worker, prometheus: Client, settings: Any) -> None:
        almost = timezone.now() - timedelta(seconds=settings.STUCK_SECONDS - 60)
        envelope = EnvelopeFactory.create(waiting=True, due_at=almost)
        assert checks(prometheus)[0] == 200
        envelope.due_at -= timedelta(minutes=2)
        envelope.save()
        readiness._last.at = 0.0
        status, found = checks(prometheus)
        assert status == 503
        assert found["mail"]["detail"].startswith("mail of lists is due since ")

    def test_a_mail_server_that_takes_nothing(self, prometheus: Client, settings: Any) -> None:
        since = timezone.now() - timedelta(seconds=settings.STUCK_SECONDS + 60)
        outage = Outage.objects.create(domain="one.example", started_at=since, last_error="550 no")
        assert checks(prometheus)[1]["mail"]["ok"], "of one domain is not of all"
        outage.domain = ""
        outage.save()
        readiness._last.at = 0.0
        assert checks(prometheus)[1]["mail"]["detail"].startswith("the server takes no mail since ")

    def test_the_database_is_asked_once_a_second(
        self, worker: Worker, client: Client, django_assert_num_queries: Any
    ) -> None:
        checks(client)
        readiness._last.at += 60
        with django_assert_num_queries(0):
            checks(client)


class TestWhoMayKnow:
    def test_nobody_unless_a_setting_says_so(self, client: Client) -> None:
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.parametrize("shown", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \udcff"])
    def test_not_without_the_token(self, client: Client, settings: Any, shown: str) -> None:
        settings.METRICS_TOKEN = TOKEN
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 403

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("address", "status"),
        [("10.1.2.3", 200), ("::ffff:10.1.2.3", 200), ("10.2.0.1", 403), ("fd00::1", 403), ("", 403)],
    )
    def test_or_from_a_named_address(self, client: Client, settings: Any, address: str, status: int) -> None:
        settings.METRICS_ADDRESSES = [ipaddress.ip_network("10.1.0.0/16")]
        assert client.get("/metrics", REMOTE_ADDR=address).status_code == status

    def test_a_proxy_that_nobody_knows_lends_its_address_to_nobody(
        self, client: Client, settings: Any
    ) -> None:
        settings.METRICS_ADDRESSES = [ipaddress.ip_network("127.0.0.0/8")]
        answer = client.get("/metrics", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})
        assert answer.status_code == 403

    @pytest.mark.django_db
    def test_our_doctor_hears_how_its_request_arrived(self, client: Client, settings: Any) -> None:
        shown = {"Authorization": f"Bearer {access.doctors_pass()}"}
        assert client.get("/readyz", headers=shown).json()["seen"]["client"] == "127.0.0.1"
        assert client.get("/metrics", headers=shown).status_code == 404
        settings.SECRET_KEY = "another"
        assert "seen" not in client.get("/readyz", headers=shown).json()


def test_files_may_be_in_no_folder(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then whoever has them is asked."""

    class Away:
        def exists(self, name: str) -> bool:
            raise ConnectionError("no route")

    monkeypatch.setattr(storage, "default_storage", Away())
    assert storage.Watch(2.0).trouble() == "ConnectionError: no route"
    monkeypatch.setattr(storage, "default_storage", FileSystemStorage("/nowhere/at/all"))
    assert storage.folder() == Path("/")
