"""Lines at locked rows, so that not all threads of a process wait for one company's row.

The server ends each wait for a lock in time, but such a row attracts request after request.
"""

import threading
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from django.db import OperationalError

from groupadmin.base.outage import Busy, Trouble, trouble_of

# Of a process's threads, so many wait for the same row; one more waits for its turn, for a moment.
AT_A_ROW = 2
IN_TURN = 1
TURN_SECONDS = 0.5
# A row for which somebody has waited in vain has one waiting for it, and no turns.
STUCK_SECONDS = 5.0


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
