"""Times that the clocks skip or have twice, as typed, in series and in files (rule 3.10)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from django.utils import timezone

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import Event, Group
from groups.room.calendar import actions, import_actions
from groups.room.calendar.checking import EventSettings, apply
from groups.room.calendar.feed import calendar_of
from groups.room.calendar.forms import initial_on
from groups.room.calendar.occurrences import find, occurrences_of, zone_of
from groups.room.calendar.rules import read_rule
from tests.helpers import ActorOf, ClientOf

from .events import HOUR, form, page, utc

pytestmark = pytest.mark.django_db

NIGHT = datetime(2027, 3, 28, 2, 30)
BERLIN = zone_of(Event(time_zone="Europe/Berlin"))


def typed(**more: str) -> dict[str, Any]:
    """An event in Berlin on the night the clocks go from two to three."""
    night = {"start_date": "2027-03-28", "end_date": "2027-03-28", "time_zone": "Europe/Berlin"}
    return form(**night | {"start_time": "01:00", "end_time": "04:00"} | more)


class TestTyped:
    @pytest.mark.parametrize(
        ("times", "field"),
        [
            ({"start_time": "02:30"}, "start_time"),
            ({"start_time": "02:00", "end_time": "03:00"}, "start_time"),
            ({"end_time": "02:15"}, "end_time"),
            ({"start_time": "02:30", "end_time": "03:30", "repeat": "weekly"}, "start_time"),
        ],
    )
    def test_a_skipped_time_is_named_beside_its_field(
        self, event_room: Group, member: Member, client_of: ClientOf, times: dict[str, str], field: str
    ) -> None:
        """In the event's own zone, whatever the member's; what was typed stays."""
        answer = client_of(member).post(page("event_add", event_room), typed(**times))
        assert answer.status_code == 422
        shown = answer.context["form"]
        assert list(shown.errors) == [field]
        (said,) = shown.errors[field]
        assert "on Mar 28, 2027 in Europe/Berlin. Choose another time" in said
        assert shown[field].value() == times[field]
        assert f'value="{times[field]}"' in answer.content.decode()
        assert not Event.objects.exists()

    def test_what_to_choose_instead(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        answer = client_of(member).post(page("event_add", event_room), typed(start_time="02:30"))
        said = answer.context["form"].errors["start_time"]
        assert said == [
            "The clocks skip 2:30 AM on Mar 28, 2027 in Europe/Berlin. Choose another time, such as 3:30 AM."
        ]

    @pytest.mark.parametrize("change", ["change_event", "change_occurrence", "change_following"])
    def test_also_when_an_event_is_changed(
        self, add_event: Callable[..., Event], member: Member, actor_of: ActorOf, change: str
    ) -> None:
        event = add_event(rule=read_rule("FREQ=DAILY;COUNT=3", BERLIN))
        settings = EventSettings("Lunch", NIGHT, NIGHT + HOUR, "Europe/Berlin")
        at = [] if change == "change_event" else [event.starts_at]
        with pytest.raises(Invalid) as refused:
            getattr(actions, change)(event.group, event.pk, *at, settings, 1, actor=actor_of(member))
        assert refused.value.field == "start_time"

    def test_an_end_that_nobody_typed_is_an_hour_later(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        client_of(member).post(page("event_add", event_room), typed(start_time="01:30", end_time=""))
        event = Event.objects.get()
        assert (event.starts_at, event.ends_at) == (utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 1, 30))

    def test_a_time_that_comes_twice_is_the_first(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        night = typed(start_date="2027-10-31", end_date="2027-10-31", start_time="02:30", end_time="03:00")
        client_of(member).post(page("event_add", event_room), night)
        event = Event.objects.get()
        assert (event.starts_at, event.ends_at) == (utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 2))

    def test_whole_days_are_not_asked(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        """Samoa had no December 30 in 2011."""
        day = typed(start_date="2011-12-30", end_date="2011-12-30", time_zone="Pacific/Apia", is_all_day="on")
        assert client_of(member).post(page("event_add", event_room), day).status_code == 302
        timed = day | {"is_all_day": "", "title": "Timed"}
        assert client_of(member).post(page("event_add", event_room), timed).status_code == 422

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    def test_days_beyond_the_calendar_are_refused_as_before(
        self, event_room: Group, member: Member, client_of: ClientOf, day: str
    ) -> None:
        far = typed(start_date=day, end_date=day, time_zone="Asia/Seoul", end_time="")
        assert client_of(member).post(page("event_add", event_room), far).status_code == 422

    def test_the_form_offers_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next full hour may not exist on the day that was clicked."""
        monkeypatch.setattr(timezone, "now", lambda: utc(2026, 11, 30, 0, 10))
        with timezone.override("Europe/Berlin"):
            found = initial_on(date(2027, 3, 28))
        assert (found["start_time"], found["end_time"]) == (time(3), time(4))


class TestInASeries:
    @pytest.mark.parametrize("minutes", [0, 30, 60, 300])
    def test_one_that_would_start_then_is_later_as_a_whole(self, minutes: int) -> None:
        """As other calendars show it; the others stay, and it is the last of its series too."""
        lasts, start = timedelta(minutes=minutes), NIGHT - timedelta(days=2)
        rule = read_rule("FREQ=DAILY;COUNT=3", BERLIN)
        event = Event()
        apply(EventSettings("Night", start, start + lasts, "Europe/Berlin", rule=rule), event)
        found = list(occurrences_of(event, utc(2027, 3, 1), utc(2027, 4, 1)))
        assert [one.starts_at for one in found] == [
            utc(2027, 3, 26, 1, 30),
            utc(2027, 3, 27, 1, 30),
            utc(2027, 3, 28, 1, 30),
        ]
        assert [one.ends_at - one.starts_at for one in found] == [lasts] * 3

    def test_its_end_is_known(self, add_event: Callable[..., Event]) -> None:
        """Pages of the time after it find it."""
        rule = read_rule("FREQ=DAILY;COUNT=3", BERLIN)
        event = add_event(start=NIGHT - timedelta(days=2), time_zone="Europe/Berlin", rule=rule)
        last = find(event, utc(2027, 3, 28, 1, 30))
        assert last is not None
        assert event.last_ends_at == last.ends_at == utc(2027, 3, 28, 2, 30)

    def test_calendar_programs_show_the_same(
        self, event_room: Group, add_event: Callable[..., Event]
    ) -> None:
        rule = read_rule("FREQ=DAILY;COUNT=4", BERLIN)
        event = add_event(start=NIGHT - timedelta(days=2), time_zone="Europe/Berlin", rule=rule)
        calendar = icalendar.Calendar.from_ical(calendar_of(event_room, utc(2027, 3, 1)))
        theirs = recurring_ical_events.of(calendar).between(date(2027, 3, 1), date(2027, 4, 5))
        ours = occurrences_of(event, utc(2027, 3, 1), utc(2027, 4, 5))
        assert sorted(one.start.astimezone(UTC) for one in theirs) == [one.starts_at for one in ours]


class TestInFiles:
    def test_an_event_keeps_its_length(self, event_room: Group, member: Member, actor_of: ActorOf) -> None:
        """Programs write such times; RFC 5545 (3.3.5) says that they mean those after the gap."""
        text = "\r\n".join(
            [
                "BEGIN:VCALENDAR",
                "BEGIN:VEVENT",
                "UID:night",
                "SUMMARY:Night train",
                "DTSTART;TZID=Europe/Berlin:20270328T023000",
                "DTEND;TZID=Europe/Berlin:20270328T033000",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        )
        assert import_actions.import_events(event_room, text, actor=actor_of(member)) == (1, 0)
        event = Event.objects.get()
        assert (event.starts_at, event.ends_at) == (utc(2027, 3, 28, 1, 30), utc(2027, 3, 28, 2, 30))
