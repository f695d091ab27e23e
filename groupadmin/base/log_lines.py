"""How a line of the log is written: one thing a line, whatever came from outside (rule 11.6)."""

import copy
import logging
import textwrap
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import regex
import structlog
from structlog.contextvars import get_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

# Line breaks of every kind, and what turns or hides text on a terminal.
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]")
# What PostgreSQL adds to an error: the row, with names and addresses of people.
_DETAIL = regex.compile(r"^(\s*(?:DETAIL|CONTEXT):  ).*", regex.MULTILINE)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """Escapes what would begin a line of its own, so that nobody can forge one; indents tracebacks.

    The time is in UTC, and says so: machines in several places may write to one log. What Django refuses as
    suspicious (too many fields, an unknown host) is the client's doing: no traceback. What is known of the
    request or task stands at the end.
    """

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_blame(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        known = " ".join(f"{key}={value}" for key, value in sorted(get_contextvars().items()))
        line = super().formatMessage(record)
        return _UNSEEN.sub(_escaped, f"{line} [{known}]" if known else line)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        return textwrap.indent(without_rows(super().formatException(ei)), "    ", lambda line: True)


def json_formatter() -> ProcessorFormatter:
    """Writes each record as a JSON object in one line, in ASCII: nothing can begin a line of its own."""
    return _JsonFormatter(
        processors=[_as_object, structlog.processors.JSONRenderer()],
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
    )


class _JsonFormatter(ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_blame(record))


def _as_object(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What an object says, in this order."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog")
    said: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": str(event.pop("event")),
    }
    exc_info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    said |= sorted(event.items())
    if exc_info and exc_info[0] is not None:
        said["exception"] = without_rows(logging.Formatter().formatException(exc_info))
    return said


def _without_blame(record: logging.LogRecord) -> logging.LogRecord:
    """No traceback of what a client did."""
    if record.name.startswith("django.security."):
        record = copy.copy(record)
        record.exc_info = record.exc_text = None
    return record


def without_rows(text: str) -> str:
    """An error's text without what the database quotes of its rows."""
    return _DETAIL.sub(r"\1(left out)", text)


def _escaped(found: "regex.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode()
