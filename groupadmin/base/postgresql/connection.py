"""Connections that give up a silent server, and a gate so that not all threads of a process wait for one.

The server's own timeouts end statements and waits for locks. They do not help when the server itself says
nothing.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from groupadmin.base.outage import Away

# After a failure, one connection is tried so often, in seconds; meanwhile nobody else waits for it.
TRIED_EVERY = 1.0

R = TypeVar("R")


class Silence(psycopg.OperationalError):
    """The server has said nothing for too long."""


class Connection(psycopg.Connection[Any]):
    """Gives up a server that is silent for longer than the server itself would let a statement run."""

    silent_seconds: float = 0
    on_silence: Callable[[], None] | None = None

    def wait(self, gen: Generator[Any, Any, R], *args: Any, **kwargs: Any) -> R:
        if not self.silent_seconds:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_within(gen, self.silent_seconds), *args, **kwargs)
        except Silence:
            self.close()
            if self.on_silence is not None:
                self.on_silence()
            raise


def _within(gen: Generator[Any, Any, R], seconds: float) -> Generator[Any, Any, R]:
    """The same, ended by Silence: psycopg asks it again every tenth of a second."""
    until = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:
                gen.close()
                raise Silence(f"the server said nothing for {seconds:.0f} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: R = end.value
        return result


class Gate:
    """The way to one server. While it does not answer, one tries and the others are told at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_closed = self._is_tried = self.is_silent = False
        self._next_try = 0.0
        self._reason = ""

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Around an attempt to connect. Raises Away without one, if another has just failed."""
        with self._lock:
            if self._is_closed:
                if self._is_tried or time.monotonic() < self._next_try:
                    raise Away(self._reason)
                self._is_tried = True
        try:
            yield
        except psycopg.Error as error:
            is_silent = isinstance(error, (psycopg.errors.ConnectionTimeout, Silence))
            self.close(str(error), is_silent=is_silent)
            raise
        except BaseException:
            self.close(self._reason, is_silent=self.is_silent)
            raise
        with self._lock:
            self._is_closed = self._is_tried = self.is_silent = False

    def fall_silent(self) -> None:
        """The server has not answered a statement: nobody asks on the connections that are still open."""
        self.close("the server says nothing", is_silent=True)

    def close(self, reason: str, *, is_silent: bool) -> None:
        """Called when a server could not be reached."""
        with self._lock:
            self._is_closed, self._is_tried, self.is_silent = True, False, is_silent
            self._reason = reason
            self._next_try = time.monotonic() + TRIED_EVERY
