"""The events of a room, through their pages (rule 3.5): what may be entered, who may do what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.actor import Refused
from accounts.models import AuditEntry, Member
from groups.models import Event, Group, Membership, Message
from groups.room.calendar import actions
from groups.room.calendar.checking import EventSettings
from tests.factories import EventFactory, GroupFactory
from tests.helpers import ActorOf, ClientOf

from .events import NOON, form, page

pytestmark = pytest.mark.django_db


class TestForm:
    def test_in_a_zone(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        """Entered in one zone, shown in the reader's, and in the other where they differ."""
        Member.objects.filter(pk=member.pk).update(time_zone="Asia/Seoul")
        client = client_of(member)
        client.post(page("event_add", event_room), form(time_zone="Europe/Berlin"))
        event = Event.objects.get()
        assert event.starts_at == datetime(2027, 3, 1, 11, tzinfo=UTC)
        answer = client.get(page("event", event_room, event.pk))
        assert answer.context["when"] == "Mon, Mar 1, 2027, 8:00 – 9:00 PM"
        assert answer.context["when_there"] == "Mon, Mar 1, 2027, 12:00 – 1:00 PM in Europe/Berlin"
        assert 'value="Asia/Seoul" selected' in client.get(page("event_add", event_room)).content.decode()

    @pytest.mark.parametrize(
        ("typed", "rule"),
        [
            ({"repeat": "daily", "interval": "2"}, "FREQ=DAILY;INTERVAL=2"),
            ({"repeat": "weekly", "weekdays": ["MO", "WE"]}, "FREQ=WEEKLY;BYDAY=MO,WE"),
            ({"repeat": "weekly"}, "FREQ=WEEKLY"),
            ({"repeat": "monthly", "ends": "count", "count": "3"}, "FREQ=MONTHLY;COUNT=3"),
            ({"repeat": "monthly_weekday"}, "FREQ=MONTHLY;BYDAY=1MO"),
            (
                {"repeat": "monthly_weekday", "start_date": "2027-03-31", "end_date": "2027-03-31"},
                "FREQ=MONTHLY;BYDAY=-1WE",
            ),
            (
                {"repeat": "yearly", "ends": "until", "until": "2030-01-01"},
                "FREQ=YEARLY;UNTIL=20300101T235959Z",
            ),
            # What does not apply is not read.
            ({"repeat": "", "weekdays": ["MO"], "until": "2030-01-01"}, ""),
        ],
    )
    def test_repeats_and_is_offered_again_as_entered(
        self, event_room: Group, member: Member, client_of: ClientOf, typed: dict[str, Any], rule: str
    ) -> None:
        client = client_of(member)
        assert client.post(page("event_add", event_room), form(**typed)).status_code == 302
        event = Event.objects.get()
        assert event.repeats == rule
        shown = client.get(page("event_edit", event_room, event.pk, which="all")).context["form"].initial
        for name, value in typed.items():
            if rule and name in ("repeat", "interval", "count", "weekdays"):
                assert str(shown[name]) == str(value)
        kept = {name: value for name, value in shown.items() if value is not None}
        again = client.post(
            page("event_edit", event_room, event.pk), {**kept, "which": "all", "is_all_day": ""}
        )
        assert again.status_code == 302, again.context["form"].errors
        event.refresh_from_db()
        assert (event.repeats, event.version) == (rule, 2)

    def test_a_rule_of_a_calendar_file_is_kept(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        rule = "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"
        event = EventFactory.create(group=event_room, repeats=rule)
        typed = form(repeat="kept", version="1", which="all", title="Renamed", start_date="2027-03-30")
        typed["end_date"] = "2027-03-30"
        answer = client_of(member).post(page("event_edit", event_room, event.pk), typed)
        assert answer.status_code == 302
        event.refresh_from_db()
        assert (event.title, event.repeats) == ("Renamed", rule)

    def test_whole_days_end_with_the_last_one(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        client = client_of(member)
        client.post(
            page("event_add", event_room), form(is_all_day="on", end_date="2027-03-03", start_time="")
        )
        event = Event.objects.get()
        assert (event.starts_at.day, event.ends_at.day) == (1, 4)
        assert client.get(page("event", event_room, event.pk)).context["when"] == (
            "Mon, Mar 1, 2027 – Wed, Mar 3, 2027"
        )
        assert (
            client.get(page("event_edit", event_room, event.pk)).context["form"].initial["end_date"].day == 3
        )

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"title": " \u200b\n"}, "title"),
            ({"title": ""}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"description": "x" * 5001}, "description"),
            ({"end_date": "2027-02-28"}, "end_date"),
            ({"end_time": "11:59"}, "end_date"),
            ({"end_date": "2029-01-01"}, "end_date"),
            ({"start_date": "0001-01-01", "end_date": "0001-01-01"}, "start_date"),
            ({"start_date": "9999-12-31", "end_date": "9999-12-31"}, "start_date"),
            ({"start_date": "9999-12-31", "end_date": "9999-12-31", "is_all_day": "on"}, "start_date"),
            ({"start_date": "9999-12-31", "end_date": "", "end_time": ""}, "start_date"),
            ({"start_date": "2027-02-30"}, "start_date"),
            ({"start_date": "1e9"}, "start_date"),
            ({"start_time": "25:00"}, "start_time"),
            ({"start_time": ""}, "start_time"),
            ({"time_zone": "Mars/Base"}, "time_zone"),
            ({"time_zone": "../../etc/passwd"}, "time_zone"),
            ({"time_zone": "\0"}, "time_zone"),
            ({"repeat": "secondly"}, "repeat"),
            ({"repeat": "FREQ=SECONDLY"}, "repeat"),
            ({"repeat": "kept"}, "repeat"),
            ({"repeat": "daily", "interval": "0"}, "interval"),
            ({"repeat": "daily", "interval": "9" * 400}, "interval"),
            ({"repeat": "daily", "ends": "count", "count": "1001"}, "count"),
            ({"repeat": "daily", "ends": "count", "count": ""}, "count"),
            ({"repeat": "daily", "ends": "until", "until": ""}, "until"),
            ({"repeat": "daily", "ends": "until", "until": "2027-02-28"}, "repeat"),
            ({"repeat": "weekly", "weekdays": ["XX"]}, "weekdays"),
            ({"reminds_before": "-5"}, "reminds_before"),
            ({"reminds_before": "1" * 30}, "reminds_before"),
            ({"version": "9" * 30}, "version"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field_and_all_is_kept(
        self, event_room: Group, member: Member, client_of: ClientOf, typed: dict[str, Any], field: str
    ) -> None:
        answer = client_of(member).post(page("event_add", event_room), form(place="Here <b>", **typed))
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert 'value="Here &lt;b&gt;"' in answer.content.decode()
        assert not Event.objects.exists()

    def test_a_thousand_times(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        client = client_of(member)
        client.post(page("event_add", event_room), form(repeat="daily", ends="count", count="1000"))
        event = Event.objects.get()
        assert event.last_ends_at == datetime(2029, 11, 24, 13, tzinfo=UTC)
        assert (
            client.get(page("events", event_room, view="month", date="2029-11-01")).content.count(b"Lunch")
            == 28
        )

    @pytest.mark.parametrize("text", ["\0", "\ud800", "\u202e" * 100, "<script>alert(1)</script>", "{{ 7 }}"])
    def test_any_text_is_harmless(
        self, event_room: Group, member: Member, client_of: ClientOf, text: str
    ) -> None:
        client = client_of(member)
        sent = {"title": f"a{text}b", "place": text, "description": f"{text} javascript:alert(1)"}
        body = form(**{key: value.encode("utf-8", "replace").decode() for key, value in sent.items()})
        assert client.post(page("event_add", event_room), body).status_code == 302
        event = Event.objects.get()
        for address in (
            page("events", event_room, view="month", date="2027-03-01"),
            page("events", event_room, view="week", date="2027-03-01"),
            page("events", event_room, view="list", date="2027-03-01"),
            page("event", event_room, event.pk),
            page("event_edit", event_room, event.pk),
            page("event_delete", event_room, event.pk),
        ):
            answer = client.get(address)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.content.decode()
            assert 'href="javascript' not in answer.content.decode()


class TestCalendar:
    @pytest.mark.parametrize("view", ["", "month", "week", "list", "nonsense"])
    @pytest.mark.parametrize("date", ["", "2027-03-01", "0001-01-01", "9999-12-31", "\0", "\ud800", "x" * 99])
    def test_any_address_is_answered(
        self, event_room: Group, member: Member, client_of: ClientOf, view: str, date: str
    ) -> None:
        EventFactory.create(group=event_room, repeats="FREQ=WEEKLY")
        query = {"view": view, "date": date.encode("utf-8", "replace").decode()}
        assert client_of(member).get(page("events", event_room, **query)).status_code == 200

    def test_in_the_readers_zone(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        """11 p.m. in UTC is tomorrow in Seoul; a whole day is the same day."""
        EventFactory.create(group=event_room, title="Late", starts_at=datetime(2027, 3, 1, 23, tzinfo=UTC))
        day = datetime(2027, 3, 1, tzinfo=UTC)
        EventFactory.create(
            group=event_room, title="Day", is_all_day=True, starts_at=day, ends_at=day + timedelta(days=1)
        )
        Member.objects.filter(pk=member.pk).update(time_zone="Asia/Seoul")
        answer = client_of(member).get(page("events", event_room, view="week", date="2027-03-01"))
        days = {
            day.date.day: [one.event.title for one in day.occurrences]
            for day in answer.context["shown"][0]["days"]
        }
        assert (days[1], days[2]) == (["Day"], ["Late"])
        assert ">8:00" in answer.content.decode()

    def test_htmx_gets_the_calendar_alone(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        client = client_of(member, htmx=True)
        answer = client.get(page("events", event_room, view="list"), headers={"HX-Target": "calendar"})
        assert answer.content.decode().strip().startswith('<div id="calendar">')

    def test_queries_do_not_grow(
        self, event_room: Group, member: Member, client_of: ClientOf, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(40):
            EventFactory.create(group=event_room, repeats="FREQ=DAILY" if n % 2 else "")
        client = client_of(member)
        with django_assert_max_num_queries(30):
            client.get(page("events", event_room, date="2027-03-01"))

    def test_what_one_has_seen_is_not_new(
        self, event_room: Group, member: Member, client_of: ClientOf
    ) -> None:
        event = EventFactory.create(group=event_room)
        client = client_of(member)

        def is_new() -> bool:
            tabs = client.get(page("event_add", event_room)).context["tabs"]
            client.get(page("messages", event_room))
            tabs = client.get(page("messages", event_room)).context["tabs"]
            return next(bool(tab["is_unread"]) for tab in tabs if tab["feature"] == "event")

        assert is_new()
        assert client.post(page("events_seen", event_room), {"newest": "x"}).status_code == 422
        assert client.post(page("events_seen", event_room), {"newest": "-5"}).status_code == 422
        assert client.post(page("events_seen", event_room), {"newest": "9" * 99}).status_code in (204, 422)
        client.post(page("events_seen", event_room), {"newest": str(event.pk)})
        assert not is_new()


class TestWho:
    def test_any_member_changes_and_deletes(
        self, event_room: Group, add_event: Callable[..., Event], teammate: Member, client_of: ClientOf
    ) -> None:
        """Rule 3.5: also who did not add it, and is in the group by way of a team."""
        event = add_event()
        client = client_of(teammate)
        client.post(page("event_edit", event_room, event.pk), form(title="Dinner", version="1"))
        event.refresh_from_db()
        assert (event.title, event.author_name) == ("Dinner", "Momo Member")
        client.post(page("event_delete", event_room, event.pk), {"version": "2"})
        assert not Event.objects.exists()
        said = Message.objects.filter(kind="news").order_by("pk").values_list("details__what", flat=True)
        assert list(said) == ["event.added", "event.changed", "event.deleted"]

    def test_a_master_who_deletes_anothers_is_audited(
        self, event_room: Group, add_event: Callable[..., Event], master: Member, actor_of: ActorOf
    ) -> None:
        Membership.objects.create(group=event_room, member=master)
        event = add_event()
        actions.delete_event(event_room, event.pk, 1, actor=actor_of(master))
        entry = AuditEntry.objects.get(action="room.delete_event")
        # Whoever reads the audit may be no member: it says whose event it was, not its title (rule 3.6).
        assert entry.changes == {"event_of": [event.author_name, None]}

    def test_a_master_who_deletes_their_own_is_not(
        self, event_room: Group, master: Member, actor_of: ActorOf
    ) -> None:
        """It is theirs as a member's, not as a master."""
        Membership.objects.create(group=event_room, member=master)
        event = actions.add_event(event_room, EventSettings("Own", NOON, NOON), actor=actor_of(master))
        actions.delete_event(event_room, event.pk, 1, actor=actor_of(master))
        assert not AuditEntry.objects.filter(action="room.delete_event").exists()

    def test_whoever_has_just_left_changes_nothing(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, actor_of: ActorOf
    ) -> None:
        """Rule 2.16."""
        event = add_event()
        Membership.objects.filter(group=event_room, member=member).delete()
        with pytest.raises(Refused):
            actions.change_event(
                event_room, event.pk, EventSettings("x", NOON, NOON), 1, actor=actor_of(member)
            )
        with pytest.raises(Refused):
            actions.delete_event(event_room, event.pk, 1, actor=actor_of(member))
        assert Event.objects.get().title == "Lunch"

    def test_off_is_gone_everywhere_and_on_brings_it_back(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        """Rule 3.3: pages, posts, the tab; what was there stays."""
        event = add_event()
        client = client_of(member)
        addresses = [
            page("events", event_room),
            page("event_add", event_room),
            page("events_import", event_room),
            page("events_feed", event_room),
            page("event", event_room, event.pk),
            page("event_edit", event_room, event.pk),
            page("event_delete", event_room, event.pk),
        ]
        posts = [
            *addresses[1:3],
            *addresses[5:],
            page("events_feed_create", event_room),
            page("events_seen", event_room),
        ]
        posts.append(page("event_attend", event_room, event.pk))
        Group.objects.filter(pk=event_room.pk).update(event=False)
        assert {client.get(address).status_code for address in addresses} == {403}
        assert {client.post(address, form(answer="yes")).status_code for address in posts} == {403}
        assert page("events", event_room) not in client.get(page("messages", event_room)).content.decode()
        assert "Lunch" not in client.get(page("messages", event_room)).content.decode()
        Group.objects.filter(pk=event_room.pk).update(event=True)
        assert {client.get(address).status_code for address in addresses} == {200}

    def test_ids_of_another_room(
        self,
        event_room: Group,
        company: Any,
        member: Member,
        add_event: Callable[..., Event],
        client_of: ClientOf,
    ) -> None:
        other = GroupFactory.create(company=company, members=[member], message=True, event=True)
        event = add_event()
        client = client_of(member)
        for name in ("event", "event_edit", "event_delete"):
            assert client.get(page(name, other, event.pk)).status_code == 404
        for name, status in (("event_edit", 409), ("event_delete", 404), ("event_attend", 404)):
            assert client.post(page(name, other, event.pk), form(answer="yes")).status_code == status
        assert Event.objects.get().version == 1
