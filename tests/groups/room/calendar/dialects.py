"""Series as programs write them: one series, in the words of RFC 5545 and of each program (rule 3.11)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# The zones of the corpus: as Windows calls them, as it shows them, and how their clocks change.
ZONES = {
    "Asia/Seoul": ("Korea Standard Time", "(UTC+09:00) Seoul", "+0900", "+0900", "", ""),
    "Asia/Tokyo": ("Tokyo Standard Time", "(UTC+09:00) Osaka, Sapporo, Tokyo", "+0900", "+0900", "", ""),
    "Europe/Berlin": (
        "W. Europe Standard Time",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        *("+0100", "+0200", "FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10"),
        "FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
    ),
    "America/New_York": (
        "Eastern Standard Time",
        "(UTC-05:00) Eastern Time (US & Canada)",
        *("-0500", "-0400", "FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11"),
        "FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3",
    ),
}


@dataclass
class Change:
    """An occurrence that is another one, or all from there on, or (without a start) one that is cancelled."""

    of: datetime
    start: datetime | None
    is_range: bool = False


@dataclass
class Series:
    """What is meant, in wall time."""

    start: datetime
    length: timedelta
    zone: str
    is_all_day: bool
    rule: str
    until: datetime | None = None
    excluded: list[datetime] = field(default_factory=list)
    added: list[datetime] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def some_series(chance: Random) -> Series:
    """A series with a bit of everything, in March and April of 2027 above all."""
    is_all_day = chance.random() < 0.4
    day = date(2027, chance.choice([1, 2, 3]), chance.randint(1, 28))
    clock = time() if is_all_day else time(chance.randint(7, 20), chance.choice([0, 15, 30]))
    start = datetime.combine(day, clock)
    length = DAY * chance.randint(1, 3) if is_all_day else timedelta(minutes=15 * chance.randint(0, 12))
    rule, step = _rule(chance, start)
    series = Series(start, length, chance.choice(list(ZONES)), is_all_day, rule)
    ending = chance.random()
    if ending < 0.4:
        series.rule += f";COUNT={chance.randint(1, 12)}"
    elif ending < 0.8:
        series.until = start + step * chance.randint(1, 12)
    dates = [start + step * number for number in range(1, 8)]
    series.excluded = chance.sample(dates, chance.choice([0, 0, 1, 3]))
    series.added = sorted(
        {start + DAY * chance.randint(1, 60) for _n in range(chance.choice([0, 0, 0, 1, 3]))}
    )
    rest = [one for one in dates if one not in series.excluded]
    for of in chance.sample(rest, min(len(rest), chance.choice([0, 0, 1, 2]))):
        moved = of + DAY * chance.randint(-1, 2) + (timedelta() if is_all_day else timedelta(hours=1))
        series.changes.append(Change(of, None if chance.random() < 0.3 else moved))
    if rest and chance.random() < 0.3:
        # From a date on, all are a little later, on the same weekday or on the next.
        of = chance.choice(rest)
        by = DAY * chance.choice([0, 0, 1]) if is_all_day else timedelta(hours=chance.choice([1, 2, 24]))
        others = [one for one in series.changes if one.of != of and by < DAY]
        series.changes = [*others, Change(of, of + by, is_range=True)]
    return series


def _rule(chance: Random, start: datetime) -> tuple[str, timedelta]:
    interval = chance.choice([1, 1, 1, 2, 3])
    more = f";INTERVAL={interval}" if interval != 1 else ""
    days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    today = days[start.weekday()]
    match chance.randint(0, 6):
        case 0:
            return f"FREQ=DAILY{more}", DAY * interval
        case 1:
            return f"FREQ=WEEKLY{more};BYDAY={today}", DAY * 7 * interval
        case 2:
            others = sorted({today, chance.choice(days)}, key=days.index)
            return (
                f"FREQ=WEEKLY{more};WKST={chance.choice(['MO', 'SU'])};BYDAY={','.join(others)}",
                DAY * 7 * interval,
            )
        case 3:
            return f"FREQ=MONTHLY{more};BYMONTHDAY={start.day}", DAY * 31
        case 4:
            # Its first date may be off the rule.
            return f"FREQ=MONTHLY{more};BYDAY={chance.choice(['1', '3', '-1'])}{today}", DAY * 28
        case 5:
            return "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", DAY * 30
        case _:
            return f"FREQ=YEARLY;BYMONTH={start.month};BYMONTHDAY={start.day}", DAY * 365


Forms = Callable[[Series, datetime], str]


@dataclass(frozen=True)
class Dialect:
    """How a program writes dates: of DTSTART and such, of changes and excluded dates, and UNTIL."""

    name: str
    zone: Callable[[str], str] = lambda name: name
    has_zone: bool = False
    excluded: Forms | None = None
    changed: Forms | None = None
    until: Forms | None = None
    # Whether changes come before what they change, and cancelled ones as events.
    changes_first: bool = False
    cancels: bool = False
    one_a_line: bool = True


def as_day(series: Series, wall: datetime) -> str:
    return f";VALUE=DATE:{wall:%Y%m%d}"


def as_utc(series: Series, wall: datetime) -> str:
    """Of all-day series as Exchange does it: its own midnight, in UTC."""
    return f":{wall.replace(tzinfo=ZoneInfo(series.zone)).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def as_local(series: Series, wall: datetime) -> str:
    return f":{wall:%Y%m%dT%H%M%S}"


def until_day(series: Series, wall: datetime) -> str:
    return f"{wall:%Y%m%d}"


def until_utc(series: Series, wall: datetime) -> str:
    return as_utc(series, wall)[1:]


def until_local(series: Series, wall: datetime) -> str:
    return f"{wall:%Y%m%dT%H%M%S}"


def _windows(name: str) -> str:
    return ZONES[name][0]


def _shown(name: str) -> str:
    return f'"{ZONES[name][1]}"'


RFC = Dialect("RFC 5545")
DIALECTS = [
    RFC,
    Dialect("Outlook", _windows, True, changed=None, until=until_utc, cancels=True),
    Dialect("Outlook, excluded by day", _windows, True, excluded=as_day, until=until_utc, one_a_line=False),
    Dialect("Exchange", _shown, True, excluded=as_utc, changed=as_utc, until=until_utc, changes_first=True),
    Dialect("Numbered", lambda name: f"{ZONES[name][0]} 1", True, until=until_local),
    Dialect("Customized", lambda name: "Customized Time Zone", True, until=until_utc),
    Dialect("Google", until=until_day, changed=as_utc, cancels=True),
    Dialect("Apple", excluded=as_local, until=until_utc, one_a_line=False),
    Dialect("Evolution", lambda name: f"/freeassociation.sourceforge.net/{name}", until=until_day),
    Dialect("Sunbird", lambda name: f"/mozilla.org/20050126_1/{name}", excluded=as_utc, changes_first=True),
]


def written(series: Series, dialect: Dialect) -> str:
    """A calendar file with the series."""
    dates = _Writer(series, dialect)
    whole = dates.event(series.start, dates.repeats())
    changes = [dates.change(one) for one in series.changes if one.start is not None or dialect.cancels]
    events = [*changes, whole] if dialect.changes_first else [whole, *changes]
    zone = dates.definition() if dialect.has_zone else []
    body = "".join(f"BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n{one}END:VEVENT\n" for one in events)
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *zone, ""]) + body + "END:VCALENDAR\n"


class _Writer:
    def __init__(self, series: Series, dialect: Dialect) -> None:
        self.series = series
        self.dialect = dialect

    def date(self, wall: datetime, form: Forms | None = None) -> str:
        if form is not None:
            return form(self.series, wall)
        if self.series.is_all_day:
            return as_day(self.series, wall)
        return f";TZID={self.dialect.zone(self.series.zone)}:{wall:%Y%m%dT%H%M%S}"

    def event(self, start: datetime, more: list[str], title: str = "whole") -> str:
        end = start + self.series.length
        lines = [f"DTSTART{self.date(start)}", f"DTEND{self.date(end)}", f"SUMMARY:{title}", *more, ""]
        return "\n".join(lines)

    def repeats(self) -> list[str]:
        series, dialect = self.series, self.dialect
        rule = series.rule
        if series.until is not None:
            rule += f";UNTIL={self._until(series.until)}"
        excluded = list(series.excluded)
        if not dialect.cancels:
            excluded += [one.of for one in series.changes if one.start is None]
        lines = [f"RRULE:{rule}"]
        dates = [self.date(one, dialect.excluded) for one in excluded]
        if dialect.one_a_line or not dates:
            lines += [f"EXDATE{one}" for one in dates]
        else:
            head = dates[0].rpartition(":")[0]
            lines.append(f"EXDATE{head}:" + ",".join(one.rpartition(":")[2] for one in dates))
        return lines + [f"RDATE{self.date(one)}" for one in series.added]

    def _until(self, until: datetime) -> str:
        form = self.dialect.until
        if form is None:
            form = until_day if self.series.is_all_day else until_utc
        return form(self.series, until)

    def change(self, change: Change) -> str:
        of = self.date(change.of, self.dialect.changed)
        more = [f"RECURRENCE-ID{';RANGE=THISANDFUTURE' if change.is_range else ''}{of}"]
        if change.start is None:
            return self.event(change.of, [*more, "STATUS:CANCELLED"], "cancelled")
        return self.event(change.start, more, "changed")

    def definition(self) -> list[str]:
        _windows, _shown, standard, daylight, to_standard, to_daylight = ZONES[self.series.zone]
        name = self.dialect.zone(self.series.zone).strip('"')
        hour = "02" if self.series.zone.startswith("America") else "03"
        lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", "BEGIN:STANDARD", f"DTSTART:16010101T{hour}0000"]
        lines += [f"TZOFFSETFROM:{daylight}", f"TZOFFSETTO:{standard}"]
        if not to_standard:
            return [*lines, "END:STANDARD", "END:VTIMEZONE"]
        lines += [f"RRULE:{to_standard}", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010101T020000"]
        lines += [f"TZOFFSETFROM:{standard}", f"TZOFFSETTO:{daylight}", f"RRULE:{to_daylight}"]
        return [*lines, "END:DAYLIGHT", "END:VTIMEZONE"]
