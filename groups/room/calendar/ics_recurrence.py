"""The dates of a series in a calendar file: its rules, what is added and what is excluded (RFC 5545, 3.8.5).

DTSTART always counts, even where the rule has no such date (rule 3.11).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice

from django.utils.translation import gettext as _

from .dates import Steps
from .ics_dates import DAY, Written
from .ics_events import Part, When
from .occurrences import existing, moment_of
from .rules import EARLIEST, LATEST, Rule

EXCLUDED_AT_MOST = 1_000
COMPARED = 1_000
SECOND = timedelta(seconds=1)


@dataclass
class Strand:
    """The dates of one rule, in wall time, from the first on."""

    rule: Rule
    first: datetime
    steps: Steps
    # Dates that another rule has too.
    twice: set[datetime] = field(default_factory=set)

    @cached_property
    def _counted(self) -> set[datetime]:
        return set(self.rule.between(self.first, self.first, LATEST, self.steps))

    def has(self, wall: datetime) -> bool:
        """Whether the rule has that date."""
        if wall < self.first or wall.time() != self.first.time():
            return False
        if self.rule.count is not None:
            return wall in self._counted
        return wall in self.rule.between(self.first, wall, wall + SECOND, self.steps)

    def part(self, begin: datetime | None, end: datetime | None) -> "Strand | None":
        """The dates in [begin, end); None if there are none."""
        rule, first = self.rule, self.first
        if rule.count is not None:
            dates = sorted(
                one for one in self._counted if (not begin or one >= begin) and (not end or one < end)
            )
            if not dates:
                return None
            return Strand(replace(rule, count=len(dates)), dates[0], self.steps, self.twice)
        if begin is not None and begin > first:
            found = next(rule.between(first, begin, LATEST, self.steps), None)
            if found is None:
                return None
            first = found
        if end is not None:
            if end <= first:
                return None
            rule = replace(rule, until=min(rule.until or LATEST, end - SECOND))
        return Strand(rule, first, self.steps, self.twice)

    def dates(self, most: int) -> Iterator[datetime]:
        """Its first dates."""
        return islice(self.rule.between(self.first, self.first, LATEST, self.steps), most)


class Recurrence:
    """All dates of a series: strands of its rules, and single dates with how long each lasts."""

    def __init__(self, part: Part, when: When, steps: Steps) -> None:
        self.part = part
        self.when = when
        self.steps = steps
        self.strands: list[Strand] = []
        self.singles: dict[datetime, timedelta] = {}
        self.excluded: set[datetime] = set()
        # Dates of a rule that last longer or shorter: single ones instead.
        self.instead: set[datetime] = set()
        self.notes: list[str] = []
        self._weave()
        self._add()
        self._exclude()

    def has(self, wall: datetime) -> bool:
        """Whether there is such a date, excluded or not."""
        return wall in self.singles or any(strand.has(wall) for strand in self.strands)

    def named(self, written: Written) -> list[datetime]:
        """The dates that are meant, in whatever form: of a day all; else one, which there need not be."""
        clocks, when = self.part.clocks, self.when
        if when.zone is None:
            return [clocks.day_of(written)]
        if written.clock is None:
            return self._on(written.day)
        wall = self._by_rule(clocks.wall_of(written, when.zone))
        # Outlook leaves out days of its series by their midnight.
        if written.offset is None and written.clock == time() and not self.has(wall):
            return self._on(written.day) or [wall]
        if wall.time() == time() and not self.has(wall):
            return self._on(wall.date()) or [wall]
        return [wall]

    def _on(self, day: date) -> list[datetime]:
        wall = datetime.combine(day, self.when.start.time())
        singles = [one for one in self.singles if one.date() == day]
        return singles if wall in singles or not self.has(wall) else [wall, *singles]

    def _by_rule(self, shown: datetime) -> datetime:
        """The wall time by the rule, also where the clocks leave its hour out."""
        by_rule = datetime.combine(shown.date(), self.when.start.time())
        zone = self.when.tzinfo
        return by_rule if moment_of(by_rule, zone) == moment_of(shown, zone) else shown

    def _weave(self) -> None:
        start, is_over = self.when.start, False
        for rule in self.part.rules:
            first = rule.first(start, self.steps)
            if first is not None:
                self._begin(Strand(rule, first, self.steps))
            elif rule.until is not None and rule.until < start:
                is_over = True
                self.notes.append(_("Its repeat rule ends before it begins."))
            else:
                said = _("By its repeat rule it hardly ever happens again: only the first date is kept.")
                self.notes.append(said)
        if not is_over and not self.has(start) and start >= EARLIEST:
            self.singles[start] = self.when.length

    def _begin(self, strand: Strand) -> None:
        """Birthdays began long ago."""
        rest = strand if strand.first >= EARLIEST else strand.part(EARLIEST, None)
        if rest is not strand:
            self.notes.append(_("Only its dates from 1970 on are kept."))
        while rest is not None and not self._exists(rest.first):
            # A series cannot begin at a time that the clocks skip: that date is one of its own.
            self.singles[rest.first] = self.when.length
            rest = rest.part(rest.first + SECOND, None)
        if rest is not None:
            self.strands.append(rest)

    def _exists(self, wall: datetime) -> bool:
        zone, end = self.when.tzinfo, wall + self.when.length
        return existing(wall, zone) == wall and existing(end, zone) == end

    def _add(self) -> None:
        clocks, when = self.part.clocks, self.when
        for written, ends in self.part.added:
            if when.zone is None:
                wall = clocks.day_of(written)
            elif written.clock is None and ends is None:
                wall = datetime.combine(written.day, when.start.time())
            else:
                wall = self._by_rule(clocks.wall_of(written, when.zone))
            length = self._length(wall, ends)
            if ends is None and self.has(wall):
                continue
            if length != when.length and any(strand.has(wall) for strand in self.strands):
                self.instead.add(wall)
            elif self.has(wall) and wall not in self.singles:
                continue
            self.singles[wall] = length

    def _length(self, wall: datetime, ends: Written | timedelta | None) -> timedelta:
        clocks, when = self.part.clocks, self.when
        if ends is None:
            return when.length
        if isinstance(ends, Written):
            ends = (clocks.day_of(ends) if when.zone is None else clocks.wall_of(ends, when.zone)) - wall
        return max(DAY * -(-ends // DAY), DAY) if when.zone is None else ends

    def _exclude(self) -> None:
        for written in self.part.excluded:
            self.excluded.update(wall for wall in self.named(written) if self.has(wall))
        for rule in self.part.excluding:
            self._exclude_rule(rule)
        for number, strand in enumerate(self.strands[1:], 1):
            others = self.strands[:number]
            twice = (one for one in strand.dates(COMPARED) if any(other.has(one) for other in others))
            strand.twice = set(twice)
        for wall in self.excluded & self.singles.keys():
            del self.singles[wall]

    def _exclude_rule(self, rule: Rule) -> None:
        first = rule.first(self.when.start, self.steps)
        if first is None:
            return
        dates = list(Strand(rule, first, self.steps).dates(EXCLUDED_AT_MOST + 1))
        self.excluded.update(one for one in dates[:EXCLUDED_AT_MOST] if self.has(one))
        if len(dates) > EXCLUDED_AT_MOST and any(strand.part(dates[-1], None) for strand in self.strands):
            self.notes.append(_("Only the first 1,000 dates of the rule that excludes some are left out."))
