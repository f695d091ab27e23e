"""Who may wait for the database, and how long: so that all threads of a process never wait at once.

The server's own timeouts end statements and waits for locks. They do not help when the server itself is
silent, nor when one company's locked row attracts request after request.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import OperationalError

from groupadmin.base.outage import Away, Busy, Trouble, trouble_of

# After a failure, one connection is tried so often, in seconds; meanwhile nobody else waits for it.
TRIED_EVERY = 1.0
# Of a process's threads, so many wait for the same row; one more waits for its turn, for a moment.
AT_A_ROW = 2
IN_TURN = 1
TURN_SECONDS = 0.5
# A row for which somebody has waited in vain has one waiting for it, and no turns.
STUCK_SECONDS = 5.0

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


class Lines:
    """Lines of threads at locked rows, each known by the statement that locks it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Counter[Hashable] = Counter()
        self._in_turn: Counter[Hashable] = Counter()
        self._stuck: dict[Hashable, float] = {}

    @contextmanager
    def standing(self, row: Hashable) -> Iterator[None]:
        """Around the statement. Raises Busy instead of waiting where enough wait already."""
        self._join(row)
        try:
            yield
        except OperationalError as error:
            if trouble_of(error) is Trouble.BUSY:
                self._remember(row)
            raise
        finally:
            with self._changed:
                _leave(self._waiting, row)
                self._changed.notify_all()

    def _join(self, row: Hashable) -> None:
        with self._changed:
            is_stuck = self._stuck.get(row, 0) > time.monotonic()
            most = 1 if is_stuck else AT_A_ROW
            may_wait = not is_stuck and self._in_turn[row] < IN_TURN
            self._in_turn[row] += 1
            try:
                seconds = TURN_SECONDS if may_wait else 0
                if not self._changed.wait_for(lambda: self._waiting[row] < most, seconds):
                    raise Busy("Others wait for the same row")
            finally:
                _leave(self._in_turn, row)
            self._waiting[row] += 1

    def _remember(self, row: Hashable) -> None:
        now = time.monotonic()
        with self._changed:
            self._stuck = {one: until for one, until in self._stuck.items() if until > now}
            self._stuck[row] = now + STUCK_SECONDS


def _leave(line: Counter[Hashable], row: Hashable) -> None:
    line[row] -= 1
    if not line[row]:
        del line[row]
