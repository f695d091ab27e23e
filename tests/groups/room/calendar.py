"""What the tests of a room's calendar share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse

from groups.models import Group
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
