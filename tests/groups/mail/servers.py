"""The mail server in a thread of the tests, and people who talk to it."""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from groups.mail.incoming.server import MailServer, Place
from groups.models import Mail

TIMEOUT = 30


@dataclass
class Ports:
    """Where the server listens."""

    lmtp: int = 0
    smtp: int = 0
    submission: int = 0
    submissions: int = 0
    server: MailServer | None = None


PLACES = {
    "lmtp": (Mail.Door.LMTP, False),
    "smtp": (Mail.Door.SMTP, False),
    "submission": (Mail.Door.SUBMISSION, False),
    "submissions": (Mail.Door.SUBMISSION, True),
}


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Ports]:
    """Serves until the block is left; then each connection has ended, and no thread is left."""
    ports = Ports()
    places = []
    for name, (door, is_tls) in PLACES.items():
        if door == Mail.Door.SUBMISSION and tls is None:
            continue
        listening = socket.create_server(("127.0.0.1", 0))
        setattr(ports, name, listening.getsockname()[1])
        places.append(Place(door, listening, is_tls))
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        ports.server = MailServer(places, tls)
        await ports.server.start()
        ready.set()
        await stop.wait()
        await ports.server.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    try:
        assert ready.wait(TIMEOUT)
        yield ports
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


class Talk:
    """A connection on which one says what one likes, byte by byte."""

    answers_each = False

    def __init__(self, port: int, greet: str = "EHLO client.example") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()
        self.offered = self.say(greet) if greet else ""

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> str:
        """One reply of one or more lines; empty once the connection has ended."""
        lines = []
        while line := self.file.readline().decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    def say(self, *lines: str | bytes) -> str:
        """Says lines, and gives the reply to the last one."""
        answer = ""
        for line in lines:
            self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
            answer = self.reply()
        return answer

    def envelope(self, sender: str, *recipients: str) -> list[str]:
        """Begins a mail; the replies to each recipient."""
        self.say(f"MAIL FROM:<{sender}>")
        return [self.say(f"RCPT TO:<{recipient}>") for recipient in recipients]

    def mail(self, sender: str, recipients: Sequence[str], raw: bytes) -> list[str]:
        """Sends a mail; the replies to recipients that are refused, then those to the mail."""
        replies = self.envelope(sender, *recipients)
        taken = sum(reply.startswith("250") for reply in replies)
        refused = [reply for reply in replies if not reply.startswith("250")]
        if not taken:
            return refused
        assert self.say("DATA").startswith("354")
        self.send(stuffed(raw))
        many = taken if self.answers_each else 1
        return refused + [self.reply() for _number in range(many)]


class LmtpTalk(Talk):
    """The same by LMTP."""

    answers_each = True

    def __init__(self, port: int) -> None:
        super().__init__(port, "LHLO front.example")


def stuffed(raw: bytes) -> bytes:
    """A mail as it goes over the wire, with its end."""
    data = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
    return data + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def still_answers(port: int) -> bool:
    """Whether another connection is answered."""
    with smtplib.SMTP("127.0.0.1", port, timeout=TIMEOUT) as client:
        return client.noop()[0] == 250
