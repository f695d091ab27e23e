"""Calendar files that people bring: what is taken, what is refused and why; garbage harms nothing."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import Event, Group, Message
from groups.room.calendar import ics_reader
from groups.room.calendar.dates import Steps
from groups.room.calendar.feed import calendar_of
from groups.room.calendar.ics_reader import Imported, read_calendar
from groups.room.calendar.ics_text import BYTES_AT_MOST, decoded
from groups.room.calendar.import_actions import import_events, plan_import
from groups.room.calendar.occurrences import occurrences_of
from groups.room.calendar.rules import Rule
from tests.factories import EventFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

START = "DTSTART:20270301T120000Z"


@pytest.fixture
def room(group: Group) -> Group:
    """The group of the cast with Event on."""
    Group.objects.filter(pk=group.pk).update(event=True)
    group.refresh_from_db()
    return group


def file_of(*events: str) -> str:
    """A calendar file; each event is its lines, one a line."""
    bodies = [f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *bodies, "END:VCALENDAR", ""]).replace("\n", "\r\n")


def read_one(event: str, zone: str = "Asia/Seoul") -> Imported:
    (row,) = read_calendar(file_of(event), zone)
    return row


def moments(row: Imported) -> tuple[datetime, datetime]:
    assert row.event is not None, row.problem
    return row.event.starts_at, row.event.ends_at


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


class TestWhatIsRead:
    def test_times_in_utc_in_a_zone_and_in_none(self) -> None:
        """A time without a zone is the reader's."""
        assert moments(read_one(f"UID:1\n{START}\nDURATION:PT90M")) == (
            utc(2027, 3, 1, 12),
            utc(2027, 3, 1, 13, 30),
        )
        berlin = read_one("UID:1\nDTSTART;TZID=Europe/Berlin:20270701T090000\nDTEND:20270701T080000Z")
        assert moments(berlin) == (utc(2027, 7, 1, 7), utc(2027, 7, 1, 8))
        assert moments(read_one("UID:1\nDTSTART:20270301T090000"))[0] == utc(2027, 3, 1, 0)

    def test_zones_as_windows_calls_them(self) -> None:
        row = read_one("UID:1\nDTSTART;TZID=W. Europe Standard Time:20270701T090000\nRRULE:FREQ=DAILY")
        assert row.event is not None
        assert row.event.time_zone == "Europe/Berlin"

    def test_days(self) -> None:
        row = read_one("UID:1\nDTSTART;VALUE=DATE:20270301\nDTEND;VALUE=DATE:20270303")
        assert row.event is not None
        assert row.event.is_all_day
        assert moments(row) == (utc(2027, 3, 1), utc(2027, 3, 3))
        assert moments(read_one("UID:1\nDTSTART;VALUE=DATE:20270301"))[1] == utc(2027, 3, 2)

    def test_dates_that_are_left_out(self) -> None:
        row = read_one(f"UID:1\n{START}\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20270302T120000Z,20270303T120000Z")
        assert row.event is not None
        found = occurrences_of(row.event, utc(2027, 1, 1), utc(2028, 1, 1))
        assert [one.starts_at.day for one in found] == [1, 4]

    def test_one_of_several_that_was_moved_or_cancelled(self) -> None:
        whole = f"UID:1\nSUMMARY:Daily\n{START}\nRRULE:FREQ=DAILY;COUNT=3"
        moved = "UID:1\nSUMMARY:Moved\nRECURRENCE-ID:20270302T120000Z\nDTSTART:20270302T150000Z"
        gone = "UID:1\nRECURRENCE-ID:20270303T120000Z\nDTSTART:20270303T120000Z\nSTATUS:CANCELLED"
        rows = read_calendar(file_of(moved, whole, gone), "UTC")
        assert [(row.title, row.left_out) for row in rows] == [
            ("Moved", []),
            ("Daily", ["20270302T120000Z", "20270303T120000Z"]),
        ]
        assert rows[0].uid != rows[1].uid

    def test_texts_are_cleaned_and_the_rest_dropped(self) -> None:
        """Alarms and X-properties are not taken over; markup is text."""
        alarm = "BEGIN:VALARM\nTRIGGER:-PT5M\nACTION:AUDIO\nEND:VALARM"
        row = read_one(
            f"UID:1\n{START}\nSUMMARY:<b>x</b>\x07\\nline\nLOCATION:a\\, b\nX-EVIL:1\n{alarm}\n"
            "DESCRIPTION:one\\ntwo\nATTENDEE:mailto:a@example.com"
        )
        assert row.settings is not None
        assert row.settings.title == "<b>x</b>  line"
        assert row.settings.place == "a, b"
        assert row.settings.description == "one\ntwo"
        assert row.settings.reminds_before is None

    def test_folded_lines(self) -> None:
        assert read_one(f"UID:1\n{START}\nSUMMARY:Hel\n lo\n\tthere").title == "Hellothere"

    def test_what_we_write_ourselves(self, room: Group) -> None:
        """The feed, read again, changes nothing."""
        EventFactory.create(group=room, repeats="FREQ=WEEKLY", time_zone="Europe/Berlin", place="Here")
        EventFactory.create(group=room, time_zone="Asia/Seoul")
        EventFactory.create(group=room, description="🎉; , \\ two\nlines")
        EventFactory.create(
            group=room,
            is_all_day=True,
            starts_at=utc(2027, 3, 1),
            ends_at=utc(2027, 3, 2),
            repeats="FREQ=DAILY",
        )
        planned = plan_import(room, calendar_of(room, utc(2027, 1, 1)).decode())
        assert [(one.row.problem, one.is_new, one.is_changed) for one in planned] == [("", False, False)] * 4


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("event", "reason"),
        [
            ("UID:1", "has no start time"),
            ("UID:1\nDTSTART;TZID=Mars/Base:20270301T090000", "Mars/Base” is not known"),
            ("UID:1\nDTSTART:garbage", "cannot be read"),
            (f"UID:1\n{START}\nDTEND:20270301T110000Z", "cannot end before it starts"),
            (f"UID:1\n{START}\nDTEND:20370301T110000Z", "at most a year"),
            (f"UID:1\n{START}\nDURATION:-PT5M", "cannot end before it starts"),
            (f"UID:1\n{START}\nDURATION:P99999999999999D", "cannot be read"),
            ("UID:1\nDTSTART:00010101T000000Z", "Choose a year between"),
            ("UID:1\nDTSTART:00010101T000000", "Choose a year between"),
            ("UID:1\nDTSTART:99991231T235959Z", "Choose a year between"),
            ("UID:1\nDTSTART;VALUE=DATE:99991231", "Choose a year between"),
            (f"UID:1\n{START}\nRRULE:FREQ=SECONDLY", "days, weeks, months or years"),
            (f"UID:1\n{START}\nRRULE:FREQ=DAILY;COUNT=100000", "larger than"),
            (f"UID:1\n{START}\nRRULE:nonsense", "not a valid repeat rule"),
            (f"UID:1\n{START}\nRRULE:FREQ=DAILY;UNTIL=20270201", "ends before it begins"),
            (f"UID:1\n{START}\nRRULE:FREQ=DAILY;COUNT=1\nEXDATE:20270301T120000Z", "excluded or cancelled"),
            (f"UID:1\n{START}\nRRULE:FREQ=YEARLY;BYWEEKNO=2", "BYWEEKNO, which is not supported"),
            (f"UID:1\n{START}\nSTATUS:CANCELLED", "cancelled"),
        ],
    )
    def test_with_the_reason(self, event: str, reason: str) -> None:
        row = read_one(event)
        assert row.event is None
        assert reason in row.problem.replace("\u2068", "").replace("\u2069", "")

    def test_zones_that_a_file_defines_itself(self) -> None:
        """Its rules could take for ever to evaluate; they are not read at all."""
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19000101T000000\r\n"
            "RRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
        text = file_of("UID:1\nDTSTART;TZID=Own:20270301T090000").replace(
            "BEGIN:VEVENT", f"{zone}BEGIN:VEVENT"
        )
        (row,) = read_calendar(text, "UTC")
        assert "Own" in row.problem

    def test_the_same_event_twice(self) -> None:
        rows = read_calendar(file_of(f"UID:1\n{START}", f"UID:1\n{START}"), "UTC")
        assert [bool(row.problem) for row in rows] == [False, True]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "garbage",
            "\0\0\0",
            "BEGIN:VCALENDAR",
            "BEGIN:VCALENDAR\r\nEND:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VEVENT\r\n" * 1000,
            "<html><body>Sign in</body></html>",
            "BEGIN:VCALENDAR\r\nEND:VEVENT",
        ],
    )
    def test_no_calendar(self, text: str) -> None:
        with pytest.raises(Invalid):
            read_calendar(text, "UTC")

    def test_too_much(self) -> None:
        events = [f"UID:{n}\n{START}" for n in range(1001)]
        with pytest.raises(Invalid, match="1,000 events"):
            read_calendar(file_of(*events), "UTC")
        assert len(read_calendar(file_of(*events[:-1]), "UTC")) == 1000
        many = [f"UID:{n}\n{START}\nRRULE:FREQ=DAILY;COUNT=1000" for n in range(11)]
        with pytest.raises(Invalid, match="10,000 times"):
            read_calendar(file_of(*many), "UTC")
        assert len(read_calendar(file_of(*many[:-1]), "UTC")) == 10

    def test_many_rules_that_never_happen(self) -> None:
        """Their first dates are taken, and the others: to find that out takes no long."""
        events = [f"UID:{n}\n{START}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" for n in range(4)]
        rows = read_calendar(file_of(*events, f"UID:4\n{START}"), "UTC")
        assert [bool(row.notes) for row in rows] == [True] * 4 + [False]
        assert not any(row.event is None or row.event.repeats for row in rows)

    def test_the_steps_of_all_rules_are_counted_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However they are made, a file of them is read or refused soon (rule 3.11)."""
        event = "DTSTART:20281231T120000Z\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366;COUNT=40"
        monkeypatch.setattr(ics_reader, "STEPS_AT_MOST", 300_000)
        assert len(read_calendar(file_of(f"UID:1\n{event}"), "UTC")) == 1
        with pytest.raises(Invalid, match="too complex"):
            read_calendar(file_of(*(f"UID:{n}\n{event}" for n in range(999))), "UTC")

    def test_too_many_lines(self) -> None:
        with pytest.raises(Invalid, match="too many lines"):
            read_calendar(file_of(f"UID:1\n{START}\n" + "SUMMARY:a\n" * 20_000), "UTC")

    def test_of_endless_excluded_dates_the_first_count(self) -> None:
        dates = ",".join(["20270302T120000Z"] * 60_000)
        row = read_one(f"UID:1\n{START}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:{dates}")
        assert row.left_out == ["20270302T120000Z"]

    @pytest.mark.parametrize("line", ["BEGIN:VEVENT", "BEGIN:VALARM", "BEGIN:VTIMEZONE", "SUMMARY;A=b", " x"])
    def test_a_megabyte_of_one_line(self, line: str) -> None:
        """None of it is gone through again and again."""
        lines = f"{line}\r\n" * (BYTES_AT_MOST // (len(line) + 3))
        with pytest.raises(Invalid):
            read_calendar(f"BEGIN:VCALENDAR\r\n{lines}", "UTC")

    def test_a_megabyte_and_one_byte_more(self) -> None:
        assert decoded(b"x" * BYTES_AT_MOST)
        with pytest.raises(Invalid, match="1 MB"):
            decoded(b"x" * (BYTES_AT_MOST + 1))
        with pytest.raises(Invalid, match="UTF-8"):
            decoded(b"\xff\xfe\x00")

    @given(st.integers(0, 2**32), st.integers(1, 40))
    def test_damaged_files(self, seed: int, changes: int) -> None:
        """Whatever a file looks like, it is read or refused."""
        chance = random.Random(seed)
        whole = file_of(
            f"UID:1\nSUMMARY:Daily\n{START}\nDTEND:20270301T130000Z\nRRULE:FREQ=DAILY;BYDAY=MO;COUNT=3\n"
            "EXDATE:20270302T120000Z",
            "UID:2\nDTSTART;TZID=Europe/Berlin:20270301T120000\nDURATION:PT1H\nRECURRENCE-ID:20270301T120000Z",
        )
        letters = list(whole)
        for _n in range(changes):
            letters[chance.randrange(len(letters))] = chance.choice(
                ["", "\n", ";", ":", "=", "9", "T", "\0", "-", ",", '"', "٣"]
            )
        try:
            rows = read_calendar("".join(letters), "Asia/Seoul")
        except Invalid:
            return
        assert all(bool(row.problem) != (row.event is not None) for row in rows)


class TestThePage:
    def send(self, client: Any, room: Group, text: str | bytes, name: str = "x.ics") -> Any:
        content = text if isinstance(text, bytes) else text.encode()
        file = SimpleUploadedFile(name, content, "text/calendar")
        return client.post(reverse("room:events_import", args=[room.pk]), {"file": file})

    def test_first_shown_then_done(self, room: Group, member: Member, client_of: ClientOf) -> None:
        EventFactory.create(group=room, uid="2", title="Before", reminds_before=15)
        text = file_of(
            f"UID:1\nSUMMARY:<script>New\n{START}",
            f"UID:2\nSUMMARY:After\n{START}",
            "UID:3\nSUMMARY:Broken",
        )
        client = client_of(member)
        shown = self.send(client, room, text)
        preview = shown.context["preview"]
        assert (preview["added"], preview["updated"], preview["wrong"]) == (1, 1, 1)
        assert "<script>New" not in shown.content.decode()
        assert Event.objects.get().title == "Before"

        done = client.post(
            reverse("room:events_import", args=[room.pk]), {"text": shown.context["text"]}, follow=True
        )
        assert "1 event was added, 1 was updated." in done.content.decode()
        assert dict(Event.objects.values_list("title", "version")) == {"<script>New": 1, "After": 2}
        assert Event.objects.get(uid="2").reminds_before == 15
        assert Event.objects.get(uid="1").author == member
        assert Message.objects.filter(details__what="event.imported").count() == 1

    def test_the_file_is_read_before_the_transaction(
        self, room: Group, member: Member, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody in the room waits while its rules are evaluated, whether events are new or changed."""
        EventFactory.create(group=room, uid="2", title="Before")
        inside: list[bool] = []
        first = Rule.first

        def watched(rule: Rule, start: datetime, steps: Steps | None = None) -> datetime | None:
            # The test itself is a transaction; those inside it have savepoints.
            inside.append(bool(connection.savepoint_ids))
            return first(rule, start, steps)

        monkeypatch.setattr(Rule, "first", watched)
        text = file_of(*(f"UID:{n}\nSUMMARY:x\n{START}\nRRULE:FREQ=DAILY" for n in (1, 2)))
        assert import_events(room, text, actor=actor_of(member)) == (1, 1)
        assert inside
        assert not any(inside)

    def test_a_second_time_changes_nothing(self, room: Group, member: Member, client_of: ClientOf) -> None:
        client, text = client_of(member), file_of(f"UID:1\nSUMMARY:x\n{START}\nRRULE:FREQ=DAILY")
        address = reverse("room:events_import", args=[room.pk])
        client.post(address, {"text": text})
        client.post(address, {"text": text})
        assert Event.objects.get().version == 1

    def test_events_of_other_rooms_are_left_alone(
        self, room: Group, member: Member, client_of: ClientOf
    ) -> None:
        other = EventFactory.create(uid="1", title="Theirs")
        client_of(member).post(
            reverse("room:events_import", args=[room.pk]), {"text": file_of(f"UID:1\nSUMMARY:x\n{START}")}
        )
        other.refresh_from_db()
        assert other.title == "Theirs"
        assert Event.objects.filter(group=room, uid="1", title="x").exists()

    @pytest.mark.parametrize("text", [b"", b"garbage", b"\xff\xfe", b"\0" * 100, b"x" * (BYTES_AT_MOST + 1)])
    def test_garbage_is_answered(self, room: Group, member: Member, client_of: ClientOf, text: bytes) -> None:
        answer = self.send(client_of(member), room, text)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
        address = reverse("room:events_import", args=[room.pk])
        assert client_of(member).post(address, {"text": text.decode("latin-1")}).status_code == 422
        assert client_of(member).post(address, {}).status_code == 422

    @override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=5 * 1024 * 1024)
    def test_the_largest_file_goes_through_both_steps(
        self, room: Group, member: Member, client_of: ClientOf
    ) -> None:
        padding = f"DESCRIPTION:{'x' * 900}"
        text = file_of(*(f"UID:{n}\nSUMMARY:Event {n}\n{START}\n{padding}" for n in range(1000)))
        assert len(text) < BYTES_AT_MOST
        client = client_of(member)
        shown = self.send(client, room, text)
        assert shown.context["preview"]["added"] == 1000
        client.post(reverse("room:events_import", args=[room.pk]), {"text": text})
        assert Event.objects.count() == 1000
