"""kill -9 of the mail server, right where it says 250: what it has said so of, is in the database."""

import contextlib
import os
import re
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from groups.models import Envelope, Group, Mail

ROOT = Path(__file__).resolve().parents[4]
LIST = "platform@hanbit.example"
SENDER = "momo@hanbit.example"
CLIENTS = 6
# After how many mails that were taken each of the servers is killed; the others' are on their way then.
KILLED_AFTER = (1, 13, 40)


@pytest.fixture
def environment(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """What lets a server of its own use the tests' database."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL, which goes on while the server is killed")
    found = connection.settings_dict
    user = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}"
    url = f"postgresql://{user}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"
    own = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MAIL_OUT": f"folder://{tmp_path}",
    }
    return os.environ | own


def _message_id(number: int) -> str:
    return f"<{number}@hanbit.example>"


def _mail(number: int) -> str:
    return f"From: {SENDER}\r\nMessage-ID: {_message_id(number)}\r\n\r\n{'x' * 5000}\r\n"


class Senders:
    """People who send one mail after the other, and note which were taken."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self._lock = threading.Lock()
        self._number = 0

    def send_until_it_dies(self, port: int, enough: int) -> Iterator[None]:
        """Comes back once `enough` were taken, and again when all have noticed that the server is gone."""
        reached = threading.Event()
        goal = len(self.taken) + enough
        threads = [
            threading.Thread(target=self._send, args=(port, goal, reached)) for _client in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        assert reached.wait(120)
        yield
        for thread in threads:
            thread.join()
        yield

    def send_the_rest(self, port: int) -> None:
        """Sends once more what they were not told of, as every mail server does."""
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
            for number in range(1, self._number + 1):
                if _message_id(number) not in self.taken:
                    client.sendmail(SENDER, [LIST], _mail(number))
                    self.taken.add(_message_id(number))

    def _send(self, port: int, goal: int, reached: threading.Event) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client = smtplib.SMTP("127.0.0.1", port, timeout=120)
            while True:
                with self._lock:
                    self._number += 1
                    number = self._number
                client.sendmail(SENDER, [LIST], _mail(number))
                with self._lock:
                    self.taken.add(_message_id(number))
                    if len(self.taken) >= goal:
                        reached.set()


@contextlib.contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, str(ROOT / "manage.py"), "mailserver", "--smtp", "127.0.0.1:0", "--lmtp", ""]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"SMTP: 127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        yield process, int(found[1])
    finally:
        process.kill()
        process.communicate()


def test_what_was_taken_is_kept(environment: dict[str, str], group: Group) -> None:
    """Rule 4.3: whole, with its bytes and everybody whom it goes to."""
    senders = Senders()
    for enough in KILLED_AFTER:
        with server(environment) as (process, port):
            sending = senders.send_until_it_dies(port, enough)
            next(sending)
            process.kill()
            next(sending)
    assert len(senders.taken) >= sum(KILLED_AFTER)
    kept = dict(Mail.objects.values_list("message_id", "pk"))
    assert senders.taken <= kept.keys()
    # Of those whose 250 was on its way, one for each client and server may be there too.
    assert len(kept) <= len(senders.taken) + CLIENTS * len(KILLED_AFTER)
    with server(environment) as (_process, port):
        senders.send_the_rest(port)
    # Sent again, they are known again: everything is there, and once.
    assert sorted(Mail.objects.values_list("message_id", flat=True)) == sorted(senders.taken)
    assert not Mail.objects.filter(content__isnull=True).exists()
    assert {len(recipients) for recipients in Envelope.objects.values_list("recipients", flat=True)} == {2}
    assert Envelope.objects.count() == len(senders.taken)


def test_told_to_stop_it_stops_and_loses_nothing(environment: dict[str, str], group: Group) -> None:
    """SIGTERM, as systemd sends it: it ends by itself, and without an error."""
    senders = Senders()
    with server(environment) as (process, port):
        sending = senders.send_until_it_dies(port, 20)
        next(sending)
        process.terminate()
        assert process.wait(60) == 0
        next(sending)
    assert senders.taken == set(Mail.objects.values_list("message_id", flat=True))
