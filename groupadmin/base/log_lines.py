"""How a line of the log is written: one thing a line, whatever came from outside."""

import copy
import logging
import textwrap
from datetime import UTC, datetime
from types import TracebackType

import regex

# Line breaks of every kind, and what turns or hides text on a terminal.
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]")


class LineFormatter(logging.Formatter):
    """Escapes what would begin a line of its own, so that nobody can forge one; indents tracebacks.

    The time is in UTC, and says so: machines in several places may write to one log. What Django refuses as
    suspicious (too many fields, an unknown host) is the client's doing: no traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security."):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return super().format(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return _UNSEEN.sub(_escaped, super().formatMessage(record))

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return textwrap.indent(super().formatException(ei), "    ", lambda line: True)


def _escaped(found: "regex.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode()
