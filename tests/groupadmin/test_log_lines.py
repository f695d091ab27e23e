"""Lines of the log: nobody outside can write one."""

import logging
import sys

import pytest

from groupadmin.base.log_lines import LineFormatter


def line(text: str, *, name: str = "groupadmin", problem: Exception | None = None) -> str:
    exc_info = None
    if problem is not None:
        try:
            raise problem
        except Exception:
            exc_info = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, "Mail from %s", (text,), exc_info)
    return LineFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize("end", ["\n", "\r", "\v", "\x1b[2K", "\u2028", "\u202e", "\ud800", "\0"])
def test_what_came_from_outside_begins_no_line(end: str) -> None:
    written = line(f"ada{end}ERROR root signed in")
    assert written == f"ERROR Mail from ada{end.encode('unicode_escape').decode()}ERROR root signed in"


def test_other_scripts_are_written_as_they_are() -> None:
    assert line("김지우 <kim@한빛.example>") == "ERROR Mail from 김지우 <kim@한빛.example>"


def test_nor_does_what_an_exception_quotes() -> None:
    first, *others = line("ada", problem=ValueError("bad\nERROR root signed in")).splitlines()
    assert first == "ERROR Mail from ada"
    assert all(other.startswith("    ") for other in others)
    assert "    ERROR root signed in" in others


def test_what_django_refuses_as_suspicious_is_one_line() -> None:
    assert (
        line("ada", name="django.security.TooManyFieldsSent", problem=ValueError("x"))
        == "ERROR Mail from ada"
    )


def test_the_time_says_its_zone() -> None:
    record = logging.LogRecord("groupadmin", logging.ERROR, __file__, 1, "Down", (), None)
    record.created = 1_790_000_000.5
    assert LineFormatter("%(asctime)s %(message)s").format(record) == "2026-09-21T14:13:20.500+00:00 Down"
