"""Checks an event, whether from the form or from a calendar file (rule 3.5)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from groupadmin.base import dates, zones
from groupadmin.base.errors import Invalid
from groupadmin.base.text import check_length, has_visible
from groups.models import Event

from .dates import Steps
from .occurrences import existing, moments_of
from .rules import EARLIEST, LATEST, BadRule, Rule

TITLE_LENGTH = 200
PLACE_LENGTH = 300
DESCRIPTION_LENGTH = 5_000
CODE_POINTS = 1_000
DESCRIPTION_CODE_POINTS = 20_000
LONGEST = timedelta(days=366)
REMINDS_AT_MOST = 60 * 24 * 28


@dataclass(frozen=True)
class EventSettings:
    """An event as entered: wall time in its zone. All-day events end with the day after the last."""

    title: str
    start: datetime
    end: datetime
    time_zone: str = "UTC"
    is_all_day: bool = False
    rule: Rule | None = None
    place: str = ""
    description: str = ""
    reminds_before: int | None = None


def zone_called(name: str) -> tzinfo:
    """Raises Invalid if there is no time zone with this name."""
    if name not in zones.known():
        raise Invalid("time_zone", _("Choose a time zone from the list."))
    return ZoneInfo(name)


Evaluated = dict[str, Any]
"""The fields of an event by name, once everything is checked and its rule is evaluated."""


def evaluate(settings: EventSettings, steps: Steps | None = None) -> Evaluated:
    """What the settings mean for an event. Raises Invalid, naming the form's field.

    Raises TooManySteps if the rule takes more than `steps`.
    """
    _check_texts(settings)
    zone = UTC if settings.is_all_day else zone_called(settings.time_zone)
    settings = _check_times(settings, steps)
    length = settings.end - settings.start
    starts_at, ends_at = moments_of(settings.start, length, zone)
    evaluated: Evaluated = {
        "title": settings.title,
        "place": settings.place,
        "description": settings.description,
        "is_all_day": settings.is_all_day,
        "time_zone": "UTC" if settings.is_all_day else settings.time_zone,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "repeats": "",
        "last_ends_at": ends_at,
        "reminds_before": settings.reminds_before,
    }
    if settings.rule is None:
        return evaluated | {"left_out": []}
    _check_hours(settings)
    last = settings.rule.last(settings.start, steps)
    return evaluated | {
        "repeats": settings.rule.text(zone, is_all_day=settings.is_all_day),
        "last_ends_at": moments_of(last, length, zone)[1] if last else None,
    }


def evaluate_typed(settings: EventSettings) -> Evaluated:
    """The same of what a person typed: its times must exist, while a file's may be shifted (rule 3.10).

    Raises Invalid.
    """
    evaluated = evaluate(settings)
    if settings.rule is None:
        _check_hours(settings)
    return evaluated


def write(evaluated: Evaluated, event: Event) -> None:
    """Writes the fields into the event, unsaved."""
    for name, value in evaluated.items():
        setattr(event, name, value)


def apply(settings: EventSettings, event: Event) -> None:
    """Writes the settings into the event, unsaved. Raises Invalid, naming the form's field."""
    write(evaluate(settings), event)


def _check_hours(settings: EventSettings) -> None:
    """Raises Invalid for a time that the clocks skip: a series would repeat at another one (rule 3.10)."""
    if settings.is_all_day:
        return
    zone = zone_called(settings.time_zone)
    for field, meant in (("start_time", settings.start), ("end_time", settings.end)):
        if (later := existing(meant, zone)) != meant:
            said = _(
                "The clocks skip %(time)s on %(day)s in %(zone)s. Choose another time, such as %(later)s."
            )
            values = {
                "day": dates.day(meant.date()),
                "time": dates.clock(meant.time()),
                "zone": zones.shown(settings.time_zone),
                "later": dates.clock(later.time()),
            }
            raise Invalid(field, said % values)


def _check_texts(settings: EventSettings) -> None:
    if not has_visible(settings.title):
        raise Invalid("title", _("Enter a title."))
    for field, text, most, code_points in (
        ("title", settings.title, TITLE_LENGTH, CODE_POINTS),
        ("place", settings.place, PLACE_LENGTH, CODE_POINTS),
        ("description", settings.description, DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS),
    ):
        check_length(field, text, most, code_points)
    if settings.reminds_before is not None and not 0 <= settings.reminds_before <= REMINDS_AT_MOST:
        raise Invalid("reminds_before", _("A reminder can be at most four weeks before the event."))


def _check_times(settings: EventSettings, steps: Steps | None) -> EventSettings:
    """The settings, starting with the first day of the rule. Raises Invalid."""
    years = {"first": EARLIEST.year, "last": LATEST.year - 1}
    for field, moment in (("start_date", settings.start), ("end_date", settings.end)):
        if not EARLIEST <= moment < LATEST - LONGEST:
            raise Invalid(field, _("Choose a year between %(first)d and %(last)d.") % years)
    if settings.end < settings.start:
        raise Invalid("end_date", _("An event cannot end before it starts."))
    if settings.end - settings.start > LONGEST:
        raise Invalid("end_date", _("An event can last at most a year."))
    if settings.rule is None:
        return settings
    try:
        first = settings.rule.first(settings.start, steps)
    except (ValueError, OverflowError, BadRule):
        first = None
    if first is None:
        raise Invalid(
            "repeat", _("With this rule, the event never or hardly ever happens. Choose another one.")
        )
    return replace(settings, start=first, end=first + (settings.end - settings.start))
