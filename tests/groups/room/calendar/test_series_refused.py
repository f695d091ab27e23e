"""When an occurrence with all later ones is neither changed nor deleted (rules 2.16, 2.18, 3.5)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.actor import Refused
from accounts.models import Member
from groupadmin.base.errors import Conflict, Invalid
from groups.models import Event, Group, Membership
from groups.room.access import Gone
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.rules import LATEST, read_rule

from .events import DAILY, HOUR, NOON, shown, utc

pytestmark = pytest.mark.django_db

BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
FOREVER = LATEST.replace(tzinfo=UTC)


class TestRefused:
    @pytest.mark.parametrize("moment", [utc(2027, 3, 3, 13), utc(2027, 3, 6, 12), utc(2027, 2, 28, 12)])
    def test_what_is_no_occurrence(
        self,
        add_event: Callable[..., Event],
        change_following: Callable[..., Event],
        delete_following: Callable[..., None],
        moment: datetime,
    ) -> None:
        event = add_event(rule=DAILY)
        with pytest.raises(Gone):
            change_following(event, moment, EventSettings("x", NOON, NOON))
        with pytest.raises(Gone):
            delete_following(event, moment)

    def test_what_does_not_repeat(
        self,
        add_event: Callable[..., Event],
        change_following: Callable[..., Event],
        delete_following: Callable[..., None],
    ) -> None:
        event = add_event()
        with pytest.raises(Gone):
            change_following(event, event.starts_at, EventSettings("x", NOON, NOON))
        with pytest.raises(Gone):
            delete_following(event, event.starts_at)

    def test_another_version(
        self,
        add_event: Callable[..., Event],
        change_following: Callable[..., Event],
        delete_following: Callable[..., None],
    ) -> None:
        """Two people at once: the second has not seen what the first did."""
        event = add_event(rule=DAILY)
        change_following(event, utc(2027, 3, 3, 12), EventSettings("Tea", NOON, NOON, rule=DAILY))
        with pytest.raises(Conflict):
            change_following(event, utc(2027, 3, 2, 12), EventSettings("x", NOON, NOON))
        with pytest.raises(Conflict):
            delete_following(event, utc(2027, 3, 2, 12))

    def test_whoever_has_just_left(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        change_following: Callable[..., Event],
        delete_following: Callable[..., None],
    ) -> None:
        """Rule 2.16."""
        event = add_event(rule=DAILY)
        Membership.objects.filter(group=event_room, member=member).delete()
        with pytest.raises(Refused):
            change_following(event, utc(2027, 3, 3, 12), EventSettings("x", NOON, NOON))
        with pytest.raises(Refused):
            delete_following(event, utc(2027, 3, 3, 12))

    def test_an_hour_that_the_clocks_leave_out(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        """The series would go on at another hour than anybody said; from the next day on it can."""
        start = datetime(2027, 3, 26, 2, 30)
        daily = read_rule("FREQ=DAILY;COUNT=5", BERLIN)
        event = add_event(start=start, time_zone="Europe/Berlin", rule=daily)
        gap = start + timedelta(days=2)
        with pytest.raises(Invalid) as refused:
            change_following(
                event,
                utc(2027, 3, 28, 1, 30),
                EventSettings("x", gap, gap + HOUR, "Europe/Berlin", rule=daily),
            )
        assert refused.value.field == "start_time"
        left = read_rule("FREQ=DAILY;COUNT=3", BERLIN)
        moved = datetime(2027, 3, 28, 9)
        change_following(
            event,
            utc(2027, 3, 28, 1, 30),
            EventSettings("x", moved, moved + HOUR, "Europe/Berlin", rule=left),
        )
        assert shown(event_room, start) == [
            ("26 01:30", "Lunch"),
            ("27 01:30", "Lunch"),
            ("28 07:00", "x"),
            ("29 07:00", "x"),
            ("30 07:00", "x"),
        ]
