"""Calendar files as programs write them, compared with another library over a corpus (rule 3.5).

Every series of the corpus is written in the words of RFC 5545, which recurring-ical-events reads, and in those of each
program. We must find the same occurrences in all of them. Where the two of us differ on purpose, and why, is
listed at the end.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from groups.room.calendar.ics_reader import read_calendar
from groups.room.calendar.occurrences import occurrences_of

from .dialects import DIALECTS, RFC, Change, Dialect, some_series, written
from .events import utc

SERIES = 120
FIRST, LAST = utc(2026, 12, 1), utc(2028, 1, 1)

Found = list[tuple[str, str, str]]


def ours(text: str, zone: str = "America/Los_Angeles") -> Found:
    """The occurrences that an import would show, in UTC; days as they are."""
    found = []
    for row in read_calendar(text, zone):
        if row.event is not None:
            for one in occurrences_of(row.event, FIRST, LAST):
                form = "%Y-%m-%d" if row.event.is_all_day else "%Y-%m-%d %H:%M"
                found.append((f"{one.starts_at:{form}}", f"{one.ends_at:{form}}", row.event.title))
    return sorted(found)


def theirs(text: str) -> Found:
    """The same, as recurring-ical-events has it."""
    calendar = icalendar.Calendar.from_ical(text)
    found = recurring_ical_events.of(calendar).between(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None))
    return sorted((_moment(one.start), _moment(one.end), str(one.get("SUMMARY", ""))) for one in found)


def _moment(value: date) -> str:
    if isinstance(value, datetime):
        return f"{(value.astimezone(UTC) if value.tzinfo else value):%Y-%m-%d %H:%M}"
    return f"{value:%Y-%m-%d}"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_every_program_means_the_same(dialect: Dialect) -> None:
    """The reader's zone plays no part."""
    chance = Random(20270301)
    for number in range(SERIES):
        series = some_series(chance)
        text = written(series, dialect)
        assert ours(text) == _expected(number, written(series, RFC)), f"series {number}:\n{text}"


_known: dict[int, Found] = {}


def _expected(number: int, text: str) -> Found:
    if number not in _known:
        _known[number] = theirs(text)
    return _known[number]
