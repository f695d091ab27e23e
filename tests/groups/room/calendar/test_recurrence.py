"""When repeating events happen: against another library, across clock changes, bounded (rule 3.5)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, vRecur
from icalendar import Event as CalendarEvent

from groups.models import Event, Group
from groups.room.calendar.checking import EventSettings, apply
from groups.room.calendar.descriptions import describe_rule
from groups.room.calendar.occurrences import (
    AT_MOST,
    find,
    key_of,
    list_between,
    next_of,
    occurrences_of,
    read_key,
)
from groups.room.calendar.periods import LAST_DAY, period_of, read_day
from groups.room.calendar.rules import DAYS, LATEST, BadRule, Rule, read_rule
from tests.factories import EventFactory

BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
FOREVER = LATEST.replace(tzinfo=UTC)


def repeating(
    rule: str, start: datetime, zone: str = "Europe/Berlin", length: timedelta = timedelta(hours=1)
) -> Event:
    """An event as it would be saved, unsaved."""
    event = Event()
    zone_of = ZoneInfo(zone)
    settings = EventSettings("Event", start, start + length, zone, rule=read_rule(rule, zone_of))
    apply(settings, event)
    return event


def starts(event: Event, number: int = 5, zone: str = "Europe/Berlin") -> list[str]:
    found = occurrences_of(event, event.starts_at, FOREVER)
    return [f"{one.starts_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for one in islice(found, number)]


class TestClockChanges:
    def test_nine_stays_nine(self) -> None:
        event = repeating("FREQ=WEEKLY", datetime(2026, 10, 19, 9))
        assert starts(event, 3) == ["2026-10-19 09:00", "2026-10-26 09:00", "2026-11-02 09:00"]
        assert [one.starts_at.hour for one in islice(occurrences_of(event, event.starts_at, FOREVER), 3)] == [
            7,
            8,
            8,
        ]

    def test_an_hour_that_there_is_not(self) -> None:
        """02:30 on the morning when clocks go forward is as long after the gap (RFC 5545)."""
        event = repeating("FREQ=DAILY", datetime(2027, 3, 27, 2, 30))
        assert starts(event, 3) == ["2027-03-27 02:30", "2027-03-28 03:30", "2027-03-29 02:30"]

    def test_an_hour_that_there_is_twice_counts_once(self) -> None:
        event = repeating("FREQ=DAILY", datetime(2026, 10, 24, 2, 30))
        assert starts(event, 3) == ["2026-10-24 02:30", "2026-10-25 02:30", "2026-10-26 02:30"]
        assert next(islice(occurrences_of(event, event.starts_at, FOREVER), 1, 2)).starts_at.hour == 0

    def test_a_night_ends_at_the_same_hour(self) -> None:
        event = repeating("FREQ=DAILY", datetime(2026, 10, 23, 22), length=timedelta(hours=8))
        nights = islice(occurrences_of(event, event.starts_at, FOREVER), 3)
        lasted = [(one.ends_at - one.starts_at, one.ends_at.astimezone(BERLIN).hour) for one in nights]
        assert lasted == [(timedelta(hours=hours), 6) for hours in (8, 9, 8)]

    def test_a_start_that_the_clocks_skip_takes_the_end_along(self) -> None:
        event = Event()
        apply(
            EventSettings("x", datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3), "Europe/Berlin"), event
        )
        assert event.ends_at - event.starts_at == timedelta(minutes=30)

    def test_whole_days_are_the_same_days_everywhere(self) -> None:
        event = Event()
        apply(EventSettings("x", datetime(2027, 3, 28), datetime(2027, 3, 30), is_all_day=True), event)
        (one,) = occurrences_of(event, event.starts_at, FOREVER)
        assert one.days(BERLIN) == one.days(SEOUL) == (date(2027, 3, 28), date(2027, 3, 29))


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("FREQ=DAILY;INTERVAL=3", ["2026-01-31", "2026-02-03", "2026-02-06"]),
            ("FREQ=WEEKLY;BYDAY=MO,WE", ["2026-02-02", "2026-02-04", "2026-02-09"]),
            # A month without a 31st is left out.
            ("FREQ=MONTHLY", ["2026-01-31", "2026-03-31", "2026-05-31"]),
            ("FREQ=MONTHLY;BYDAY=SA,1SU", ["2026-01-31", "2026-02-01", "2026-02-07"]),
            ("FREQ=DAILY;INTERVAL=30;BYMONTH=6,7", ["2026-06-30", "2026-07-30", "2027-06-25"]),
            ("FREQ=WEEKLY;INTERVAL=3;BYMONTH=6", ["2026-06-06", "2026-06-27", "2027-06-19"]),
            ("FREQ=YEARLY;BYDAY=20MO", ["2026-05-18", "2027-05-17", "2028-05-15"]),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", ["2026-03-29", "2027-03-28", "2028-03-26"]),
            ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", ["2026-02-13", "2026-03-13", "2026-11-13"]),
            ("FREQ=MONTHLY;BYDAY=-1FR", ["2026-02-27", "2026-03-27", "2026-04-24"]),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-01-31", "2026-02-28", "2026-03-31"]),
            ("FREQ=YEARLY", ["2026-01-31", "2027-01-31", "2028-01-31"]),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29", "2036-02-29"]),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2026-02-27", "2026-03-31", "2026-04-30"]),
        ],
    )
    def test_days(self, rule: str, expected: list[str]) -> None:
        event = repeating(rule, datetime(2026, 1, 31, 9))
        assert [day[:10] for day in starts(event, 3)] == expected

    def test_until_counts_in_the_zone_of_the_event(self) -> None:
        """The last day is there, though it is over in UTC at another hour."""
        rule = read_rule("FREQ=DAILY;UNTIL=20260103", SEOUL)
        assert rule.text(SEOUL, is_all_day=False) == "FREQ=DAILY;UNTIL=20260103T145959Z"
        event = repeating("FREQ=DAILY;UNTIL=20260103", datetime(2026, 1, 1, 23), "Asia/Seoul")
        assert len(list(occurrences_of(event, event.starts_at, FOREVER))) == 3

    def test_a_number_of_times_is_counted_from_the_start_wherever_one_looks(self) -> None:
        event = repeating("FREQ=DAILY;COUNT=1000", datetime(2026, 1, 1, 9))
        assert event.last_ends_at == datetime(2028, 9, 26, 8, tzinfo=UTC)
        after = datetime(2028, 9, 20, tzinfo=UTC)
        assert len(list(occurrences_of(event, after, FOREVER))) == 7

    @pytest.mark.parametrize(
        "rule",
        [
            "",
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=1",
            "FREQ=HOURLY",
            "FREQ=DAILY;BYSECOND=1",
            "FREQ=DAILY;BYHOUR=1,2,3",
            "FREQ=DAILY;BYMONTHDAY=31",
            "FREQ=YEARLY;BYWEEKNO=1",
            "FREQ=YEARLY;BYEASTER=1",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;INTERVAL=99999999999999999999",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=1001",
            "FREQ=DAILY;COUNT=5;UNTIL=20270101",
            "FREQ=DAILY;UNTIL=00010101",
            "FREQ=DAILY;UNTIL=tomorrow",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=MONTHLY;BYDAY=99MO",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=MONTHLY;BYMONTH=13",
            "FREQ=MONTHLY;BYSETPOS=1",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;WKST=",
            "FREQ=DAILY\nX:Y",
            "FREQ=DAILY;" + "X" * 1000,
            "FREQ=DAILY;COUNT=١",
        ],
    )
    def test_garbage_and_what_is_not_taken(self, rule: str) -> None:
        with pytest.raises(BadRule):
            read_rule(rule, BERLIN)

    @given(st.text(max_size=60) | st.text("FREQ=DAILYWKMOBUNTC;,0123456789-+TZ", max_size=60))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            rule = read_rule(text, BERLIN)
        except BadRule:
            return
        assert read_rule(rule.text(BERLIN, is_all_day=False), BERLIN) == rule

    def test_until_9999_ends_with_our_years(self) -> None:
        rule = read_rule("FREQ=YEARLY;UNTIL=99991231", BERLIN)
        assert rule.until == LATEST

    def test_what_never_happens_is_found_out(self) -> None:
        rule = read_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", BERLIN)
        assert rule.first(datetime(2026, 1, 1)) is None
        # The fifth Monday of February, in leap years of the right kind: once in 28 years.
        assert read_rule("FREQ=MONTHLY;BYMONTH=2;BYDAY=5MO", BERLIN).first(datetime(2026, 1, 1)) is None
        assert read_rule("FREQ=YEARLY;INTERVAL=100", BERLIN).first(datetime(2026, 1, 1)) is not None
        assert read_rule("FREQ=YEARLY;UNTIL=20250101", BERLIN).first(datetime(2026, 1, 1)) is None
        # A Tuesday, then every seventh day: never a Monday.
        assert read_rule("FREQ=DAILY;INTERVAL=7;BYDAY=MO", BERLIN).first(datetime(2026, 11, 24)) is None


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    ends = draw(st.sampled_from(["never", "count", "until"]))
    day = st.integers(0, 6)
    # That library finds no date for "each Monday and the first Tuesday".
    is_numbered = frequency == "MONTHLY" and draw(st.booleans())
    which = st.sampled_from([1, 2, 4, -1]) if is_numbered else st.just(0)
    days = draw(st.lists(st.tuples(which, day), max_size=3, unique=True)) if frequency != "YEARLY" else []
    return Rule(
        frequency,
        interval=draw(st.integers(1, 5)),
        count=draw(st.integers(1, 60)) if ends == "count" else None,
        until=datetime.combine(draw(st.dates(date(2024, 1, 1), date(2030, 1, 1))), time(23, 59, 59))
        if ends == "until"
        else None,
        by_day=tuple(sorted(days)),
    )


@given(
    rules(),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),
    st.integers(0, 1200),
    st.integers(1, 200),
    st.sampled_from(["Europe/Berlin", "Asia/Seoul", "America/New_York"]),
)
def test_the_same_as_another_library(rule: Rule, start: datetime, after: int, days: int, name: str) -> None:
    """recurring-ical-events finds the same beginnings in the same period, however far from the start."""
    zone = ZoneInfo(name)
    start = start.replace(second=0, microsecond=0)
    # An hour that is not on every day is told apart by neither in the same way.
    start = start.replace(hour=max(4, start.hour))
    first = rule.first(start)
    if first is None or (rule.until is not None and rule.until < first):
        return
    event = Event()
    apply(EventSettings("x", start, start + timedelta(minutes=50), name, rule=rule), event)
    begin = datetime.combine(first.date(), time(), UTC) + timedelta(days=after)
    end = begin + timedelta(days=days)
    ours = [one.starts_at for one in occurrences_of(event, begin, end)]

    component = CalendarEvent()
    component.add("uid", "1")
    component.add("dtstart", event.starts_at.astimezone(zone))
    component.add("dtend", event.ends_at.astimezone(zone))
    component.add("rrule", vRecur.from_ical(event.repeats))
    calendar = Calendar()
    calendar.add_component(component)
    theirs = [one.start.astimezone(UTC) for one in recurring_ical_events.of(calendar).between(begin, end)]
    assert ours == sorted(theirs)


class TestBounds:
    @pytest.mark.django_db
    def test_a_period_lists_a_thousand_at_most(self, group: Group) -> None:
        for _n in range(12):
            EventFactory.create(group=group, repeats="FREQ=DAILY")
        listed = list_between(group, date(2027, 3, 1), date(2027, 5, 31), UTC)
        assert len(listed.occurrences) == AT_MOST
        assert listed.is_cut

    @pytest.mark.django_db
    def test_two_queries_however_many_events(
        self, group: Group, django_assert_num_queries: pytest.FixtureRequest
    ) -> None:
        for n in range(30):
            EventFactory.create(group=group, repeats="FREQ=DAILY" if n % 2 else "")
        with django_assert_num_queries(2):  # type: ignore[operator]
            list_between(group, date(2027, 3, 1), date(2027, 3, 31), UTC)

    def test_a_walk_begins_near_the_period(self) -> None:
        """A century of days is not walked through: the last ones are there at once."""
        event = repeating("FREQ=DAILY", datetime(1971, 1, 1, 9))
        for rule in ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY;INTERVAL=5", "FREQ=YEARLY"):
            event.repeats = rule
            near = (
                read_rule(rule, BERLIN)
                .explicit(datetime(1971, 1, 1, 9))
                ._near(datetime(1971, 1, 1, 9), datetime(2171, 6, 1))
            )
            assert datetime(2171, 6, 1) - near < timedelta(days=400)
            assert near.date() <= date(2171, 6, 1)

    def test_an_end_of_the_calendar(self) -> None:
        event = repeating("FREQ=YEARLY", datetime(2150, 1, 1, 9))
        assert len(list(occurrences_of(event, event.starts_at, FOREVER))) == 50

    def test_left_out(self) -> None:
        event = repeating("FREQ=DAILY;COUNT=3", datetime(2026, 1, 1, 9))
        event.left_out = ["20260102T080000Z"]
        assert starts(event) == ["2026-01-01 09:00", "2026-01-03 09:00"]
        assert find(event, datetime(2026, 1, 2, 8, tzinfo=UTC)) is None
        assert find(event, datetime(2026, 1, 3, 8, tzinfo=UTC)) is not None
        assert find(event, datetime(2026, 1, 3, 9, tzinfo=UTC)) is None
        following = next_of(event, datetime(2026, 1, 1, 12, tzinfo=UTC))
        assert following is not None
        assert following.key == "20260103T080000Z"

    @pytest.mark.parametrize("key", ["", "x", "20260230T000000Z", "\0", "99999999T999999Z", "2" * 100])
    def test_keys_that_are_none(self, key: str) -> None:
        assert read_key(key) is None
        assert read_key(key_of(FOREVER)) == FOREVER


@pytest.mark.parametrize("text", ["", "0001-01-01", "9999-12-31", "2026-02-30", "\0", "1e9", "١٢٣٤-١٢-١٢"])
def test_days_that_are_none_are_today(text: str) -> None:
    today = date(2026, 11, 24)
    assert read_day(text, today) == today


@pytest.mark.parametrize("view", ["month", "week", "list"])
def test_periods_follow_each_other(view: str) -> None:
    day = date(2026, 11, 24)
    period = period_of(view, day)
    assert period.first <= day <= period.last
    assert period_of(view, period.next).previous in (period.first, day.replace(day=1))
    assert period.last < LAST_DAY


def test_words() -> None:
    assert describe_rule(repeating("FREQ=WEEKLY;INTERVAL=2", datetime(2026, 11, 24, 9))) == (
        "Every 2 weeks on Tuesday"
    )
    assert describe_rule(repeating("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", datetime(2026, 11, 27, 9))) == (
        "Every month on the last Friday, 3 times"
    )
    until = repeating("FREQ=DAILY;UNTIL=20261224", datetime(2026, 11, 24, 9))
    assert describe_rule(until) == "Every day, until Dec 24, 2026"
    assert len(DAYS) == 7
