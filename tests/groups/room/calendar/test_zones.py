"""Zones as calendar files call them: found by their name, never by what the file says they are (rule 3.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.room.calendar.ics_reader import Imported, read_calendar
from groups.room.calendar.zones import zone_meant, zone_names

from .events import utc

ENDLESS = (
    "BEGIN:STANDARD\nDTSTART:19000101T000000\nRRULE:FREQ=SECONDLY\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD"
)


def read(zone: str, more: str = "", *, lies: str = "", name: str = "") -> Imported:
    """An event at nine in a zone that the file defines itself."""
    location = f"\nX-LIC-LOCATION:{lies}" if lies else ""
    defined = f"BEGIN:VTIMEZONE\nTZID:{name or zone.strip(chr(34))}{location}\n{ENDLESS}\nEND:VTIMEZONE"
    event = f"BEGIN:VEVENT\nUID:1\nSUMMARY:Call\nDTSTART;TZID={zone}:20270701T090000\n{more}END:VEVENT"
    (row,) = read_calendar(f"BEGIN:VCALENDAR\nVERSION:2.0\n{defined}\n{event}\nEND:VCALENDAR\n", "UTC")
    return row


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Korea Standard Time", "Asia/Seoul"),
        ('"Korea Standard Time"', "Asia/Seoul"),
        ("korea standard time", "Asia/Seoul"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/example.org/W. Europe Standard Time", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_known_by_another_name(written: str, zone: str) -> None:
    assert zone_meant(written) == zone
    row = read(f'"{written}"' if ":" in written else written)
    assert row.event is not None, row.problem
    assert row.event.time_zone == zone


def test_ends_and_what_is_left_out_too() -> None:
    zone = "/freeassociation.sourceforge.net/Asia/Seoul"
    row = read(
        "W. Europe Standard Time",
        f"DTEND;TZID={zone}:20270701T170000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID={zone}:20270702T160000\n",
    )
    assert row.event is not None, row.problem
    assert (row.event.starts_at, row.event.ends_at) == (utc(2027, 7, 1, 7), utc(2027, 7, 1, 8))
    assert row.left_out == ["20270702T070000Z"]


def test_where_the_file_says_that_it_lies() -> None:
    row = read("Home", lies="/example.org/Europe/Berlin")
    assert row.event is not None, row.problem
    assert row.event.time_zone == "Europe/Berlin"
    assert read("Home", lies="Europe/Berlin", name="Work").problem


@pytest.mark.parametrize(
    "written",
    [
        "Customized Time Zone",
        "Mars/Base",
        "tzone://Microsoft/Custom",
        "x" * 5000,
        "/" * 5000,
        "W. Europe",
        "../../etc/passwd",
        "Über",
        "posixrules",
    ],
)
def test_only_the_rest_is_refused_by_name(written: str) -> None:
    """With the event's title, which stands beside it, and what can be done."""
    row = read(f'"{written}"')
    assert row.event is None
    assert row.title == "Call"
    said = row.problem.replace("\u2068", "").replace("\u2069", "")
    assert f"The time zone “{written[:100]}” is not known" in said
    assert "Europe/Berlin" in said


@given(st.text(max_size=200))
def test_any_name_is_found_or_not(name: str) -> None:
    assert zone_meant(name) in {"", *zone_names()}
