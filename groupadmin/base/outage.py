"""What is wrong when the database does not answer or the disk is full, and one line in the log about it.

Every process says once that the database is away and once that it is back, however many requests fail in
between. Whoever catches an error asks `notice`: it tells trouble of this kind from faults of ours.
"""

import enum
import errno
import logging
import threading
import time
from typing import Any

from django.db import Error, InterfaceError, OperationalError
from django.db.backends.signals import connection_created

logger = logging.getLogger("groupadmin.outage")

# Trouble that comes and goes with single requests is said at most so often, in seconds.
SAID_EVERY = 60
NO_SPACE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Trouble(enum.Enum):
    """Why something cannot be done just now, though nothing is wrong with it."""

    AWAY = "The database is away"
    BUSY = "The database was too busy"
    FULL = "The disk of the database is full"
    NO_SPACE = "The disk for files is full"
    NO_FILES = "The server that keeps the files is away"


class StoreAway(OSError):  # noqa: N818  (not a fault)
    """The server that keeps the files did not answer, or not as it should."""


class Away(OperationalError):  # noqa: N818  (not a fault)
    """The database did not answer a moment ago, and so is not asked."""


class Busy(OperationalError):  # noqa: N818
    """Others wait for the same row already."""


class CommitLost(OperationalError):  # noqa: N818
    """The connection broke while the transaction was committed: nobody knows whether it was."""


# PostgreSQL's states: lock not available, statement cancelled for its time, deadlock, serialization.
_BUSY_STATES = frozenset({"55P03", "57014", "40P01", "40001"})
_FULL_STATE = "53100"
_BUSY_WORDS = ("locked", "busy", "deadlock")
_FULL_WORDS = "disk is full"
# SQLite calls a missing table operational; that is a fault.
_FAULT_WORDS = "no such "


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What is wrong, None for faults: looks through what was raised from it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_SPACE_ERRORS:
            return Trouble.NO_SPACE
        if isinstance(error, StoreAway):
            return Trouble.NO_FILES
        if isinstance(error, Error):
            return _trouble_of_database(error)
        error = error.__cause__
    return None


def _trouble_of_database(error: Error) -> Trouble | None:
    if isinstance(error, Busy):
        return Trouble.BUSY
    if not isinstance(error, (OperationalError, InterfaceError)):
        return None
    state, words = getattr(error.__cause__, "sqlstate", None), str(error).lower()
    if state in _BUSY_STATES or (state is None and any(word in words for word in _BUSY_WORDS)):
        return Trouble.BUSY
    if state == _FULL_STATE or (state is None and _FULL_WORDS in words):
        return Trouble.FULL
    return None if words.startswith(_FAULT_WORDS) else Trouble.AWAY


def is_away(error: BaseException) -> bool:
    """Whether nothing at all can be asked of the database."""
    return trouble_of(error) is Trouble.AWAY


class Watch:
    """What this process has said about trouble."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away_since: float | None = None
        self._failures = 0
        self._said: dict[Trouble, tuple[float, int]] = {}

    def notice(self, error: BaseException | None) -> Trouble | None:
        """What is wrong, as trouble_of; logged in one line, if that has not been said."""
        if (trouble := trouble_of(error)) is None:
            return None
        with self._lock:
            line = self._away_line() if trouble is Trouble.AWAY else self._passing_line(trouble)
        if line:
            level = logging.WARNING if trouble is Trouble.BUSY else logging.ERROR
            logger.log(level, "%s%s: %s", trouble.value, line, _first_line(error))
        return trouble

    def _away_line(self) -> str:
        self._failures += 1
        if self._away_since is not None:
            return ""
        self._away_since = time.monotonic()
        return ", nothing more is said until it is back"

    def _passing_line(self, trouble: Trouble) -> str:
        now = time.monotonic()
        said_at, unsaid = self._said.get(trouble, (-SAID_EVERY, 0))
        if now - said_at < SAID_EVERY:
            self._said[trouble] = (said_at, unsaid + 1)
            return ""
        self._said[trouble] = (now, 0)
        return f", and {unsaid} times since it was last said" if unsaid else " for something"

    def is_back(self, **_signal: Any) -> None:
        """The database has answered."""
        if self._away_since is None:
            return
        with self._lock:
            since, failures = self._away_since, self._failures
            self._away_since, self._failures = None, 0
        if since is not None:
            seconds = time.monotonic() - since
            logger.warning("The database is back after %.0f s; it was missed %d times", seconds, failures)


def _first_line(error: BaseException | None) -> str:
    """The cause in one line: what the database says can have many."""
    return " ".join(str(error).split("\n", 1)[0].split())[:300] or type(error).__name__


watch = Watch()
notice = watch.notice
connection_created.connect(watch.is_back, dispatch_uid="groupadmin.outage")


class Quiet(logging.Filter):
    """Keeps Django from logging each answer that trouble has led to, with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) not in (503, 507)
