"""Dates of calendar files as programs write them: days, local times, times in a zone or in UTC, and periods.

In an all-day series every date means a written day, whatever form it has (rule 3.11).
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import vDuration

from groupadmin.base.errors import Invalid
from groupadmin.base.text import isolated
from groupadmin.base.zones import known

from .ics_lines import Line
from .occurrences import moment_of, wall
from .rules import EARLIEST, LATEST
from .zones import NAME_LENGTH, FileZones, zone_meant

DAY = timedelta(days=1)
NOON = time(12)
_ENDS_OF_DAY = (time(23, 59), time(23, 59, 59))
_WRITTEN = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[T ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?(?:\.[0-9]+)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Written:
    """A date of the file. Without a clock it is a day; without an offset and a zone's name it floats."""

    day: date
    clock: time | None = None
    offset: timedelta | None = None
    zone: str = ""

    @property
    def local(self) -> datetime:
        """What is written, without any zone."""
        return datetime.combine(self.day, self.clock or time())


Dated = tuple[Written, Written | timedelta | None]
"""A date, and for a period its end or how long it lasts."""


def read_date(text: str, line: Line) -> Written:
    """A date out of the property's value. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    day = date(int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return Written(day)
    hour, minute, second = int(found[4]), int(found[5]), min(int(found[6] or 0), 59)
    if hour == 24 and minute == 0:
        day, hour = day + DAY, 0
    clock = time(hour, minute, second)
    if clock == time() and line.parameters.get("VALUE", "").upper() == "DATE":
        return Written(day)
    zone = line.parameters.get("TZID", "")
    # With a zone, a "Z" says nothing: such times are local, as Google takes them.
    offset = None if zone and found[7] in ("Z", "z") else _offset(found[7])
    return Written(day, clock, offset, zone)


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text in "Zz":
        return timedelta()
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return -offset if text[0] == "-" else offset


def read_dated(text: str, line: Line) -> Dated:
    """A date of a list; of a period also its end, or how long it lasts. Raises ValueError."""
    begins, _slash, ends = text.partition("/")
    if not ends:
        return read_date(begins, line), None
    if ends.strip()[:1].upper() in "P+-":
        return read_date(begins, line), read_duration(ends)
    end = read_date(ends, line)
    if not 1 < end.day.year < LATEST.year:
        raise ValueError(text)
    return read_date(begins, line), end


def read_duration(text: str) -> timedelta:
    """Raises ValueError."""
    lasts = vDuration.from_ical(text.strip().upper())  # type: ignore[no-untyped-call]
    if not isinstance(lasts, timedelta) or abs(lasts) > LATEST - EARLIEST:
        raise ValueError(text)
    return lasts


@dataclass
class Clocks:
    """What the dates of a calendar mean, given its zones, and the zone of times that have none."""

    zones: FileZones
    floating: str
    # The zones in which the program that wrote the file counts days.
    own: list[str] = field(default_factory=list)

    def zone_of(self, written: Written) -> str:
        """The name of a time's zone; "UTC" for a day. Raises Invalid."""
        if written.clock is None or written.offset is not None:
            return "UTC"
        if not written.zone:
            return self.floating
        name = self.zones.meant(written.zone, written.local)
        if name not in known():
            said = _(
                "The time zone “%(name)s” is not known. Use a standard one, such as Europe/Berlin, "
                "in the program that exported the file."
            )
            raise Invalid(None, said % {"name": isolated(written.zone[:NAME_LENGTH])})
        return "UTC" if name in ("Etc/UTC", "Etc/UCT", "Zulu", "UCT") else name

    def wall_of(self, written: Written, zone: str) -> datetime:
        """The wall time in the zone of an event. A day is its midnight. Raises Invalid."""
        if written.clock is None:
            return written.local
        if written.offset is not None:
            return wall(written.local.replace(tzinfo=timezone(written.offset)), ZoneInfo(zone))
        if not written.zone:
            return written.local
        named = self.zone_of(written)
        if named == zone:
            return written.local
        return wall(moment_of(written.local, ZoneInfo(named)), ZoneInfo(zone))

    def day_of(self, written: Written) -> datetime:
        """The day that is meant in an all-day series, as its midnight.

        A local time means the day that is written. Exchange writes the midnight of its own zone in UTC; which
        zone that is the file tells, and else the hour.
        """
        midnight = datetime.combine(written.day, time())
        if written.clock is None or written.offset != timedelta():
            return midnight
        moment = written.local.replace(tzinfo=UTC)
        moved = [wall(moment, zone) for zone in map(ZoneInfo, self.own)]
        for local in moved:
            if local.time() == time() or local.time() in _ENDS_OF_DAY:
                return datetime.combine(local.date(), time())
        if written.clock == time() or written.clock in _ENDS_OF_DAY:
            return midnight
        return datetime.combine((moved or [_nearest(written.local)])[0].date(), time())


def _nearest(local: datetime) -> datetime:
    """The day whose midnight, in some zone, is near that time in UTC."""
    if local.minute == 59:  # the end of a day, not its beginning
        return _nearest(local + timedelta(minutes=1) - timedelta(seconds=local.second)) - DAY
    return local + DAY if local.time() >= NOON else local


def clocks_of(zones: FileZones, named: str, reader_zone: str) -> Clocks:
    """The clocks of a calendar that says that it is in the named zone (X-WR-TIMEZONE)."""
    meant = zone_meant(named) if named else ""
    if named and not meant:
        meant = zones.meant(named, datetime(2027, 1, 15))
    meant = meant if meant in known() else ""
    own = [meant] if meant else []
    return Clocks(zones, meant or reader_zone, [*own, *zones.own()])
