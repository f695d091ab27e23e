"""Times mail to lists of 1,000 and of 100,000 people, from its acceptance to the last hand-over.

    DATABASE_URL=postgresql://… python -m tests.benchmarks.mail_delivery

Uses the database that it finds and fills it the first time; give it one of its own. The lists hold their
people by way of teams and nested groups. Mail comes in by LMTP (manage.py mailserver), on as many connections
as the mail server in front would open. Two workers (manage.py worker) hand over to a mail server of our own
on the same machine, which counts recipients and keeps nothing. Prints how long it takes to find the
recipients, to accept the mail, until the last one is handed over, and the most memory that a process had.
"""

import asyncio
import multiprocessing
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any

PORT = 8141
LMTP_PORT = 8144
CONNECTIONS = 4
WORKERS = 2
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.mail_settings")
os.environ.setdefault("MAIL_OUT", f"smtp://127.0.0.1:{PORT}")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402

from accounts.models import Address, Company, Team  # noqa: E402
from groupadmin.demo.large import Size  # noqa: E402
from groups.mail.outgoing import delivery, recipients  # noqa: E402
from groups.membership import effective  # noqa: E402
from groups.models import Envelope, Group, Mail, MailingList, Membership  # noqa: E402

from . import large_company  # noqa: E402

MEMBERS = 102_500
LISTS = {"thousand": 1_000, "everybody": 100_000}
MAILS = {"thousand": 20, "everybody": 1}
ROUNDS = 2
PATIENCE = 120
BODY = b"Some words, as people write them.\r\n" * 100


class Counting(asyncio.Protocol):
    """A mail server that says yes to all and counts recipients."""

    count: "Synchronized[int]"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.recipients = 0
        self.in_content = False
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        replies: list[bytes] = []
        while self._content(replies) if self.in_content else self._commands(replies):
            pass
        self.transport.write(b"".join(replies))

    def _content(self, replies: list[bytes]) -> bool:
        end = self.buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        self.buffer = self.buffer[end + 5 :]
        self.in_content = False
        with self.count.get_lock():
            self.count.value += self.recipients
        replies.append(b"250 2.0.0 Taken\r\n")
        return True

    def _commands(self, replies: list[bytes]) -> bool:
        whole, _end, self.buffer = self.buffer.rpartition(b"\r\n")
        for line in whole.split(b"\r\n") if whole else ():
            verb = line[:4].upper()
            if verb == b"RCPT":
                self.recipients += 1
                replies.append(b"250 2.1.5 OK\r\n")
            elif verb == b"DATA":
                self.in_content = True
                replies.append(b"354 Go on\r\n")
            elif verb == b"EHLO":
                replies.append(
                    b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250 8BITMIME\r\n"
                )
            else:
                self.recipients = 0
                replies.append(b"250 2.0.0 OK\r\n")
        return self.in_content and bool(self.buffer)


def serve(count: "Synchronized[int]") -> None:
    """The mail server's process."""
    Counting.count = count

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Counting, "127.0.0.1", PORT)
        await server.serve_forever()

    asyncio.run(forever())


@contextmanager
def sink() -> Iterator["Synchronized[int]"]:
    count: Synchronized[int] = multiprocessing.get_context("spawn").Value("q", 0)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(count,), daemon=True)
    process.start()
    try:
        yield count
    finally:
        process.terminate()


@contextmanager
def background() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The mail server and the workers, each in a process as in use."""
    manage = [sys.executable, "manage.py"]
    server = [*manage, "mailserver", "--lmtp", f"127.0.0.1:{LMTP_PORT}", "--smtp", ""]
    work = [*manage, "worker", "--interval", "0.1", "--verbosity", "0"]
    running = {"server": subprocess.Popen(server)}
    running |= {f"worker {n + 1}": subprocess.Popen(work) for n in range(WORKERS)}
    time.sleep(5)
    try:
        yield running
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()


def prepare() -> dict[str, MailingList]:
    """The company and its two lists."""
    company = large_company.get_or_fill(Size(groups=1_000, members=MEMBERS))
    return {name: _list(company, name, size) for name, size in LISTS.items()}


def _list(company: Company, name: str, size: int) -> MailingList:
    """A group with about so many people: half of its teams in a group inside a group."""
    if found := Group.objects.filter(company=company, name=name).first():
        assert found.mailing_list is not None
        return found.mailing_list
    address = Address.objects.create(local_part=name, domain=company.primary_domain, kind=Address.Kind.GROUP)
    mailing_list = MailingList.objects.create(address=address)
    outer = Group.objects.create(
        company=company, name=name, mailing_list=mailing_list, uses_mailing_list=True
    )
    middle, inner = (Group.objects.create(company=company, name=f"{name} {part}") for part in ("2", "3"))
    Membership.objects.create(group=outer, subgroup=middle)
    Membership.objects.create(group=middle, subgroup=inner)
    teams = list(Team.objects.filter(company=company).order_by("pk")[:531])
    chosen = teams[:1] if size >= MEMBERS // 2 else teams[31:]
    count = 0
    for number, team in enumerate(chosen):
        Membership.objects.create(group=(outer, inner)[number % 2] if len(chosen) > 1 else inner, team=team)
        count = effective.people_of(outer).count()
        if count >= size:
            break
    return mailing_list


def send(address: str, number: int) -> None:
    """So many mails to a list, each in a transaction of its own."""

    sender = large_company.administrator().email

    def some(share: int) -> None:
        with smtplib.LMTP("127.0.0.1", LMTP_PORT) as front:
            for n in range(share):
                head = f"From: {sender}\r\nSubject: {n}\r\nMessage-ID: <{n}@x.example>\r\n\r\n"
                front.sendmail(sender, [address], head.encode() + BODY)

    connections = min(number, CONNECTIONS)
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(some, [number // connections] * connections))


def measure(name: str, mailing_list: MailingList, count: Any) -> str:
    start = time.perf_counter()
    people = len(recipients.recipients(mailing_list))
    resolved = time.perf_counter() - start
    already, start = count.value, time.perf_counter()
    send(str(mailing_list), MAILS[name])
    accepted = time.perf_counter() - start
    wanted = already + people * MAILS[name]
    while count.value < wanted:
        time.sleep(0.005)
        assert time.perf_counter() - start < PATIENCE, "the workers do nothing"
    total = time.perf_counter() - start
    while Envelope.objects.filter(state="waiting").exists() or Mail.objects.filter(result="waiting").exists():
        time.sleep(0.05)
    assert count.value == wanted, "somebody got it twice"
    return (
        f"{name:10} {MAILS[name]:3} × {people:7,} people: found in {resolved:6.3f} s, "
        f"accepted in {accepted:6.3f} s, all handed over after {total:6.2f} s = "
        f"{people * MAILS[name] / total:8,.0f} recipients/s"
    )


def peak(pid: int) -> str:
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return f"{int(line.split()[1]) / 1024:.0f} MB"


def main() -> None:
    lists = prepare()
    delivery.finish(Mail.objects.all())
    with sink() as count, background() as processes:
        for _ in range(ROUNDS):
            for name, mailing_list in lists.items():
                say(f"load {os.getloadavg()[0]:4.1f}  {measure(name, mailing_list, count)}")
        say(f"most memory: {', '.join(f'{name} {peak(one.pid)}' for name, one in processes.items())}")


def say(text: str) -> None:
    sys.stdout.write(f"{connection.vendor} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
