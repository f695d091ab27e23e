"""Time zones in the calendar that we give out: yearly rules, and the same time as here (rule 3.8)."""

import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import Any

import icalendar
import pytest
import vobject
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from groupadmin.base import zones
from groups.room.calendar.zone_changes import described

SECOND = timedelta(seconds=1)
# By lists of dates: no yearly rule leads to Ramadan.
WITHOUT_RULES = {"Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"}
# Each of its own kind: rules that were changed, the southern half, half an hour, winter as the exception,
# Fridays before Sundays, midnight after the last Thursday, a whole day skipped, seconds, none at all.
STRANGE = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Nuuk",
    "America/New_York",
    "America/Santiago",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Chatham",
]


def parts(name: str, year: int = 2027) -> Iterator[dict[str, str]]:
    """What a program reads of each part: its kind, start, rule and offsets."""
    for part in icalendar.Timezone.from_ical(described(name, year).to_ical()).subcomponents:
        lines = (str(line).partition(":") for line in part.content_lines()[1:-2])
        yield {"kind": str(part.name)} | {name: value for name, _colon, value in lines}


def changes(name: str, year: int) -> list[tuple[datetime, timedelta]]:
    """When each offset begins, as another library reads the rules (RFC 5545, 3.6.5)."""
    found: list[tuple[datetime, timedelta]] = []
    zone: Any = icalendar.Timezone.from_ical(described(name, year).to_ical())
    for part in zone.subcomponents:
        clock = timezone(part.TZOFFSETFROM)
        start = part.DTSTART.replace(tzinfo=clock)
        dates = [start]
        for line in part.content_lines():
            kind, _colon, value = line.partition(":")
            if kind == "RRULE":
                dates = list(rrulestr(value, dtstart=start).xafter(start, count=22, inc=True))
            elif kind == "RDATE":
                dates.append(datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=clock))
        found += [(date.astimezone(UTC), part.TZOFFSETTO) for date in dates]
    return sorted(found)


def wrong(name: str, year: int, years: int) -> Iterator[str]:
    """Moments around each change, and between them, at which the rules say another time than the zone."""
    zone, found = zoneinfo.ZoneInfo(name), changes(name, year)
    begins = [moment for moment, _offset in found]
    first, last = datetime(year, 1, 2, tzinfo=UTC), datetime(year + years, 1, 1, tzinfo=UTC)
    near = chain.from_iterable((at - SECOND, at, at + timedelta(days=40)) for at in begins)
    for moment in (first, *near):
        if first <= moment < last:
            offset = found[bisect_right(begins, moment) - 1][1]
            if offset != moment.astimezone(zone).utcoffset():
                yield f"{name} {moment}"


class TestRules:
    def test_summer_begins_at_two_in_berlin(self) -> None:
        """Classic Outlook reads a rule with one weekday of a month, and the hour before the change."""
        summer, winter = parts("Europe/Berlin")
        assert summer == {
            "kind": "DAYLIGHT",
            "DTSTART": "20260329T020000",
            "RRULE": "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
            "TZNAME": "CEST",
            "TZOFFSETFROM": "+0100",
            "TZOFFSETTO": "+0200",
        }
        assert winter == {
            "kind": "STANDARD",
            "DTSTART": "20261025T030000",
            "RRULE": "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
            "TZNAME": "CET",
            "TZOFFSETFROM": "+0200",
            "TZOFFSETTO": "+0100",
        }

    def test_without_changes_it_is_always_the_same_time(self) -> None:
        (part,) = parts("Asia/Seoul")
        assert (part["kind"], part["DTSTART"]) == ("STANDARD", "20260101T000000")
        assert (part["TZOFFSETFROM"], part["TZOFFSETTO"]) == ("+0900", "+0900")
        assert "RRULE" not in part

    def test_rules_end_where_they_were_changed(self) -> None:
        """The United States have begun summer in March since 2007."""
        rules = [
            (part["kind"], part["DTSTART"][:8], part["RRULE"]) for part in parts("America/New_York", 2006)
        ]
        assert rules == [
            ("DAYLIGHT", "20050403", "FREQ=YEARLY;UNTIL=20060403T070000Z;BYDAY=1SU;BYMONTH=4"),
            ("STANDARD", "20051030", "FREQ=YEARLY;UNTIL=20061030T060000Z;BYDAY=-1SU;BYMONTH=10"),
            ("DAYLIGHT", "20070311", "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"),
            ("STANDARD", "20071104", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"),
        ]

    @pytest.mark.parametrize(
        ("name", "kinds", "offsets"),
        [
            ("Europe/Dublin", ["DAYLIGHT", "STANDARD"], ["+0100", "+0000"]),
            ("Australia/Lord_Howe", ["STANDARD", "DAYLIGHT"], ["+1030", "+1100"]),
            ("Pacific/Auckland", ["STANDARD", "DAYLIGHT"], ["+1200", "+1300"]),
        ],
    )
    def test_summer_is_where_the_clocks_are_ahead(
        self, name: str, kinds: list[str], offsets: list[str]
    ) -> None:
        """Also where the law calls winter the exception."""
        found = list(parts(name))
        assert [part["kind"] for part in found] == kinds
        assert [part["TZOFFSETTO"] for part in found] == offsets

    def test_every_rule_is_one_that_classic_outlook_reads(self) -> None:
        """One weekday of a month or one day of it, never both (MS-OXCICAL, 2.1.3.1.1.19.2.2)."""
        rule = re.compile(
            r"FREQ=YEARLY;(UNTIL=\d{8}T\d{6}Z;)?(BYDAY=-?[1-4][A-Z]{2}|BYMONTHDAY=\d+);BYMONTH=\d+"
        )
        for name in ("America/Toronto", "America/Havana", "Asia/Beirut", "Europe/Chisinau", *STRANGE):
            found = list(parts(name))
            rules = [part["RRULE"] for part in found if "RRULE" in part]
            assert [text for text in rules if not rule.fullmatch(text)] == [], name
            kinds = {part["kind"] for part in found if "RRULE" in part}
            if name not in WITHOUT_RULES:
                assert kinds == ({"DAYLIGHT", "STANDARD"} if len(found) > 1 else set()), name

    def test_other_days_are_several_rules(self) -> None:
        """Israel changes on the Friday before the last Sunday of March: mostly the fourth, or the last."""
        rules = [part["RRULE"] for part in list(parts("Asia/Jerusalem"))[:3] if part["kind"] == "DAYLIGHT"]
        assert rules[:2] == [
            "FREQ=YEARLY;UNTIL=20290324T000000Z;BYDAY=4FR;BYMONTH=3",
            "FREQ=YEARLY;UNTIL=20330326T000000Z;BYDAY=-1FR;BYMONTH=3",
        ]


class TestTheSameTimeAsHere:
    @pytest.mark.parametrize("year", [1972, 2005, 2027])
    def test_where_it_is_strange(self, year: int) -> None:
        assert [found for name in STRANGE for found in wrong(name, year, 20)] == []

    @settings(max_examples=40)
    @given(st.sampled_from(sorted(zones.known())), st.integers(1970, 2040))
    def test_everywhere(self, name: str, year: int) -> None:
        assert list(wrong(name, year, 10)) == []

    @pytest.mark.parametrize("name", ["Asia/Amman", "Europe/Berlin", "America/New_York", "Pacific/Auckland"])
    def test_to_a_library_that_takes_the_ends_of_rules_for_local_times(self, name: str) -> None:
        calendar = icalendar.Calendar()
        calendar.add_component(described(name, 2004))
        theirs = vobject.readOne(calendar.to_ical().decode()).vtimezone.tzinfo
        ours = zoneinfo.ZoneInfo(name)
        for month in range(12 * 25):
            noon = datetime(2004 + month // 12, month % 12 + 1, 15, 12)
            assert noon.replace(tzinfo=theirs).utcoffset() == noon.replace(tzinfo=ours).utcoffset(), noon
