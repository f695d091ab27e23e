"""Time zones as calendar files define them (RFC 5545, 3.6.5): read so far that the zone meant can be found.

A definition is never used for times itself. It is asked for its offsets within two years, and a zone that has
the same ones is taken instead (`zones.py`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .dates import Steps
from .rules import BadRule, read_rule

OBSERVANCES_AT_MOST = 400
DATES_AT_MOST = 400
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?")
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})Z?)?")


class Unreadable(ValueError):  # noqa: N818  (an answer, not a fault)
    """A definition that cannot be understood."""


@dataclass
class Observance:
    """Since when an offset from UTC holds, and when again; raw, as the file has it."""

    starts: str = ""
    before: str = ""
    after: str = ""
    rules: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)


@dataclass
class Definition:
    """A VTIMEZONE."""

    location: str = ""
    observances: list[Observance] = field(default_factory=list)

    def begin(self) -> None:
        """The next lines are of another observance."""
        if len(self.observances) < OBSERVANCES_AT_MOST:
            self.observances.append(Observance())

    def read(self, name: str, value: str) -> None:
        """Takes a property; of the zone itself, or of the last observance."""
        if name == "X-LIC-LOCATION":
            self.location = self.location or value
            return
        if not self.observances:
            return
        last = self.observances[-1]
        if name == "DTSTART":
            last.starts = value
        elif name == "TZOFFSETFROM":
            last.before = value
        elif name == "TZOFFSETTO":
            last.after = value
        elif name == "RRULE" and value:
            last.rules.append(value)
        elif name == "RDATE":
            last.dates += value.split(",")[:DATES_AT_MOST]

    def offsets(self, year: int, steps: Steps) -> "Offsets":
        """Its offsets in that year. Raises Unreadable or TooManySteps."""
        changes: list[tuple[datetime, timedelta]] = []
        earliest: tuple[datetime, timedelta] | None = None
        for one in self.observances:
            before, after = _offset(one.before), _offset(one.after)
            start = _moment(one.starts)
            if earliest is None or start < earliest[0]:
                earliest = start, before
            for onset in _onsets(one, start, before, year, steps):
                changes.append((onset - before, after))
        if earliest is None:
            raise Unreadable
        return Offsets(earliest[1], sorted(changes))


@dataclass(frozen=True)
class Offsets:
    """The offset at first, and the moments (UTC, without a zone) from which others hold."""

    first: timedelta
    changes: list[tuple[datetime, timedelta]]

    def at(self, moment: datetime) -> timedelta:
        """The offset at a moment in UTC."""
        number = bisect_right(self.changes, (moment, timedelta.max))
        return self.changes[number - 1][1] if number else self.first

    def changes_in(self, year: int) -> list[datetime]:
        """When it changes in that year."""
        found, offset = [], self.first
        for since, after in self.changes:
            if after != offset and since.year == year:
                found.append(since)
            offset = after
        return found


def _onsets(
    one: Observance, start: datetime, before: timedelta, year: int, steps: Steps
) -> Iterator[datetime]:
    """When it begins, in wall time: the first time, the last one before that year, and those in the year."""
    first, last = datetime(year - 1, 1, 1), datetime(year + 1, 12, 31)
    yield start
    for text in one.dates[:DATES_AT_MOST]:
        if (date := _moment(text)) <= last:
            yield date
    for text in one.rules:
        try:
            rule = read_rule(_from_1970(text), timezone(before))
        except BadRule:
            raise Unreadable from None
        if rule.until is not None and rule.until < first:
            yield rule.until
        yield from rule.between(start, first, last, steps)


def _from_1970(text: str) -> str:
    """The rule, with an end that the calendar's years contain; zones have rules of long ago.

    Lotus writes the hour once more.
    """
    text = re.sub(r"BY(HOUR|MINUTE|SECOND)=[0-9]+;?", "", text)
    return re.sub(r"UNTIL=(0|1[0-8]|19[0-6])[0-9]+(T[0-9]{6}Z?)?", "UNTIL=19700103", text.rstrip("; "))


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise Unreadable
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if offset >= timedelta(hours=24):
        raise Unreadable
    return -offset if found[1] == "-" else offset


def _moment(text: str) -> datetime:
    found = _MOMENT.match(text.strip())
    if found is None:
        raise Unreadable
    try:
        # Not by strptime, which takes ten times as long.
        moment = datetime(*map(int, found.groups("0")))  # type: ignore[arg-type]
    except ValueError:
        raise Unreadable from None
    # With a few days to spare for every offset.
    return max(moment, datetime(1, 1, 3))
