"""A mail server that takes mail and goes no further: quick, and as ill-behaved as a test wants it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = b""
"""Said instead of a reply: the connection ends without one."""


@dataclass
class Transaction:
    """A mail that came, for some recipients, in a session; whether the client was told that it was taken."""

    sender: str
    recipients: list[str]
    data: bytes
    session: int
    is_confirmed: bool = True


@dataclass
class Behaviour:
    """What the server says. Tests overwrite what they want otherwise."""

    extensions: tuple[str, ...] = (
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "SIZE 100000000",
        "ENHANCEDSTATUSCODES",
    )
    taken: list[Transaction] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    sessions: int = 0
    quits: set[int] = field(default_factory=set)
    open: set[asyncio.Transport] = field(default_factory=set)
    greeting: bytes = b"220 sink.example ESMTP"

    def mail(self, sender: str) -> bytes:
        return b"250 2.1.0 OK"

    def rcpt(self, recipient: str) -> bytes:
        return b"250 2.1.5 OK"

    def data(self) -> bytes:
        return b"354 Go on"

    def auth(self) -> bytes:
        return b"235 2.7.0 Welcome"

    def content(self, transaction: Transaction) -> bytes:
        """The reply to a whole mail, which is kept if it is a good one."""
        self.taken.append(transaction)
        return b"250 2.0.0 Taken"


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        behaviour.sessions += 1
        self.number = behaviour.sessions
        self.buffer = bytearray()
        self.in_content = False
        self.sender = ""
        self.has_sender = False
        self.recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.behaviour.open.add(transport)
        transport.write(self.behaviour.greeting + b"\r\n")

    def connection_lost(self, error: Exception | None) -> None:
        self.behaviour.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        replies = []
        while (reply := self._next()) is not None:
            if reply == DROP:
                self.transport.abort()
                return
            replies.append(reply)
        if replies:
            self.transport.write(b"\r\n".join(replies) + b"\r\n")

    def _next(self) -> bytes | None:
        if self.in_content:
            return self._content()
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return None
        line = self.buffer[:end].decode("utf-8")
        del self.buffer[: end + 2]
        return self._command(line)

    def _content(self) -> bytes | None:
        end = 0 if self.buffer.startswith(b".\r\n") else self.buffer.find(b"\r\n.\r\n") + 2
        if end == 1:
            return None
        transaction = Transaction(self.sender, self.recipients, bytes(self.buffer[:end]), self.number)
        del self.buffer[: end + 3]
        self.in_content = False
        self.recipients, self.has_sender = [], False
        return self.behaviour.content(transaction)

    def _command(self, line: str) -> bytes:
        verb = line.upper().partition(" ")[0]
        if verb == "RCPT":
            address = line[line.index("<") + 1 : line.rindex(">")]
            reply = self.behaviour.rcpt(address) if self.has_sender else b"503 5.5.1 MAIL first"
            if reply.startswith(b"2"):
                self.recipients.append(address)
            return reply
        self.behaviour.commands.append(line)
        if verb == "MAIL":
            self.sender = line[line.index("<") + 1 : line.index(">")]
            self.recipients = []
            reply = self.behaviour.mail(self.sender)
            self.has_sender = reply.startswith(b"2")
            return reply
        if verb == "DATA":
            reply = self.behaviour.data() if self.has_sender else b"503 5.5.1 MAIL first"
            self.in_content = reply.startswith(b"354")
            return reply
        if verb == "EHLO":
            lines = ["sink.example", *self.behaviour.extensions]
            return "\r\n".join(
                f"250{' ' if n == len(lines) - 1 else '-'}{text}" for n, text in enumerate(lines)
            ).encode()
        if verb == "AUTH":
            return self.behaviour.auth()
        if verb == "QUIT":
            self.behaviour.quits.add(self.number)
            self.transport.write(b"221 Bye\r\n")
            self.transport.close()
        return b"250 OK"


@contextmanager
def running(behaviour: Behaviour, port: int = 0) -> Iterator[str]:
    """Serves in a thread; gives the address for settings.MAIL_OUT.

    The loop is touched in its own thread alone: in the test's, a browser's may be running.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: Session(behaviour), "127.0.0.1", port, backlog=100)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for transport in list(behaviour.open):
            transport.abort()
        await asyncio.sleep(0)
        await server.wait_closed()

    try:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result()
        try:
            yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            asyncio.run_coroutine_threadsafe(stop(server), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
