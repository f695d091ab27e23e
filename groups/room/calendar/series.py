"""One occurrence of a series and all following ones: splits a series (rule 3.12).

The rule of the series then ends before the occurrence, and the rest is an event of its own. A rule with a
number of times is split by counting; excluded dates count, as in RFC 5545.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta

from groups.models import Event

from .occurrences import Occurrence, clock_of, key_of, moments_of, occurrences_of, rule_of, wall, zone_of
from .rules import Rule

_OWN = {"id", "uid", "version", "series", "instead_of", "created_at", "edited_at", "reminds_at"}


def is_first(occurrence: Occurrence) -> bool:
    """Whether nothing of the series comes before it: no date of the rule, and no edited occurrence."""
    event = occurrence.event
    if next(occurrences_of(event, event.starts_at, occurrence.starts_at), occurrence) != occurrence:
        return False
    return not event.replacements.filter(instead_of__lt=occurrence.starts_at).exists()


def rest_of(occurrence: Occurrence) -> Event:
    """An unsaved event for the occurrence and all following ones."""
    event = occurrence.event
    fields = (field for field in Event._meta.concrete_fields if field.name not in _OWN)
    rest = Event(version=0, **{field.attname: getattr(event, field.attname) for field in fields})
    begin_with(rest, occurrence)
    return rest


def begin_with(event: Event, occurrence: Occurrence) -> None:
    """Removes everything before the occurrence from a copy of its event, unsaved."""
    whole = occurrence.event
    rule, zone = _rule(whole), zone_of(whole)
    if rule.count is not None:
        rule = replace(rule, count=rule.count - _times_before(occurrence))
    event.repeats = rule.text(zone, is_all_day=whole.is_all_day)
    event.left_out = [key for key in whole.left_out if key >= occurrence.key]
    event.starts_at, event.ends_at = occurrence.starts_at, occurrence.ends_at


def end_before(event: Event, occurrence: Occurrence) -> None:
    """Removes the occurrence and all following ones from the event, unsaved. It must not be the first."""
    rule, zone = _rule(event), zone_of(event)
    start = wall(event.starts_at, zone)
    if rule.count is not None:
        rule = replace(rule, count=_times_before(occurrence))
    else:
        # No rule has two dates on one day: it ends with the day before, as in the form.
        day = clock_of(event, occurrence.starts_at).date()
        rule = replace(rule, until=datetime.combine(day, time()) - timedelta(seconds=1))
    length = wall(event.ends_at, zone) - start
    event.repeats = rule.text(zone, is_all_day=event.is_all_day)
    event.last_ends_at = moments_of(rule.last(start) or start, length, zone)[1]
    event.left_out = [key for key in event.left_out if key < key_of(occurrence.starts_at)]


def _times_before(occurrence: Occurrence) -> int:
    event = occurrence.event
    start = wall(event.starts_at, zone_of(event))
    return sum(1 for _found in _rule(event).between(start, start, clock_of(event, occurrence.starts_at)))


def _rule(event: Event) -> Rule:
    rule = rule_of(event)
    if rule is None:
        raise ValueError("Only an event that repeats can be parted.")
    return rule
