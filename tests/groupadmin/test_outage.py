"""A real PostgreSQL that is stopped, falls silent or keeps a row locked, with servers as in use beside it."""

import contextlib
import http.client
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.postgres import Cluster, Way, cluster

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
LIMITS = {
    "DATABASE_CONNECT_SECONDS": "2",
    "DATABASE_LOCK_SECONDS": "1",
    "DATABASE_STATEMENT_SECONDS": "2",
    "DATABASE_BACKGROUND_STATEMENT_SECONDS": "2",
    "METRICS_TOKEN": "sesame",
}
# Long enough for everything that ends, and short enough for what would not.
PATIENCE = 60


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class House:
    """The database, the way to it, and who uses it."""

    database: Cluster
    way: Way
    web: int
    mail: int
    log: Path
    people: dict[str, Any]

    def ask(self, path: str, who: str = "", data: str | None = None, **headers: str) -> Answer:
        headers["Cookie"] = f"csrftoken={'c' * 32}; sessionid={self.people['keys'].get(who, '')}"
        if data is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            headers["X-CSRFToken"] = "c" * 32
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=PATIENCE)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET" if data is None else "POST", path, data, named)
            got = connection.getresponse()
            return Answer(got.status, dict(got.headers), got.read().decode())

    def address_mail(self) -> int:
        """What the mail server answers to a list's address."""
        with smtplib.LMTP("127.0.0.1", self.mail) as front:
            front.ehlo()
            front.mail("momo@hanbit.example")
            return front.rcpt("platform@hanbit.example")[0]

    def until(self, path: str, who: str, status: int) -> None:
        wait_for(lambda: self.ask(path, who).status == status)

    def lines(self, name: str) -> list[str]:
        return (self.log / name).read_text().splitlines()

    def until_said(self, name: str, words: str) -> None:
        wait_for(lambda: any(words in line for line in self.lines(name)))

    def connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.database.url())


def _listen() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.set_inheritable(True)
    return listener


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(cluster())
        way = stack.enter_context(contextlib.closing(Way(database.port)))
        log = tmp_path_factory.mktemp("log")
        own = {"DJANGO_SETTINGS_MODULE": "tests.outage_settings", "PYTHONUNBUFFERED": "1", **LIMITS}
        environment = os.environ | own | {"DATABASE_URL": database.url(way.port)}
        for name in ("begun", "go"):
            # Opened to wait for the worker's task, and to let it go on.
            os.mkfifo(log / name)
        filled = subprocess.run(
            [sys.executable, "-m", "tests.outage_people", str(log)],
            env=environment | {"DATABASE_BACKGROUND_STATEMENT_SECONDS": "60"},
            cwd=ROOT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        web, mail = (stack.enter_context(_listen()) for _name in range(2))
        manage = [sys.executable, str(ROOT / "manage.py")]
        gunicorn = [sys.executable, "-m", "gunicorn", "groupadmin.wsgi:application", "--no-control-socket"]
        commands = {
            "web": [*gunicorn, "--bind", f"fd://{web.fileno()}", "--threads", str(THREADS)],
            "worker": [*manage, "worker", "--interval", "0.1", "--no-startup-delay"],
            "mail": [*manage, "mailserver", "--lmtp", f"fd:{mail.fileno()}", "--smtp", ""],
        }
        servers = []
        for name, command in commands.items():
            file = stack.enter_context((log / name).open("wb"))
            server = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, pass_fds=[web.fileno(), mail.fileno()],
            )  # fmt: skip
            stack.callback(_end, server)
            servers.append(server)
        for server in servers:
            stack.callback(server.terminate)
        web_port, mail_port = (listener.getsockname()[1] for listener in (web, mail))
        yield House(database, way, web_port, mail_port, log, json.loads(filled.stdout))


def _end(server: "subprocess.Popen[bytes]") -> None:
    # A worker may still be in the task that one of the tests lets go on.
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(5)
    server.kill()
    server.wait()


def doors(house: House) -> dict[str, tuple[Any, ...]]:
    """Every kind of request that needs the database: path, who, data."""
    group = house.people["group"]
    return {
        "page": ("/groups/", "administrator"),
        "sign-in page of somebody signed in": ("/sign-in/", "administrator"),
        "signing in": ("/sign-in/", "", "login=ada%40hanbit.example&password=secret-word"),
        "form": ("/settings/", "administrator", 'name=Typed+"here"&csrfmiddlewaretoken=t'),
        "admin": ("/admin/accounts/company/", "superuser"),
        "feed": (f"/rooms/calendars/{'x' * 43}.ics", ""),
        "poll": (f"/rooms/{group}/messages/changes/?after=0", "member"),
    }


def test_a_stopped_database_is_said_at_every_door_and_once_in_the_log(house: House) -> None:
    """Signed in or not, by page, form, script, calendar and mail; static files do without it."""
    assert house.ask("/groups/", "administrator").status == 200
    assert (house.log / "begun").read_text() == "begun"
    house.database.stop()
    try:
        (house.log / "go").write_text("go")
        answers = {name: house.ask(*door) for name, door in doors(house).items()}
        begin = f"/rooms/{house.people['group']}/messages/upload/"
        answers["script"] = house.ask(begin, "member", "name=a&size=1", Accept="application/json")
        said = {name: (one.status, one.headers.get("Retry-After")) for name, one in answers.items()}
        assert said == dict.fromkeys(answers, (503, "10"))
        assert not [name for name, one in answers.items() if "Nothing was saved" not in one.text]
        assert "Nothing was saved" in json.loads(answers["script"].text)["message"]
        assert 'name="name" value="Typed &quot;here&quot;"' in answers["form"].text
        assert "secret-word" not in answers["signing in"].text
        for file in ("/static/groupadmin/app.css", "/icons.1.svg"):
            assert house.ask(file, "administrator").status == 200
        assert health(house) == {"/healthz": 200, "/readyz": 503, "/metrics": 200}
        assert house.address_mail() == 451
        house.until_said("worker", "The database is away")
    finally:
        house.database.start()
    house.until("/groups/", "administrator", 200)
    # It asks the database once a second.
    wait_for(lambda: house.address_mail() == 250)
    # The worker begins its task again, from the start.
    assert (house.log / "begun").read_text() == "begun"
    (house.log / "go").write_text("go")
    wait_for((house.log / "done").exists)
    for name in ("web", "worker", "mail"):
        house.until_said(name, "The database is back")
        lines = [line for line in house.lines(name) if re.search(r"ERROR|WARNING|Traceback", line)]
        lines = [line for line in lines if "goes on: the database is back" not in line]
        assert len(lines) == 2, lines
        assert "The database is away" in lines[0]


def health(house: House) -> dict[str, int]:
    """What the pages for machines answer, and that they name what is missing (rule 11.6)."""
    shown = {"Authorization": "Bearer sesame"}
    answers = {path: house.ask(path, **shown) for path in ("/healthz", "/readyz", "/metrics")}
    assert json.loads(answers["/readyz"].text)["checks"]["database"]["ok"] is False
    assert "groupadmin_database_up 0.0\n" in answers["/metrics"].text
    return {path: answer.status for path, answer in answers.items()}


def test_a_silent_database_keeps_nobody_waiting(house: House) -> None:
    """It accepts, and never answers: more requests than threads end all the same, and files are served."""
    for _again in range(THREADS):
        assert house.ask("/groups/", "administrator").status == 200
    house.way.fall_silent()
    try:
        found: list[int] = []
        crowd = [
            threading.Thread(target=lambda: found.append(house.ask("/groups/", "administrator").status))
            for _number in range(4 * THREADS)
        ]
        for one in crowd:
            one.start()
        assert house.ask("/static/groupadmin/app.css", "administrator").status == 200
        assert health(house) == {"/healthz": 200, "/readyz": 503, "/metrics": 200}
        for one in crowd:
            one.join(PATIENCE)
        assert found == [503] * len(crowd)
        assert house.ask(*doors(house)["signing in"]).status == 503
    finally:
        house.way.speak_again()
    house.until("/groups/", "administrator", 200)


def test_a_locked_company_stops_no_other(house: House) -> None:
    """More people of one company wait for its locked row than there are threads; the others go on."""
    company = house.people["company"]
    add = "name=New+team&parent="
    with house.connect() as holder:
        holder.execute("SELECT 1 FROM accounts_company WHERE id = %s FOR UPDATE", [company])
        found: list[Answer] = []
        crowd = [
            threading.Thread(target=lambda: found.append(house.ask("/teams/add/", "administrator", add)))
            for _number in range(3 * THREADS)
        ]
        for one in crowd:
            one.start()
        assert house.ask("/groups/", "other_administrator").status == 200
        assert house.ask("/teams/add/", "other_administrator", add).status == 302
        assert house.ask("/static/groupadmin/app.css").status == 200
        for one in crowd:
            one.join(PATIENCE)
        assert {answer.status for answer in found} == {503}
        assert len(found) == len(crowd)
        assert "Others are changing" in found[0].text
    assert house.ask("/teams/add/", "administrator", add).status == 302
