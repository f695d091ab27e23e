"""Listens for mail: LMTP behind a front server, SMTP, and submission after sign-in (rules 4.3, 4.6)."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections

from groups.models import Mail

from .dialogue import STOPPING, Listener

logger = logging.getLogger(__name__)

# How long running transactions may take when the server stops.
PATIENCE_SECONDS = 60
# How many large mails are stored at a time; the other threads are free for small ones.
LARGE_KEPT_AT_ONCE = 2

R = TypeVar("R")


@dataclass(frozen=True)
class Endpoint:
    """An address to listen on, and for what."""

    door: Mail.Door
    listening: socket.socket
    is_tls_from_the_start: bool = False


class MailServer:
    """All listeners, and the threads for their database work."""

    def __init__(self, places: Sequence[Endpoint], tls: ssl.SSLContext | None = None) -> None:
        self.stopping = False
        # Bytes of mails being received or stored, and their limit.
        self.arriving = 0
        self.most_arriving = settings.MAIL_MAX_BYTES * settings.MAIL_LARGE_AT_ONCE
        self.large = asyncio.Semaphore(LARGE_KEPT_AT_ONCE)
        self._places = places
        self._tls = tls
        self._threads = ThreadPoolExecutor(settings.MAIL_THREADS, thread_name_prefix="mail")
        self._listeners: list[Listener] = []
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Accepts connections from now on."""
        loop = asyncio.get_running_loop()
        for place in self._places:
            listener = self._listener(place)
            tls = self._tls if place.is_tls_from_the_start else None
            server = await loop.create_server(listener.dialogue, sock=place.listening, ssl=tls)
            self._listeners.append(listener)
            self._servers.append(server)

    def _listener(self, place: Endpoint) -> Listener:
        # In LMTP, all connections come from the front server.
        most_of_peer = (
            settings.MAIL_CONNECTIONS if place.door == Mail.Door.LMTP else settings.MAIL_CONNECTIONS // 4
        )
        return Listener(
            door=place.door,
            host=self,
            hostname=settings.MAIL_HOSTNAME,
            size_limit=settings.MAIL_MAX_BYTES,
            most_connections=settings.MAIL_CONNECTIONS,
            most_of_peer=max(1, most_of_peer),
            tls=None if place.door == Mail.Door.LMTP else self._tls,
            is_tls_from_the_start=place.is_tls_from_the_start,
        )

    async def work(self, function: Callable[..., R], *args: Any) -> R:
        """Runs database work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _run, function, args)

    async def stop(self) -> None:
        """Accepts no more connections, lets running transactions finish and reply, turns the rest away."""
        self.stopping = True
        for server in self._servers:
            server.close()
        dialogues = [dialogue for listener in self._listeners for dialogue in listener.dialogues]
        for dialogue in dialogues:
            if not dialogue.is_working:
                dialogue.say_goodbye(STOPPING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while any(listener.dialogues for listener in self._listeners):
                    await asyncio.sleep(0.01)
        self._threads.shutdown(wait=True)


def _run(function: Callable[..., R], args: tuple[Any, ...]) -> R:
    close_old_connections()
    try:
        return function(*args)
    finally:
        close_old_connections()


def tls_context() -> ssl.SSLContext | None:
    """The configured certificate, if any."""
    if not settings.MAIL_TLS_CERTIFICATE:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load(context)
    return context


def _load(context: ssl.SSLContext) -> None:
    context.load_cert_chain(settings.MAIL_TLS_CERTIFICATE, settings.MAIL_TLS_KEY or None)


async def serve(places: Sequence[Endpoint], tls: ssl.SSLContext | None, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT; SIGHUP reloads a renewed certificate."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _reload, tls)
    server = MailServer(places, tls)
    await server.start()
    ready()
    await stop.wait()
    await server.stop()


def _reload(tls: ssl.SSLContext | None) -> None:
    if tls is None:
        return
    try:
        _load(tls)
    except (OSError, ssl.SSLError):
        logger.exception("The renewed certificate cannot be read; the old one stays in use")
