"""A web server of the tests' own, on loopback, that answers well or badly."""

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Say = Callable[[bytes], None]
Behaviour = Callable[["Request", Say, threading.Event], None]


@dataclass(frozen=True)
class Request:
    """What came in."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answers:
    """A plain answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __call__(self, request: Request, say: Say, over: threading.Event) -> None:
        lines = [
            f"HTTP/1.1 {self.status} Whatever",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        say("\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body)


def drips(request: Request, say: Say, over: threading.Event) -> None:
    """Sends a byte of its headers now and then, for ever."""
    say(b"HTTP/1.1 200 OK\r\nX: ")
    while not over.wait(0.01):
        say(b"x")


def drips_its_body(request: Request, say: Say, over: threading.Event) -> None:
    say(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.wait(0.01):
        say(b"x")


def never_answers(request: Request, say: Say, over: threading.Event) -> None:
    over.wait(10)


def floods(request: Request, say: Say, over: threading.Event) -> None:
    """Sends a body without end."""
    say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        say(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def hangs_up(request: Request, say: Say, over: threading.Event) -> None:
    """Dies in the middle of its answer."""
    say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of")


def speaks_no_http(request: Request, say: Say, over: threading.Event) -> None:
    say(b"220 mail.example ESMTP\r\n")


class Receiver(socketserver.ThreadingTCPServer):
    """Keeps what it was sent in `requests`; answers as `queue` says in turn, then as `behaviour`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.tls = tls
        self.requests: list[Request] = []
        self.behaviour: Behaviour = Answers()
        self.queue: list[Behaviour] = []
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up; that is what is tested."""


class _Exchange(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        connection = self.request
        connection.settimeout(10)
        if server.tls is not None:
            connection = server.tls.wrap_socket(connection, server_side=True)
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            line = stream.readline().decode("latin-1").strip()
            headers = {}
            while text := stream.readline().decode("latin-1").strip():
                name, _colon, value = text.partition(":")
                headers[name.lower()] = value.strip()
            request = Request(line, headers, stream.read(int(headers.get("content-length", 0))))
            server.requests.append(request)
            behaviour = server.queue.pop(0) if server.queue else server.behaviour
            behaviour(request, connection.sendall, server.over)


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """One that answers as long as this is open."""
    with Receiver(tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of this name encrypts with, and what trusts it and nobody else."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch"]
    subprocess.run(
        [
            *command,
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName=DNS:{name}",
            "-keyout",
            key,
            "-out",
            cert,
        ],
        check=True,
        capture_output=True,
    )
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(cert, key)
    return serving, ssl.create_default_context(cafile=str(cert))
