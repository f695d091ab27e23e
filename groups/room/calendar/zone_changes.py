"""A time zone for calendar programs: a yearly rule for each change of its clocks (rule 3.8).

Classic Outlook reads only yearly rules, no lists of dates. The rules are found in the zone's own changes, so
that they are always those by which this calendar shows its events.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
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
DAY = timedelta(days=1)
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
    """A day that comes once a year. Those that more programs read come first.

    `first` is the first day of the month on which the weekday counts; 0 is the last weekday of the month, and
    a weekday of None the day itself.
    """

    rank: int
    month: int
    weekday: int | None
    first: int
    is_eve: bool = False

    def rules(self) -> list[dict[str, Any]]:
        """As RRULEs: two where the day may fall into the next month."""
        yearly = {"FREQ": "YEARLY", "BYMONTH": self.month}
        if self.weekday is None:
            return [yearly | {"BYMONTHDAY": self.first}]
        day = DAYS[self.weekday]
        if self.is_eve:
            return [
                yearly | {"BYDAY": day, "BYMONTHDAY": list(range(-6, 0))},
                yearly | {"BYDAY": day, "BYMONTHDAY": 1, "BYMONTH": self.month % 12 + 1},
            ]
        if self.first == 0:
            return [yearly | {"BYDAY": f"-1{day}"}]
        if self.first % 7 == 1:
            return [yearly | {"BYDAY": f"{self.first // 7 + 1}{day}"}]
        return [yearly | {"BYDAY": day, "BYMONTHDAY": list(range(self.first, self.first + 7))}]


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
    length = ((at.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day
    firsts = range(max(1, at.day - 6), min(at.day, length - 6) + 1)
    found = {Pattern(0 if first % 7 == 1 else 2, at.month, at.weekday(), first) for first in firsts}
    found.add(Pattern(1, at.month, None, at.day))
    if at.day + 7 > length:
        found.add(Pattern(0, at.month, at.weekday(), 0))
    eve = at - DAY
    # Midnight after the last weekday of a month: "at 24:00".
    if at.time() == time() and (eve + 7 * DAY).month != eve.month:
        found.add(Pattern(3, eve.month, at.weekday(), 0, is_eve=True))
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
            parts += _parts_of(run)
    parts += map(_part, alone.values())
    for part in sorted(parts, key=lambda part: part.DTSTART):
        component.add_component(part)
    return component


def _parts_of(run: Run) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    last = run.changes[-1]
    for rule in min(run.patterns).rules():
        changes = [change for change in run.changes if change.at.month == rule["BYMONTH"]]
        if not changes:
            continue
        if last.at.year < LAST.year - 1:
            # A day later than the last, for programs that compare it with local times.
            until = (last.at - last.before.offset + DAY).replace(tzinfo=UTC)
            rule = rule | {"UNTIL": until}
        part = _part(changes[:1])
        part.add("rrule", rule)
        yield part


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
