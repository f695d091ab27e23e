"""Each part of an installation, broken: the doctor says what, and what to do (rule 11.6)."""

import errno
import json
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks import TaskResultStatus

from groupadmin.base.dns_records import TxtRecords, mail_servers, txt_records
from groupadmin.health import readiness, storage
from groupadmin.health.doctor import domains, installation, machine, site, work
from groupadmin.health.doctor.finding import Facts, Finding
from groupadmin.models import TimedRun, Worker
from groups.models import Outage
from tests.dns_server import SERVFAIL, SILENT, NameServer, name_server
from tests.factories import EnvelopeFactory, WebhookDeliveryFactory

from ..conftest import MakeTask

NONE = Facts(True)
LISTS = Facts(True, ("lists.example",))


def of(check: Any, facts: Facts = NONE) -> list[str]:
    """The level and the beginning of each finding's text."""
    found: list[Finding] = list(check(facts, 10.0))
    assert all(
        finding.mend for finding in found if finding.level == "error" and "TRUSTED" not in finding.text
    )
    return [f"{finding.level}: {finding.text}" for finding in found]


@pytest.mark.django_db
class TestInstallation:
    def test_settings(self, settings: Any) -> None:
        settings.SITE_URL = "http://groups.elsewhere"
        settings.ALLOWED_HOSTS = ["groups.example"]
        settings.DEFAULT_FROM_EMAIL = "Groups <groupadmin@localhost>"
        found = " ".join(of(installation.settings_of, LISTS))
        assert (
            "error: Links in mails lead to http://groups.elsewhere, which is not in ALLOWED_HOSTS." in found
        )
        assert "is not https" in found
        assert "comes from Groups <groupadmin@localhost>" in found
        assert "senders are not checked" in found
        assert "note: Nobody is told of errors" in found
        # Of Django: tests run without https.
        assert "security.W008" in found

    def test_a_database_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        old = SimpleNamespace(
            get_database_version=lambda: (12, 3),
            features=SimpleNamespace(minimum_database_version=(14,)),
            display_name="PostgreSQL",
        )
        monkeypatch.setattr(installation, "connection", old)
        assert [finding.text for finding in installation._version()] == ["PostgreSQL 12.3 is too old."]

    def test_a_database_in_use(self) -> None:
        (found,) = of(installation.database)
        assert found.startswith(("ok: PostgreSQL", "note: SQLite"))

    def test_migrations(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert of(installation.migrations) == ["ok: All are applied."]
        monkeypatch.setattr(readiness, "unapplied", lambda: ["a.1", "a.2", "a.3", "a.4"])
        assert of(installation.migrations) == ["error: 4 are not applied: a.1, a.2, a.3, …"]

    def test_a_cache_that_keeps_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert of(installation.cache_of) == ["ok: It keeps things."]
        monkeypatch.setattr(cache, "get", lambda key: None)
        assert of(installation.cache_of) == ["error: It keeps nothing."]

    def test_a_cache_whose_table_is_missing(self, settings: Any) -> None:
        settings.CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "missing_table"}
        }
        (found,) = of(installation.cache_of)
        assert found.startswith("error: ")
        assert "missing_table" in found
        assert Worker.objects.count() == 0, "what is around it goes on"


class TestMachine:
    def test_storage(self, monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert of(machine.storage_of) == ["ok: Files can be stored."]
        assert [path for path in media.rglob("*") if path.is_file()] == []
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert of(machine.storage_of) == ["note: Files can be stored, by root."]

    def test_storage_that_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(name: str, content: object) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(default_storage, "save", refuse)
        assert of(machine.storage_of) == ["error: No file can be stored: [Errno 13] Permission denied"]

    @pytest.mark.parametrize(
        ("number", "in_folder", "mend"),
        [(errno.EACCES, True, "Create the folder"), (errno.ENOSPC, True, "Make room"), (5, False, "FILES")],
    )
    def test_storage_says_what_to_mend(
        self, monkeypatch: pytest.MonkeyPatch, number: int, in_folder: bool, mend: str
    ) -> None:
        def refuse(name: str, content: object) -> str:
            raise OSError(number, "It does not fit")

        monkeypatch.setattr(default_storage, "save", refuse)
        if not in_folder:
            monkeypatch.setattr(storage, "folder", lambda: None)
        (found,) = machine.storage_of(NONE, 10.0)
        assert mend in found.mend

    @pytest.mark.parametrize(
        ("free_mb", "free_files", "level"),
        [(50_000, 9999, "ok"), (1500, 9999, "warning"), (100, 9999, "error"), (50_000, 10, "error")],
    )
    def test_disk(self, monkeypatch: pytest.MonkeyPatch, free_mb: int, free_files: int, level: str) -> None:
        left = SimpleNamespace(f_bavail=free_mb, f_frsize=1024**2, f_files=10_000, f_favail=free_files)
        monkeypatch.setattr(os, "statvfs", lambda path: left)
        assert {found.split(":")[0] for found in of(machine.disk)} == {level}

    def test_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = of(machine.clock_of, Facts(True, ahead=timedelta(seconds=-90)))
        assert found == ["error: The database's clock is 90 s behind ours."]
        for said, level in ((True, "ok"), (False, "warning"), (None, "note")):
            monkeypatch.setattr(machine, "_is_synchronized", lambda said=said: said)
            assert of(machine.clock_of)[0].startswith(level)


@pytest.mark.django_db
class TestWork:
    def test_workers(self, worker: Worker) -> None:
        assert of(work.workers) == ["ok: 1 alive."]
        Worker.objects.create(pk="lost", machine="x", process="1", seen_at=timezone.now() - timedelta(1))
        assert of(work.workers)[1].startswith("warning: 1 ended")
        worker.delete()
        assert of(work.workers)[0].startswith("error: No worker is alive")

    def test_queues(self, make_task: MakeTask) -> None:
        assert of(work.queues) == ["ok: What is due is done."]
        row = make_task(status=TaskResultStatus.READY)
        type(row).objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
        make_task(status=TaskResultStatus.FAILED)
        EnvelopeFactory.create(waiting=True, due_at=timezone.now() - timedelta(hours=1))
        found = of(work.queues)
        assert found[0].startswith("error: 1 tasks are due, the oldest since ")
        assert found[1].startswith("warning: 1 tasks have failed for good")
        assert found[2].startswith("error: Mail of lists is due since ")

    def test_a_mail_server_that_takes_nothing(self) -> None:
        Outage.objects.create(domain="", started_at=timezone.now(), last_error="550 no")
        Outage.objects.create(domain="one.example", started_at=timezone.now(), last_error="550 no")
        found = of(work.queues)
        assert found[0].startswith("error: The server of MAIL_OUT takes no mail, since ")
        assert found[1].startswith("error: The server of MAIL_OUT takes no mail of one.example, since ")

    def test_webhooks(self) -> None:
        paused = {"webhook__paused_at": timezone.now(), "webhook__paused_because": "gone"}
        WebhookDeliveryFactory.create(due_at=timezone.now() - timedelta(hours=2), **paused)
        assert of(work.queues) == ["note: 1 webhooks are paused; 1 events are kept for them."]
        WebhookDeliveryFactory.create(due_at=timezone.now() - timedelta(hours=1))
        assert of(work.queues)[0].startswith("warning: 1 events wait for receivers of webhooks")

    def test_timers(self) -> None:
        assert of(work.timers) == ["warning: The daily run has not ended well yet."]
        call_command("daily", verbosity=0)
        assert of(work.timers)[0].startswith("ok: ")
        TimedRun.objects.update(ended_at=timezone.now() - timedelta(hours=31))
        assert of(work.timers)[0].startswith("error: The daily run ended well on ")


class TestDomains:
    @pytest.fixture
    def names(self, settings: Any) -> Iterator[NameServer]:
        with name_server() as server:
            settings.DNS_RESOLVERS, settings.DNS_TIMEOUT_SECONDS = [server.address], 0.5
            yield server

    def test_all_is_there(self, names: NameServer) -> None:
        names.mail_servers["lists.example"] = ["20 b.example.", "10 a.example."]
        names.records["lists.example"] = ["other", "v=spf1 mx -all"]
        names.records["_dmarc.example"] = ["v=DMARC1; p=none"]
        names.records["_dmarc.lists.example"] = ["v=DMARC1; p=none"]
        assert of(domains.domains, LISTS) == ["ok: lists.example: MX, SPF and DMARC are there."]
        assert mail_servers("lists.example") == ("a.example", "b.example")

    def test_nothing_is_there(self, names: NameServer) -> None:
        assert of(domains.domains, LISTS) == [
            "error: lists.example: no MX record: mail to its lists does not arrive.",
            "warning: lists.example: no SPF record: mail from its lists may be refused.",
            "warning: lists.example: no DMARC record: anybody can write in its name.",
        ]

    def test_a_policy_above_counts(self, names: NameServer) -> None:
        names.mail_servers["a.lists.example"] = ["10 a.example."]
        names.records["a.lists.example"] = ["v=spf1 mx -all"]
        names.records["_dmarc.lists.example"] = ["v=DMARC1; p=reject"]
        assert of(domains.domains, Facts(True, ("a.lists.example",)))[0].startswith("ok")

    def test_what_counts_for_nothing(self, names: NameServer) -> None:
        names.mail_servers["lists.example"] = ["0 ."]
        names.records["lists.example"] = ["v=spf1 mx -all", "v=spf1 a -all"]
        names.records["_dmarc.lists.example"] = ["v=DMARC1; p=none"]
        assert of(domains.domains, LISTS) == [
            "error: lists.example: its MX record says that it takes no mail.",
            "error: lists.example: 2 SPF records, so none counts.",
        ]

    @pytest.mark.parametrize("how", [SILENT, SERVFAIL])
    def test_name_servers_that_do_not_answer(
        self, names: NameServer, settings: Any, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        """Are no missing records."""
        settings.DNS_TIMEOUT_SECONDS = 0.1
        asked: list[str] = []

        def ask(name: str) -> TxtRecords:
            asked.append(name)
            return txt_records(name)

        monkeypatch.setattr(domains, "txt_records", ask)
        names.records = {"lists.example": how, "_dmarc.lists.example": how}
        assert of(domains.domains, LISTS) == ["warning: lists.example: its name servers do not answer."]
        # Each further question would wait as long, and all of it not end in time.
        assert asked == []


class Asked(BaseHTTPRequestHandler):
    """A web server in front, which hands on to Django's test client as a proxy may."""

    adds: dict[str, str] = {}
    text: bytes | None = None

    def do_GET(self) -> None:
        answer = Client().get(self.path, headers={**dict(self.headers), **self.adds})
        self.send_response(answer.status_code if self.text is None else 200)
        self.end_headers()
        self.wfile.write(answer.content if self.text is None else self.text)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


class TestSite:
    @pytest.fixture
    def front(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Asked]]:
        every = ("database", "storage", "migrations", "worker", "mail")
        monkeypatch.setattr(readiness, "checks", lambda: [readiness.Check(name, True, "") for name in every])
        Asked.adds, Asked.text = {}, None
        with HTTPServer(("127.0.0.1", 0), Asked) as server:
            settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield Asked
            server.shutdown()
            thread.join()

    def test_answers(self, front: type[Asked], settings: Any) -> None:
        assert of(site.site) == [f"ok: {settings.SITE_URL} answers."]

    def test_a_proxy_that_the_settings_know_nothing_of(self, front: type[Asked]) -> None:
        front.adds = {"X-Forwarded-For": "192.0.2.7"}
        assert of(site.site)[0].startswith("error: A proxy is in front, and TRUSTED_PROXIES is 0")

    def test_proxies_that_are_not_there(self, front: type[Asked], settings: Any) -> None:
        settings.TRUSTED_PROXIES = 2
        front.adds = {"X-Forwarded-For": "192.0.2.7"}
        assert of(site.site)[0].startswith("error: TRUSTED_PROXIES is 2")

    @pytest.mark.parametrize("text", [b"<h1>It works</h1>", b"[]", json.dumps({"checks": {}}).encode()])
    def test_something_else_answers(self, front: type[Asked], text: bytes) -> None:
        front.text = text
        assert "but not as this installation does" in of(site.site)[0]

    def test_it_is_not_ready(self, front: type[Asked], monkeypatch: pytest.MonkeyPatch) -> None:
        full = [readiness.Check("storage", False, "/data cannot be written to")]
        full.append(readiness.Check("migrations", False, readiness.NOT_LOOKED_AT))
        monkeypatch.setattr(readiness, "checks", lambda: full)
        found = [finding.text for finding in site.site(NONE, 10.0)]
        assert found[0] == "The web server is not ready, storage: /data cannot be written to"
        assert not any("migrations" in text for text in found)

    def test_nobody_answers(self, settings: Any) -> None:
        settings.SITE_URL = "http://127.0.0.1:9"
        assert of(site.site)[0].startswith("error: http://127.0.0.1:9 does not answer from here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-batch", "-days", "30"]
    command += ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/chain.pem", "-subj", "/CN=x"]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:*.example.com"], check=True, capture_output=True)
    return folder


class TestCertificates:
    def test_none(self) -> None:
        assert of(site.certificates)[0].startswith("note: ")

    def test_a_good_one(self, settings: Any, folder: Path) -> None:
        settings.MAIL_TLS_CERTIFICATE = str(folder / "chain.pem")
        settings.MAIL_TLS_KEY = str(folder / "key.pem")
        settings.MAIL_HOSTNAME = "mx.example.com"
        (found,) = of(site.certificates)
        assert found.startswith(f"ok: The certificate of {folder}/chain.pem ends on ")
        settings.MAIL_HOSTNAME = "mx.example.org"
        assert of(site.certificates)[1].startswith("warning: ")

    @pytest.mark.parametrize(("days", "level"), [(-1, "error"), (13, "warning"), (15, "ok")])
    def test_its_end(self, days: int, level: str) -> None:
        (found,) = site._expiry("it", timezone.now() + timedelta(days=days))
        assert found.level == level

    def test_without_its_key(self, settings: Any, folder: Path) -> None:
        settings.MAIL_TLS_CERTIFICATE = str(folder / "chain.pem")
        settings.MAIL_TLS_KEY = str(folder / "missing.pem")
        assert "cannot be used with its key" in of(site.certificates)[0]

    def test_one_that_browsers_refuse(self, settings: Any, folder: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
        with HTTPServer(("127.0.0.1", 0), Asked) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            settings.SITE_URL = f"https://127.0.0.1:{server.server_port}"
            (found,) = site.site(NONE, 10.0)
            thread.join()
        assert "browsers refuse its certificate" in found.text
        # Not "renew it": it is of an authority that nobody knows.
        assert "SSL_CERT_FILE" in found.mend
