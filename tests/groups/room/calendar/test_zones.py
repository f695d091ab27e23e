"""Zones as calendar files call them: found by their name, or by what the file says they are (rule 3.11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupadmin.base import zones
from groups.room.calendar.dates import Steps
from groups.room.calendar.ics_reader import Imported, read_calendar
from groups.room.calendar.vtimezones import Definition, Offsets
from groups.room.calendar.zones import zone_meant

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


def test_abbreviations_that_mean_one_zone() -> None:
    event = "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=KST:20270701T090000\nEND:VEVENT"
    (row,) = read_calendar(f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR", "UTC")
    assert row.event is not None, row.problem
    assert row.event.time_zone == "Asia/Seoul"


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
    assert zone_meant(name) in {"", *zones.known()}


def zone(name: str, *parts: str) -> str:
    """A definition with an observance for each: its name, start, offsets before and after, and rule."""
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for part in parts:
        kind, start, before, after, rule = part.split(" ")
        lines += [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
        lines += [f"RRULE:{rule}", f"END:{kind}"] if rule != "-" else [f"END:{kind}"]
    return "\n".join([*lines, "END:VTIMEZONE"])


def found(definition: str, name: str, start: str = "20270701T090000") -> str:
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;TZID={name}:{start}\nRRULE:FREQ=DAILY\nEND:VEVENT"
    (row,) = read_calendar(f"BEGIN:VCALENDAR\n{event}\n{definition}\nEND:VCALENDAR\n", "Asia/Tokyo")
    assert not row.notes
    return row.event.time_zone if row.event is not None else row.problem


TO_SUMMER = "FREQ=YEARLY;BYMONTH=3;BYDAY"
TO_WINTER = "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
EUROPE = (
    f"STANDARD 16010101T030000 +0200 +0100 {TO_WINTER}",
    f"DAYLIGHT 16010101T020000 +0100 +0200 {TO_SUMMER}=-1SU",
)
LOTUS = tuple(f"{part};BYHOUR=2;BYMINUTE=0" for part in EUROPE)
US = (
    "STANDARD 16010101T020000 -0400 -0500 FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
    f"DAYLIGHT 16010101T020000 -0500 -0400 {TO_SUMMER}=2SU",
)
SEOUL = ("STANDARD 16010101T000000 +0900 +0900 -",)


@pytest.mark.parametrize(
    ("name", "parts", "zone_found"),
    [
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", EUROPE, "Europe/Berlin"),
        ("(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb", EUROPE, "Europe/Warsaw"),
        ("(GMT+01.00) Brussels/Copenhagen/Madrid/Paris", EUROPE, "Europe/Paris"),
        ("Western/Central Europe", LOTUS, "Europe/Berlin"),
        ("GMT +0100 (Standard) / GMT +0200 (Daylight)", EUROPE, "Europe/Berlin"),
        ("(UTC-05:00) Eastern Time (US & Canada)", US, "America/New_York"),
        ("Customized Time Zone", US, "America/New_York"),
        ("An hour too late", tuple(part.replace("T02", "T03") for part in US), "America/New_York"),
        ("Korea Standard Time 1", SEOUL, "Asia/Seoul"),
        ("(UTC+09:00) Osaka\\, Sapporo\\, Tokyo", SEOUL, "Asia/Tokyo"),
        ("1", SEOUL, "Asia/Seoul"),
    ],
)
@pytest.mark.parametrize("year", [2005, 2027])
def test_found_by_their_definition(name: str, parts: tuple[str, ...], zone_found: str, year: int) -> None:
    """Today's rules are found for times of long ago too; the reader's zone plays no part."""
    for written in (f'"{name}"', name):
        assert found(zone(name, *parts), written, f"{year}0701T090000") == zone_found


@pytest.mark.parametrize(
    ("name", "zone_found"),
    [
        ("(UTC+09:00) Seoul", "Asia/Seoul"),
        ("Korea Standard Time 2", "Asia/Seoul"),
        ("Europe/Berlin 1", "Europe/Berlin"),
        ("US-Eastern", "US/Eastern"),
        ("UTC+9", "Asia/Seoul"),
        ("GMT+0900", "Asia/Seoul"),
        ("(GMT +09:00)", "Asia/Seoul"),
        ("+0530", "Asia/Kolkata"),
    ],
)
def test_found_by_name_though_the_file_does_not_define_them(name: str, zone_found: str) -> None:
    assert found("", f'"{name}"') == zone_found


@pytest.mark.parametrize(
    "parts",
    [
        ("STANDARD garbage +0900 +0900 -",),
        ("STANDARD 16010101T000000 +0900 +9999 -",),
        ("STANDARD 16010101T000000 +0900 +0900 FREQ=SECONDLY",),
        ("STANDARD 16010101T000000 +0900 +0937 -",),
        (),
    ],
)
def test_definitions_that_mean_nothing(parts: tuple[str, ...]) -> None:
    assert "is not known" in found(zone("Mine", *parts), "Mine")


def test_a_definition_is_read_once_however_many_events_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be most of a file, and fit nowhere: then a megabyte cost minutes (rule 3.11)."""
    read_for: list[int] = []
    offsets = Definition.offsets

    def counted(self: Definition, year: int, steps: Steps) -> Offsets:
        read_for.append(year)
        return offsets(self, year, steps)

    monkeypatch.setattr(Definition, "offsets", counted)
    nowhere = "BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0317\nTZOFFSETTO:+0319\nEND:STANDARD"
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:{n}\nDTSTART;TZID=Nowhere:20270101T090000\nEND:VEVENT" for n in range(5)
    )
    rows = read_calendar(
        f"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Nowhere\n{nowhere}\nEND:VTIMEZONE\n{events}\nEND:VCALENDAR\n",
        "UTC",
    )
    assert len(rows) == 5
    assert all("Nowhere" in row.problem for row in rows)
    assert read_for
    assert len(read_for) == len(set(read_for))
