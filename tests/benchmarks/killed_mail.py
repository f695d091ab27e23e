"""Kills the mail server between the commit and the reply, again and again, while 1,000 mails are sent.

    DATABASE_URL=postgresql://… python -m tests.benchmarks.killed_mail [--forgetful] [MAILS]

Uses the database that it finds; give it one of its own, on PostgreSQL. Clients send by SMTP and LMTP as
mail servers do: what they were not told of, they send again, with other trace headers. A third of the mails
have no Message-ID. The server is killed at one commit in twenty-five before it can reply, and now and then
at any other moment. Then everything is delivered to a folder. Prints how many mails were lost, and how many
went out twice. With --forgetful the server knows no mail again, to see what that does.
"""

import asyncio
import contextlib
import os
import random
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.mail_settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from groups.mail.arrival import Decision  # noqa: E402
from groups.mail.incoming import receive, repeats, server  # noqa: E402
from groups.mail.outgoing import delivery  # noqa: E402
from groups.models import Envelope, Group, Mail  # noqa: E402
from tests.factories import CompanyFactory, GroupFactory, MemberFactory  # noqa: E402

MAILS = 1_000
CLIENTS = 6
MEMBERS = 5
KILLED_BEFORE_REPLY = 0.04
# After how many seconds a server is killed otherwise, if it still lives.
LIVES = (4, 12)
SENDER = "eva@outside.example"
LIST = "everybody@killed.example"
HIT = 99


def serve(ports: tuple[int, int], seed: int, forgetful: bool) -> None:
    """Serves by SMTP and LMTP until it is killed, mostly by itself."""
    chance = random.Random(seed)
    take, mark_of = receive.take, repeats.mark_of

    def deadly(*args: Any) -> list[Decision]:
        decisions = take(*args)
        if any(decision.accepted for decision in decisions) and chance.random() < KILLED_BEFORE_REPLY:
            # Like kill -9, but with a status of its own.
            os._exit(HIT)
        return decisions

    def forgotten(*args: Any, **kwargs: Any) -> repeats.Mark:
        return replace(mark_of(*args, **kwargs), fingerprint=os.urandom(32).hex())

    patch.object(receive, "take", deadly).start()
    if forgetful:
        patch.object(repeats, "mark_of", forgotten).start()
    places = [
        server.Endpoint(door, socket.create_server(("127.0.0.1", port)))
        for door, port in zip((Mail.Door.SMTP, Mail.Door.LMTP), ports, strict=True)
    ]
    asyncio.run(server.serve(places, None, lambda: None))


@dataclass
class Run:
    """What has happened so far."""

    mails: int
    ports: tuple[int, int]
    kills: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep_serving(self, forgetful: bool) -> None:
        """Starts a server whenever the last one was killed."""
        chance = random.Random(2026)
        command = [sys.executable, "-m", "tests.benchmarks.killed_mail", "serve", *map(str, self.ports)]
        while not self.is_over.is_set():
            more = [str(chance.getrandbits(32)), *(["--forgetful"] if forgetful else [])]
            process = subprocess.Popen([*command, *more], stdin=subprocess.DEVNULL)
            end = time.monotonic() + chance.uniform(*LIVES)
            while process.poll() is None and time.monotonic() < end and not self.is_over.is_set():
                time.sleep(0.2)
            if process.poll() is None:
                self.kills["at any moment"] += not self.is_over.is_set()
                process.kill()
            self.kills["between commit and reply"] += process.wait() == HIT

    def send(self, number: int) -> None:
        """Sends a mail until it is taken."""
        by_lmtp = number % 2
        while True:
            with self.lock:
                self.attempts += 1
                attempt = self.attempts
            with contextlib.suppress(OSError, smtplib.SMTPException):
                kind = smtplib.LMTP if by_lmtp else smtplib.SMTP
                with kind("127.0.0.1", self.ports[by_lmtp], timeout=30) as client:
                    client.ehlo_or_helo_if_needed()
                    client.mail(SENDER)
                    client.rcpt(LIST)
                    if client.data(raw(number, attempt))[0] == 250:
                        return
            time.sleep(0.2)


def raw(number: int, attempt: int) -> bytes:
    message_id = f"Message-ID: <{number}@outside.example>\r\n" if number % 3 else ""
    return (
        f"Received: from laptop by relay; attempt {attempt}\r\n{message_id}"
        f"From: {SENDER}\r\nDate: Mon, 30 Nov 2026 08:00:00 +0000\r\nSubject: number {number}\r\n\r\n"
        f"{'Some words. ' * 300}\r\n"
    ).encode()


def prepare() -> None:
    call_command("migrate", verbosity=0)
    if not Group.objects.filter(name="Everybody").exists():
        company = CompanyFactory.create(name="Killed", domain="killed.example")
        people = MemberFactory.create_batch(MEMBERS, company=company)
        GroupFactory.create(
            company=company, name="Everybody", members=people, listed=True,
            mailing_list__address__local_part="everybody",
        )  # fmt: skip
    Mail.objects.all().delete()


def delivered(folder: Path) -> Counter[int]:
    """How often each mail goes out."""
    settings.MAIL_OUT = f"folder://{folder}"
    while Envelope.objects.waiting().exists():
        delivery.run()
    subjects = (
        re.search(rb"^Subject: number (\d+)", path.read_bytes(), re.M) for path in folder.glob("*.eml")
    )
    return Counter(int(found[1]) for found in subjects if found)


def main(arguments: Sequence[str]) -> None:
    forgetful = "--forgetful" in arguments
    numbers = [int(one) for one in arguments if one.isdigit()]
    if "serve" in arguments:
        smtp, lmtp, seed = numbers
        serve((smtp, lmtp), seed, forgetful)
        return
    mails = numbers[0] if numbers else MAILS
    if connection.vendor != "postgresql":
        sys.exit("This needs PostgreSQL, which goes on while the server is killed. Set DATABASE_URL.")
    prepare()
    connections.close_all()
    run = Run(mails, (free_port(), free_port()))
    start = time.perf_counter()
    serving = threading.Thread(target=run.keep_serving, args=(forgetful,))
    serving.start()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(run.send, range(mails)))
    seconds = time.perf_counter() - start
    run.is_over.set()
    serving.join()
    folder = Path(tempfile.mkdtemp(prefix="killed-mail-"))
    went_out = delivered(folder)
    shutil.rmtree(folder)
    repeated = sum(Mail.objects.values_list("repeats", flat=True))
    say(
        f"{mails} mails in {run.attempts} attempts, {seconds:.0f} s; killed {dict(run.kills)}; "
        f"known again {repeated}; lost {sum(not went_out[number] for number in range(mails))}, "
        f"twice {sum(went_out[number] > 1 for number in range(mails))}"
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def say(text: str) -> None:
    sys.stdout.write(f"{connection.vendor} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
