"""Events that happen several times, two people at one event, and who comes (rule 3.5)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Conflict, Invalid
from groups.models import Attendance, Event, Group, Membership
from groups.room.access import Gone, SwitchedOff
from groups.room.calendar import actions, feed, import_actions
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.occurrences import list_between
from groups.room.calendar.rules import read_rule
from tests.helpers import ActorOf, ClientOf

from .events import DAILY, HOUR, NOON, form, page

pytestmark = pytest.mark.django_db


class TestSeveralTimes:
    def test_only_one_is_changed(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        """It becomes an event of its own, with who comes to it; the others stay."""
        event = add_event(rule=DAILY, time_zone="UTC")
        third = datetime(2027, 3, 3, 12, tzinfo=UTC)
        Attendance.objects.create(event=event, member=member, starts_at=third, answer="yes")
        typed = form(title="Late lunch", start_date="2027-03-03", end_date="2027-03-03", start_time="12:30")
        typed |= {"at": "20270303T120000Z", "which": "one", "version": "1"}
        client_of(member).post(page("event_edit", event_room, event.pk), typed)
        listed = list_between(event_room, datetime(2027, 3, 1).date(), datetime(2027, 3, 9).date(), UTC)
        assert [(one.starts_at.day, one.event.title) for one in listed.occurrences] == [
            (1, "Lunch"),
            (2, "Lunch"),
            (3, "Late lunch"),
            (4, "Lunch"),
            (5, "Lunch"),
        ]
        moved = Attendance.objects.get()
        assert (moved.event.title, moved.starts_at) == ("Late lunch", third + timedelta(minutes=30))
        assert moved.event.repeats == ""

    def test_only_one_is_deleted(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        event = add_event(rule=DAILY, time_zone="UTC")
        sent = {"at": "20270303T120000Z", "which": "one", "version": "1"}
        client = client_of(member)
        client.post(page("event_delete", event_room, event.pk), sent)
        event.refresh_from_db()
        assert (event.left_out, event.version) == (["20270303T120000Z"], 2)
        assert client.get(page("event", event_room, event.pk, at="20270303T120000Z")).status_code == 404
        assert client.post(page("event_delete", event_room, event.pk), sent).status_code == 404

    @pytest.mark.parametrize("hours", [-24, -1, 1, 24])
    def test_all_are_moved_with_who_comes(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        actor_of: ActorOf,
        hours: int,
    ) -> None:
        """By the clock: also those behind a change of the clocks, and without meeting each other."""
        start = datetime(2027, 3, 26, 9)
        rule = read_rule("FREQ=DAILY;COUNT=5", UTC)
        event = add_event(start=start, rule=rule, time_zone="Europe/Berlin")
        for day, hour in ((26, 8), (27, 8), (28, 7), (29, 7)):
            moment = datetime(2027, 3, day, hour, tzinfo=UTC)
            Attendance.objects.create(event=event, member=member, starts_at=moment, answer="yes")
        event.left_out = ["20270330T070000Z"]
        event.save()
        start += timedelta(hours=hours)
        settings = EventSettings("Lunch", start, start + HOUR, "Europe/Berlin", rule=rule)
        event = actions.change_event(event_room, event.pk, settings, 1, actor=actor_of(member))
        listed = list_between(event_room, datetime(2027, 3, 20).date(), datetime(2027, 4, 9).date(), UTC)
        assert [one.starts_at for one in listed.occurrences] == list(
            Attendance.objects.order_by("starts_at").values_list("starts_at", flat=True)
        )

    @pytest.mark.parametrize("at", ["20270303T120001Z", "x", "\0", "99991231T000000Z", "00010101T000000Z"])
    def test_occurrences_that_there_are_not(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf, at: str
    ) -> None:
        event = add_event(rule=DAILY, time_zone="UTC")
        client = client_of(member)
        assert client.get(page("event", event_room, event.pk, at=at)).status_code == 404
        assert (
            client.post(page("event_attend", event_room, event.pk), {"at": at, "answer": "yes"}).status_code
            == 404
        )


class TestTwoAtOnce:
    def test_the_later_one_is_told_and_keeps_what_they_typed(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        teammate: Member,
        client_of: ClientOf,
    ) -> None:
        event = add_event()
        client_of(member).post(page("event_edit", event_room, event.pk), form(place="Roof", version="1"))
        client = client_of(teammate)
        answer = client.post(page("event_edit", event_room, event.pk), form(place="Cellar", version="1"))
        said = answer.content.decode()
        assert answer.status_code == 409
        assert 'value="Cellar"' in said
        assert "Roof" in said
        event.refresh_from_db()
        assert event.place == "Roof"
        again = client.post(page("event_edit", event_room, event.pk), form(place="Cellar", version="2"))
        assert again.status_code == 302

    def test_nobody_deletes_what_they_have_not_seen(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        event = add_event()
        client = client_of(member)
        client.post(page("event_edit", event_room, event.pk), form(version="1"))
        for version in ("1", "", "x", "9" * 30):
            assert (
                client.post(page("event_delete", event_room, event.pk), {"version": version}).status_code
                == 409
            )
        assert Event.objects.exists()

    def test_one_occurrence_taken_out_of_an_old_version(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, actor_of: ActorOf
    ) -> None:
        event = add_event(rule=DAILY)
        with pytest.raises(Conflict):
            actions.change_occurrence(
                event_room,
                event.pk,
                event.starts_at,
                EventSettings("x", NOON, NOON),
                7,
                actor=actor_of(member),
            )


class TestAttendance:
    def test_yes_no_maybe_and_taken_back(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        event = add_event(rule=DAILY, time_zone="UTC")
        client, address = client_of(member), page("event_attend", event_room, event.pk)
        for answer, kept in (("yes", ["yes"]), ("maybe", ["maybe"]), ("no", ["no"]), ("", [])):
            client.post(address, {"answer": answer, "at": "20270302T120000Z"})
            assert list(Attendance.objects.values_list("answer", flat=True)) == kept
        client.post(address, {"answer": "perhaps", "at": "20270302T120000Z"})
        assert not Attendance.objects.exists()

    def test_each_occurrence_by_itself(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        event = add_event(rule=DAILY, time_zone="UTC")
        client = client_of(member, htmx=True)
        shown = client.post(
            page("event_attend", event_room, event.pk),
            {"answer": "yes", "at": "20270302T120000Z"},
            headers={"HX-Target": "attendance"},
        )
        assert shown.content.decode().strip().startswith('<section id="attendance"')
        assert member.name in shown.content.decode()
        other = client_of(member).get(page("event", event_room, event.pk, at="20270303T120000Z"))
        assert [answer["count"] for answer in other.context["answers"]] == [0, 0, 0]

    def test_whoever_has_left_does_not_come(
        self,
        event_room: Group,
        add_event: Callable[..., Event],
        member: Member,
        teammate: Member,
        client_of: ClientOf,
    ) -> None:
        event = add_event()
        for person in (member, teammate):
            Attendance.objects.create(event=event, member=person, starts_at=event.starts_at, answer="yes")
        Membership.objects.filter(group=event_room, member=member).delete()
        shown = client_of(teammate).get(page("event", event_room, event.pk))
        (shown_person,) = shown.context["answers"][0]["people"]
        assert shown_person.member == teammate


def test_too_many_dates_changed_one_by_one(
    event_room: Group, add_event: Callable[..., Event], member: Member, actor_of: ActorOf
) -> None:
    event = add_event(rule=read_rule("FREQ=DAILY", UTC), time_zone="UTC")
    Event.objects.update(left_out=[f"x{n}" for n in range(actions.LEFT_OUT_AT_MOST)])
    with pytest.raises(Invalid):
        actions.delete_event(event_room, event.pk, 1, event.starts_at, actor=actor_of(member))


def actions_on(group: Group, event: Event, actor: Actor) -> list[Callable[[], object]]:
    """Everything that can be done to an event."""
    pk, moment, settings = event.pk, event.starts_at, EventSettings("x", NOON, NOON)
    return [
        lambda: actions.change_event(group, pk, settings, 1, actor=actor),
        lambda: actions.change_occurrence(group, pk, moment, settings, 1, actor=actor),
        lambda: actions.change_following(group, pk, moment, settings, 1, actor=actor),
        lambda: actions.delete_event(group, pk, 1, actor=actor),
        lambda: actions.delete_following(group, pk, moment, 1, actor=actor),
        lambda: actions.attend(group, pk, moment, "yes", actor=actor),
    ]


def test_no_action_takes_ids_of_another_room(
    event_room: Group, other_room: Group, add_event: Callable[..., Event], member: Member, actor_of: ActorOf
) -> None:
    """Whatever page led to it, and though one is a member of both."""
    event = add_event(rule=DAILY)
    for attempt in actions_on(other_room, event, actor_of(member)):
        with pytest.raises(Gone):
            attempt()
    event.refresh_from_db()
    assert (event.version, event.group) == (1, event_room)


FILE = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20270301T120000Z\nEND:VEVENT\nEND:VCALENDAR\n"


def test_no_action_does_anything_once_event_is_off(
    event_room: Group, add_event: Callable[..., Event], member: Member, actor_of: ActorOf
) -> None:
    """Rule 3.3: what was on its way when it was switched off, with Message still on."""
    event, actor = add_event(rule=DAILY), actor_of(member)
    Group.objects.filter(pk=event_room.pk).update(event=False)
    more: list[Callable[[], object]] = [
        lambda: actions.add_event(event_room, EventSettings("x", NOON, NOON), actor=actor),
        lambda: import_actions.import_events(event_room, FILE, actor=actor),
        lambda: feed.create_feed(event_room, actor=actor),
        lambda: feed.remove_feed(event_room, actor=actor),
    ]
    for attempt in [*actions_on(event_room, event, actor), *more]:
        with pytest.raises(SwitchedOff):
            attempt()
    assert list(Event.objects.values_list("title", "version")) == [("Lunch", 1)]
