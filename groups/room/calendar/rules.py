"""How an event repeats: the common part of RFC 5545's RRULE, parsed strictly and evaluated within limits.

Everything here is wall time without a zone: an event at nine stays at nine when the clocks change.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice

from django.utils.translation import gettext as _

from groupadmin.base.ids import parse_number

from .dates import Steps, dates

EARLIEST = datetime(1970, 1, 2)
LATEST = datetime(2199, 12, 31)
TIMES_AT_MOST = 1_000
INTERVAL_AT_MOST = 999
LENGTH_AT_MOST = 500
# More than the search for one date takes, from the first year to the last.
STEPS_OF_A_SEARCH = 1_000_000
# The longest gap between two dates, times the interval; leap days around 2100 are eight years apart.
OFTEN_ENOUGH = timedelta(days=366 * 9)

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# What each frequency allows besides INTERVAL, COUNT, UNTIL and WKST.
_PARTS = {
    "DAILY": {"BYDAY", "BYMONTH"},
    "WEEKLY": {"BYDAY", "BYMONTH"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"},
}


class BadRule(ValueError):  # noqa: N818  (an answer, not a fault)
    """An invalid or unsupported rule; says why."""


@dataclass(frozen=True)
class Rule:
    """A parsed rule.

    `until` is wall time. A day is a weekday, 0 for Monday, and which one in the month or year, 0 for each.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    def text(self, zone: tzinfo, *, is_all_day: bool) -> str:
        """The rule as an RRULE; UNTIL is in UTC for timed events."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={_until_text(self.until, zone, is_all_day)}")
        if self.by_day:
            parts.append("BYDAY=" + ",".join(f"{n or ''}{DAYS[day]}" for n, day in self.by_day))
        for name, numbers in (
            ("BYMONTHDAY", self.by_month_day),
            ("BYMONTH", self.by_month),
            ("BYSETPOS", self.by_set_pos),
        ):
            if numbers:
                parts.append(f"{name}={','.join(map(str, numbers))}")
        if self.week_start:
            parts.append(f"WKST={DAYS[self.week_start]}")
        return ";".join(parts)

    def between(
        self, start: datetime, after: datetime, before: datetime, steps: Steps | None = None
    ) -> Iterator[datetime]:
        """The dates in [after, before) of an event that starts at `start`, in order.

        A COUNT is counted from the start; without one, the walk begins near `after`. Raises TooManySteps if
        it takes more than `steps`.
        """
        last = min(before - timedelta(microseconds=1), self.until or LATEST, LATEST)
        if last < start:
            return
        exact = self.explicit(start)
        begin = start if self.count is not None else exact._near(start, max(after, start))
        walk = dates(exact, begin, last, steps or Steps(STEPS_OF_A_SEARCH))
        for found in islice(walk, self.count):
            if found >= after and found >= start:
                yield found

    def first(self, start: datetime, steps: Steps | None = None) -> datetime | None:
        """The first date, from the start on; None if there is none, or if dates are very rare."""
        patience = min(OFTEN_ENOUGH * self.interval, LATEST - start)
        endless = replace(self, count=None, until=None)
        # Nothing further away would be taken.
        before = min(LATEST, start + 2 * patience + timedelta(days=1))
        found = list(islice(endless.between(start, start, before, steps), 2))
        if not found or found[0] - start > patience or (self.until and found[0] > self.until):
            return None
        following = found[1] if len(found) > 1 else LATEST
        return found[0] if following - found[0] <= OFTEN_ENOUGH * self.interval else None

    def last(self, start: datetime, steps: Steps | None = None) -> datetime | None:
        """The last date, or a moment after which there is none; None if it never ends."""
        if self.until is not None:
            return self.until
        if self.count is None:
            return None
        found = deque(self.between(start, start, LATEST, steps), maxlen=1)
        return found.pop() if found else start

    def count_up_to(self, start: datetime, most: int, within: timedelta, steps: Steps | None = None) -> int:
        """The number of dates, within a time span if endless; counted up to `most`."""
        before = LATEST if self.count or self.until else min(start + within, LATEST)
        return sum(1 for _found in islice(self.between(start, start, before, steps), most))

    def explicit(self, start: datetime) -> "Rule":
        """With the days that RRULE takes from the start, so that the walk can begin later."""
        if self.by_day or self.by_month_day:
            return self
        if self.frequency == "WEEKLY":
            return replace(self, by_day=((0, start.weekday()),))
        if self.frequency == "MONTHLY":
            return replace(self, by_month_day=(start.day,))
        if self.frequency == "YEARLY":
            return replace(self, by_month_day=(start.day,), by_month=self.by_month or (start.month,))
        return self

    def _near(self, start: datetime, after: datetime) -> datetime:
        """Where the walk can begin in step with the start, at or before `after`."""
        if self.frequency in ("DAILY", "WEEKLY"):
            step = self.interval * (7 if self.frequency == "WEEKLY" else 1)
            # A week earlier: whole weeks are counted from their first day.
            steps = max(0, ((after - start).days - 7) // step)
            return start + timedelta(days=steps * step)
        months = (after.year - start.year) * 12 + after.month - start.month
        step = self.interval * (12 if self.frequency == "YEARLY" else 1)
        month = start.year * 12 + start.month - 1 + months // step * step
        if self.frequency == "YEARLY":
            month -= month % 12
        return start.replace(year=month // 12, month=month % 12 + 1, day=1)


def _until_text(until: datetime, zone: tzinfo, is_all_day: bool) -> str:
    if is_all_day:
        return f"{until:%Y%m%d}"
    return f"{until.replace(tzinfo=zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def read_rule(text: str, zone: tzinfo) -> Rule:
    """Parses an RRULE for an event in that zone. Raises BadRule."""
    if len(text) > LENGTH_AT_MOST:
        raise BadRule(_("The repeat rule is too long."))
    parts: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts:
            raise BadRule(_("This is not a valid repeat rule."))
        parts[name] = value
    frequency = parts.pop("FREQ", "")
    if frequency not in _PARTS:
        raise BadRule(_("An event can repeat by days, weeks, months or years."))
    rule = Rule(
        frequency,
        interval=_number(parts.pop("INTERVAL", "1"), 1, INTERVAL_AT_MOST),
        count=_number(parts.pop("COUNT"), 1, TIMES_AT_MOST) if "COUNT" in parts else None,
        until=_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None,
        week_start=_weekday(parts.pop("WKST", "MO"))[1],
    )
    if rule.count is not None and rule.until is not None:
        raise BadRule(_("It can end on a date or after a number of times, not both."))
    if strange := parts.keys() - _PARTS[frequency]:
        raise BadRule(_("It uses %(part)s, which is not supported.") % {"part": min(strange)[:20]})
    return _with_days(rule, parts)


def _with_days(rule: Rule, parts: dict[str, str]) -> Rule:
    days = tuple(_weekday(day) for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else ()
    if rule.frequency in ("DAILY", "WEEKLY") and any(n for n, _day in days):
        raise BadRule(_("This is not a valid repeat rule."))
    rule = replace(
        rule,
        by_day=tuple(dict.fromkeys(days)),
        by_month_day=_numbers(parts.get("BYMONTHDAY", ""), 31, negative=True),
        by_month=_numbers(parts.get("BYMONTH", ""), 12),
        by_set_pos=_numbers(parts.get("BYSETPOS", ""), 366, negative=True),
    )
    if rule.by_set_pos and not (rule.by_day or rule.by_month_day or rule.by_month):
        raise BadRule(_("This is not a valid repeat rule."))
    return rule


def _number(text: str, least: int, most: int) -> int:
    number = parse_number(text, 999_999)
    if number is None or number < least:
        raise BadRule(_("This is not a valid repeat rule."))
    if number > most:
        raise BadRule(_("A number in the repeat rule is larger than %(most)d.") % {"most": most})
    return number


def _numbers(text: str, most: int, *, negative: bool = False) -> tuple[int, ...]:
    if not text:
        return ()
    found = []
    for word in text.split(",")[:100]:
        sign = -1 if negative and word.startswith("-") else 1
        found.append(sign * _number(word[1:] if word[:1] in "+-" and negative else word, 1, most))
    return tuple(sorted(set(found)))


def _weekday(text: str) -> tuple[int, int]:
    number, day = text[:-2], text[-2:]
    if day not in DAYS:
        raise BadRule(_("This is not a valid repeat rule."))
    if not number:
        return 0, DAYS.index(day)
    return _numbers(number, 53, negative=True)[0], DAYS.index(day)


def _until(text: str, zone: tzinfo) -> datetime:
    """A date includes its whole day. Raises BadRule."""
    try:
        if len(text) == 8:
            until = datetime.combine(datetime.strptime(text, "%Y%m%d"), time(23, 59, 59))
        elif text.endswith("Z"):
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            until = moment.astimezone(zone).replace(tzinfo=None)
        else:
            until = datetime.strptime(text, "%Y%m%dT%H%M%S")
    except (ValueError, OverflowError):
        raise BadRule(_("The end date of the repeat rule is not a date.")) from None
    if until < EARLIEST:
        raise BadRule(_("The end date of the repeat rule is too far in the past."))
    return min(until, LATEST)
