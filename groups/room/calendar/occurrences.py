"""The occurrences of a group's events within a period, limited in number."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from groups.models import Event, Group

from .rules import EARLIEST, LATEST, Rule, read_rule

AT_MOST = 1_000
KEY_FORMAT = "%Y%m%dT%H%M%SZ"
# In any zone, the reader's day lies within this distance of the same day in UTC.
ZONES_APART = timedelta(hours=26)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Occurrence:
    """One date of an event. All-day events are stored from midnight to midnight UTC."""

    event: Event
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """Identifies the occurrence among those of its event."""
        return key_of(self.starts_at)

    def days(self, zone: tzinfo) -> tuple[date, date]:
        """Its first and last day for a reader in that zone."""
        zone = UTC if self.event.is_all_day else zone
        first = self.starts_at.astimezone(zone).date()
        # An event that ends at midnight does not touch the next day.
        last = max(self.starts_at, self.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
        return first, last

    @property
    def first_day(self) -> date:
        """The day on which it begins, for the current reader."""
        return self.days(timezone.get_current_timezone())[0]

    @property
    def last_day(self) -> date:
        """The last day that it touches, for the current reader."""
        return self.days(timezone.get_current_timezone())[1]


def key_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(KEY_FORMAT)


def read_key(text: str) -> datetime | None:
    """The moment that a key names, if it is within the calendar's years."""
    try:
        moment = datetime.strptime(text[:20], KEY_FORMAT)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if EARLIEST <= moment <= LATEST else None


def zone_of(event: Event) -> tzinfo:
    """The zone in which the event repeats."""
    return UTC if event.is_all_day else ZoneInfo(event.time_zone)


def rule_of(event: Event) -> Rule | None:
    """How it repeats, with an end date instead of a count, so that nobody has to count."""
    return read_rule(event.repeats, zone_of(event)) if event.repeats else None


def wall(moment: datetime, zone: tzinfo) -> datetime:
    """The moment's wall time in the zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def moment_of(wall_time: datetime, zone: tzinfo) -> datetime:
    """The moment of a wall time: the first of two, and as long after the gap if the clocks skip it."""
    return wall_time.replace(tzinfo=zone).astimezone(UTC)


def existing(wall_time: datetime, zone: tzinfo) -> datetime:
    """The wall time itself, or as long after the gap if the clocks skip it (rule 3.10)."""
    return wall(moment_of(wall_time, zone), zone)


def moments_of(start: datetime, length: timedelta, zone: tzinfo) -> tuple[datetime, datetime]:
    """The beginning and end of what starts at a wall time, by the clock: a night from ten to six ends at six.

    What would start at a time that the clocks skip is that much later as a whole (rule 3.10).
    """
    starts_at = moment_of(start, zone)
    if wall(starts_at, zone) != start:
        return starts_at, starts_at + length
    return starts_at, moment_of(start + length, zone)


def clock_of(event: Event, moment: datetime) -> datetime:
    """The wall time of an occurrence by the rule: the event's hour, even where the clocks skip it."""
    zone = zone_of(event)
    return wall_by_rule(moment, zone, wall(event.starts_at, zone).time())


def wall_by_rule(moment: datetime, zone: tzinfo, hour: time) -> datetime:
    """The wall time in the zone; `hour` itself on a day when the clocks skip it."""
    shown = wall(moment, zone)
    by_rule = datetime.combine(shown.date(), hour)
    return by_rule if moment_of(by_rule, zone) == moment else shown


def occurrences_of(event: Event, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """The event's occurrences that overlap [after, before), in order."""
    left_out = set(event.left_out) if event.repeats else set()
    return (one for one in _dates_of_rule(event, after, before) if one.key not in left_out)


def _dates_of_rule(event: Event, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """The same, including excluded ones."""
    rule = rule_of(event)
    if rule is None:
        if _overlaps(event.starts_at, event.ends_at, after, before):
            yield Occurrence(event, event.starts_at, event.ends_at)
        return
    zone = zone_of(event)
    start = wall(event.starts_at, zone)
    length = wall(event.ends_at, zone) - start
    if rule.count is not None and event.last_ends_at is not None:
        # The end is known, so nobody has to count from the start.
        rule = replace(rule, count=None, until=wall(event.last_ends_at, zone) - length)
    earliest = max(wall(after, zone) - length - DAY, EARLIEST)
    for found in rule.between(start, earliest, min(wall(before, zone) + DAY, LATEST)):
        starts_at, ends_at = moments_of(found, length, zone)
        if _overlaps(starts_at, ends_at, after, before):
            yield Occurrence(event, starts_at, ends_at)


def _overlaps(starts_at: datetime, ends_at: datetime, after: datetime, before: datetime) -> bool:
    return starts_at < before and (ends_at > after or starts_at >= after)


def find(event: Event, starts_at: datetime) -> Occurrence | None:
    """The occurrence that begins then."""
    return _beginning(occurrences_of(event, starts_at, starts_at + timedelta(seconds=1)), starts_at)


def is_in_rule(event: Event, starts_at: datetime) -> bool:
    """Whether the rule has an occurrence that begins then, excluded or not."""
    return (
        _beginning(_dates_of_rule(event, starts_at, starts_at + timedelta(seconds=1)), starts_at) is not None
    )


def _beginning(near: Iterator[Occurrence], starts_at: datetime) -> Occurrence | None:
    return next((one for one in near if one.starts_at == starts_at), None)


def next_of(event: Event, now: datetime) -> Occurrence | None:
    """The current or next occurrence."""
    return next(occurrences_of(event, now, LATEST.replace(tzinfo=UTC)), None)


@dataclass(frozen=True)
class OccurrenceList:
    """The occurrences in a period, and whether there are more than can be listed."""

    occurrences: list[Occurrence]
    is_cut: bool


def list_between(group: Group, first: date, last: date, zone: tzinfo) -> OccurrenceList:
    """The occurrences on the days from `first` to `last`, both included, in the reader's zone."""
    whole = datetime.combine(first, time(), UTC), datetime.combine(last + DAY, time(), UTC)
    timed = datetime.combine(first, time(), zone), datetime.combine(last + DAY, time(), zone)
    parts: list[Iterable[Occurrence]] = []
    events = _events_near(group, whole[0] - ZONES_APART, whole[1] + ZONES_APART)
    for event in events:
        parts.append(occurrences_of(event, *(whole if event.is_all_day else timed)))
    found = list(islice(heapq.merge(*parts, key=lambda one: one.starts_at), AT_MOST + 1))
    shown = sorted(
        found[:AT_MOST], key=lambda one: (one.days(zone)[0], not one.event.is_all_day, one.starts_at)
    )
    return OccurrenceList(shown, len(found) > AT_MOST or len(events) > AT_MOST)


def _events_near(group: Group, after: datetime, before: datetime) -> list[Event]:
    """Single and repeating events, each up to the limit."""
    near = Event.objects.filter(group=group, starts_at__lt=before)
    near = near.filter(Q(last_ends_at__isnull=True) | Q(last_ends_at__gte=after))
    found = []
    for events in (near.filter(repeats=""), near.exclude(repeats="")):
        found += list(events.order_by("starts_at", "pk")[: AT_MOST + 1])
    return found
