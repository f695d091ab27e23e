"""Month, week and list: which days they show, with which events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo

from groupadmin.base import dates

from .occurrences import DAY, Occurrence
from .rules import EARLIEST, LATEST

MONTH, WEEK, LIST = "month", "week", "list"
VIEWS = (MONTH, WEEK, LIST)
LIST_DAYS = 92
FIRST_DAY = EARLIEST.date()
LAST_DAY = LATEST.date()


@dataclass(frozen=True)
class Period:
    """The days that a page shows, and the days that its links to earlier and later pages start from."""

    view: str
    first: date
    last: date
    previous: date
    next: date
    title: str


@dataclass
class Day:
    """A day with its events."""

    date: date
    is_today: bool
    is_outside: bool = False
    occurrences: list[Occurrence] = field(default_factory=list)


def read_day(text: str, today: date) -> date:
    """The day in an address; today if it is not valid or outside the calendar's years."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return today
    return day if FIRST_DAY + 40 * DAY <= day <= LAST_DAY - 400 * DAY else today


def period_of(view: str, day: date) -> Period:
    """The month or week with that day, or the list that begins with it."""
    if view == WEEK:
        first = _week_begin(day)
        last = first + 6 * DAY
        return Period(WEEK, first, last, first - 7 * DAY, first + 7 * DAY, dates.days(first, last))
    if view == LIST:
        last = day + (LIST_DAYS - 1) * DAY
        return Period(LIST, day, last, day - LIST_DAYS * DAY, last + DAY, dates.days(day, last))
    month = day.replace(day=1)
    following = (month + timedelta(days=31)).replace(day=1)
    before = (month - DAY).replace(day=1)
    first = _week_begin(month)
    last = _week_begin(following - DAY) + 6 * DAY
    return Period(MONTH, first, last, before, following, dates.month(month))


def _week_begin(day: date) -> date:
    """The first day of the week in the reader's language."""
    return day - timedelta(days=(day.weekday() - dates.first_weekday()) % 7)


def days_of(
    period: Period, occurrences: Iterable[Occurrence], zone: tzinfo, today: date, month: int = 0
) -> list[Day]:
    """Every day of the period with its events."""
    days = [
        Day(day, day == today, bool(month) and day.month != month)
        for day in (period.first + n * DAY for n in range((period.last - period.first).days + 1))
    ]
    for one in occurrences:
        first, last = one.days(zone)
        begin = max(0, (first - period.first).days)
        for day in days[begin : (last - period.first).days + 1]:
            day.occurrences.append(one)
    return days


def agenda_of(period: Period, occurrences: Iterable[Occurrence], zone: tzinfo, today: date) -> list[Day]:
    """The days on which an event begins, and the period's first day if one is already on."""
    found: dict[date, Day] = {}
    for one in occurrences:
        day = max(one.days(zone)[0], period.first)
        found.setdefault(day, Day(day, day == today)).occurrences.append(one)
    return [found[day] for day in sorted(found)]
