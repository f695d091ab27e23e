"""Delivers webhooks beside the worker's tasks, so that receivers that hang hold up no mail (rule 11.5).

Each worker has one: a thread that asks the database, and some that only wait for receivers. What fails gets a
few of them, and no company gets all, so that others get through whoever hangs.
"""

import logging
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import Error, close_old_connections, connection

from groupadmin.base import outage

from .claiming import Parcel, Waiting, claim, waiting
from .sending import Outcome, send
from .settling import settle

logger = logging.getLogger(__name__)

LOOKS_EVERY = 1.0
"""How often, in seconds, it looks for what is due."""
OF_ONE_WEBHOOK = 4
"""Events on their way to one webhook at once; to one that fails, one."""
STOPS_WITHIN = 20.0
LOOKED_AT = 1000


class Courier:
    """Takes what is due, has it sent by several threads at once, and stores what became of it."""

    def __init__(self, at_once: int | None = None) -> None:
        self.at_once = at_once or settings.WEBHOOKS_AT_ONCE
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="webhook")
        self._results: SimpleQueue[tuple[Waiting, Parcel, Outcome]] = SimpleQueue()
        self._under_way: Counter[int] = Counter()
        self._of_company: Counter[int] = Counter()
        self._failing = 0
        self._found: dict[int, Waiting] = {}
        self._looked_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def __enter__(self) -> "Courier":
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._stop.set()
        self._thread.join(STOPS_WITHIN)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._under_way.total() > 0

    def _run(self) -> None:
        while not self._stop.is_set() or self.is_busy:
            try:
                close_old_connections()
                self.step(LOOKS_EVERY, begins=not self._stop.is_set())
            except Error as problem:
                if outage.notice(problem) is None:
                    logger.exception("Webhooks could not be delivered")
                connection.close()
                self._stop.wait(LOOKS_EVERY)
            except Exception:
                logger.exception("Webhooks could not be delivered")
                self._stop.wait(LOOKS_EVERY)
        connection.close()

    def step(self, seconds: float, *, begins: bool = True) -> None:
        """Begins what can be begun, waits for the first answer for so long, and stores what has come."""
        if begins:
            self._begin()
        with suppress(Empty):
            self._store(self._results.get(timeout=seconds))
            while True:
                self._store(self._results.get_nowait())

    def _store(self, result: tuple[Waiting, Parcel, Outcome]) -> None:
        of, parcel, outcome = result
        self._under_way[of.webhook] -= 1
        self._of_company[of.company] -= 1
        self._failing -= bool(of.failures)
        settle(parcel, outcome)
        # More for the same may be due.
        self._found[of.webhook] = replace(of, failures=0 if outcome.is_taken else of.failures + 1)

    def _begin(self) -> None:
        """One event for each webhook in turn, for as long as there is room."""
        if not self._has_room:
            return
        if not self._found or time.monotonic() - self._looked_at >= LOOKS_EVERY:
            self._found = {one.webhook: one for one in waiting(LOOKED_AT)}
            self._looked_at = time.monotonic()
        begun = list(self._found.values())
        while begun and self._has_room:
            # Whose company has the fewest under way comes first.
            begun.sort(key=lambda one: self._of_company[one.company])
            begun = [one for one in begun if self._may_begin(one) and self._begin_one(one)]

    @property
    def _has_room(self) -> bool:
        return self._under_way.total() < self.at_once

    def _may_begin(self, of: Waiting) -> bool:
        if of.failures and self._failing >= max(1, self.at_once // 4):
            return False
        if self._under_way[of.webhook] >= (1 if of.failures else OF_ONE_WEBHOOK):
            return False
        return self._has_room and self._of_company[of.company] < max(1, self.at_once // 2)

    def _begin_one(self, of: Waiting) -> bool:
        """Whether there was something to send."""
        if (parcel := claim(of.webhook)) is None:
            self._found.pop(of.webhook, None)
            return False
        self._under_way[of.webhook] += 1
        self._of_company[of.company] += 1
        self._failing += bool(of.failures)

        def done(sent: "Future[Outcome]") -> None:
            if not sent.cancelled():
                self._results.put((of, parcel, sent.result()))

        self._pool.submit(send, parcel).add_done_callback(done)
        return True
