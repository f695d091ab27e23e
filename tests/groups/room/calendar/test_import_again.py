"""Importing again what a room has: the same file, a newer one, its own feed (rule 3.11)."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from accounts.models import Member
from groups.models import Event, Group
from groups.room.calendar import actions
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.feed import calendar_of
from groups.room.calendar.import_actions import import_events, plan_import
from groups.room.calendar.rules import read_rule
from tests.helpers import ActorOf

from .dialects import DIALECTS, Dialect, some_series, written
from .events import shown, utc
from .test_dialects import calendar
from .test_import_forms import WEEKLY

pytestmark = pytest.mark.django_db


class TestAgain:
    @pytest.mark.parametrize("dialect", DIALECTS[1:4:2], ids=lambda one: one.name)
    def test_a_second_import_and_ones_own_feed_change_nothing(
        self, event_room: Group, member: Member, actor_of: ActorOf, dialect: Dialect
    ) -> None:
        chance = Random(20270302)
        texts = [written(some_series(chance), dialect).replace("UID:1\n", f"UID:{n}\n") for n in range(12)]
        for text in texts:
            import_events(event_room, text, actor=actor_of(member))
        before = shown(event_room)
        for text in [*texts, calendar_of(event_room, utc(2027, 3, 1)).decode()]:
            assert not [one for one in plan_import(event_room, text) if one.is_new or one.is_changed], text
        assert shown(event_room) == before

    def import_(self, room: Group, actor: Any, *events: str) -> list[tuple[str, str]]:
        import_events(room, calendar(*events), actor=actor)
        return shown(room)

    def test_a_cancellation_alone_reaches_the_series_in_the_room(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        self.import_(event_room, actor_of(member), WEEKLY)
        cancelled = "RECURRENCE-ID:20270308T090000Z\nSTATUS:CANCELLED\nSUMMARY:Stand-up"
        (planned,) = plan_import(event_room, calendar(cancelled))
        assert (planned.problem, planned.is_changed) == ("", True)
        found = self.import_(event_room, actor_of(member), cancelled)
        assert [start for start, _title in found] == ["01 09:00", "15 09:00", "22 09:00"]
        assert not plan_import(event_room, calendar(cancelled))[0].is_changed

    def test_a_change_whose_series_nobody_has(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """It is an event, until the series comes; a second time there is nothing new."""
        change = "RECURRENCE-ID:20270308T090000Z\nDTSTART:20270309T090000Z\nSUMMARY:Moved"
        self.import_(event_room, actor_of(member), change)
        assert not plan_import(event_room, calendar(change))[0].is_changed
        found = self.import_(event_room, actor_of(member), WEEKLY, change)
        assert [start for start, _title in found] == ["01 09:00", "09 09:00", "15 09:00", "22 09:00"]
        assert Event.objects.filter(series__uid="1", title="Moved").exists()

    def test_an_import_deletes_nothing(self, event_room: Group, member: Member, actor_of: ActorOf) -> None:
        self.import_(event_room, actor_of(member), WEEKLY)
        (planned,) = plan_import(event_room, calendar(WEEKLY, head="METHOD:CANCEL\n"))
        assert "deletes nothing" in planned.problem
        assert Event.objects.count() == 1

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("DTSTART:20270302T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2",) * 2,
            (f"{WEEKLY}\nRDATE:20270302T090000Z", f"{WEEKLY}\nRDATE:20270303T090000Z"),
        ],
    )
    def test_a_date_of_its_own_that_was_moved_moves(
        self, event_room: Group, member: Member, actor_of: ActorOf, before: str, after: str
    ) -> None:
        """It is neither there twice nor lost, and keeps who comes."""
        if before == after:
            after = before.replace("DTSTART:20270302", "DTSTART:20270303")
        self.import_(event_room, actor_of(member), f"{before}\nSEQUENCE:1")
        alone = Event.objects.get(uid__contains="#")
        found = self.import_(event_room, actor_of(member), f"{after}\nSEQUENCE:2")
        assert "03 09:00" in [start for start, _title in found]
        assert "02 09:00" not in [start for start, _title in found]
        assert Event.objects.get(uid__contains="#").pk == alone.pk
        assert not [one for one in plan_import(event_room, calendar(after)) if one.is_new or one.is_changed]

    def test_dates_that_a_newer_file_no_longer_has_are_named(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """They stay, and the preview says so."""
        added = "RDATE:20270302T090000Z,20270303T090000Z,20270304T090000Z"
        self.import_(event_room, actor_of(member), f"{WEEKLY}\n{added}")
        newer = calendar(f"{WEEKLY}\nRDATE:20270305T090000Z")
        series, moved = plan_import(event_room, newer)
        assert "2 of its dates here are not in the file" in series.notes[0]
        assert (moved.is_new, moved.is_changed, moved.notes) == (False, True, [])
        assert plan_import(event_room, calendar(WEEKLY))[0].notes[0].startswith("3 of its dates")
        assert not plan_import(event_room, calendar(f"{WEEKLY}\n{added}"))[0].notes

    @pytest.mark.parametrize("cancelled", ["", "RECURRENCE-ID:20270308T090000Z\nSTATUS:CANCELLED"])
    def test_a_change_that_a_newer_file_took_back_is_named(
        self, event_room: Group, member: Member, actor_of: ActorOf, cancelled: str
    ) -> None:
        """It stays too, and its date stays out of the series."""
        change = "RECURRENCE-ID:20270308T090000Z\nDTSTART:20270309T090000Z\nSUMMARY:Moved"
        before = self.import_(event_room, actor_of(member), WEEKLY, change)
        assert not plan_import(event_room, calendar(WEEKLY, change))[0].notes
        newer = [WEEKLY, cancelled] if cancelled else [WEEKLY]
        assert (
            plan_import(event_room, calendar(*newer))[0].notes[0].startswith("1 of its dates here is not in")
        )
        assert self.import_(event_room, actor_of(member), *newer) == before

    def test_a_series_that_was_moved_here_with_its_change_misses_nothing(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """Its own feed names the change by its new date."""
        change = "RECURRENCE-ID:20270308T090000Z\nDTSTART:20270309T090000Z\nSUMMARY:Moved"
        self.import_(event_room, actor_of(member), WEEKLY, change)
        series, start = Event.objects.get(uid="1"), datetime(2027, 3, 1, 11)
        settings = EventSettings("Stand-up", start, start, rule=read_rule("FREQ=WEEKLY;COUNT=4", UTC))
        actions.change_event(event_room, series.pk, settings, series.version, actor=actor_of(member))
        feed = calendar_of(event_room, utc(2027, 3, 1)).decode()
        assert not [one for one in plan_import(event_room, feed) if one.notes or one.is_new or one.is_changed]

    def test_a_rest_that_comes_later_ends_the_series(
        self, event_room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        self.import_(event_room, actor_of(member), WEEKLY)
        rest = "RECURRENCE-ID;RANGE=THISANDFUTURE:20270315T090000Z\nDTSTART:20270315T110000Z"
        found = self.import_(event_room, actor_of(member), WEEKLY, rest)
        assert [start for start, _title in found] == ["01 09:00", "08 09:00", "15 11:00", "22 11:00"]
        assert found == self.import_(event_room, actor_of(member), WEEKLY, rest)
