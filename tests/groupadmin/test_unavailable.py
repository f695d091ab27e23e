"""What people, scripts and the log hear of while something is in the way that is nobody's fault."""

import errno
import json
import logging
import sqlite3
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Member, Team
from groupadmin.base import outage, unavailable
from groupadmin.base.outage import Busy, CommitLost, Trouble, Watch
from tests.helpers import client_of

AWAY = OperationalError("connection refused")
FULL = OSError(errno.ENOSPC, "No space left on device")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.fixture(autouse=True)
def _fresh_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has seen nothing yet."""
    monkeypatch.setattr(outage, "notice", Watch().notice)


def asked(method: str = "post", error: Exception = AWAY, path: str = "/x/", **request: Any) -> HttpResponse:
    answer = unavailable.answer(getattr(RequestFactory(), method)(path, **request), error)
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (AWAY, Trouble.AWAY),
        (InterfaceError("the connection is closed"), Trouble.AWAY),
        (caused(OperationalError("x"), psycopg.errors.AdminShutdown("x")), Trouble.AWAY),
        (caused(OperationalError("x"), psycopg.errors.LockNotAvailable("x")), Trouble.BUSY),
        (caused(OperationalError("x"), psycopg.errors.QueryCanceled("x")), Trouble.BUSY),
        (caused(OperationalError("x"), psycopg.errors.DeadlockDetected("x")), Trouble.BUSY),
        (caused(OperationalError("x"), psycopg.errors.DiskFull("x")), Trouble.FULL),
        (OperationalError("database is locked"), Trouble.BUSY),
        (OperationalError("database or disk is full"), Trouble.FULL),
        (Busy("x"), Trouble.BUSY),
        (FULL, Trouble.NO_SPACE),
        (OSError(errno.EDQUOT, "x"), Trouble.NO_SPACE),
        (caused(RuntimeError("x"), AWAY), Trouble.AWAY),
        (OperationalError("no such table: x"), None),
        (ProgrammingError("x"), None),
        (OSError(errno.ENOENT, "x"), None),
        (ValueError("database is locked"), None),
        (None, None),
    ],
)
def test_trouble_is_told_from_faults(error: Exception | None, trouble: Trouble | None) -> None:
    assert outage.trouble_of(error) is trouble


@pytest.mark.django_db
def test_the_session_is_read_before_any_view(administrator: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: SessionStore) -> None:
        raise AWAY

    client = Client(raise_request_exception=False)
    client.cookies = client_of(administrator).cookies
    monkeypatch.setattr(SessionStore, "load", load)
    for url in (reverse("groups:list"), reverse("account_login"), reverse("admin:index"), "/nowhere/"):
        assert (url, client.get(url).status_code) == (url, 503)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a file that has one writer at a time")
def test_a_busy_sqlite_is_said(administrator: Member) -> None:
    client = client_of(administrator)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answer = client.post(reverse("accounts:team_add"), {"name": "New team"})
    connection.close()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert 'value="New team"' in answer.content.decode()
    assert not Team.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="fills a file of its own")
def test_a_full_sqlite_is_said(administrator: Member) -> None:
    client = client_of(administrator)
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count FROM pragma_page_count()")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    try:
        for number in range(50):
            answer = client.post(reverse("accounts:team_add"), {"name": f"{number}" + "x" * 50})
            if answer.status_code != 302:
                break
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1000000")
    assert answer.status_code == 503
    assert "The database cannot store anything more" in answer.content.decode()


class TestForm:
    """What was typed stays in the page, unless it must not or cannot."""

    def test_is_sent_again_as_it_was(self) -> None:
        page = asked(path="/x/?y=1", data={"name": ['"one"', "two"], "empty": ""}).content.decode()
        assert '<form method="post" action="/x/?y=1">' in page
        assert page.count('type="hidden"') == 3
        assert 'value="&quot;one&quot;"' in page

    @pytest.mark.parametrize(
        "data",
        [
            {"login": "a", "password": "typed-in"},
            {"code": "typed-in"},
            {"name": "a", "confirm-code": "typed-in"},
            {"credential": "typed-in"},
            {"name": "typed-in", "file": SimpleUploadedFile("a", b"a")},
            {"name": "typed-in" * 200_000},
            {f"typed-in{number}": "a" for number in range(501)},
        ],
    )
    def test_is_left_to_the_browser(self, data: dict[str, Any]) -> None:
        page = asked(data=data).content.decode()
        assert "typed-in" not in page
        assert "Go back" in page

    def test_is_still_there_where_htmx_sent_it(self) -> None:
        """The script shows the heading with the paragraph below it, beside the form."""
        page = asked(data={"name": "typed-in"}, headers={"HX-Request": "true"}).content.decode()
        assert "typed-in" not in page
        assert "<h1>Back in a moment</h1>" in page

    def test_is_not_offered_when_it_may_have_been_saved(self) -> None:
        page = asked(error=CommitLost("x"), data={"name": "a"}).content.decode()
        assert "Look whether it was saved" in page
        assert "Nothing was saved" not in page
        assert '<form method="post"' not in page


def test_a_page_can_be_asked_for_again() -> None:
    answer = asked("get", path="/x/?y=1")
    assert answer["Cache-Control"] == "no-store"
    assert 'href="/x/?y=1"' in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(AWAY, 503, "cannot be reached"), (FULL, 507, "The disk for files is full"), (Busy(), 503, "changing")],
)
def test_scripts_get_json(error: Exception, status: int, words: str) -> None:
    answer = asked(error=error, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert words in json.loads(answer.content)["message"]


def test_faults_are_not_excused() -> None:
    assert unavailable.answer(RequestFactory().get("/"), ValueError()) is None


def test_an_outage_is_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch()
    watch.is_back()
    for _request in range(100):
        watch.notice(AWAY)
    for _connection in range(2):
        watch.is_back()
    assert [record.message for record in caplog.records] == [
        "The database is away, nothing more is said until it is back: connection refused",
        "The database is back after 0 s; it was missed 100 times",
    ]
    watch.notice(AWAY)
    assert len(caplog.records) == 3


def test_passing_trouble_is_said_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Watch()
    for _request in range(100):
        watch.notice(Busy("waiting\nfor a row"))
    now[0] += 61
    watch.notice(Busy("again"))
    assert [record.message for record in caplog.records] == [
        "The database was too busy for something: waiting",
        "The database was too busy, and 99 times since it was last said: again",
    ]


@pytest.mark.django_db
def test_django_does_not_log_it_too(
    administrator: Member, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def load(self: SessionStore) -> None:
        raise AWAY

    client = Client(raise_request_exception=False)
    client.cookies = client_of(administrator).cookies
    monkeypatch.setattr(SessionStore, "load", load)
    with caplog.at_level(logging.DEBUG):
        client.get(reverse("groups:list"))
    assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == [
        "groupadmin.outage"
    ]
