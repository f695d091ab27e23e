"""The dates of a repeat rule, in order (RFC 5545, 3.3.10), counted in steps so that a search has an end.

A step is a day, week, month or year that is looked at, or a day that may be a date. Months in which nothing
can happen are skipped.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Protocol

DAY = timedelta(days=1)
WEEK = 7 * DAY
MONTHS = tuple(range(1, 13))


class Parts(Protocol):
    """What is asked of a rule. Weekdays are 0 for Monday; a day's number is 0 for each of them."""

    @property
    def frequency(self) -> str: ...
    @property
    def interval(self) -> int: ...
    @property
    def by_day(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def by_month_day(self) -> tuple[int, ...]: ...
    @property
    def by_month(self) -> tuple[int, ...]: ...
    @property
    def by_set_pos(self) -> tuple[int, ...]: ...
    @property
    def week_start(self) -> int: ...


class TooManySteps(Exception):  # noqa: N818  (an answer, not a fault)
    """The search takes longer than it may."""


class Steps:
    """How many steps are left, of one search or of several."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, steps: int = 1) -> None:
        """Raises TooManySteps."""
        self.left -= steps
        if self.left < 0:
            raise TooManySteps


def dates(rule: Parts, begin: datetime, last: datetime, steps: Steps) -> Iterator[datetime]:
    """The dates from `begin`, which is in step with the rule's start, to `last`. Raises TooManySteps.

    A rule that repeats by weeks says on which days, and one by months or years on which days of the week or
    of the month.
    """
    hour = begin.time()
    for day in _WALKS[rule.frequency](rule, begin.date(), last.date(), steps):
        moment = datetime.combine(day, hour)
        if begin <= moment <= last:
            yield moment


def _days(rule: Parts, begin: date, last: date, steps: Steps) -> Iterator[date]:
    weekdays = {weekday for _number, weekday in rule.by_day}
    step = rule.interval * DAY
    day = begin
    while day <= last:
        steps.take()
        if rule.by_month and day.month not in rule.by_month:
            day += -(-(_next_month(rule, day) - day) // step) * step
            continue
        if not weekdays or day.weekday() in weekdays:
            yield day
        day += step


def _weeks(rule: Parts, begin: date, last: date, steps: Steps) -> Iterator[date]:
    days = sorted({(weekday - rule.week_start) % 7 for _number, weekday in rule.by_day})
    step = rule.interval * WEEK
    first = begin - (begin.weekday() - rule.week_start) % 7 * DAY
    while first <= last:
        steps.take()
        if rule.by_month and not {first.month, (first + 6 * DAY).month} & {*rule.by_month}:
            weeks = (_next_month(rule, first) - first) // WEEK
            first += max(1, -(-weeks // rule.interval)) * step
            continue
        for days_later in days:
            day = first + days_later * DAY
            if not rule.by_month or day.month in rule.by_month:
                yield day
        first += step


def _next_month(rule: Parts, day: date) -> date:
    """The first day after it of a month in which the rule has dates."""
    ahead = min((month - day.month - 1) % 12 + 1 for month in rule.by_month)
    return _month(day.year * 12 + day.month - 1 + ahead)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _months(rule: Parts, begin: date, last: date, steps: Steps) -> Iterator[date]:
    number = begin.year * 12 + begin.month - 1
    while (first := _month(number)) <= last:
        steps.take()
        if not rule.by_month or first.month in rule.by_month:
            yield from _of_period(rule, first.year, (first.month,), steps)
        number += rule.interval


def _years(rule: Parts, begin: date, last: date, steps: Steps) -> Iterator[date]:
    for year in range(begin.year, last.year + 1, rule.interval):
        steps.take()
        yield from _of_period(rule, year, rule.by_month or MONTHS, steps)


_WALKS: dict[str, Callable[[Parts, date, date, Steps], Iterator[date]]] = {
    "DAILY": _days,
    "WEEKLY": _weeks,
    "MONTHLY": _months,
    "YEARLY": _years,
}


def _of_period(rule: Parts, year: int, months: Iterable[int], steps: Steps) -> list[date]:
    """The dates in these months of a month or year."""
    lengths = {month: monthrange(year, month)[1] for month in months}
    found = _on_days_of_month(rule, year, lengths) if rule.by_month_day else _on_weekdays(rule, year, lengths)
    steps.take(len(found))
    if rule.by_month_day and rule.by_day:
        found &= _on_weekdays(rule, year, lengths)
    ordered = sorted(found)
    if not rule.by_set_pos:
        return ordered
    places = {place - 1 if place > 0 else len(ordered) + place for place in rule.by_set_pos}
    return [ordered[place] for place in sorted(places) if 0 <= place < len(ordered)]


def _on_days_of_month(rule: Parts, year: int, lengths: dict[int, int]) -> set[date]:
    found = set()
    for month, length in lengths.items():
        for number in rule.by_month_day:
            day = number if number > 0 else length + 1 + number
            if 0 < day <= length:
                found.add(date(year, month, day))
    return found


def _on_weekdays(rule: Parts, year: int, lengths: dict[int, int]) -> set[date]:
    """Each Monday, or the first or last one of the month; of the year, if the rule names no months."""
    each = [weekday for number, weekday in rule.by_day if not number]
    found: set[date] = set()
    spans = [(date(year, month, 1), date(year, month, length)) for month, length in lengths.items()]
    for first, last in spans:
        for weekday in each:
            found.update(_weekdays(first, last, weekday))
    if rule.frequency == "YEARLY" and not rule.by_month:
        spans = [(date(year, 1, 1), date(year, 12, 31))]
    for number, weekday in rule.by_day:
        for first, last in spans if number else ():
            days = _weekdays(first, last, weekday)
            if abs(number) <= len(days):
                found.add(days[number - 1 if number > 0 else number])
    return found


def _weekdays(first: date, last: date, weekday: int) -> list[date]:
    day = first.toordinal() + (weekday - first.weekday()) % 7
    return [date.fromordinal(one) for one in range(day, last.toordinal() + 1, 7)]
