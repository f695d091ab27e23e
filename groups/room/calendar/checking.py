"""Checks an event, whether from the form or from a calendar file (rule 3.5)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import check_length, has_visible
from groups.models import Event

from .dates import Steps
from .occurrences import moment_of, wall
from .rules import EARLIEST, LATEST, BadRule, Rule
from .zones import zone_names

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
    if name not in zone_names():
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
    starts_at = moment_of(settings.start, zone)
    # Where the clocks go forward, the end may fall before the start.
    ends_at = max(starts_at, moment_of(settings.end, zone))
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
    _check_hours(starts_at, ends_at, settings)
    last = settings.rule.last(settings.start, steps)
    return evaluated | {
        "repeats": settings.rule.text(zone, is_all_day=settings.is_all_day),
        "last_ends_at": moment_of(last + (settings.end - settings.start), zone) if last else None,
    }


def write(evaluated: Evaluated, event: Event) -> None:
    """Writes the fields into the event, unsaved."""
    for name, value in evaluated.items():
        setattr(event, name, value)


def apply(settings: EventSettings, event: Event) -> None:
    """Writes the settings into the event, unsaved. Raises Invalid, naming the form's field."""
    write(evaluate(settings), event)


def _check_hours(starts_at: datetime, ends_at: datetime, settings: EventSettings) -> None:
    """Raises Invalid if it would repeat at another hour than the one entered."""
    zone = UTC if settings.is_all_day else zone_called(settings.time_zone)
    for field, moment, meant in (
        ("start_time", starts_at, settings.start),
        ("end_time", ends_at, settings.end),
    ):
        if wall(moment, zone) != meant:
            raise Invalid(
                field,
                _(
                    "This hour is skipped on that day, because the clocks go forward. Choose "
                    "another time for the first event."
                ),
            )


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
