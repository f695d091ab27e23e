"""Occurrences that were changed by themselves: one series with an exception to calendar programs, and back
again from their files (RFC 5545, 3.8.4.4)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from accounts.models import Company, Member
from groups.models import Attendance, Event, Group
from groups.room.calendar import actions, file_actions
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.feed import calendar_of, etag_of
from groups.room.calendar.rules import Rule, read_rule
from tests.factories import GroupFactory
from tests.helpers import ActorOf

from .events import DAILY, HOUR, NOON, shown, told, utc

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2027, 3, 1)
Alone = Callable[..., Event]


@pytest.fixture
def alone(event_room: Group, member: Member, actor_of: ActorOf) -> Alone:
    """Changes one occurrence by itself."""

    def change(event: Event, moment: datetime, start: datetime, title: str = "Alone", **more: Any) -> Event:
        event.refresh_from_db()
        settings = EventSettings(title, start, start + HOUR, **more)
        actor = actor_of(member)
        return actions.change_occurrence(event_room, event.pk, moment, settings, event.version, actor=actor)

    return change


def read(room: Group) -> list[Any]:
    return icalendar.Calendar.from_ical(calendar_of(room, NOW)).walk("VEVENT")


class TestInTheFeed:
    def test_one_series_with_an_exception(
        self, event_room: Group, add_event: Callable[..., Event], alone: Alone
    ) -> None:
        event = add_event(rule=DAILY, time_zone="Europe/Berlin")
        alone(event, utc(2027, 3, 3, 11), datetime(2027, 3, 3, 18), time_zone="Asia/Seoul")
        by_title = {str(one["SUMMARY"]): one for one in read(event_room)}
        whole, exception = by_title["Lunch"], by_title["Alone"]
        assert exception["UID"] == whole["UID"] == event.uid
        # The series' own zone and kind of value, as the RFC wants it.
        assert exception["RECURRENCE-ID"].to_ical() == b"20270303T120000"
        assert exception["RECURRENCE-ID"].params["TZID"] == "Europe/Berlin"
        assert "EXDATE" not in whole
        assert "RRULE" not in exception
        assert exception["SEQUENCE"] >= whole["SEQUENCE"]
        assert told(event_room) == shown(event_room)
        assert len(told(event_room)) == 5

    def test_of_whole_days(self, event_room: Group, add_event: Callable[..., Event], alone: Alone) -> None:
        day = datetime(2027, 3, 1)
        event = add_event(start=day, is_all_day=True, rule=read_rule("FREQ=DAILY;COUNT=4", UTC))
        Event.objects.update(ends_at=utc(2027, 3, 2), last_ends_at=utc(2027, 3, 5))
        alone(event, utc(2027, 3, 2), datetime(2027, 3, 2, 9))
        exception = next(one for one in read(event_room) if "RECURRENCE-ID" in one)
        assert exception["RECURRENCE-ID"].dt == date(2027, 3, 2)
        assert told(event_room) == shown(event_room)

    def test_on_a_day_that_leaves_its_hour_out(
        self, event_room: Group, add_event: Callable[..., Event], alone: Alone
    ) -> None:
        """It is named by the hour of the rule, 2:30, though there it is 3:30."""
        rule = read_rule("FREQ=DAILY;COUNT=4", BERLIN)
        event = add_event(start=datetime(2027, 3, 27, 2, 30), time_zone="Europe/Berlin", rule=rule)
        alone(event, utc(2027, 3, 28, 1, 30), datetime(2027, 3, 28, 9), time_zone="Europe/Berlin")
        exception = next(one for one in read(event_room) if "RECURRENCE-ID" in one)
        assert exception["RECURRENCE-ID"].to_ical() == b"20270328T023000"
        assert told(event_room) == shown(event_room)

    def test_a_second_library_reads_it_too(
        self, event_room: Group, add_event: Callable[..., Event], alone: Alone
    ) -> None:
        event = add_event(rule=DAILY, time_zone="Asia/Seoul")
        alone(event, utc(2027, 3, 3, 3), datetime(2027, 3, 3, 18))
        found = vobject.readOne(calendar_of(event_room, NOW).decode()).vevent_list
        exception = next(one for one in found if hasattr(one, "recurrence_id"))
        assert exception.recurrence_id.value == utc(2027, 3, 3, 3)

    def test_once_it_is_deleted_its_day_is_left_out(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        single = alone(event, utc(2027, 3, 3, 12), datetime(2027, 3, 3, 18))
        before = etag_of(event_room, NOW)
        actions.delete_event(event_room, single.pk, 1, actor=actor_of(member))
        assert etag_of(event_room, NOW) != before
        (whole,) = read(event_room)
        assert "EXDATE" in whole
        assert told(event_room) == shown(event_room)
        assert len(told(event_room)) == 4

    def test_where_the_series_is_over_it_stands_by_itself(
        self, event_room: Group, add_event: Callable[..., Event], alone: Alone
    ) -> None:
        """An exception to a series that a program does not know would not be shown by all."""
        event = add_event(start=datetime(2025, 3, 1, 12), rule=DAILY)
        single = alone(event, utc(2025, 3, 2, 12), datetime(2027, 3, 3, 18))
        (component,) = read(event_room)
        assert (component["UID"], "RECURRENCE-ID" in component) == (single.uid, False)


class TestAllAreChanged:
    def test_moved_it_still_stands_for_its_occurrence(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
    ) -> None:
        """By a day: the place of each is where the next one was."""
        event = add_event(rule=DAILY)
        for day in (2, 3):
            alone(event, utc(2027, 3, day, 12), datetime(2027, 3, day, 18), f"Alone {day}")
        start = NOON + timedelta(days=1)
        settings = EventSettings("Lunch", start, start + HOUR, rule=DAILY)
        actions.change_event(event_room, event.pk, settings, 3, actor=actor_of(member))
        moved = event.replacements.order_by("title").values_list("instead_of", flat=True)
        assert list(moved) == [utc(2027, 3, 3, 12), utc(2027, 3, 4, 12)]
        assert told(event_room) == shown(event_room)

    @pytest.mark.parametrize(
        ("rule", "is_free"), [(None, True), (read_rule("FREQ=WEEKLY", UTC), True), (DAILY, False)]
    )
    def test_without_its_occurrence_it_is_an_event_by_itself(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
        rule: Rule | None,
        is_free: bool,
    ) -> None:
        event = add_event(rule=DAILY)
        single = alone(event, utc(2027, 3, 3, 12), datetime(2027, 3, 3, 18))
        settings = EventSettings("Lunch", NOON, NOON + HOUR, rule=rule)
        actions.change_event(event_room, event.pk, settings, 2, actor=actor_of(member))
        single.refresh_from_db()
        assert (single.series is None) == is_free
        assert ("03 18:00", "Alone") in shown(event_room)
        assert told(event_room) == shown(event_room)

    def test_it_leaves_its_series_once_it_repeats_itself(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        start = datetime(2027, 3, 3, 18)
        single = alone(event, utc(2027, 3, 3, 12), start)
        settings = EventSettings("Alone", start, start + HOUR, rule=DAILY)
        actions.change_event(event_room, single.pk, settings, 1, actor=actor_of(member))
        single.refresh_from_db()
        assert (single.series, single.instead_of) == (None, None)
        assert told(event_room) == shown(event_room)

    @pytest.mark.parametrize(
        ("zone", "start"),
        [
            ("Asia/Seoul", datetime(2027, 3, 25, 9)),
            ("UTC", datetime(2027, 3, 25, 8)),
            ("", datetime(2027, 3, 25)),
        ],
    )
    def test_in_another_zone_or_for_whole_days(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
        zone: str,
        start: datetime,
    ) -> None:
        """What is left out, who comes and what stands for one go by the day, also behind a clock change."""
        rule = read_rule("FREQ=DAILY;COUNT=6", BERLIN)
        event = add_event(start=datetime(2027, 3, 25, 9), time_zone="Europe/Berlin", rule=rule)
        actor = actor_of(member)
        actions.delete_event(event_room, event.pk, 1, utc(2027, 3, 29, 7), actor=actor)
        actions.attend(event_room, event.pk, utc(2027, 3, 30, 7), "yes", actor=actor)
        alone(event, utc(2027, 3, 28, 7), datetime(2027, 3, 28, 18))
        length = timedelta(days=1) if not zone else HOUR
        settings = EventSettings(
            "Lunch", start, start + length, zone or "UTC", is_all_day=not zone, rule=DAILY
        )
        actions.change_event(event_room, event.pk, settings, 3, actor=actor)
        days = [(day[:2], title) for day, title in shown(event_room)]
        assert days == [("25", "Lunch"), ("26", "Lunch"), ("27", "Lunch"), ("28", "Alone")]
        six = EventSettings("Lunch", start, start + length, zone or "UTC", is_all_day=not zone, rule=rule)
        event = actions.change_event(event_room, event.pk, six, 4, actor=actor)
        last = shown(event_room)[-1]
        assert last[0][:2] == "30"
        assert f"{Attendance.objects.get().starts_at:%d %H:%M}" == last[0]
        assert told(event_room) == shown(event_room)

    def test_deleted_all_are(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        alone: Alone,
        member: Member,
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        alone(event, utc(2027, 3, 3, 12), datetime(2027, 3, 3, 18))
        actions.delete_event(event_room, event.pk, 2, actor=actor_of(member))
        assert not Event.objects.exists()


class TestThereAndBack:
    @pytest.fixture
    def full(self, event_room: Group, add_event: Callable[..., Event], alone: Alone) -> Group:
        """A room with series in a zone and of whole days, left out days and exceptions."""
        rule = read_rule("FREQ=DAILY;COUNT=8", BERLIN)
        timed = add_event("Timed", datetime(2027, 3, 25, 2, 30), time_zone="Europe/Berlin", rule=rule)
        alone(timed, utc(2027, 3, 28, 1, 30), datetime(2027, 3, 28, 18), "Gap")
        alone(timed, utc(2027, 3, 26, 1, 30), datetime(2027, 4, 2, 18), "Moved", time_zone="Asia/Seoul")
        timed.refresh_from_db()
        timed.left_out = sorted([*timed.left_out, "20270330T003000Z"])
        timed.save()
        days = add_event(
            "Days", datetime(2027, 3, 1), is_all_day=True, rule=read_rule("FREQ=WEEKLY;COUNT=4", UTC)
        )
        Event.objects.filter(pk=days.pk).update(ends_at=utc(2027, 3, 2), last_ends_at=utc(2027, 3, 23))
        alone(days, utc(2027, 3, 15), datetime(2027, 3, 16, 9), "Hour")
        add_event("Single")
        return event_room

    def test_into_another_room_the_same_happens(
        self, full: Group, company: Company, member: Member, actor_of: ActorOf
    ) -> None:
        other = GroupFactory.create(company=company, members=[member], message=True, event=True)
        text = calendar_of(full, NOW).decode()
        assert file_actions.import_events(other, text, actor=actor_of(member)) == (6, 0)
        assert shown(other) == shown(full) == told(other) == told(full)
        assert Event.objects.filter(group=other, series__isnull=False).count() == 3
        # Also a second time, and by way of the other room back again.
        assert file_actions.import_events(other, text, actor=actor_of(member)) == (0, 0)
        text = calendar_of(other, NOW).decode()
        assert file_actions.import_events(full, text, actor=actor_of(member)) == (0, 0)

    def test_what_was_changed_here_stays_unless_the_file_says_so(
        self, full: Group, member: Member, actor_of: ActorOf, alone: Alone
    ) -> None:
        """An older file knows nothing of an exception made since: it stays, and its day is not doubled."""
        text = calendar_of(full, NOW).decode()
        timed = Event.objects.get(title="Timed")
        alone(timed, utc(2027, 3, 29, 0, 30), datetime(2027, 3, 29, 18), "Since")
        assert file_actions.import_events(full, text, actor=actor_of(member)) == (0, 0)
        edited = text.replace("SUMMARY:Timed", "SUMMARY:Renamed").replace("SUMMARY:Gap", "SUMMARY:Gap 2")
        assert file_actions.import_events(full, edited, actor=actor_of(member)) == (0, 2)
        titles = [title for day, title in shown(full) if day.startswith(("28", "29"))]
        assert titles == ["Gap 2", "Since"]
        assert told(full) == shown(full)

    def test_the_file_has_moved_the_series(self, full: Group, member: Member, actor_of: ActorOf) -> None:
        """Its exceptions are found again where they are now."""
        text = calendar_of(full, NOW).decode()
        for before, after in (("T023000", "T100000"), ("T033000", "T110000")):
            text = text.replace(before, after)
        added, _changed = file_actions.import_events(full, text, actor=actor_of(member))
        assert added == 0
        assert told(full) == shown(full)
        assert [title for _day, title in shown(full)].count("Gap") == 1

    def test_the_exception_came_first(self, event_room: Group, member: Member, actor_of: ActorOf) -> None:
        """Without its series it is an event; once the series comes it is one of it."""
        start = "DTSTART:20270301T120000Z"
        whole = f"BEGIN:VEVENT\nUID:1\nSUMMARY:Daily\n{start}\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n"
        moved = (
            "BEGIN:VEVENT\nUID:1\nSUMMARY:Moved\nRECURRENCE-ID:20270302T120000Z\n"
            "DTSTART:20270302T150000Z\nEND:VEVENT\n"
        )

        def send(*events: str) -> tuple[int, int]:
            text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n"
            return file_actions.import_events(event_room, text, actor=actor_of(member))

        assert send(moved) == (1, 0)
        assert Event.objects.get().series is None
        assert send(whole, moved) == (1, 1)
        expected = [("01 12:00", "Daily"), ("02 15:00", "Moved"), ("03 12:00", "Daily")]
        assert shown(event_room) == told(event_room) == expected
        assert send(whole, moved) == (0, 0)

    def test_the_series_came_first(self, event_room: Group, member: Member, actor_of: ActorOf) -> None:
        """A later file with the exception alone takes its day out of the series."""
        head, foot = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\n", "END:VEVENT\nEND:VCALENDAR\n"
        rest = "SUMMARY:Daily\nDTSTART:20270301T120000Z\nRRULE:FREQ=DAILY;COUNT=3\n"
        file_actions.import_events(event_room, head + rest + foot, actor=actor_of(member))
        for day, expected in (("02", 3), ("09", 4)):
            rest = f"SUMMARY:Moved {day}\nRECURRENCE-ID:202703{day}T120000Z\nDTSTART:202703{day}T150000Z\n"
            file_actions.import_events(event_room, head + rest + foot, actor=actor_of(member))
            assert len(shown(event_room)) == expected
            assert told(event_room) == shown(event_room)
        # The series has no ninth.
        assert Event.objects.get(title="Moved 09").series is None

    def test_what_came_before_stands_for_another_one_by_now(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """The series was moved by a day since, with its exception; the file's is another one then."""
        head, foot = "BEGIN:VEVENT\nUID:1\nSUMMARY:", "END:VEVENT\n"
        whole = f"{head}Daily\nDTSTART:20270301T120000Z\nRRULE:FREQ=DAILY;COUNT=3\n{foot}"
        moved = f"{head}Moved\nRECURRENCE-ID:20270302T120000Z\nDTSTART:20270302T150000Z\n{foot}"

        def send(*events: str) -> tuple[int, int]:
            text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n"
            return file_actions.import_events(event_room, text, actor=actor_of(member))

        send(whole, moved)
        event, start = Event.objects.get(title="Daily"), NOON + timedelta(days=1)
        settings = EventSettings("Daily", start, start, rule=read_rule("FREQ=DAILY;COUNT=3", UTC))
        actions.change_event(event_room, event.pk, settings, event.version, actor=actor_of(member))
        assert send(moved) == (1, 0)
        assert sorted(one.instead_of.day for one in event.replacements.all() if one.instead_of) == [2, 3]
        assert told(event_room) == shown(event_room)
