"""What several events of a calendar file with one UID are together: a series with its changes (rule 3.11).

A room's series has one rule. So what a file says of one series can become several events: the rest of a
series that was changed from a date on is a series of its own, and dates outside of the rule are events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from .dates import Steps
from .ics_events import Part, When
from .ics_recurrence import Recurrence, Strand
from .ics_rules import moved
from .rules import Rule

# Of a rest of a series that no rule can express.
WRITTEN_OUT_AT_MOST = 100


@dataclass
class Item:
    """An event to be. Its name is its UID here; the same file gives it the same one again."""

    part: Part
    when: When
    name: str = ""
    rule: Rule | None = None
    left_out: set[str] = field(default_factory=set)
    # The occurrence that it replaces: of which series, and its key.
    series: "Item | None" = None
    series_name: str = ""
    key: str = ""
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class _Period:
    """From when to when a series is as that part says, and how much later than it would be."""

    part: Part
    when: When
    begin: datetime | None = None
    end: datetime | None = None
    later: timedelta = timedelta()

    def holds(self, wall: datetime) -> bool:
        return (self.begin is None or wall >= self.begin) and (self.end is None or wall < self.end)


@dataclass
class _Laid:
    """A strand within a period, and the series that it becomes."""

    period: _Period
    strand: Strand
    item: Item

    def has(self, wall: datetime) -> bool:
        return self.period.holds(wall) and self.strand.has(wall) and wall not in self.strand.twice

    def is_empty(self) -> bool:
        """Whether all its dates are left out."""
        when, later, left_out = self.item.when, self.period.later, self.item.left_out
        return all(when.key(wall + later) in left_out for wall in self.strand.dates(len(left_out) + 1))

    def leave_out(self, walls: Iterable[datetime]) -> None:
        later, when = self.period.later, self.item.when
        self.item.left_out.update(when.key(wall + later) for wall in walls if self.strand.has(wall))


def items_of(whole: Part, changes: list[Part], steps: Steps) -> list[Item]:
    """The events that a series becomes. Raises TooManySteps."""
    assert whole.when is not None  # noqa: S101  (a part without problems)
    return _Series(whole, whole.when, changes, steps).items()


def alone(change: Part) -> Item:
    """A change of an occurrence whose series is not in the file."""
    key = key_in(None, change)
    when = change.when or When(datetime(1970, 1, 2), timedelta(), None)  # it is only cancelled
    item = Item(change, when, f"{change.uid}#{key}", series_name=change.uid, key=key)
    if change.is_range:
        item.notes.append(_("It also changes all later ones, but its series is not in this file."))
    return item


def key_in(whole: Part | None, change: Part) -> str:
    """The key of the occurrence that a change is about; its series is all day, or else as the change."""
    written = change.instead_of
    assert written is not None  # noqa: S101  (asked by the caller)
    when = (whole and whole.when) or change.when
    if written.clock is None or (when is not None and when.zone is None):
        day = change.clocks.day_of(written)
        return When(day, timedelta(), None).key(day)
    zone = change.clocks.zone_of(written)
    wall = change.clocks.wall_of(written, zone)
    return When(wall, timedelta(), zone).key(wall)


class _Series:
    def __init__(self, whole: Part, when: When, changes: list[Part], steps: Steps) -> None:
        self.uid = whole.uid
        self.when = when
        self.whole = whole
        self.steps = steps
        self.dates = Recurrence(whole, when, steps)
        named = [(self._date_of(one), one) for one in changes]
        self.ranges = sorted(((wall, one) for wall, one in named if one.is_range), key=lambda pair: pair[0])
        self.single_changes = [(wall, one) for wall, one in named if not one.is_range]
        self.laid: list[_Laid] = []
        self.events: dict[datetime, Item] = {}
        self.others: list[Item] = []

    def items(self) -> list[Item]:
        for period in self._periods():
            if not period.part.is_cancelled:
                self._lay_out(period)
        for wall, change in self.single_changes:
            self._change(wall, change)
        items = self._named()
        if not items:
            notes = self.dates.notes or [_("All of its dates are excluded or cancelled.")]
            return [Item(self.whole, self.when, self.uid, problem=notes[0])]
        items[0].notes += self.dates.notes
        return items

    def _date_of(self, change: Part) -> datetime:
        assert change.instead_of is not None  # noqa: S101
        found = self.dates.named(change.instead_of)
        return found[0] if found else datetime.combine(change.instead_of.day, self.when.start.time())

    def _periods(self) -> list[_Period]:
        periods = [_Period(self.whole, self.when)]
        for wall, part in self.ranges:
            periods[-1].end = wall
            when = part.when or self.when
            periods.append(_Period(part, when, begin=wall, later=when.start - wall))
        return periods

    def _lay_out(self, period: _Period) -> None:
        """The events of the period, at its times."""
        dates = self.dates
        if period.part is not self.whole and period.part.rules:
            # The rest has a rule of its own, in its own times.
            dates = Recurrence(period.part, period.when, self.steps)
            period = replace(period, begin=None, later=timedelta())
        for strand in dates.strands:
            rest = strand.part(period.begin, period.end)
            if rest is not None:
                self._lay(period, rest, dates.excluded | dates.instead)
        if period.begin is not None and not dates.has(period.begin):
            # It names no date of the series, but has one.
            self.events[period.begin] = Item(period.part, period.when)
        for wall, length in dates.singles.items():
            if period.holds(wall):
                lasts = length if dates.part is period.part else period.when.length
                when = replace(period.when, start=wall + period.later, length=lasts)
                self.events[wall] = Item(period.part, when)

    def _lay(self, period: _Period, rest: Strand, excluded: set[datetime]) -> None:
        rule = moved(rest.rule, rest.first, period.later, self.steps)
        if rule is None:
            self._write_out(period, rest, excluded)
            return
        when = replace(period.when, start=rest.first + period.later)
        laid = _Laid(period, rest, Item(period.part, when, rule=rule))
        laid.leave_out(excluded | rest.twice)
        self.laid.append(laid)

    def _write_out(self, period: _Period, rest: Strand, excluded: set[datetime]) -> None:
        """Its dates one by one, since no rule has them."""
        dates = list(rest.dates(WRITTEN_OUT_AT_MOST + 1))
        for wall in dates[:WRITTEN_OUT_AT_MOST]:
            if wall not in excluded:
                self.events[wall] = Item(period.part, replace(period.when, start=wall + period.later))
        if len(dates) > WRITTEN_OUT_AT_MOST:
            self.dates.notes.append(_("Only the next 100 of its dates after a change are kept."))

    def _change(self, wall: datetime, change: Part) -> None:
        """One date is another one, or is cancelled."""
        if wall in self.events:
            if change.is_cancelled:
                del self.events[wall]
            elif change.when is not None:
                self.events[wall] = Item(change, change.when)
            return
        # Some name a date of the rest by its new time.
        pairs = [(one, wall) for one in self.laid] + [(one, wall - one.period.later) for one in self.laid]
        laid, wall = next(((one, at) for one, at in pairs if one.has(at)), (None, wall))
        if change.is_cancelled or change.when is None:
            if laid is not None:
                laid.leave_out([wall])
        elif change.version[0] < self.whole.version[0] and (laid is None or wall in self.dates.excluded):
            # The series no longer has it.
            said = _("The file has a newer version of this event.")
            self.others.append(Item(change, change.when, f"{self.uid}#{self.when.key(wall)}", problem=said))
        elif laid is None:
            self.others.append(Item(change, change.when, f"{self.uid}#{self.when.key(wall)}"))
        else:
            laid.leave_out([wall])
            key = laid.item.when.key(wall + laid.period.later)
            self.others.append(Item(change, change.when, series=laid.item, key=key))

    def _named(self) -> list[Item]:
        """All events; the first has the UID itself."""
        names: set[str] = {self.uid}
        changed = [id(item.series) for item in self.others]
        self.laid = [one for one in self.laid if id(one.item) in changed or not one.is_empty()]
        items = [one.item for one in self.laid] + list(self.events.values())
        walls = [one.strand.first for one in self.laid] + list(self.events)
        for item, wall in zip(items, walls, strict=True):
            item.name = self.uid if item is items[0] else _free(f"{self.uid}#{self.when.key(wall)}", names)
            names.add(item.name)
        for item in self.others:
            if item.series is not None:
                item.series_name = item.series.name
                item.name = f"{item.series_name}#{item.key}"
            item.name = _free(item.name, names)
            names.add(item.name)
        return items + self.others


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else _free(f"{name}#", taken)
