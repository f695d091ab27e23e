"""What the doctor finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing, or not looked at."""
    WARNING = "warning"
    """It works, and will not always, or not for everybody."""
    ERROR = "error"
    """It does not work."""


@dataclass(frozen=True)
class Finding:
    """Something about a part of the installation, and what to do about it."""

    level: Level
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Facts:
    """What the checks need of the database, which is asked once, before them."""

    has_database: bool
    # Of the lists, and how many more there are than are looked at.
    domains: tuple[str, ...] = ()
    left_out: int = 0
    # How much the database's clock is ahead of this machine's.
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True)
class Check:
    """A part of the installation that is looked at. Those that need the database are asked one by one."""

    name: str
    look: Callable[[Facts, float], Iterable[Finding]]
    needs_database: bool = False


def ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def note(text: str, mend: str = "") -> Finding:
    return Finding(Level.NOTE, text, mend)


def warning(text: str, mend: str = "") -> Finding:
    return Finding(Level.WARNING, text, mend)


def error(text: str, mend: str = "") -> Finding:
    return Finding(Level.ERROR, text, mend)


def in_words(problem: BaseException) -> str:
    """An exception in one line."""
    words = " ".join(str(problem).split())[:300]
    return words or type(problem).__name__
