"""Whether files can be read and stored, and how much room is left (rule 11.6)."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from django.core.files.storage import FileSystemStorage, default_storage

R = TypeVar("R")

# A name at which no file is.
NOWHERE = "health/none"


def in_time(seconds: float, function: Callable[[], R]) -> R:
    """What the function returns or raises; TimeoutError if that takes longer, and it is left to itself.

    A folder of another machine can be silent for ever, and its network drive cannot be told to give up.
    """
    return begin(function).result(seconds)


def begin(function: Callable[[], R]) -> "Future[R]":
    """Has a thread of its own do it, which the end of the process does not wait for."""
    done: Future[R] = Future()

    def run() -> None:
        try:
            done.set_result(function())
        except Exception as problem:
            done.set_exception(problem)

    threading.Thread(target=run, name="health", daemon=True).start()
    return done


def folder() -> Path | None:
    """Where the files are, or would be: the nearest folder that is there; None if they are in no folder."""
    if not isinstance(default_storage, FileSystemStorage):
        return None
    path = Path(default_storage.location)
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def trouble() -> str:
    """Why no file could be stored; empty if one could."""
    where = folder()
    if where is None:
        default_storage.exists(NOWHERE)
        return ""
    if not os.access(where, os.R_OK | os.W_OK | os.X_OK):
        return f"{where} cannot be written to"
    return "" if free_bytes(where) else f"{where} is full"


def free_bytes(where: Path) -> int:
    """What is left for us, which is less than what is left for root."""
    found = os.statvfs(where)
    return found.f_bavail * found.f_frsize


class Watch:
    """Looks at the storage, one thread at a time, however often it is asked and however long that takes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()

    def trouble(self) -> str:
        """Never raises, and never takes long."""
        if not self._lock.acquire(timeout=self._seconds):
            return "does not answer"
        try:
            return in_time(self._seconds, self._look)
        except TimeoutError:
            return "does not answer"
        except Exception as problem:
            return f"{type(problem).__name__}: {problem}".split("\n", 1)[0][:300]

    def _look(self) -> str:
        try:
            return trouble()
        finally:
            self._lock.release()


watch = Watch(2.0)
