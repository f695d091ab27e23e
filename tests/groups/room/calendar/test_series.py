"""An occurrence of a series with all later ones: changed, deleted, and what goes along (rule 3.12)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry, Member
from groupadmin.base.errors import Invalid
from groups.models import Attendance, Event, Group, Membership, Message, Reminder
from groups.room.calendar import actions
from groups.room.calendar.checking import EventSettings, apply
from groups.room.calendar.occurrences import occurrences_of
from groups.room.calendar.rules import LATEST, Rule, read_rule
from groups.room.calendar.series import end_before, rest_of
from tests.helpers import ActorOf

from .events import DAILY, HOUR, NOON, shown, told, utc
from .test_recurrence import rules

pytestmark = pytest.mark.django_db

BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
FOREVER = LATEST.replace(tzinfo=UTC)


class TestParted:
    @pytest.mark.parametrize(
        ("rule", "before", "after"),
        [
            ("FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=2", "FREQ=DAILY;COUNT=3"),
            (
                "FREQ=DAILY;UNTIL=20270305T235959Z",
                "FREQ=DAILY;UNTIL=20270302T235959Z",
                "FREQ=DAILY;UNTIL=20270305T235959Z",
            ),
            ("FREQ=DAILY", "FREQ=DAILY;UNTIL=20270302T235959Z", "FREQ=DAILY"),
        ],
    )
    def test_the_series_ends_before_it_and_another_begins(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        change_following: Callable[..., Event],
        rule: str,
        before: str,
        after: str,
    ) -> None:
        event = add_event(rule=read_rule(rule, UTC))
        start = datetime(2027, 3, 3, 15)
        kept = read_rule(after, UTC)
        rest = change_following(
            event, utc(2027, 3, 3, 12), EventSettings("Tea", start, start + HOUR, rule=kept)
        )
        event.refresh_from_db()
        assert (event.repeats, rest.repeats) == (before, after)
        assert (event.title, rest.title) == ("Lunch", "Tea")
        assert event.uid != rest.uid
        assert (event.version, rest.version, rest.author_name) == (2, 1, event.author_name)
        assert shown(event_room, days=4) == [
            ("01 12:00", "Lunch"),
            ("02 12:00", "Lunch"),
            ("03 15:00", "Tea"),
            ("04 15:00", "Tea"),
            ("05 15:00", "Tea"),
        ]
        assert told(event_room) == shown(event_room)

    def test_it_is_announced_once(
        self, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        event = add_event(rule=DAILY)
        rest = change_following(
            event, utc(2027, 3, 3, 12), EventSettings("Tea", NOON, NOON + HOUR, rule=DAILY)
        )
        said = Message.objects.filter(kind="news").order_by("pk").values_list("details", flat=True)
        assert [one["what"] for one in said] == ["event.added", "event.changed"]
        assert (said[1]["id"], said[1]["title"]) == (rest.pk, "Tea")

    def test_whole_days(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        day = datetime(2027, 3, 1)
        weekly = read_rule("FREQ=WEEKLY;UNTIL=20270331", UTC)
        event = add_event(start=day, is_all_day=True, rule=weekly)
        Event.objects.update(ends_at=utc(2027, 3, 3))
        third = datetime(2027, 3, 15)
        settings = EventSettings("Trip", third, third + timedelta(days=3), is_all_day=True, rule=weekly)
        rest = change_following(event, utc(2027, 3, 15), settings)
        event.refresh_from_db()
        assert event.repeats == "FREQ=WEEKLY;UNTIL=20270314"
        assert (rest.starts_at, rest.ends_at) == (utc(2027, 3, 15), utc(2027, 3, 18))
        assert [day[:2] for day, _title in shown(event_room)] == ["01", "08", "15", "22", "29"]
        assert told(event_room) == shown(event_room)

    def test_in_a_zone_where_it_is_another_day(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        """Eight in the morning in Seoul is the day before in UTC; nothing is doubled or lost."""
        start = datetime(2027, 3, 2, 8)
        rule = read_rule("FREQ=DAILY;UNTIL=20270306", SEOUL)
        event = add_event(start=start, time_zone="Asia/Seoul", rule=rule)
        start += timedelta(days=2)
        change_following(
            event, utc(2027, 3, 3, 23), EventSettings("Tea", start, start + HOUR, "Asia/Seoul", rule=rule)
        )
        event.refresh_from_db()
        assert event.repeats == "FREQ=DAILY;UNTIL=20270303T145959Z"
        assert [title for _day, title in shown(event_room)] == ["Lunch"] * 2 + ["Tea"] * 3
        assert told(event_room) == shown(event_room)

    @pytest.mark.parametrize("hours", [0, 1, -5])
    def test_across_a_clock_change_with_all_that_belongs_to_it(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        change_following: Callable[..., Event],
        actor_of: ActorOf,
        hours: int,
    ) -> None:
        """Nine stays nine in Berlin before and after March 28; later ones take along who comes, what is left
        out and what stands for one by itself."""
        start = datetime(2027, 3, 25, 9)
        rule = read_rule("FREQ=DAILY;COUNT=8", BERLIN)
        event = add_event(start=start, time_zone="Europe/Berlin", rule=rule)
        actor = actor_of(member)
        single = EventSettings("Alone", datetime(2027, 3, 29, 18), datetime(2027, 3, 29, 19), "Europe/Berlin")
        alone = actions.change_occurrence(event_room, event.pk, utc(2027, 3, 29, 7), single, 1, actor=actor)
        actions.delete_event(event_room, event.pk, 2, utc(2027, 3, 26, 8), actor=actor)
        actions.delete_event(event_room, event.pk, 3, utc(2027, 3, 30, 7), actor=actor)
        for moment in (utc(2027, 3, 25, 8), utc(2027, 3, 27, 8), utc(2027, 3, 31, 7)):
            actions.attend(event_room, event.pk, moment, "yes", actor=actor)

        new = datetime(2027, 3, 27, 9) + timedelta(hours=hours)
        left = read_rule("FREQ=DAILY;COUNT=6", BERLIN)
        settings = EventSettings("Tea", new, new + HOUR, "Europe/Berlin", rule=left)
        rest = change_following(event, utc(2027, 3, 27, 8), settings, 4)
        event.refresh_from_db()
        alone.refresh_from_db()
        assert (event.repeats, event.left_out) == ("FREQ=DAILY;COUNT=2", ["20270326T080000Z"])
        at = [utc(2027, 3, day, 7) + timedelta(hours=hours) for day in (27, 28, 29, 30, 31)]
        at[0] += HOUR
        assert rest.left_out == [f"{moment:%Y%m%dT%H%M%SZ}" for moment in at[2:4]]
        assert (alone.series, alone.instead_of) == (rest, at[2])
        answers = Attendance.objects.order_by("starts_at").values_list("event", "starts_at")
        assert list(answers) == [
            (event.pk, utc(2027, 3, 25, 8)),
            (rest.pk, at[0]),
            (rest.pk, at[4]),
        ]
        assert shown(event_room, start) == [
            ("25 08:00", "Lunch"),
            (f"{at[0]:%d %H:%M}", "Tea"),
            (f"{at[1]:%d %H:%M}", "Tea"),
            ("29 16:00", "Alone"),
            (f"{at[4]:%d %H:%M}", "Tea"),
            (f"{at[4] + timedelta(days=1):%d %H:%M}", "Tea"),
        ]
        assert told(event_room) == shown(event_room, start)

    def test_reminders_go_along(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        """Nobody is reminded twice of what has been told; the next is planned for the new series alone."""
        start = (timezone.now() + timedelta(minutes=10)).replace(tzinfo=None, second=0, microsecond=0)
        daily = read_rule("FREQ=DAILY", UTC)
        start -= timedelta(days=1)
        event = add_event(start=start, rule=daily, reminds_before=15)
        today = start.replace(tzinfo=UTC) + timedelta(days=1)
        Reminder.objects.create(event=event, starts_at=today)
        at = start + timedelta(days=1)
        rest = change_following(
            event, today, EventSettings("Tea", at, at + HOUR, rule=daily, reminds_before=15)
        )
        event.refresh_from_db()
        assert Reminder.objects.get().event == rest
        assert event.reminds_at is None
        assert rest.reminds_at == today + timedelta(days=1, minutes=-15)

    def test_it_need_not_repeat_any_more(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        event = add_event(rule=DAILY)
        change_following(
            event,
            utc(2027, 3, 3, 12),
            EventSettings("Last", datetime(2027, 3, 3, 12), datetime(2027, 3, 3, 13)),
        )
        assert shown(event_room) == [("01 12:00", "Lunch"), ("02 12:00", "Lunch"), ("03 12:00", "Last")]
        assert told(event_room) == shown(event_room)

    def test_what_stands_for_none_any_more_stays_by_itself(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        change_following: Callable[..., Event],
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        alone = actions.change_occurrence(
            event_room,
            event.pk,
            utc(2027, 3, 4, 12),
            EventSettings("Alone", datetime(2027, 3, 4, 18), datetime(2027, 3, 4, 19)),
            1,
            actor=actor_of(member),
        )
        third = datetime(2027, 3, 3, 12)
        weekly = read_rule("FREQ=WEEKLY;COUNT=2", UTC)
        change_following(
            event, utc(2027, 3, 3, 12), EventSettings("Tea", third, third + HOUR, rule=weekly), 2
        )
        alone.refresh_from_db()
        assert (alone.series, alone.instead_of) == (None, None)
        assert ("04 18:00", "Alone") in shown(event_room)
        assert told(event_room) == shown(event_room)

    @given(
        rules(), st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)), st.integers(1, 40), st.booleans()
    )
    def test_nothing_is_doubled_or_lost(self, rule: Rule, start: datetime, at: int, is_all_day: bool) -> None:
        """Whatever the rule: both parts together are what the whole was."""
        start = start.replace(second=0, microsecond=0, hour=0 if is_all_day else start.hour)
        start = start.replace(minute=0) if is_all_day else start
        event = Event()
        try:
            apply(
                EventSettings("x", start, start + timedelta(days=1), "Europe/Berlin", is_all_day, rule),
                event,
            )
        except Invalid:
            return
        whole = list(islice(occurrences_of(event, event.starts_at, FOREVER), 50))
        if len(whole) <= at:
            return
        event.left_out = [whole[at - 1].key, whole[-1].key] if at > 1 else []
        whole = list(islice(occurrences_of(event, event.starts_at, FOREVER), 48))
        chosen = whole[min(at, len(whole) - 1)]
        rest = rest_of(chosen)
        end_before(event, chosen)
        parts = [*occurrences_of(event, event.starts_at, FOREVER)]
        assert all(one.starts_at < chosen.starts_at for one in parts)
        parts += islice(occurrences_of(rest, rest.starts_at, FOREVER), len(whole) - len(parts))
        assert [one.starts_at for one in parts] == [one.starts_at for one in whole]
        assert event.last_ends_at is not None
        assert event.last_ends_at >= max(one.ends_at for one in parts if one.event is event)


class TestFromTheFirst:
    def test_it_is_all_of_them(
        self, event_room: Group, add_event: Callable[..., Event], change_following: Callable[..., Event]
    ) -> None:
        """One series, with the UID that it had."""
        event = add_event(rule=DAILY)
        start = NOON + HOUR
        changed = change_following(
            event, utc(2027, 3, 1, 12), EventSettings("Tea", start, start + HOUR, rule=DAILY)
        )
        assert (changed.pk, changed.uid, changed.version) == (event.pk, event.uid, 2)
        assert Event.objects.count() == 1
        assert [title for _at, title in shown(event_room)] == ["Tea"] * 5

    def test_also_where_the_first_ones_are_deleted(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        change_following: Callable[..., Event],
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        actor = actor_of(member)
        for version, day in ((1, 1), (2, 2), (3, 4)):
            actions.delete_event(event_room, event.pk, version, utc(2027, 3, day, 12), actor=actor)
        start = datetime(2027, 3, 3, 12)
        left = read_rule("FREQ=DAILY;COUNT=3", UTC)
        changed = change_following(
            event, utc(2027, 3, 3, 12), EventSettings("Tea", start, start + HOUR, rule=left), 4
        )
        assert changed.pk == event.pk
        assert shown(event_room) == [("03 12:00", "Tea"), ("05 12:00", "Tea")]
        assert told(event_room) == shown(event_room)

    def test_not_where_an_earlier_one_was_changed_by_itself(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        change_following: Callable[..., Event],
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        alone = EventSettings("Alone", NOON + HOUR, NOON + 2 * HOUR)
        actions.change_occurrence(event_room, event.pk, event.starts_at, alone, 1, actor=actor_of(member))
        start = datetime(2027, 3, 2, 12)
        left = read_rule("FREQ=DAILY;COUNT=4", UTC)
        rest = change_following(
            event, utc(2027, 3, 2, 12), EventSettings("Tea", start, start + HOUR, rule=left), 2
        )
        assert rest.pk != event.pk
        assert [title for _at, title in shown(event_room)] == ["Alone"] + ["Tea"] * 4
        assert told(event_room) == shown(event_room)

    def test_deleted_it_is_gone(
        self, event_room: Group, add_event: Callable[..., Event], delete_following: Callable[..., None]
    ) -> None:
        delete_following(add_event(rule=DAILY), utc(2027, 3, 1, 12))
        assert not Event.objects.exists()
        assert Message.objects.latest("pk").details["what"] == "event.deleted"


class TestDeleted:
    def test_it_and_all_later_ones_with_what_belongs_to_them(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        delete_following: Callable[..., None],
        actor_of: ActorOf,
    ) -> None:
        event = add_event(rule=DAILY)
        actor = actor_of(member)
        for version, day in ((1, 2), (2, 4)):
            # The later one was moved to before what is deleted: it is a later one all the same.
            start = datetime(2027, 3, 2, day)
            actions.change_occurrence(
                event_room,
                event.pk,
                utc(2027, 3, day, 12),
                EventSettings(f"Alone {day}", start, start + HOUR),
                version,
                actor=actor,
            )
        for day in (1, 3):
            actions.attend(event_room, event.pk, utc(2027, 3, day, 12), "yes", actor=actor)
        Reminder.objects.create(event=event, starts_at=utc(2027, 3, 3, 12))
        before = Message.objects.count()
        delete_following(event, utc(2027, 3, 3, 12), 3)
        assert shown(event_room) == [("01 12:00", "Lunch"), ("02 02:00", "Alone 2")]
        assert told(event_room) == shown(event_room)
        assert Attendance.objects.get().starts_at == utc(2027, 3, 1, 12)
        assert not Reminder.objects.exists()
        assert Message.objects.count() == before + 1

    def test_a_master_who_deletes_anothers_is_audited(
        self, event_room: Group, add_event: Callable[..., Event], master: Member, actor_of: ActorOf
    ) -> None:
        Membership.objects.create(group=event_room, member=master)
        event = add_event(rule=DAILY)
        actions.delete_following(event_room, event.pk, utc(2027, 3, 3, 12), 1, actor=actor_of(master))
        entry = AuditEntry.objects.get(action="room.delete_event")
        assert entry.changes == {"event_of": [event.author_name, None]}
