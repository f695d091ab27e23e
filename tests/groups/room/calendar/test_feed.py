"""The private address of a calendar, read by independent libraries, and closed at once (rules 3.3, 6.4)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from django.test import Client
from django.urls import reverse

from accounts.actions.members import activate_member, deactivate_member
from accounts.models import Company, Member, Team, TeamMembership
from groups.models import Attendance, CalendarFeed, Event, Group, Membership
from groups.room.calendar import actions, feed
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.feed import remove_dead_feeds
from groups.room.calendar.occurrences import occurrences_of
from groups.room.calendar.rules import read_rule
from groups.tasks import tidy_up
from tests.factories import EventFactory, MembershipFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 1, 12)


@pytest.fixture
def room(group: Group) -> Group:
    """The group of the cast with Event on."""
    Group.objects.filter(pk=group.pk).update(event=True)
    group.refresh_from_db()
    return group


@pytest.fixture
def path(room: Group, member: Member, actor_of: ActorOf) -> str:
    """The member's address, without the site's."""
    return feed.create_feed(room, actor=actor_of(member)).removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def add(room: Group, member: Member, actor_of: ActorOf) -> Callable[..., Event]:
    def add_event(title: str = "Event", start: datetime = NOON, **more: Any) -> Event:
        hour = timedelta(days=1) if more.get("is_all_day") else timedelta(hours=1)
        settings = EventSettings(title, start, start + hour, **more)
        return actions.add_event(room, settings, actor=actor_of(member))

    return add_event


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def components(path: str) -> dict[str, Any]:
    calendar = icalendar.Calendar.from_ical(get(path).content)
    return {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}


def test_feeds_go_on_where_a_second_factor_is_required(
    path: str, member: Member, client_of: ClientOf
) -> None:
    """Rule 9.2: a calendar program can set none up, and its address says who asks."""
    Company.objects.update(second_factor="everybody")
    assert get(path).status_code == 200
    assert client_of(member).get(path).status_code == 200
    assert client_of(member).get(reverse("groups:list"))["Location"] == reverse("mfa_index")


class TestWhatIsInIt:
    def test_another_library_reads_what_we_show(self, path: str, add: Callable[..., Event]) -> None:
        """Every occurrence at the same moment, but for those left out (RFC 5545)."""
        berlin = read_rule("FREQ=WEEKLY;BYDAY=MO,TH", ZoneInfo("Europe/Berlin"))
        event = add("Weekly", time_zone="Europe/Berlin", rule=berlin)
        event.left_out = ["20270304T110000Z"]
        event.save()
        found = recurring_ical_events.of(icalendar.Calendar.from_ical(get(path).content)).between(
            date(2027, 3, 1), date(2027, 5, 1)
        )
        ours = occurrences_of(event, datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
        theirs = sorted((one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in found)
        assert theirs == [(one.starts_at, one.ends_at) for one in ours]
        assert len(theirs) == 17
        assert [start.hour for start, _end in theirs if start.month == 4][:1] == [10]

    def test_a_second_library_reads_it_too(self, path: str, add: Callable[..., Event]) -> None:
        """vobject, which knows zones from the file alone: they are described there."""
        rule = read_rule("FREQ=DAILY;COUNT=3", ZoneInfo("Asia/Seoul"))
        add("Über, alles; \\ \n 🎉" + "x" * 150, time_zone="Asia/Seoul", rule=rule)
        add("Holiday", datetime(2027, 3, 5), is_all_day=True)
        calendar = vobject.readOne(get(path).content.decode())
        by_title = {one.summary.value: one for one in calendar.vevent_list}
        seoul = by_title["Über, alles; \\ \n 🎉" + "x" * 150]
        assert seoul.dtstart.value.utcoffset() == timedelta(hours=9)
        assert [moment.day for moment in seoul.rruleset] == [1, 2, 3]
        assert by_title["Holiday"].dtstart.value == date(2027, 3, 5)
        assert by_title["Holiday"].dtend.value == date(2027, 3, 6)

    def test_lines_are_folded_and_texts_harmless(self, path: str, add: Callable[..., Event]) -> None:
        """No text becomes a line of its own, and no line is longer than 75 bytes (RFC 5545)."""
        add("x" * 200, description="one\r\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n🎉" * 20, place="a\tb")
        lines = get(path).content.split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert b"BEGIN:VALARM" not in lines

    def test_uid_stays_and_sequence_counts(
        self, path: str, add: Callable[..., Event], member: Member, actor_of: ActorOf
    ) -> None:
        event = add()
        before = components(path)["Event"]
        settings = EventSettings("Renamed", NOON, NOON + timedelta(hours=2))
        actions.change_event(event.group, event.pk, settings, 1, actor=actor_of(member))
        after = components(path)["Renamed"]
        assert (before["UID"], before["SEQUENCE"]) == (after["UID"], 0)
        assert after["SEQUENCE"] == 1
        assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt or after["SEQUENCE"] == 1

    def test_an_event_without_length_has_no_end(
        self, path: str, room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """An end must be later than the start (RFC 5545, 3.8.2.2)."""
        actions.add_event(room, EventSettings("Deadline", NOON, NOON), actor=actor_of(member))
        assert "DTEND" not in components(path)["Deadline"]
        actions.add_event(
            room, EventSettings("Lunch", NOON, NOON + timedelta(hours=1)), actor=actor_of(member)
        )
        assert components(path)["Lunch"]["DTEND"].dt == datetime(2027, 3, 1, 13, tzinfo=UTC)

    def test_it_names_nobody(self, path: str, add: Callable[..., Event], member: Member) -> None:
        """Neither who comes nor who wrote it (rule 6.4)."""
        event = add()
        Attendance.objects.create(event=event, member=member, starts_at=event.starts_at, answer="yes")
        content = get(path).content.decode()
        assert "ATTENDEE" not in content
        assert "ORGANIZER" not in content
        assert member.name not in content
        assert member.email not in content

    def test_events_of_other_rooms_and_long_over_ones_are_not_in_it(
        self, path: str, add: Callable[..., Event]
    ) -> None:
        EventFactory.create(title="Elsewhere")
        add("Long ago", datetime(2001, 1, 1, 9))
        add("Soon")
        assert set(components(path)) == {"Soon"}


class TestAskingAgain:
    def test_what_has_not_changed_is_not_sent(self, path: str, add: Callable[..., Event]) -> None:
        add()
        first = get(path)
        assert first["Content-Type"] == "text/calendar; charset=utf-8"
        again = get(path, if_none_match=first["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert get(path, if_none_match=f'W/{first["ETag"]}, "other"').status_code == 304
        add("Another")
        assert get(path, if_none_match=first["ETag"]).status_code == 200

    def test_every_kind_of_change_is_seen(
        self, path: str, add: Callable[..., Event], member: Member, actor_of: ActorOf
    ) -> None:
        seen = {get(path)["ETag"]}
        event = add()
        seen.add(get(path)["ETag"])
        settings = EventSettings("Other", NOON, NOON)
        actions.change_event(event.group, event.pk, settings, 1, actor=actor_of(member))
        seen.add(get(path)["ETag"])
        actions.delete_event(event.group, event.pk, 2, actor=actor_of(member))
        other = add()
        seen.add(get(path)["ETag"])
        actions.delete_event(other.group, other.pk, 1, actor=actor_of(member))
        assert len(seen) == 4

    def test_few_queries_and_no_cookies(
        self, path: str, add: Callable[..., Event], django_assert_max_num_queries: Any, client_of: ClientOf
    ) -> None:
        for n in range(20):
            add(f"Event {n}")
        etag = get(path)["ETag"]
        with django_assert_max_num_queries(6):
            again = get(path, if_none_match=etag)
        assert again.status_code == 304
        assert not again.cookies
        assert not get(path).cookies

    @pytest.mark.parametrize("header", ["*", "garbage", '"' * 2000, "\x7f"])
    def test_strange_headers(self, path: str, header: str) -> None:
        assert get(path, if_none_match=header).status_code == 200


class TestItIsClosed:
    @pytest.fixture(autouse=True)
    def _event(self, add: Callable[..., Event], path: str) -> None:
        add()
        assert get(path).status_code == 200

    def test_once_one_has_left(self, path: str, room: Group, member: Member) -> None:
        """Rule 2.16."""
        Membership.objects.filter(group=room, member=member).delete()
        assert get(path).status_code == 404

    def test_once_one_is_inactive(self, path: str, member: Member) -> None:
        Member.objects.filter(pk=member.pk).update(is_active=False)
        assert get(path).status_code == 404

    def test_also_when_one_is_added_again(
        self, path: str, room: Group, member: Member, client_of: ClientOf, actor_of: ActorOf
    ) -> None:
        """Whoever got hold of the address does not come in again with its owner, who makes a new one."""
        Membership.objects.filter(group=room, member=member).delete()
        MembershipFactory.create(group=room, member=member)
        assert get(path).status_code == 404
        shown = client_of(member).get(reverse("room:events_feed", args=[room.pk]))
        assert shown.context["feed"] is None
        new = feed.create_feed(room, actor=actor_of(member)).removeprefix("http://127.0.0.1:8000")
        assert (get(path).status_code, get(new).status_code) == (404, 200)

    def test_also_by_way_of_a_team(self, path: str, room: Group, member: Member) -> None:
        Membership.objects.filter(group=room, member=member).delete()
        team = TeamFactory.create(company=room.company)
        MembershipFactory.create(group=room, team=team)
        TeamMembership.objects.create(team=team, member=member)
        assert get(path).status_code == 404

    def test_not_to_whoever_comes_in_by_a_second_way(self, path: str, room: Group, member: Member) -> None:
        MembershipFactory.create(group=room, team=TeamFactory.create(company=room.company, people=[member]))
        assert get(path).status_code == 200

    def test_also_when_one_is_activated_again(
        self, path: str, member: Member, administrator: Member, actor_of: ActorOf
    ) -> None:
        for change in (deactivate_member, activate_member):
            change(member, actor=actor_of(administrator))
            assert get(path).status_code == 404

    def test_for_good_to_those_whose_team_was_moved_away(
        self, room: Group, member: Member, actor_of: ActorOf
    ) -> None:
        """No link of theirs is younger when it is moved back: the address is gone by then."""
        Membership.objects.filter(group=room, member=member).delete()
        top = TeamFactory.create(company=room.company)
        below = TeamFactory.create(company=room.company, parent=top, people=[member])
        MembershipFactory.create(group=room, team=top)
        path = feed.create_feed(room, actor=actor_of(member)).removeprefix("http://127.0.0.1:8000")
        assert remove_dead_feeds() == 0
        Team.objects.filter(pk=below.pk).update(parent=None)
        assert get(path).status_code == 404
        tidy_up.call()
        Team.objects.filter(pk=below.pk).update(parent=top)
        assert get(path).status_code == 404

    @pytest.mark.parametrize("switches", [{"event": False}, {"event": False, "message": False}])
    def test_while_event_is_off_and_back_with_it(
        self, path: str, room: Group, switches: dict[str, bool]
    ) -> None:
        """Rule 3.3."""
        etag = get(path)["ETag"]
        Group.objects.filter(pk=room.pk).update(**switches | {"note": False})
        assert get(path, if_none_match=etag).status_code == 404
        Group.objects.filter(pk=room.pk).update(message=True, event=True)
        assert get(path).status_code == 200

    def test_once_the_group_is_deleted(self, path: str, room: Group) -> None:
        Group.objects.filter(pk=room.pk).update(deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert get(path).status_code == 404

    def test_to_whoever_guesses(self, path: str) -> None:
        for key in ("x", "x" * 5000, path.split("/")[-1][:-5], "%00", "%F0%9F%8E%89", "' OR 1=1"):
            assert get(f"/rooms/calendars/{key}.ics").status_code == 404

    def test_to_the_old_address_once_it_is_renewed_or_removed(
        self, path: str, room: Group, member: Member, client_of: ClientOf
    ) -> None:
        client = client_of(member)
        answer = client.post(reverse("room:events_feed_create", args=[room.pk]))
        address = answer.context["address"]
        assert answer["Cache-Control"] == "no-store"
        new = address.removeprefix("http://127.0.0.1:8000")
        assert (get(path).status_code, get(new).status_code) == (404, 200)
        assert new not in client.get(reverse("room:events_feed", args=[room.pk])).content.decode()
        client.post(reverse("room:events_feed_remove", args=[room.pk]))
        assert get(new).status_code == 404

    def test_the_database_does_not_know_the_address(self, path: str) -> None:
        """What is kept is a hash."""
        secret = path.split("/")[-1].removesuffix(".ics")
        assert len(secret) >= 40
        assert secret not in str(list(CalendarFeed.objects.values()))

    def test_signing_in_does_not_open_it(self, path: str, client_of: ClientOf, administrator: Member) -> None:
        Group.objects.update(event=False)
        assert client_of(administrator).get(path).status_code == 404
