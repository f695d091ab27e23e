"""Workers as processes of their own, on the tests' database; and what they run there."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import OperationalError, connection
from django_tasks import task

ROOT = Path(__file__).resolve().parents[1]


@task()
def hold_the_first_time(folder: str) -> str:
    """Writes what it did, and waits for ever after half of it, but only the first time."""
    lines = Path(folder, "lines")
    with lines.open("a") as file:
        file.write("begun\n")
    if lines.read_text().count("begun") == 1:
        # Opened by the test to wait for us; nobody writes to the other.
        Path(folder, "begun").write_text("begun")
        Path(folder, "never").read_text()
    with lines.open("a") as file:
        file.write("done\n")
    return "done"


@task()
def write_a_line(path: str, words: str) -> None:
    """Adds a line to a file, which no two can do at once and one of them lose."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{words}\n".encode())
    finally:
        os.close(descriptor)


@task()
def kill_the_worker() -> None:
    """What a task does that takes too much memory."""
    os.kill(os.getpid(), 9)


@task()
def ask_the_database(folder: str) -> None:
    """Says that it has begun, waits until it may go on, and asks the database."""
    Path(folder, "begun").write_text("begun")
    Path(folder, "go").read_text()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    Path(folder, "done").touch()


FAILURES: list[str] = []


@task()
def break_down(how: str) -> None:
    """Fails "twice", "always", or for want of a database, the first time."""
    FAILURES.append(how)
    if how == "away" and FAILURES.count(how) % 2:
        raise OperationalError("the server closed the connection unexpectedly")
    if how == "always" or (how == "twice" and FAILURES.count(how) % 3):
        raise RuntimeError(how)


def start_worker(*options: str) -> "subprocess.Popen[str]":
    """A worker that looks for tasks again and again, or with "--batch" until there are none."""
    command = [sys.executable, str(ROOT / "manage.py"), "worker", "--interval", "0.1", "--no-startup-delay"]
    values = {"DATABASE_URL": _url(), "DJANGO_SETTINGS_MODULE": "tests.background_settings"}
    return subprocess.Popen(
        [*command, *options],
        env={**os.environ, **values},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _url() -> str:
    """The address of the tests' database, for others than the tests themselves."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(values['NAME']))}"
    user, password = (quote(values[key], safe="") for key in ("USER", "PASSWORD"))
    return f"postgresql://{user}:{password}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"
