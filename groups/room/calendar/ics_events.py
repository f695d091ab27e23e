"""An event of a calendar file by itself: what it says of its times, its rule and its texts (rule 3.11).

What several events of one UID are together is found out in `ics_series.py`.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, clean_text, has_visible, shortened

from .checking import (
    CODE_POINTS,
    DESCRIPTION_CODE_POINTS,
    DESCRIPTION_LENGTH,
    PLACE_LENGTH,
    TITLE_LENGTH,
    EventSettings,
)
from .dates import Steps
from .ics_dates import DAY, Clocks, Dated, Written, read_date, read_dated, read_duration
from .ics_lines import Line, RawEvent
from .ics_rules import rule_of_file
from .occurrences import key_of, moment_of
from .rules import EARLIEST, LATEST, BadRule, Rule

DATES_AT_MOST = 1_000
# Parts that a file would need for more are refused: each is evaluated.
RULES_AT_MOST = 10
# What cannot be read, lies outside of the calendar's years, or is too much.
_NOT_KEPT = {
    "RDATE": (
        gettext_noop("Some of its added dates cannot be read and are not kept."),
        gettext_noop("Its added dates before 1971 or after 2198 are not kept."),
        gettext_noop("Only the first 1,000 of its added dates are kept."),
    ),
    "EXDATE": (
        gettext_noop("Some of its excluded dates cannot be read: it may have dates too many."),
        gettext_noop("Its excluded dates before 1971 or after 2198 are not kept."),
        gettext_noop("Only the first 1,000 of its excluded dates are kept."),
    ),
}
_DIGITS = re.compile(r"[0-9]{1,9}")
_ESCAPED = re.compile(r"\\([\\;,nN:\"])")


@dataclass(frozen=True)
class When:
    """Wall time in a zone, or whole days if there is none."""

    start: datetime
    length: timedelta
    zone: str | None

    @property
    def tzinfo(self) -> tzinfo:
        return UTC if self.zone is None else ZoneInfo(self.zone)

    def key(self, wall: datetime) -> str:
        """What identifies an occurrence that begins at that wall time."""
        return key_of(moment_of(wall, self.tzinfo))


@dataclass
class Part:
    """A VEVENT: an event, or an occurrence or the rest of a series that it changes."""

    clocks: Clocks
    uid: str
    title: str
    version: tuple[int, str, str]
    place: str = ""
    description: str = ""
    when: When | None = None
    rules: list[Rule] = field(default_factory=list)
    excluding: list[Rule] = field(default_factory=list)
    added: list[Dated] = field(default_factory=list)
    excluded: list[Written] = field(default_factory=list)
    instead_of: Written | None = None
    is_range: bool = False
    is_cancelled: bool = False
    has_title: bool = True
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    def settings(self, when: When, rule: Rule | None = None) -> EventSettings:
        """Its texts at that time."""
        return EventSettings(
            title=self.title,
            start=when.start,
            end=when.start + when.length,
            time_zone=when.zone or "UTC",
            is_all_day=when.zone is None,
            rule=rule,
            place=self.place,
            description=self.description,
        )


def read_event(raw: RawEvent, clocks: Clocks, steps: Steps) -> Part:
    """What the event says; what is wrong with it is its `problem`. Raises TooManySteps."""
    written = clean_line(_text(raw, "SUMMARY"))
    part = Part(
        clocks,
        uid=clean_line(raw.value("UID")),
        title=written if has_visible(written) else _("(no title)"),
        version=_version(raw),
        has_title=has_visible(written),
        place=clean_line(_text(raw, "LOCATION")),
        description=clean_text(_text(raw, "DESCRIPTION")),
        is_cancelled="CANCELLED" in raw.value("STATUS").upper() or raw.calendar.method == "CANCEL",
    )
    _shorten(part)
    if raw.is_cut:
        part.notes.append(_("The file ends in the middle of this event, so something of it may be missing."))
    try:
        _read_times(raw, part, steps)
    except (Invalid, BadRule) as problem:
        part.problem = getattr(problem, "message", str(problem))
    except (ValueError, OverflowError):
        part.problem = _("Its times or its repeat rule cannot be read.")
    return part


def _text(raw: RawEvent, name: str) -> str:
    line = raw.first(name)
    if line is None:
        return ""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], line.value)


def _version(raw: RawEvent) -> tuple[int, str, str]:
    """What tells a newer version of an event from an older one (RFC 5546, 2.1.5)."""
    sequence = _DIGITS.fullmatch(raw.value("SEQUENCE"))
    return int(sequence[0]) if sequence else 0, raw.value("DTSTAMP")[:20], raw.value("LAST-MODIFIED")[:20]


def _shorten(part: Part) -> None:
    limits: tuple[tuple[str, int, int, str], ...] = (
        (
            "title",
            TITLE_LENGTH,
            CODE_POINTS,
            _("Its title is too long: only the first %(n)s characters are kept."),
        ),
        (
            "place",
            PLACE_LENGTH,
            CODE_POINTS,
            _("Its location is too long: only the first %(n)s characters are kept."),
        ),
        (
            "description",
            DESCRIPTION_LENGTH,
            DESCRIPTION_CODE_POINTS,
            _("Its description is too long: only the first %(n)s characters are kept."),
        ),
    )
    for name, most, code_points, said in limits:
        text: Any = getattr(part, name)
        kept = shortened(text, most, code_points)
        if kept != text:
            setattr(part, name, kept)
            part.notes.append(said % {"n": f"{most:,}"})


def _read_times(raw: RawEvent, part: Part, steps: Steps) -> None:
    instead_of = raw.first("RECURRENCE-ID")
    if instead_of is not None and instead_of.value.strip():
        part.instead_of = read_date(instead_of.value, instead_of)
        _check_year(part.instead_of)
        part.is_range = instead_of.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
    starts = raw.first("DTSTART")
    if starts is None and part.instead_of is not None:
        starts = instead_of
    if starts is None or not starts.value.strip():
        if part.is_cancelled:
            return
        raise Invalid(None, _("It has no start time."))
    part.when = _when(raw, starts, part.clocks)
    if part.instead_of is not None:
        part.instead_of = _known(part.instead_of, part.when, part.clocks)
    if part.instead_of is None or part.is_range:
        _read_dates(raw, part, part.when, steps)
    if part.rules:
        part.notes += _about_zone(starts, part.clocks)


def _known(written: Written, when: When, clocks: Clocks) -> Written:
    """The date with a zone that is known; for whole days the day does. Raises Invalid."""
    try:
        clocks.zone_of(written)
    except Invalid:
        if when.zone is not None:
            raise
        return Written(written.day)
    return written


def _read_dates(raw: RawEvent, part: Part, when: When, steps: Steps) -> None:
    for name, rules in (("RRULE", part.rules), ("EXRULE", part.excluding)):
        lines = raw.lines.get(name, [])
        texts = list(dict.fromkeys(line.value.strip() for line in lines))
        if len(texts) > RULES_AT_MOST:
            raise Invalid(None, _("It has more than 10 repeat rules."))
        for text in texts:
            rule = rule_of_file(text, part.clocks, when.start, when.zone, steps)
            if rule is not None and rule not in rules:
                rules.append(rule)
    part.added = _dates_of(raw, part, "RDATE")
    part.excluded = [one for one, _ends in _dates_of(raw, part, "EXDATE")]


def _dates_of(raw: RawEvent, part: Part, name: str) -> list[Dated]:
    """The dates of all such lines, each once; which are not kept is said."""
    found: dict[Dated, None] = {}
    are_unreadable = are_outside = False
    for line in raw.lines.get(name, []):
        for text in dict.fromkeys(re.split("[,;]", line.value)):  # vCalendar has semicolons
            if not text.strip() or len(found) > DATES_AT_MOST:
                continue
            try:
                one = _dated(text, line, part)
            except (Invalid, ValueError, OverflowError):
                are_unreadable = True
                continue
            if EARLIEST.year < one[0].day.year < LATEST.year:
                found[one] = None
            else:
                are_outside = True
    for happened, said in zip(
        (are_unreadable, are_outside, len(found) > DATES_AT_MOST), _NOT_KEPT[name], strict=True
    ):
        if happened:
            part.notes.append(_(said))
    return list(found)[:DATES_AT_MOST]


def _dated(text: str, line: Line, part: Part) -> Dated:
    """Raises ValueError, or Invalid for an unknown zone, which says nothing of days."""
    one = read_dated(text, line)
    if part.when is not None and part.when.zone is not None:
        for written in one:
            if isinstance(written, Written):
                part.clocks.zone_of(written)
    return one


def _when(raw: RawEvent, starts: Line, clocks: Clocks) -> When:
    written = read_date(starts.value, _with_clock(raw, starts))
    _check_year(written, may_be_old=bool(raw.value("RRULE")))
    zone = None if written.clock is None or _is_whole_day(raw, written, clocks) else clocks.zone_of(written)
    start = clocks.day_of(written) if zone is None else clocks.wall_of(written, zone)
    ends, lasts = raw.first("DTEND"), raw.first("DURATION")
    if ends is not None and ends.value.strip():
        end = read_date(ends.value, ends)
        _check_year(end, may_be_old=True)
        if zone is not None:
            clocks.zone_of(end)
            return When(start, clocks.wall_of(end, zone) - start, zone)
        length = clocks.day_of(end) - start
        if end.clock is not None and end.offset is None and end.clock != time():
            length += DAY  # it ends on that day
    elif lasts is not None and lasts.value.strip():
        length = read_duration(lasts.value)
    else:
        length = timedelta() if zone is not None else DAY
    if zone is None:
        # A day without length is a day; 36 hours are two.
        length = DAY * -(-length // DAY) or DAY
    return When(start, length, zone)


def _with_clock(raw: RawEvent, starts: Line) -> Line:
    """A start that is called a day, though the end has an hour: then midnight is an hour too."""
    ends = raw.first("DTEND")
    if ends is None or "T000000" in ends.value or "T" not in ends.value or "T" not in starts.value:
        return starts
    return Line(starts.name, starts.value, starts.parameters | {"VALUE": "DATE-TIME"})


def _check_year(written: Written, *, may_be_old: bool = False) -> None:
    """Raises Invalid outside of the calendar's years; a series may have begun before."""
    years = {"first": EARLIEST.year, "last": LATEST.year - 1}
    first = 2 if may_be_old else years["first"]
    if not first <= written.day.year <= years["last"]:
        raise Invalid(None, _("Choose a year between %(first)d and %(last)d.") % years)


def _is_whole_day(raw: RawEvent, written: Written, clocks: Clocks) -> bool:
    """Whether Outlook says that an event from midnight to midnight lasts all day."""
    if raw.value("X-MICROSOFT-CDO-ALLDAYEVENT").upper() != "TRUE":
        return False
    if written.offset is None:
        return written.clock == time()
    return any(clocks.wall_of(written, zone).time() == time() for zone in [*clocks.own, "UTC"])


def _about_zone(starts: Line, clocks: Clocks) -> list[str]:
    name = starts.parameters.get("TZID", "")
    if name not in clocks.zones.approximate:
        return []
    said = _(
        "The clocks of its time zone “%(name)s” change as in no zone we know: later dates may be an hour off."
    )
    return [said % {"name": name[:100]}]
