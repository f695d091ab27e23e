"""A time zone for calendar programs: a yearly rule for each change of its clocks (rule 3.8).

Classic Outlook reads only rules for one weekday of a month, or one day of it, and no lists of dates. What is
more, such as "the Friday before the last Sunday", becomes several rules, one after the other. They are found
in the zone's own changes, so that they are always those by which this calendar shows its events.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from .rules import DAYS

# Beyond the last change that any zone lists by its date.
LAST = datetime(2100, 1, 1, tzinfo=UTC)
# No zone changes its clocks twice within it.
STEP = timedelta(days=4)
SECOND = timedelta(seconds=1)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
ZONES_AT_MOST = 1_000


@dataclass(frozen=True)
class Clocks:
    """How the clocks of a zone go for a while."""

    offset: timedelta
    name: str
    saving: timedelta


@dataclass(frozen=True)
class Change:
    """The clocks change, at a time by the clock before."""

    at: datetime
    before: Clocks
    after: Clocks

    @property
    def is_daylight(self) -> bool:
        """Whether summer time begins, also where the law calls winter the exception (Dublin)."""
        return self.after.saving > timedelta() or self.before.saving < timedelta()

    @property
    def kind(self) -> tuple[Any, ...]:
        """Equal for changes that one rule can describe."""
        return self.before.offset, self.after.offset, self.after.name, self.is_daylight, self.at.time()


@dataclass(frozen=True, order=True)
class Pattern:
    """A day that comes once a year, in a form that classic Outlook reads; weekdays before days of the month.

    `number` is which one of that weekday in the month, -1 for the last; without a weekday it is the day.
    """

    rank: int
    month: int
    weekday: int | None
    number: int

    def rule(self) -> dict[str, Any]:
        """As an RRULE."""
        yearly = {"FREQ": "YEARLY", "BYMONTH": self.month}
        if self.weekday is None:
            return yearly | {"BYMONTHDAY": self.number}
        return yearly | {"BYDAY": f"{self.number}{DAYS[self.weekday]}"}


class Run:
    """Changes of one kind in consecutive years, and what their days have in common."""

    def __init__(self, change: Change) -> None:
        self.changes = [change]
        self.patterns = _patterns(change.at)

    def takes(self, change: Change) -> bool:
        """Adds the change if it goes on with this run."""
        last = self.changes[-1]
        common = self.patterns & _patterns(change.at)
        if last.kind != change.kind or last.at.year != change.at.year - 1 or not common:
            return False
        self.changes.append(change)
        self.patterns = common
        return True


def _patterns(at: datetime) -> frozenset[Pattern]:
    """All patterns by which a change may have come on this day."""
    found = {Pattern(1, at.month, None, at.day), Pattern(0, at.month, at.weekday(), (at.day + 6) // 7)}
    if (at + WEEK).month != at.month:
        # Comes before the fifth, which is always the last.
        found.add(Pattern(0, at.month, at.weekday(), -1))
    return frozenset(found)


def _clocks(zone: ZoneInfo, moment: datetime) -> Clocks:
    local = moment.astimezone(zone)
    return Clocks(local.utcoffset() or timedelta(), local.tzname() or "", local.dst() or timedelta())


def _changes(zone: ZoneInfo, moment: datetime) -> Iterator[Change]:
    """The changes from a moment on, in order."""
    before = _clocks(zone, moment)
    while moment < LAST:
        following = moment + STEP
        after = _clocks(zone, following)
        if before != after:
            at = _first_with(after, zone, moment, following)
            yield Change((at + before.offset).replace(tzinfo=None), before, after)
        moment, before = following, after


def _first_with(clocks: Clocks, zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    while later - earlier > SECOND:
        middle = earlier + (later - earlier) // SECOND // 2 * SECOND
        if _clocks(zone, middle) == clocks:
            later = middle
        else:
            earlier = middle
    return later


def _runs(changes: list[Change]) -> list[Run]:
    runs: list[Run] = []
    for change in changes:
        if not any(run.takes(change) for run in reversed(runs)):
            runs.append(Run(change))
    return runs


@lru_cache(ZONES_AT_MOST)
def described(name: str, year: int) -> Timezone:
    """The zone from the beginning of a year on, as a component that must not be changed."""
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    # From the year before on, so that the year begins with a known time.
    begin = datetime(year - 1, 1, 1)
    clocks = _clocks(zone, begin.replace(tzinfo=zone))
    changes = list(_changes(zone, begin.replace(tzinfo=zone).astimezone(UTC)))
    parts = []
    if not changes or changes[0].at.year >= year:
        parts.append(_part([Change(begin, clocks, clocks)]))
    alone: dict[tuple[Any, ...], list[Change]] = defaultdict(list)
    for run in _runs(changes):
        if len(run.changes) == 1:
            alone[run.changes[0].kind].append(run.changes[0])
        else:
            parts.append(_yearly(run))
    parts += map(_part, alone.values())
    for part in sorted(parts, key=lambda part: part.DTSTART):
        component.add_component(part)
    return component


def _yearly(run: Run) -> TimezoneStandard | TimezoneDaylight:
    part, last = _part(run.changes[:1]), run.changes[-1]
    rule = min(run.patterns).rule()
    if last.at.year < LAST.year - 1:
        # A day later than the last, for programs that compare it with local times.
        rule["UNTIL"] = (last.at - last.before.offset + DAY).replace(tzinfo=UTC)
    part.add("rrule", rule)
    return part


def _part(changes: list[Change]) -> TimezoneStandard | TimezoneDaylight:
    """One kind of change on the dates listed."""
    first = changes[0]
    part = TimezoneDaylight() if first.is_daylight else TimezoneStandard()
    part.add("dtstart", first.at)
    part.add("tzoffsetfrom", first.before.offset)
    part.add("tzoffsetto", first.after.offset)
    part.add("tzname", first.after.name)
    for change in changes[1:]:
        # A line for each: some programs read only the first date of a line.
        part.add("rdate", [change.at])
    return part
