"""Reminders of events: everybody once, and only of what they see (rules 3.3, 3.5)."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member
from groups import notices
from groups.models import Attendance, Event, Group, Notification, Reminder
from groups.notices.texts import describe
from groups.room.calendar import actions, reminders
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.rules import read_rule
from tests.helpers import ActorOf

from .events import HOUR

pytestmark = pytest.mark.django_db


class TestReminders:
    @pytest.fixture
    def soon(self, add_event: Callable[..., Event]) -> Event:
        """In ten minutes, every day, with a reminder a quarter of an hour before."""
        start = (timezone.now() + timedelta(minutes=10)).replace(tzinfo=None, second=0, microsecond=0)
        return add_event(start=start, rule=read_rule("FREQ=DAILY", UTC), time_zone="UTC", reminds_before=15)

    def told(self) -> list[str]:
        reminders.send_reminders.call()
        notices.spread.call()
        reminded = Notification.objects.filter(notice__kind="event_reminder")
        return list(reminded.order_by("member__name").values_list("member__name", flat=True))

    def test_everybody_once(self, soon: Event, member: Member, teammate: Member) -> None:
        assert self.told() == ["Momo Member", "Tae Teammate"]
        assert self.told() == ["Momo Member", "Tae Teammate"]
        soon.refresh_from_db()
        assert soon.reminds_at == soon.starts_at + timedelta(days=1, minutes=-15)
        assert Reminder.objects.count() == 1
        (words,) = describe(Notification.objects.filter(member=member, notice__kind="event_reminder"), member)
        assert "Lunch" in words.text
        assert reverse("room:event", args=[soon.group_id, soon.pk]) in words.url

    def test_the_next_occurrence_again(self, soon: Event) -> None:
        self.told()
        Event.objects.update(reminds_at=timezone.now() - timedelta(seconds=1))
        soon.refresh_from_db()
        # A day later, as far as the event can tell.
        Event.objects.update(starts_at=soon.starts_at - timedelta(days=1))
        Reminder.objects.update(starts_at=soon.starts_at - timedelta(days=1))
        Event.objects.update(reminds_at=soon.starts_at - timedelta(minutes=15))
        assert len(self.told()) == 4

    def test_not_whoever_does_not_come_or_has_left(
        self, soon: Event, member: Member, teammate: Member
    ) -> None:
        """Only the effective members at that time."""
        Attendance.objects.create(event=soon, member=member, starts_at=soon.starts_at, answer="no")
        assert self.told() == ["Tae Teammate"]

    def test_not_what_is_off_or_deleted_and_not_later(self, soon: Event) -> None:
        """Rule 3.3."""
        Group.objects.filter(pk=soon.group_id).update(event=False)
        assert self.told() == []
        Group.objects.filter(pk=soon.group_id).update(event=True)
        assert self.told() == []

    def test_words_hide_what_is_off(self, soon: Event, member: Member) -> None:
        self.told()
        Group.objects.filter(pk=soon.group_id).update(event=False)
        (words,) = describe(Notification.objects.filter(member=member, notice__kind="event_reminder"), member)
        assert "Lunch" not in words.text
        assert "room" not in words.url

    def test_not_what_is_over(self, soon: Event) -> None:
        """The worker stood still for two days: nobody is told late."""
        start = timezone.now() - timedelta(days=2)
        due = start - timedelta(minutes=15)
        Event.objects.update(
            repeats="", starts_at=start, ends_at=start + HOUR, last_ends_at=start + HOUR, reminds_at=due
        )
        assert self.told() == []
        assert Event.objects.get().reminds_at is None

    def test_not_again_though_it_was_planned_again(self, soon: Event) -> None:
        assert len(self.told()) == 2
        Event.objects.update(reminds_at=soon.reminds_at)
        assert len(self.told()) == 2

    def test_one_that_is_left_out_is_passed_over(
        self, soon: Event, member: Member, actor_of: ActorOf
    ) -> None:
        actor = actor_of(member)
        actions.delete_event(soon.group, soon.pk, 1, soon.starts_at, actor=actor)
        assert Event.objects.get().reminds_at == soon.starts_at + timedelta(days=1, minutes=-15)
        assert self.told() == []

    def test_one_that_is_changed_by_itself_is_not_told_of_again(
        self, soon: Event, member: Member, actor_of: ActorOf
    ) -> None:
        """At its hour, that is; the others are told of as before."""
        assert len(self.told()) == 2
        start = soon.starts_at.replace(tzinfo=None)
        settings = EventSettings("Dinner", start, start + HOUR, reminds_before=15)
        actions.change_occurrence(soon.group, soon.pk, soon.starts_at, settings, 1, actor=actor_of(member))
        assert len(self.told()) == 2
        soon.refresh_from_db()
        assert soon.reminds_at == soon.starts_at + timedelta(days=1, minutes=-15)

    def test_not_of_a_deleted_group(self, soon: Event) -> None:
        """Rule 2.17: neither while it is deleted, nor afterwards of what was due meanwhile."""
        Group.objects.filter(pk=soon.group_id).update(deleted_at=timezone.now())
        assert self.told() == []
        Group.objects.filter(pk=soon.group_id).update(deleted_at=None)
        assert self.told() == []

    def test_a_beat_queues_what_is_due(self, soon: Event, django_assert_num_queries: Any) -> None:
        Event.objects.update(reminds_at=timezone.now() + HOUR)
        with django_assert_num_queries(1):
            reminders.queue_reminders()
