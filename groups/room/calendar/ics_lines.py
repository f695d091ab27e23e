"""The lines of a calendar file (RFC 5545, 3.1), grouped by event; tolerant, since programs take it easy.

Only what an event is made of is kept: alarms, invitations and everything else are passed over.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from groupadmin.base.charsets import readable
from groupadmin.base.errors import Invalid

from .vtimezones import Definition

EVENTS_AT_MOST = 1_000
# A file of a thousand events has half of that.
LINES_AT_MOST = 20_000
# A line with as many excluded dates as an event may have.
LINE_LENGTH = 25_000
ZONES_AT_MOST = 100

DATES = {"DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"}
_LISTS = {"EXDATE", "RDATE", "RRULE", "EXRULE"}
_KEPT = (
    {
        "UID",
        "SUMMARY",
        "DESCRIPTION",
        "LOCATION",
        "DURATION",
        "STATUS",
        "SEQUENCE",
        "DTSTAMP",
        "LAST-MODIFIED",
    }
    | {"X-MICROSOFT-CDO-ALLDAYEVENT"}
    | DATES
    | _LISTS
)
_OF_CALENDAR = {"METHOD", "X-WR-TIMEZONE"}
_OF_ZONE = {"TZID", "X-LIC-LOCATION", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"}
_COUNTED = {"VTODO": "tasks", "VJOURNAL": "journals"}

_NAME = re.compile(r"\s*(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)\s*[;:]")
_LINE = re.compile(
    r'\s*(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)\s*((?:;[^=:;"]*(?:=(?:"[^"]*"|[^":;])*)?)*):(.*)', re.DOTALL
)
_PARAMETER = re.compile(r';\s*([^=:;"]+?)\s*=((?:"[^"]*"|[^":;])*)')
_DATES_ONLY = re.compile(r"\s*[0-9]{8}[0-9TZ,/PDHMSW+ -]*", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A property: its value, and its parameters by their names in upper case."""

    name: str
    value: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass
class RawCalendar:
    """What a calendar of the file says of all its events."""

    method: str = ""
    zone: str = ""


@dataclass
class RawEvent:
    """The properties of an event, by name."""

    calendar: RawCalendar
    lines: dict[str, list[Line]] = field(default_factory=dict)
    is_cut: bool = False

    def first(self, name: str) -> Line | None:
        """The property; the first, if the event has it several times."""
        found = self.lines.get(name)
        return found[0] if found else None

    def value(self, name: str) -> str:
        """The property's value; empty if it is missing."""
        line = self.first(name)
        return line.value.strip() if line else ""


@dataclass
class CalendarFile:
    """What a file consists of."""

    events: list[RawEvent] = field(default_factory=list)
    zones: dict[str, Definition] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)


def parse_file(text: str) -> CalendarFile:
    """Raises Invalid if it is no calendar, or has too many events or lines."""
    return _Parser().parse(text)


def _unfolded(text: str) -> Iterator[str]:
    text = re.sub(r"\r+\n|\r", "\n", text.replace("\0", ""))
    lines = iter(re.sub(r"\n[ \t]", "", text).split("\n"))
    for line in lines:
        whole = line.lstrip("\ufeff")
        # Of vCalendar: such a line continues with the next one.
        if whole.endswith("=") and "QUOTED-PRINTABLE" in whole[:200].upper():
            pieces = [whole]
            while pieces[-1].endswith("=") and (following := next(lines, None)) is not None:
                pieces[-1] = pieces[-1][:-1]
                pieces.append(following)
            whole = "".join(pieces)
        yield whole


def _cut(line: str) -> str:
    """The beginning of a long line, up to a comma: so much of a list is whole."""
    beginning, comma, _rest = line[:LINE_LENGTH].rpartition(",")
    return beginning if comma else line[:LINE_LENGTH]


def parse_line(text: str) -> Line | None:
    """The property on a line, or None if it is none."""
    found = _LINE.match(text)
    if found is None:
        return None
    name, parameters, value = found[1].upper(), found[2], found[3]
    if name in DATES and not _DATES_ONLY.fullmatch(value):
        # Names of zones with a colon, "(UTC+01:00) Berlin", stand in quotes; not everybody knows.
        head, _colon, tail = text.rpartition(":")
        if _DATES_ONLY.fullmatch(tail) and ";" in head:
            found_zone = re.search(r";\s*TZID\s*=(.*)", head, re.IGNORECASE)
            return Line(name, tail, {"TZID": found_zone[1].strip('" ') if found_zone else ""})
    read = {one[1].upper(): one[2].replace('"', "").strip() for one in _PARAMETER.finditer(parameters)}
    if read.get("ENCODING", "").upper() in ("QUOTED-PRINTABLE", "Q"):
        value = readable(quopri.decodestring(value.encode(errors="replace")), read.get("CHARSET", "utf-8"))
    return Line(name, value, read)


class _Parser:
    """Goes through the lines once. A missing END ends with the next BEGIN of the same kind."""

    def __init__(self) -> None:
        self.file = CalendarFile()
        self.calendar: RawCalendar | None = None
        self.event: RawEvent | None = None
        self.zone: Definition | None = None
        self.passing = ""
        self.kept = 0

    def parse(self, text: str) -> CalendarFile:
        for line in _unfolded(text):
            found = _NAME.match(line)
            if found is None:
                continue
            name = found[1].upper()
            if name in ("BEGIN", "END"):
                self._turn(name, line.partition(":")[2].strip().upper())
            elif not self.passing:
                self._keep(name, line)
        if self.calendar is None:
            raise Invalid("file", _("This is not a calendar file, or it is damaged. Choose another one."))
        if self.event is not None:
            self.event.is_cut = True
        return self.file

    def _turn(self, verb: str, component: str) -> None:
        if component == "VEVENT" or component == "VCALENDAR":
            self.passing, self.zone = "", None
            self._event_or_calendar(verb, component)
        elif verb == "BEGIN":
            self._begin(component)
        elif component == self.passing:
            self.passing = ""
        elif component == "VTIMEZONE":
            self.zone = None

    def _event_or_calendar(self, verb: str, component: str) -> None:
        self.event = None
        if component == "VCALENDAR":
            if verb == "BEGIN":
                self.calendar = RawCalendar()
        elif verb == "BEGIN":
            self.event = RawEvent(self.calendar or RawCalendar())
            self.file.events.append(self.event)
            if len(self.file.events) > EVENTS_AT_MOST:
                raise Invalid("file", _("This file has more than 1,000 events. Export a shorter period."))

    def _begin(self, component: str) -> None:
        if self.passing:
            return
        if self.event is None and component == "VTIMEZONE":
            self.zone = Definition()
        elif self.zone is not None and component in ("STANDARD", "DAYLIGHT"):
            self.zone.begin()
        else:
            self.passing = component
            if self.event is None and (kind := _COUNTED.get(component)):
                self.file.passed_over[kind] = self.file.passed_over.get(kind, 0) + 1

    def _keep(self, name: str, line: str) -> None:
        if self.event is not None:
            wanted = _KEPT
        elif self.zone is not None:
            wanted = _OF_ZONE
        else:
            wanted = _OF_CALENDAR
        if name not in wanted:
            return
        self.kept += 1
        if self.kept > LINES_AT_MOST:
            raise Invalid("file", _("This file has too many lines. Export a shorter period."))
        read = parse_line(line if len(line) <= LINE_LENGTH or name not in _LISTS else _cut(line))
        if read is None:
            return
        if self.event is not None:
            self.event.lines.setdefault(name, []).append(read)
        elif self.zone is not None:
            self._define(read)
        elif self.calendar is not None:
            self._describe(read)

    def _define(self, line: Line) -> None:
        assert self.zone is not None  # noqa: S101  (asked by the caller)
        if line.name == "TZID" and len(self.file.zones) < ZONES_AT_MOST:
            self.file.zones.setdefault(line.value.strip(), self.zone)
        self.zone.read(line.name, line.value.strip())

    def _describe(self, line: Line) -> None:
        assert self.calendar is not None  # noqa: S101
        if line.name == "METHOD":
            self.calendar.method = line.value.strip().upper()
        else:
            self.calendar.zone = line.value.strip()
