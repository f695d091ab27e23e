"""Repeat rules of calendar files, brought into the form that a room's events have (rule 3.11).

Programs add what says nothing (the hour of the event once more, an end that is empty), and write the end of a
rule in whatever form a date has.
"""

import re
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from .dates import Steps
from .ics_dates import Clocks, read_date
from .ics_lines import Line
from .rules import LATEST, TIMES_AT_MOST, BadRule, Rule, read_rule
from .vcalendar_rules import rfc_rule_of

LENGTH_AT_MOST = 5_000
# Counted once, then the rule has an end date instead.
TIMES_IN_FILES_AT_MOST = 10_000
CHECKED = 60
_SAYS_NOTHING = {"RSCALE": "GREGORIAN", "SKIP": "OMIT", "INTERVAL": "1"}
_NUMBERED_DAY = re.compile(r"[+-]?[0-9]+(?=[A-Z]{2})")


def rule_of_file(text: str, clocks: Clocks, start: datetime, zone: str | None, steps: Steps) -> Rule | None:
    """The rule of an event that starts then, all day if it has no zone; None if it is empty.

    Raises BadRule or TooManySteps.
    """
    if len(text) > LENGTH_AT_MOST:
        raise BadRule(_("The repeat rule is too long."))
    parts = _parts(rfc_rule_of(text))
    if not parts:
        return None
    _drop_what_says_nothing(parts, start)
    until = _until(parts.pop("UNTIL"), clocks, zone) if "UNTIL" in parts else None
    count = parts.get("COUNT", "")
    is_long = count.isascii() and count.isdigit() and TIMES_AT_MOST < int(count[:6]) <= TIMES_IN_FILES_AT_MOST
    if is_long:
        del parts["COUNT"]
    rule = read_rule(";".join(f"{name}={value}" for name, value in parts.items()), _zone(zone))
    if is_long:
        last = deque(islice(rule.between(start, start, LATEST, steps), int(count)), maxlen=1)
        rule = replace(rule, until=last.pop() if last else LATEST)
    return _ending(rule, start, until, steps)


def _zone(name: str | None) -> tzinfo:
    return UTC if name is None else ZoneInfo(name)


def _parts(text: str) -> dict[str, str]:
    """The parts by name; those that are empty are left out."""
    parts: dict[str, str] = {}
    for part in "".join(text.upper().removeprefix("RRULE:").split()).split(";"):
        name, equals, value = part.partition("=")
        if part and not equals:
            raise BadRule(_("This is not a valid repeat rule."))
        if not value or name.startswith("X-"):
            continue
        if parts.setdefault(name, value) != value:
            raise BadRule(_("This is not a valid repeat rule."))
    return parts


def _drop_what_says_nothing(parts: dict[str, str], start: datetime) -> None:
    said = _SAYS_NOTHING | {
        "BYHOUR": f"{start.hour}",
        "BYMINUTE": f"{start.minute}",
        "BYSECOND": f"{start.second}",
    }
    for name, value in said.items():
        if parts.get(name, "").lstrip("0") in (value, value.lstrip("0")):
            parts.pop(name, None)
    frequency, days = parts.get("FREQ"), parts.get("BYDAY", "")
    if frequency in ("DAILY", "WEEKLY"):
        # Which Monday of the week it is says nothing.
        if days:
            parts["BYDAY"] = _NUMBERED_DAY.sub("", days)
        if "," not in days and parts.get("BYSETPOS") in ("1", "-1"):
            del parts["BYSETPOS"]
    if frequency == "DAILY" and "BYMONTHDAY" in parts and "INTERVAL" not in parts:
        # The same days, looked for by months.
        parts["FREQ"] = "MONTHLY"


def _until(text: str, clocks: Clocks, zone: str | None) -> datetime:
    """The last moment of a rule in wall time; a day counts to its end. Raises BadRule."""
    try:
        written = read_date(text, Line("UNTIL", text))
        if zone is None:
            until = clocks.day_of(written)
        elif written.clock is None:
            until = written.local
        else:
            return min(clocks.wall_of(written, zone), LATEST)
    except (ValueError, OverflowError):
        raise BadRule(_("The end date of the repeat rule is not a date.")) from None
    return min(datetime.combine(until, time(23, 59, 59)), LATEST)


def _ending(rule: Rule, start: datetime, until: datetime | None, steps: Steps) -> Rule:
    """With that end, unless a number of times ends it earlier."""
    if until is None or (rule.until is not None and rule.until <= until):
        return rule
    if rule.count is not None:
        within = sum(1 for _date in replace(rule, until=until).between(start, start, LATEST, steps))
        if within >= rule.count:
            return rule
    return replace(rule, count=None, until=until)


def moved(rule: Rule, start: datetime, later: timedelta, steps: Steps) -> Rule | None:
    """The rule of the same dates, each so much later; None if no rule has them. `start` is its first date."""
    days = ((start + later).date() - start.date()).days
    until = None if rule.until is None else min(rule.until + later, LATEST)
    if not days:
        return replace(rule, until=until)
    rule = rule.explicit(start)
    changed = replace(
        rule,
        until=until,
        by_day=tuple((number, (day + days) % 7) for number, day in rule.by_day),
        by_month_day=tuple(sorted(_moved_day(day, days) for day in rule.by_month_day)),
        week_start=(rule.week_start + days) % 7,
    )
    if rule.frequency == "YEARLY" and len(rule.by_month) == 1 and len(rule.by_month_day) == 1:
        first = start + later
        changed = replace(changed, by_month=(first.month,), by_month_day=(first.day,))
    meant = [one + later for one in islice(rule.between(start, start, LATEST, steps), CHECKED)]
    got = list(islice(changed.between(start + later, start + later, LATEST, steps), CHECKED))
    return changed if meant == got else None


def _moved_day(day: int, days: int) -> int:
    return day + days if 0 < day + days <= 31 and day > 0 else day
