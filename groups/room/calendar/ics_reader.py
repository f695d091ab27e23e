"""Reads calendar files (RFC 5545): what each event would become, or why it cannot be imported.

Alarms, invitations and everything else in a file are ignored.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, clean_text, isolated
from groups.models import Event

from .checking import Evaluated, EventSettings, evaluate, write, zone_called
from .dates import Steps, TooManySteps
from .occurrences import key_of, wall
from .rules import BadRule, Rule, read_rule
from .zones import FileZones, zone_names

BYTES_AT_MOST = 1024 * 1024
EVENTS_AT_MOST = 1_000
OCCURRENCES_AT_MOST = 10_000
LEFT_OUT_AT_MOST = 1_000
# Of all rules of a file together: about a second.
STEPS_AT_MOST = 1_000_000
# A file of a thousand events has half of that.
LINES_AT_MOST = 20_000
# A line with as many excluded dates as an event may have.
LINE_LENGTH = 25_000
UID_LENGTH = 300
A_YEAR = timedelta(days=366)

_DROPPED = {"VTIMEZONE", "VALARM", "VTODO", "VJOURNAL", "VFREEBUSY"}
_NEEDED = re.compile(
    r"^(BEGIN|END|UID|SUMMARY|DESCRIPTION|LOCATION|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|EXRULE|"
    r"RECURRENCE-ID|STATUS|VERSION|PRODID)[;:]",
    re.IGNORECASE,
)


@dataclass
class Imported:
    """An event of a file, unsaved, or what is wrong with it."""

    uid: str
    title: str
    settings: EventSettings | None = None
    evaluated: Evaluated = field(default_factory=dict)
    event: Event | None = None
    left_out: list[str] = field(default_factory=list)
    problem: str = ""
    # The occurrence of another event that it replaces or cancels.
    instead_of: tuple[str, str] | None = None
    is_cancelled: bool = False


def decoded(raw: bytes) -> str:
    """The text of a file. Raises Invalid."""
    if len(raw) > BYTES_AT_MOST:
        raise Invalid("file", _("The file is larger than 1 MB. Export a shorter period."))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("file", _("This is not a calendar file: its text is not UTF-8.")) from None


def read_calendar(text: str, reader_zone: str) -> list[Imported]:
    """The events of a file; times without a zone are in the reader's. Raises Invalid ("file")."""
    if len(text.encode(errors="replace")) > BYTES_AT_MOST:
        raise Invalid("file", _("The file is larger than 1 MB. Export a shorter period."))
    thinned = _thinned(text)
    try:
        calendars = Calendar.from_ical(thinned, multiple=True)
        components = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except Exception:  # whatever the library raises for garbage
        raise Invalid(
            "file", _("This is not a calendar file, or it is damaged. Choose another one.")
        ) from None
    if not components:
        raise Invalid("file", _("This file has no events. Choose another one."))
    steps = Steps(STEPS_AT_MOST)
    try:
        rows = [_read(component, reader_zone, steps) for component in components]
        rows = _without_cancelled(_once_each(rows))
        _check_occurrences(rows, steps)
    except TooManySteps:
        raise Invalid("file", _("The repeat rules in this file are too complex to read.")) from None
    return rows


def _thinned(text: str) -> str:
    """Only the relevant lines: the rest need not be parsed. Raises Invalid for too many events."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    remaining, dropping, events, zones = [], "", 0, FileZones()
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        verb, _colon, name = line.strip().upper().partition(":")
        if dropping:
            if dropping == "VTIMEZONE":
                zones.read(line)
            dropping = "" if (verb, name) == ("END", dropping) else dropping
        elif verb == "BEGIN" and name in _DROPPED:
            dropping = name
        elif _NEEDED.match(line):
            events += (verb, name) == ("BEGIN", "VEVENT")
            remaining.append(line if len(line) <= LINE_LENGTH else _cut(line))
    if events > EVENTS_AT_MOST:
        raise Invalid("file", _("This file has more than 1,000 events. Export a shorter period."))
    if len(remaining) > LINES_AT_MOST:
        raise Invalid("file", _("This file has too many lines. Export a shorter period."))
    return "\r\n".join(map(zones.renamed, remaining)) + "\r\n"


def _cut(line: str) -> str:
    """The beginning of a long line, up to a comma: so much of a list is whole."""
    beginning, comma, _rest = line[:LINE_LENGTH].rpartition(",")
    return beginning if comma else line[:LINE_LENGTH]


def _read(component: Any, reader_zone: str, steps: Steps) -> Imported:
    title, uid = _("(no title)"), ""
    try:
        title = clean_line(str(_one(component, "SUMMARY") or "")) or title
        uid = clean_line(str(_one(component, "UID") or ""))
        return _read_event(component, uid, title, reader_zone, steps)
    except (Invalid, BadRule) as problem:
        said = getattr(problem, "message", str(problem))
        return Imported(uid, title[:200], problem=said)
    except TooManySteps:
        raise
    except Exception:  # whatever the library raises for garbage
        return Imported(uid, title[:200], problem=_("Its times or its repeat rule cannot be read."))


def _one(component: Any, name: str) -> Any:
    value = component.get(name)
    return value[0] if isinstance(value, list) else value


def _read_event(component: Any, uid: str, title: str, reader_zone: str, steps: Steps) -> Imported:
    starts = _one(component, "DTSTART")
    if starts is None:
        raise Invalid(None, _("It has no start time."))
    zone_name = _zone_name(starts, reader_zone)
    zone = UTC if zone_name == "" else zone_called(zone_name)
    start = _wall(starts.dt, zone)
    is_all_day = not isinstance(starts.dt, datetime)
    rule = _rule(component, zone)
    settings = EventSettings(
        title=title,
        start=start,
        end=_end(component, start, zone, is_all_day, reader_zone),
        time_zone=zone_name or "UTC",
        is_all_day=is_all_day,
        rule=rule,
        place=clean_line(str(_one(component, "LOCATION") or "")),
        description=clean_text(str(_one(component, "DESCRIPTION") or "")),
    )
    uid = _kept_uid(uid or f"{starts.dt.isoformat()} {title}")
    row = Imported(uid, title, settings, left_out=_left_out(component, zone, is_all_day) if rule else [])
    row.is_cancelled = str(_one(component, "STATUS") or "").upper() == "CANCELLED"
    instead_of = _one(component, "RECURRENCE-ID")
    if instead_of is not None:
        # It may be given in another zone than its own start.
        name = _zone_name(instead_of, reader_zone)
        key = _key(instead_of.dt, UTC if name == "" else zone_called(name))
        row.instead_of = (uid, key)
        row.uid = _kept_uid(f"{uid}#{key}")
        row.settings = settings = replace(settings, rule=None)
    row.event = Event(uid=row.uid, left_out=row.left_out)
    row.evaluated = evaluate(settings, steps)
    write(row.evaluated, row.event)
    return row


def _zone_name(value: Any, reader_zone: str) -> str:
    """The name of a time's zone; empty for a day. Raises Invalid."""
    if not isinstance(value.dt, datetime):
        return ""
    zone = value.dt.tzinfo
    named = clean_line(str(value.params.get("TZID", "")))[:100]
    if zone is None and not named:
        return reader_zone
    if zone is UTC or str(zone) == "UTC":
        return "UTC"
    name = getattr(zone, "key", "")
    if name not in zone_names():
        said = _(
            "The time zone “%(name)s” is not known. Use a standard one, such as Europe/Berlin, "
            "in the program that exported the file."
        )
        raise Invalid(None, said % {"name": isolated(named)})
    return str(name)


def _wall(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return wall(value, zone) if value.tzinfo is not None else value


def _key(value: date, zone: tzinfo) -> str:
    if not isinstance(value, datetime):
        return key_of(datetime.combine(value, time(), UTC))
    return key_of(value if value.tzinfo is not None else value.replace(tzinfo=zone))


def _end(component: Any, start: datetime, zone: tzinfo, is_all_day: bool, reader_zone: str) -> datetime:
    ends, duration = _one(component, "DTEND"), _one(component, "DURATION")
    if ends is not None:
        _zone_name(ends, reader_zone)
        return _wall(ends.dt, zone)
    if duration is not None:
        lasts: timedelta = duration.dt
        return start + lasts
    return start + timedelta(days=1) if is_all_day else start


def _rule(component: Any, zone: tzinfo) -> Rule | None:
    for name in ("RDATE", "EXRULE"):
        if component.get(name) is not None:
            raise Invalid(None, _("It uses %(part)s, which is not supported.") % {"part": name})
    rules = component.get("RRULE")
    if rules is None:
        return None
    if isinstance(rules, list):
        raise Invalid(None, _("It has several repeat rules, which is not supported."))
    return read_rule(rules.to_ical().decode(), zone)


def _left_out(component: Any, zone: tzinfo, is_all_day: bool) -> list[str]:
    listed = component.get("EXDATE") or []
    found: set[str] = set()
    for dates in listed if isinstance(listed, list) else [listed]:
        for one in dates.dts:
            if is_all_day or isinstance(one.dt, datetime):
                found.add(_key(one.dt, zone))
    return sorted(found)[:LEFT_OUT_AT_MOST]


def _kept_uid(uid: str) -> str:
    return uid if len(uid) <= UID_LENGTH else hashlib.sha256(uid.encode(errors="replace")).hexdigest()


def _once_each(rows: list[Imported]) -> list[Imported]:
    """Of several events with one UID the first counts."""
    seen: set[str] = set()
    for row in rows:
        if row.problem:
            continue
        if row.uid in seen:
            row.problem, row.event = _("The file has this event twice."), None
        seen.add(row.uid)
    return rows


def _without_cancelled(rows: list[Imported]) -> list[Imported]:
    """Takes occurrences that were edited on their own or cancelled out of their series."""
    series = {row.uid: row for row in rows if row.event is not None and row.instead_of is None}
    remaining = []
    for row in rows:
        if row.instead_of is not None and row.event is not None:
            whole = series.get(row.instead_of[0])
            if whole is not None and whole.event is not None and whole.event.repeats:
                whole.left_out = sorted({*whole.left_out, row.instead_of[1]})[:LEFT_OUT_AT_MOST]
                whole.event.left_out = whole.left_out
            if row.is_cancelled:
                continue
        if row.is_cancelled and not row.problem:
            row.problem, row.event = _("It was cancelled."), None
        remaining.append(row)
    return remaining


def _check_occurrences(rows: list[Imported], steps: Steps) -> None:
    """Raises Invalid if there are too many occurrences; endless events count for a year."""
    left = OCCURRENCES_AT_MOST
    for row in _good(rows):
        rule = row.settings.rule if row.settings is not None else None
        if rule and row.settings:
            left -= rule.count_up_to(row.settings.start, left + 1, A_YEAR, steps)
        else:
            left -= 1
        if left < 0:
            raise Invalid(
                "file",
                _("The events in this file repeat more than 10,000 times in total. Export a shorter period."),
            )


def _good(rows: list[Imported]) -> Iterator[Imported]:
    return (row for row in rows if row.event is not None)
