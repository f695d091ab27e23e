"""The forms in which programs write series and texts; and what is said of what is not kept (rule 3.11)."""

from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import Group
from groups.room.calendar.ics_reader import Imported, read_calendar
from groups.room.calendar.ics_text import read_text
from tests.helpers import ClientOf

from .test_dialects import calendar, defined, ours

pytestmark = pytest.mark.django_db

WEEKLY = "DTSTART:20270301T090000Z\nDTEND:20270301T100000Z\nSUMMARY:Stand-up\nRRULE:FREQ=WEEKLY;COUNT=4"


def starts(*events: str, head: str = "", zone: str = "UTC") -> list[str]:
    """When the events of a file happen, in UTC."""
    found = ours(calendar(*events, head=head), zone)
    return [start.removeprefix("2027-") for start, _end, _title in found]


def read(*events: str, head: str = "") -> list[Imported]:
    return read_calendar(calendar(*events, head=head), "UTC")


class TestVersions:
    """Of several versions of an event the newest counts (RFC 5546, 2.1.5)."""

    @pytest.mark.parametrize(
        ("first", "second", "newest"),
        [
            ("SEQUENCE:0", "SEQUENCE:2", 1),
            ("SEQUENCE:10", "SEQUENCE:9", 0),
            ("SEQUENCE:1\nLAST-MODIFIED:20260105T000000Z", "SEQUENCE:1\nLAST-MODIFIED:20260104T000000Z", 0),
            ("LAST-MODIFIED:20260104T000000Z", "LAST-MODIFIED:20260105T000000Z", 1),
            ("", "", 0),
        ],
    )
    def test_whichever_comes_first(self, first: str, second: str, newest: int) -> None:
        rows = read(
            f"DTSTART:20270310T090000Z\nSUMMARY:A\n{first}", f"DTSTART:20270311T090000Z\nSUMMARY:B\n{second}"
        )
        assert [row.event is not None for row in rows] == [newest == 0, newest == 1]
        assert all(row.problem for row in rows if row.event is None)

    def test_a_change_that_the_series_has_outlived(self) -> None:
        """It was taken back: the series is newer, and leaves that date out."""
        change = "RECURRENCE-ID:20270308T090000Z\nDTSTART:20270309T090000Z\nSEQUENCE:1\nSUMMARY:Moved"
        rows = read(f"{WEEKLY}\nEXDATE:20270308T090000Z\nSEQUENCE:2", change)
        assert [(row.title, bool(row.problem)) for row in rows] == [("Stand-up", False), ("Moved", True)]

    def test_changes_of_one_date_in_two_forms(self) -> None:
        days = "DTSTART;VALUE=DATE:20270301\nRRULE:FREQ=DAILY;COUNT=3"
        old = "RECURRENCE-ID;VALUE=DATE:20270302\nDTSTART;VALUE=DATE:20270305\nSEQUENCE:1"
        new = "RECURRENCE-ID:20270302T000000\nDTSTART;VALUE=DATE:20270306\nSEQUENCE:2"
        assert starts(days, old, new) == ["03-01", "03-03", "03-06"]


class TestRests:
    """From a date on, a series is another one (RANGE=THISANDFUTURE)."""

    CHANGE = "RECURRENCE-ID;RANGE=THISANDFUTURE:20270315T090000Z\nSUMMARY:Later\n"

    def test_the_rest_is_a_series_of_its_own(self) -> None:
        rows = read(WEEKLY, f"{self.CHANGE}DTSTART:20270316T110000Z\nDTEND:20270316T113000Z")
        assert [(row.title, row.event and row.event.repeats) for row in rows] == [
            ("Stand-up", "FREQ=WEEKLY;COUNT=2"),
            ("Later", "FREQ=WEEKLY;COUNT=2;BYDAY=TU;WKST=TU"),
        ]
        assert rows[0].uid == "1"
        assert rows[1].uid != "1"

    def test_what_was_left_out_and_changed_moves_along(self) -> None:
        moved = f"{self.CHANGE}DTSTART:20270315T110000Z"
        single = "RECURRENCE-ID:20270329T090000Z\nDTSTART:20270330T120000Z"
        series = f"{WEEKLY.replace('COUNT=4', 'COUNT=6')}\nEXDATE:20270322T090000Z"
        expected = ["03-01 09:00", "03-08 09:00", "03-15 11:00", "03-30 12:00", "04-05 11:00"]
        assert starts(series, moved, single) == expected

    def test_the_rest_is_cancelled(self) -> None:
        cancelled = f"{self.CHANGE}DTSTART:20270315T090000Z\nSTATUS:CANCELLED"
        assert starts(WEEKLY, cancelled) == ["03-01 09:00", "03-08 09:00"]
        assert [row.problem for row in read(WEEKLY, cancelled)] == [""]

    def test_the_last_of_a_rest_that_is_later_counts(self) -> None:
        """The rule ends at nine, by the times before the change."""
        series = WEEKLY.replace("COUNT=4", "UNTIL=20270322T090000Z")
        expected = ["03-01 09:00", "03-08 09:00", "03-15 11:00", "03-22 11:00"]
        assert starts(series, f"{self.CHANGE}DTSTART:20270315T110000Z") == expected

    def test_a_rest_that_no_rule_can_express(self) -> None:
        """The day after the first Monday is no nth Tuesday: its dates are written out, and that is said."""
        series = "DTSTART:20270301T090000Z\nSUMMARY:Board\nRRULE:FREQ=MONTHLY;BYDAY=1MO"
        rows = read(series, "RECURRENCE-ID;RANGE=THISANDFUTURE:20270607T090000Z\nDTSTART:20270608T090000Z")
        assert starts(series, "RECURRENCE-ID;RANGE=THISANDFUTURE:20270607T090000Z\nDTSTART:20270608T090000Z")[
            :6
        ] == ["03-01 09:00", "04-05 09:00", "05-03 09:00", "06-08 09:00", "07-06 09:00", "08-03 09:00"]
        assert any("100 of its dates" in note for row in rows for note in row.notes)


class TestDates:
    def test_added_dates_and_periods(self) -> None:
        added = "RDATE:20270303T120000Z\nRDATE;VALUE=PERIOD:20270304T090000Z/PT3H,20270308T090000Z/PT2H"
        found = ours(calendar(f"{WEEKLY}\n{added}"))
        assert [(start[5:], end[11:]) for start, end, _title in found] == [
            ("03-01 09:00", "10:00"),
            ("03-03 12:00", "13:00"),
            ("03-04 09:00", "12:00"),
            ("03-08 09:00", "11:00"),
            ("03-15 09:00", "10:00"),
            ("03-22 09:00", "10:00"),
        ]

    def test_added_dates_without_a_rule_one_of_them_changed(self) -> None:
        series = "DTSTART:20270301T090000Z\nSUMMARY:Talk\nRDATE:20270305T090000Z,20270306T090000Z"
        change = "RECURRENCE-ID:20270305T090000Z\nDTSTART:20270307T090000Z\nSUMMARY:Moved"
        assert starts(f"{series}\nEXDATE:20270306T090000Z", change) == ["03-01 09:00", "03-07 09:00"]

    def test_the_first_date_counts_also_off_the_rule(self) -> None:
        series = "DTSTART;TZID=Asia/Seoul:20270308T093000\nRRULE:FREQ=MONTHLY;BYDAY=3MO;COUNT=2"
        assert starts(series) == ["03-08 00:30", "03-15 00:30", "04-19 00:30"]

    def test_what_replaces_a_single_event(self) -> None:
        change = "RECURRENCE-ID:20270301T090000Z\nDTSTART:20270302T090000Z\nSUMMARY:Moved"
        assert starts("DTSTART:20270301T090000Z\nSUMMARY:Once", change) == ["03-02 09:00"]

    def test_a_birthday_from_before_the_calendar_begins(self) -> None:
        (row,) = read("DTSTART;VALUE=DATE:19550307\nSUMMARY:Birthday\nRRULE:FREQ=YEARLY")
        assert row.notes == ["Only its dates from 1970 on are kept."]
        assert starts("DTSTART;VALUE=DATE:19550307\nRRULE:FREQ=YEARLY") == ["03-07"]

    def test_floating_times_are_in_the_zone_of_the_calendar(self) -> None:
        zone = "X-WR-TIMEZONE:Asia/Seoul\n"
        assert starts("DTSTART:20270301T090000", head=zone, zone="Europe/Berlin") == ["03-01 00:00"]
        assert starts("DTSTART:20270301T090000", zone="Europe/Berlin") == ["03-01 08:00"]
        assert starts("DTSTART;TZID=Europe/Berlin:20270301T090000", head=zone) == ["03-01 08:00"]

    @pytest.mark.parametrize(
        ("start", "end", "found"),
        [
            ("20270301T000000", "20270302T000000", "2027-03-01"),
            ("20270301T093000", "20270301T103000", "2027-03-01 09:30"),
            ("20270301T000000", "20270301T010000", "2027-03-01 00:00"),
        ],
    )
    def test_days_that_have_an_hour(self, start: str, end: str, found: str) -> None:
        """Some write VALUE=DATE before every date; what has an hour is none."""
        text = calendar(f"DTSTART;VALUE=DATE:{start}\nDTEND;VALUE=DATE:{end}")
        assert [begins for begins, _ends, _title in ours(text, "UTC")] == [found]

    def test_a_series_that_begins_at_an_hour_that_the_clocks_skip(self) -> None:
        series = "DTSTART;TZID=Europe/Berlin:20270328T023000\nRRULE:FREQ=DAILY;COUNT=3"
        assert starts(series) == ["03-28 01:30", "03-29 00:30", "03-30 00:30"]

    def test_outlook_says_that_midnight_to_midnight_is_a_day(self) -> None:
        zone = defined("Korea Standard Time", "+0900")
        times = (
            "DTSTART;TZID=Korea Standard Time:20270301T000000\nDTEND;TZID=Korea Standard Time:20270302T000000"
        )
        assert starts(f"{times}\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", head=zone) == ["03-01"]
        assert starts(times, head=zone) == ["02-28 15:00"]

    @pytest.mark.parametrize(
        ("until", "days"),
        [
            ("20270303", 3),
            ("20270303T000000", 3),
            ("20270303T235959", 3),
            # Midnight of Seoul, of New York and of UTC; the end of the day there; something else.
            ("20270302T150000Z", 3),
            ("20270303T050000Z", 3),
            ("20270303T000000Z", 3),
            ("20270303T145959Z", 3),
            ("20270303T235959Z", 3),
            ("20270302T230000Z", 3),
        ],
    )
    def test_the_last_day_of_whole_days_in_files_without_a_zone(self, until: str, days: int) -> None:
        found = starts(f"DTSTART;VALUE=DATE:20270301\nRRULE:FREQ=DAILY;UNTIL={until}", zone="Asia/Seoul")
        assert len(found) == days

    @pytest.mark.parametrize(
        ("rule", "times"),
        [
            ("", 1),
            (";", 1),
            ("FREQ=DAILY;COUNT=3;", 3),
            ("FREQ=DAILY; COUNT=3; UNTIL=", 3),
            ("FREQ=DAILY;COUNT=9;UNTIL=20270303T090000Z", 3),
            ("FREQ=DAILY;COUNT=2;UNTIL=20270303T090000Z", 2),
            ("FREQ=DAILY;COUNT=3;BYHOUR=9;BYMINUTE=0;BYSECOND=0", 3),
            ("FREQ=WEEKLY;COUNT=2;BYDAY=1MO,2MO", 2),
            ("FREQ=DAILY;BYMONTHDAY=1,15;COUNT=3", 3),
            ("FREQ=DAILY;COUNT=3;X-NOTE=1", 3),
            ("RRULE:FREQ=DAILY;COUNT=3", 3),
            ("FREQ=DAILY;COUNT=1200;INTERVAL=1", 306),
        ],
    )
    def test_rules_that_say_more_or_less_than_they_should(self, rule: str, times: int) -> None:
        assert len(starts(f"DTSTART:20270301T090000Z\nRRULE:{rule}")) == times

    def test_two_rules_are_two_series_that_share_no_date(self) -> None:
        rules = "RRULE:FREQ=DAILY;COUNT=3\nRRULE:FREQ=WEEKLY;COUNT=3"
        expected = ["03-01 09:00", "03-02 09:00", "03-03 09:00", "03-08 09:00", "03-15 09:00"]
        assert starts(f"DTSTART:20270301T090000Z\n{rules}") == expected


class TestLines:
    def test_lines_as_no_standard_has_them(self) -> None:
        """Bare returns, a mark at the front, missing ends, cut names of zones, cut characters."""
        text = calendar(
            "DTSTART;TZID=(UTC+09:00) Seoul:20270301T090000\nSUMMARY:One\nBEGIN:VALARM\nTRIGGER:-PT5M",
            "SUMMARY:Two\nDTSTART: 20270302T090000Z ",
        ).replace("END:VEVENT\nBEGIN:VEVENT", "BEGIN:VEVENT", 1)
        rows = read_calendar("\ufeff" + text.replace("\n", "\r"), "UTC")
        assert [row.problem or row.title for row in rows] == ["The file has this event twice.", "One"][::-1]
        text = text.replace("UID:1", "UID:2", 1)
        assert [row.title for row in read_calendar(text.replace("\n", "\r\r\n"), "UTC")] == ["One", "Two"]

    def test_a_file_that_ends_too_early(self) -> None:
        (row,) = read_calendar(calendar("DTSTART:20270301T090000Z").split("END:VEVENT")[0], "UTC")
        assert row.event is not None
        assert "ends in the middle" in row.notes[0]

    def test_a_character_cut_by_a_fold(self) -> None:
        raw = calendar("DTSTART:20270301T090000Z\nSUMMARY:가나다").encode()
        at = raw.index("나".encode()) + 1
        file = read_text(raw[:at] + b"\r\n " + raw[at:])
        assert read_calendar(file.text, "UTC")[0].title == "가나다"

    @pytest.mark.parametrize(
        ("encoding", "title", "name"),
        [
            ("utf-8", "워크숍", ""),
            ("utf-8-sig", "워크숍", ""),
            ("utf-16", "워크숍", "UTF-16"),
            ("utf-16-be", "워크숍", "UTF-16"),
            ("cp949", "햏자 워크숍 안내", "Korean"),
            ("cp932", "打ち合わせ", "Japanese"),
            ("iso2022_jp", "打ち合わせ", "Japanese"),
            ("gb18030", "项目评审会议", "Chinese"),
            ("cp1252", "Frühstück", "Western"),
        ],
    )
    def test_other_encodings_are_read_and_named(self, encoding: str, title: str, name: str) -> None:
        file = read_text(calendar(f"DTSTART:20270301T090000Z\nSUMMARY:{title}").encode(encoding))
        assert read_calendar(file.text, "UTC")[0].title == title
        assert name in file.encoding

    def test_where_bytes_fit_several_the_zone_of_the_file_tells(self) -> None:
        """Two characters of a Chinese name are two rare ones in Korean."""
        event = "DTSTART;TZID=Asia/Shanghai:20270301T090000\nSUMMARY:春节"
        assert "春节" in read_text(calendar(event).encode("gb18030")).text

    def test_a_file_that_names_its_encoding(self) -> None:
        """As vCalendar and old Outlook do, by the labels of the WHATWG."""
        event = "DTSTART:20270301T090000Z\nSUMMARY;CHARSET=ks_c_5601-1987:햏자"
        assert "햏자" in read_text(calendar(event).encode("cp949")).text
        quoted = "DTSTART:20270301T090000Z\nSUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=EA=B0=\n=80"
        assert read(quoted)[0].title == "가"
        for label, raw, title in (("EUC-KR", "=8C=63", "똠"), ("SHIFT_JIS", "=FB=FC=8B=B4=87=40", "髙橋①")):
            text = f"DTSTART:20270301T090000Z\nSUMMARY;CHARSET={label};ENCODING=QUOTED-PRINTABLE:{raw}"
            assert read(text)[0].title == title
        chinese = "DTSTART:20270301T090000Z\nSUMMARY;CHARSET=BIG5:會議"
        assert "traditional" in read_text(calendar(chinese).encode("big5")).encoding

    def test_what_is_no_encoding(self) -> None:
        with pytest.raises(Invalid, match="Save it as UTF-8"):
            read_text(b"\xff\xfe\x00")


class TestWhatIsSaid:
    """With the title of the event beside it."""

    @pytest.mark.parametrize(
        ("event", "said"),
        [
            (f"DTSTART:20270301T090000Z\nSUMMARY:{'x' * 300}", "title is too long"),
            (f"DTSTART:20270301T090000Z\nLOCATION:{'x' * 400}", "location is too long"),
            (f"DTSTART:20270301T090000Z\nDESCRIPTION:{'x' * 6000}", "description is too long"),
            ("DTSTART:20270301T090000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "only the first date"),
            ("DTSTART:20270301T090000Z\nRDATE:19690301T090000Z", "added dates before 1971"),
            ("DTSTART:20270301T090000Z\nRDATE:soon", "added dates cannot be read"),
            ("DTSTART:20270301T090000Z\nRDATE;TZID=Nowhere:20270302T090000", "added dates cannot be read"),
            (f"{WEEKLY}\nEXDATE:19690301T090000Z", "excluded dates before 1971"),
            (f"{WEEKLY}\nEXDATE:20271399T090000Z", "excluded dates cannot be read"),
            (f"{WEEKLY}\nEXDATE;TZID=Nowhere:20270308T090000", "excluded dates cannot be read"),
            (
                "DTSTART:20270301T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY;INTERVAL=2",
                "first 1,000 dates of the rule",
            ),
        ],
    )
    def test_it_is_taken_but_not_all_of_it(self, event: str, said: str) -> None:
        (row,) = read(event)
        assert row.event is not None, row.problem
        assert said in row.notes[0]

    def test_the_other_excluded_dates_count_where_one_cannot_be_read(self) -> None:
        assert starts(f"{WEEKLY}\nEXDATE:0,20270308T090000Z") == ["03-01 09:00", "03-15 09:00", "03-22 09:00"]

    def test_a_day_is_known_also_in_an_unknown_zone(self) -> None:
        days = "DTSTART;VALUE=DATE:20270304\nRRULE:FREQ=WEEKLY;COUNT=2"
        change = "RECURRENCE-ID;TZID=Nowhere:20270311T000000\nDTSTART;VALUE=DATE:20270312"
        assert starts(days, change) == ["03-04", "03-12"]
        assert starts(WEEKLY, change.replace("11T", "08T")) == [
            "03-01 09:00",
            "03-12",
            "03-15 09:00",
            "03-22 09:00",
        ]
        change = "RECURRENCE-ID;TZID=Nowhere:20270308T090000\nDTSTART:20270309T090000Z"
        assert [bool(row.problem) for row in read(WEEKLY, change)] == [False, True]

    def test_texts_are_cut_between_characters(self) -> None:
        title = "👩‍👩‍👧" * 190 + "e\u0301" * 20
        (row,) = read(f"DTSTART:20270301T090000Z\nSUMMARY:{title}")
        assert row.title.endswith("e\u0301…")

    def test_tasks_are_not_events(self) -> None:
        text = calendar("DTSTART:20270301T090000Z").replace(
            "END:VCALENDAR", "BEGIN:VTODO\nUID:2\nEND:VTODO\nEND:VCALENDAR"
        )
        assert [(row.title, row.problem) for row in read_calendar(text, "UTC")[1:]] == [
            ("1 task", "Only events can be imported.")
        ]

    def test_a_zone_whose_clocks_change_as_nowhere(self) -> None:
        name = "Customized Time Zone"
        zone = defined(name, "+0900").replace(
            "END:STANDARD",
            "END:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20270705T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+1000\nEND:DAYLIGHT",
        )
        daily = f"DTSTART;TZID={name}:20270701T090000\nRRULE:FREQ=DAILY;COUNT=2"
        (row,) = read(daily, head=zone)
        assert name in row.notes[0]
        assert starts(daily, head=zone)[0] == "07-01 00:00"

    def test_on_the_page(self, event_room: Group, member: Member, client_of: ClientOf) -> None:
        raw = calendar(f"DTSTART:20270301T090000Z\nSUMMARY:워크숍\nLOCATION:{'가' * 400}").encode("cp949")
        file = SimpleUploadedFile("x.ics", raw, "text/calendar")
        page = client_of(member).post(reverse("room:events_import", args=[event_room.pk]), {"file": file})
        said = page.content.decode()
        assert "워크숍" in said
        assert "location is too long" in said
        assert "Korean" in said


def test_moments_far_away_do_no_harm() -> None:
    for year in ("0001", "1582", "1969", "9999"):
        for line in ("EXDATE", "RDATE", "RECURRENCE-ID"):
            for zone in ("", ";TZID=Asia/Seoul"):
                rows = read(f"{WEEKLY}\n{line}{zone}:{year}0101T000000")
                assert all(bool(row.problem) != (row.event is not None) for row in rows)
        assert read(f"DTSTART;TZID=Asia/Seoul:{year}0101T000000\nRRULE:FREQ=YEARLY")
    assert datetime.max.year == 9999


@pytest.mark.parametrize("end", ["DURATION:P3000000D", "DTEND;TZID=America/New_York:99991231T235959"])
def test_ends_far_away_do_no_harm(end: str) -> None:
    (row,) = read(f"DTSTART:20270301T090000Z\n{end}\nRRULE:FREQ=DAILY;COUNT=2")
    assert row.event is None
    period = end.partition(":")[2]
    added = f"RDATE;VALUE=PERIOD;TZID=America/New_York:20270301T090000/{period}"
    (row,) = read(f"DTSTART:20270301T090000Z\n{added}")
    assert row.event is not None
    assert "added dates cannot be read" in row.notes[0]


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "punycode"])
def test_charsets_of_no_calendar(charset: str) -> None:
    """Python's own would make halves of characters, which no database takes, or take minutes (rule 3.11)."""
    half = "=5Cud800+2AA-"
    coded = f"ENCODING=QUOTED-PRINTABLE;CHARSET={charset}"
    event = f"UID;{coded}:1{half}\nDTSTART:20270101\nSUMMARY;{coded}:Call {half}"
    (row,) = read_calendar(f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n", "UTC")
    assert row.event is not None
    assert row.uid.encode()
    assert row.event.title.encode().startswith(b"Call")
    assert read_text(f"BEGIN:VCALENDAR\nX;CHARSET={charset}:\\ud800+2AA-".encode() + b"\xe4").text.encode()
