"""Calendar files as programs write them, compared with another library over a corpus (rule 3.11).

Every series of the corpus is written in the words of RFC 5545, which recurring-ical-events reads, and in
those of each program. We must find the same occurrences in all of them. Where we differ on purpose, and why,
is listed at the end.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

import icalendar
import pytest
import recurring_ical_events

from groups.room.calendar.ics_reader import read_calendar
from groups.room.calendar.occurrences import occurrences_of

from .dialects import DIALECTS, RFC, Dialect, some_series, written
from .events import utc

SERIES = 60
FIRST, LAST = utc(2026, 12, 1), utc(2028, 1, 1)

# Both ask for some days more, since days begin at other times elsewhere.
MARGIN = timedelta(days=7)

Found = list[tuple[str, str, str]]


def ours(text: str, zone: str = "America/Los_Angeles") -> Found:
    """The occurrences that an import would show, in UTC; days as they are."""
    found = []
    for row in read_calendar(text, zone):
        if row.event is not None:
            for one in occurrences_of(row.event, FIRST - MARGIN, LAST + MARGIN):
                form = "%Y-%m-%d" if row.event.is_all_day else "%Y-%m-%d %H:%M"
                found.append((f"{one.starts_at:{form}}", f"{one.ends_at:{form}}", row.event.title))
    return _within(found)


def _within(found: Found) -> Found:
    return sorted(one for one in found if f"{FIRST:%Y-%m-%d}" <= one[0] < f"{LAST:%Y-%m-%d}")


def theirs(text: str) -> Found:
    """The same, as recurring-ical-events has it."""
    calendar = icalendar.Calendar.from_ical(text)
    begin, end = (FIRST - MARGIN).replace(tzinfo=None), (LAST + MARGIN).replace(tzinfo=None)
    found = recurring_ical_events.of(calendar).between(begin, end)
    return _within([(_moment(one.start), _moment(one.end), str(one.get("SUMMARY", ""))) for one in found])


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


def calendar(*events: str, head: str = "") -> str:
    """A calendar file; each event is its lines."""
    bodies = "".join(f"BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n{one}\nEND:VEVENT\n" for one in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{bodies}END:VCALENDAR\n"


def defined(name: str, offset: str) -> str:
    """A time zone of the file, whose clocks never change."""
    standard = (
        f"BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD"
    )
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{standard}\nEND:VTIMEZONE\n"


WEEKLY = "DTSTART:20270308T090000Z\nDTEND:20270308T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
DAYS = "DTSTART;VALUE=DATE:20270301\nDTEND;VALUE=DATE:20270302\nRRULE:FREQ=DAILY"
ON_PURPOSE = {
    "Exchange ends series of whole days at its own midnight, in UTC: the last day counts": (
        calendar(f"{DAYS};UNTIL=20270302T150000Z", head=defined("Korea Standard Time", "+0900")),
        ["03-01", "03-02", "03-03"],
    ),
    "An end without a zone is in the zone of the event": (
        calendar("DTSTART;TZID=America/New_York:20270308T180000\nRRULE:FREQ=DAILY;UNTIL=20270309T180000"),
        ["03-08 23:00", "03-09 23:00"],
    ),
    "A cancelled occurrence does not happen": (
        calendar(WEEKLY, "RECURRENCE-ID:20270315T090000Z\nDTSTART:20270315T090000Z\nSTATUS:CANCELLED"),
        ["03-08 09:00", "03-22 09:00"],
    ),
    "A cancelled event neither": (calendar(f"{WEEKLY}\nSTATUS:CANCELLED"), []),
    "A day is a day, also one with a time zone, for which Thunderbird and others are known": (
        calendar("DTSTART;VALUE=DATE;TZID=Asia/Seoul:20270301\nDTEND;VALUE=DATE;TZID=Asia/Seoul:20270302"),
        ["03-01"],
    ),
    "Outlook and Mozilla leave out the day of an event by its midnight": (
        calendar(f"{WEEKLY}\nEXDATE:20270315T000000"),
        ["03-08 09:00", "03-22 09:00"],
    ),
    "An occurrence is replaced also by its day": (
        calendar(WEEKLY, "RECURRENCE-ID;VALUE=DATE:20270315\nDTSTART:20270316T090000Z"),
        ["03-08 09:00", "03-16 09:00", "03-22 09:00"],
    ),
    "A day that is added has the hour of the event": (
        calendar(f"{WEEKLY}\nRDATE;VALUE=DATE:20270310"),
        ["03-08 09:00", "03-10 09:00", "03-15 09:00", "03-22 09:00"],
    ),
    "Rules that exclude dates are old, not gone": (
        calendar(f"{WEEKLY}\nEXRULE:FREQ=WEEKLY;INTERVAL=2"),
        ["03-15 09:00"],
    ),
    "iCal excludes the date of an occurrence that is another one, too": (
        calendar(
            f"{WEEKLY}\nEXDATE:20270315T090000Z", "RECURRENCE-ID:20270315T090000Z\nDTSTART:20270316T090000Z"
        ),
        ["03-08 09:00", "03-16 09:00", "03-22 09:00"],
    ),
    "Zones have names that only Windows shows": (
        calendar('DTSTART;TZID="(UTC+09:00) Osaka, Sapporo, Tokyo":20270308T090000'),
        ["03-08 00:00"],
    ),
    "Times in UTC stay so, whatever zone the calendar is shown in": (
        calendar(WEEKLY.replace("COUNT=3", "COUNT=4"), head="X-WR-TIMEZONE:Europe/Berlin\n"),
        ["03-08 09:00", "03-15 09:00", "03-22 09:00", "03-29 09:00"],
    ),
    "What ends before it begins is said to the person, not turned round": (
        calendar("DTSTART:20270308T090000Z\nDTEND:20270308T080000Z"),
        [],
    ),
}


@pytest.mark.parametrize("reason", ON_PURPOSE)
def test_where_we_differ_on_purpose(reason: str) -> None:
    """Should the other library come round, the line can go."""
    text, expected = ON_PURPOSE[reason]
    starts = [start.removeprefix("2027-") for start, _end, _title in ours(text)]
    assert starts == expected
    assert [start.removeprefix("2027-") for start, _end, _title in theirs(text)] != expected


def test_a_day_without_length_is_a_day() -> None:
    """The other library gives it no length."""
    text = calendar("DTSTART;VALUE=DATE:20270301\nDTEND;VALUE=DATE:20270301")
    assert ours(text) == [("2027-03-01", "2027-03-02", "(no title)")]
    assert theirs(text) != ours(text)
