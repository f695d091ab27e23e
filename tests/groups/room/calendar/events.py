"""What the tests of a room's calendar share."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import recurring_ical_events
from django.urls import reverse

from groups.models import Group
from groups.room.calendar.feed import calendar_of
from groups.room.calendar.occurrences import list_between
from groups.room.calendar.rules import read_rule

NOON = datetime(2027, 3, 1, 12)
HOUR = timedelta(hours=1)
DAILY = read_rule("FREQ=DAILY;COUNT=5", UTC)


def page(name: str, room: Group, *args: Any, **query: Any) -> str:
    return reverse(f"room:{name}", args=[room.pk, *args], query=query or None)


def form(**typed: Any) -> dict[str, Any]:
    return {
        "title": "Lunch",
        "start_date": "2027-03-01",
        "start_time": "12:00",
        "end_date": "2027-03-01",
        "end_time": "13:00",
        "time_zone": "UTC",
        "version": "0",
    } | typed


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


def shown(room: Group, first: datetime = NOON, days: int = 59) -> list[tuple[str, str]]:
    """What the calendar shows, in UTC."""
    listed = list_between(room, first.date(), first.date() + timedelta(days=days), UTC)
    return [(f"{one.starts_at:%d %H:%M}", one.event.title) for one in listed.occurrences]


def told(room: Group) -> list[tuple[str, str]]:
    """What a calendar program shows that reads the feed with another library."""
    calendar = icalendar.Calendar.from_ical(calendar_of(room, utc(2027, 3, 1)))
    found = recurring_ical_events.of(calendar).between(utc(2027, 3, 1), utc(2027, 4, 30))
    moments = sorted((_moment(one.start), str(one["SUMMARY"])) for one in found)
    return [(f"{moment:%d %H:%M}", title) for moment, title in moments]


def _moment(value: Any) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else utc(value.year, value.month, value.day)
