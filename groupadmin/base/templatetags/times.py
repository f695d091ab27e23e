"""Filters and tags for dates and times (rule 12.4): every template has them, and uses no other.

What a page shows stands in a `<time>` with the exact moment for programs and, as a tooltip, for people. In
attributes and plain text the same forms stand alone: plain_day, plain_moment.
"""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from groupadmin.base import dates

register = template.Library()


@register.filter
def moment(value: datetime | None) -> SafeString:
    """A day with its time: Nov 24, 2026, 3:26 PM."""
    return _time(value, dates.moment(value)) if value else SafeString("")


@register.filter
def exact_moment(value: datetime | None) -> SafeString:
    """With seconds, where the order counts: Nov 24, 2026, 3:26:05 PM."""
    return _time(value, dates.exact_moment(value)) if value else SafeString("")


@register.filter
def whole_moment(value: datetime | None) -> SafeString:
    """All of it: Tuesday, November 24, 2026, 3:26:05 PM GMT+1."""
    return _time(value, dates.exactly(value)) if value else SafeString("")


@register.filter
def zoned_moment(value: datetime | None) -> SafeString:
    """With the zone, where it matters: Nov 24, 2026, 3:26 PM (GMT+1)."""
    return _time(value, dates.moment_with_zone(value)) if value else SafeString("")


@register.filter
def recent(value: datetime | None) -> SafeString:
    """Today, 3:26 PM; Yesterday, 3:26 PM; else day and time."""
    return _time(value, dates.recently(value)) if value else SafeString("")


@register.filter
def clock(value: datetime | None) -> SafeString:
    """The time alone, where the day is shown elsewhere: 3:26 PM."""
    return _time(value, dates.clock(value)) if value else SafeString("")


@register.simple_tag
def clocks(start: datetime, end: datetime) -> SafeString:
    """From when to when on one day: 3:26 – 4:00 PM."""
    return _time(start, dates.clocks(start, end))


@register.filter
def day(value: date | None) -> SafeString:
    """The day alone; of a moment, the day in the reader's zone: Nov 24, 2026."""
    return _day(value, dates.day(value)) if value else SafeString("")


@register.filter
def long_day(value: date) -> SafeString:
    """Tuesday, November 24, 2026."""
    return _day(value, dates.long_day(value))


@register.filter
def weekday(value: date) -> str:
    """Tuesday."""
    return dates.weekday(value)


@register.filter
def short_weekday(value: date) -> str:
    """Tue."""
    return dates.weekday(value, short=True)


@register.filter
def short_month(value: date) -> str:
    """Nov 2026."""
    return dates.month(value, short=True)


@register.filter
def plain_day(value: date | None) -> str:
    """The day for attributes and plain text."""
    return dates.day(value) if value else ""


@register.filter
def plain_long_day(value: date) -> str:
    """The long day for attributes and plain text."""
    return dates.long_day(value)


@register.filter
def plain_moment(value: datetime | None) -> str:
    """Day and time for attributes and plain text."""
    return dates.moment(value) if value else ""


@register.filter
def plain_zoned_moment(value: datetime) -> str:
    """Day, time and zone for plain text: who reads a mail may be anywhere."""
    return dates.moment_with_zone(value)


@register.filter
def iso(value: date | None) -> str:
    """For programs, ISO 8601: a day, or a moment with its offset."""
    if isinstance(value, datetime):
        return dates.there(value).isoformat()
    return value.isoformat() if value else ""


@register.filter
def iso_day(value: date) -> str:
    """The day alone for programs, as in addresses and fields: 2026-11-24."""
    return dates.day_of(value).isoformat()


@register.filter
def epoch(value: datetime) -> str:
    """Seconds since 1970, for scripts that compare."""
    return str(int(value.timestamp()))


@register.simple_tag
def reader_zone() -> str:
    """The name of the reader's time zone: Europe/Berlin."""
    return dates.zone()


def _time(value: datetime, shown: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        dates.there(value).isoformat(timespec="seconds"),
        dates.exactly(value),
        shown,
    )


def _day(value: date, shown: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', iso_day(value), shown)
