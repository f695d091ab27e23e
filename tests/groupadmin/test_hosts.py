"""Several hosts with a web server and a worker each are one installation (rule 11.7)."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from groupadmin.models import Worker
from tests.factories.accounts import PASSWORD
from tests.hosts import ROOT, Host, network
from tests.postgres import Cluster, cluster
from tests.s3 import Server

pytestmark = pytest.mark.one_database

PATIENCE = 60
TASKS = 60
FIRST, LAST = b"1" * (5 * 1024 * 1024), b"the end"
FORM = "application/x-www-form-urlencoded"
LOGIN = reverse("account_login")


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Installation:
    """Two hosts with web server and worker each."""

    database: Cluster
    environment: dict[str, str]
    hosts: list[Host]
    people: dict[str, Any]
    folder: Path

    def ask(
        self, host: int, path: str, who: str = "", data: bytes | None = None, kind: str = FORM, **headers: str
    ) -> Answer:
        cookie = f"csrftoken={'c' * 32}; sessionid={self.people['keys'].get(who, '')}"
        headers |= {"Cookie": cookie, "X-CSRFToken": "c" * 32, "Content-Type": kind}
        with closing(http.client.HTTPConnection(self.hosts[host].address, 8000, timeout=PATIENCE)) as asked:
            asked.request("GET" if data is None else "POST", path, data, headers)
            got = asked.getresponse()
            return Answer(got.status, got.headers, got.read())

    def send(self, host: int, path: str, who: str, **fields: Any) -> Answer:
        return self.ask(host, path, who, encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT)

    def run(self, code: str, *arguments: str) -> str:
        """A few lines of Python, with the settings of the hosts."""
        begin = "import sys, django; django.setup(set_prefix=False)\n"
        ran = subprocess.run(
            [sys.executable, "-c", begin + code, *arguments],
            env=os.environ | self.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return ran.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as stack:
        net = stack.enter_context(network(folder))
        files = Server(host=net.address)
        stack.callback(files.stop)
        database = stack.enter_context(cluster(net.address))
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.outage_settings",
            "DATABASE_URL": database.url(),
            "FILES": files.address("files"),
        }
        filled = subprocess.run(
            [sys.executable, "-m", "tests.outage_people"],
            env=os.environ | environment, cwd=ROOT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        files.wait()
        hosts = [net.host(), net.host()]
        made = Installation(database, environment, hosts, json.loads(filled.stdout), folder)
        made.run(
            "from django.core.files.storage import default_storage as files;"
            "files.client.create_bucket(Bucket='files')"
        )
        for host in hosts:
            web = ["-m", "gunicorn", "groupadmin.wsgi:application", "--no-control-socket", "--threads", "4"]
            host.start([sys.executable, *web, "--bind", f"{host.address}:8000"], environment)
            worker = [sys.executable, "manage.py", "worker", "--interval", "0.1", "--no-startup-delay"]
            host.start(worker, environment)
        wait_for(lambda: is_up(made, 0))
        wait_for(lambda: is_up(made, 1))
        yield made


def is_up(installation: Installation, host: int) -> bool:
    try:
        return installation.ask(host, LOGIN).status == 200
    except OSError:
        return False


def test_a_request_goes_to_either(installation: Installation) -> None:
    """A session is known everywhere, and over everywhere once it is ended at one."""
    path = reverse("groups:detail", args=[installation.people["group"]])
    for host in (0, 1):
        answer = installation.ask(host, path, "administrator")
        assert answer.status == 200
        assert b"Platform guild" in answer.content
    assert installation.ask(0, reverse("account_logout"), "administrator", b"").status == 302
    assert installation.ask(1, path, "administrator").status == 302


def test_a_file_comes_in_pieces_to_several(installation: Installation) -> None:
    """Rule 3.5. No disk is shared, and none has anything of it afterwards."""
    room = [installation.people["group"]]
    sent = {"name": "large.bin", "size": str(len(FIRST + LAST)), "modified": "1"}
    begun = installation.send(0, reverse("room:message_upload_begin", args=room), "member", **sent).json
    one, two = (SimpleUploadedFile("piece", content) for content in (FIRST, LAST))
    arrived = installation.send(1, begun["url"], "member", offset="0", piece=one)
    assert arrived.json == {"received": len(FIRST)}
    assert installation.ask(0, begun["url"], "member").json == {"received": len(FIRST)}
    assert installation.send(0, begun["url"], "member", offset=str(len(FIRST)), piece=two).json["done"]
    saved = installation.send(
        1, reverse("room:messages", args=room), "member", text="Look", arrived=begun["key"]
    )
    assert saved.status == 302, saved.content
    page = installation.ask(0, reverse("room:messages", args=room), "member").content.decode()
    (path,) = set(re.findall(r'"([^"]+/files/\d+/)"', page))
    for host in (0, 1):
        assert installation.ask(host, path, "member").content == FIRST + LAST
        part = installation.ask(host, path, "member", Range=f"bytes={len(FIRST)}-")
        assert (part.status, part.content) == (206, LAST)
        assert installation.ask(host, path, "other_administrator").status == 404
        assert installation.ask(host, path).status == 302
        kept = [found for found in installation.hosts[host].disk.rglob("*") if found.is_file()]
        assert max(found.stat().st_size for found in kept) < len(FIRST)


def test_each_task_is_done_once(installation: Installation) -> None:
    lines = installation.folder / "lines"
    installation.run(
        "from tests.background import write_a_line\n"
        f"for number in range({TASKS}): write_a_line.enqueue(sys.argv[1], str(number))",
        str(lines),
    )
    wait_for(lambda: lines.exists() and len(lines.read_text().split()) >= TASKS)
    assert sorted(map(int, lines.read_text().split())) == list(range(TASKS))
    with psycopg.connect(installation.database.url()) as connection:
        tasks, known = (model._meta.db_table for model in (DBTaskResult, Worker))
        asked = f"SELECT DISTINCT worker_ids FROM {tasks} WHERE task_path LIKE %s"
        did = connection.execute(asked, ["%write_a_line"]).fetchall()
        machines = connection.execute(f"SELECT DISTINCT machine FROM {known}").fetchall()
    assert len(did) == 2, "both had some, and none was begun twice"
    assert len(machines) == 2


def test_failures_are_counted_together(installation: Installation) -> None:
    """Rule 9.5: guessing at both hosts in turn does not double the tries."""
    tries = [
        urlencode({"login": "mira@hanbit.example", "password": word}).encode() for word in ("x", PASSWORD)
    ]
    for number in range(10):
        assert b"not correct" in installation.ask(number % 2, LOGIN, data=tries[0]).content
    for host in (0, 1):
        assert b"too many failed sign-ins" in installation.ask(host, LOGIN, data=tries[1]).content
