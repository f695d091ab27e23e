"""A group's events as a calendar file, to subscribe to by a private address (RFC 5545).

It names no people (rule 6.4).
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import Http404
from django.urls import reverse
from icalendar import Calendar, vRecur
from icalendar import Event as CalendarEvent

from accounts import audit
from accounts.actor import Actor, Door, Refused
from accounts.models import Member
from groups.membership.effective import members_inside
from groups.membership.since import member_since
from groups.models import CalendarFeed, Event, Feature, Group
from groups.room.access import enter, enter_locked

from .occurrences import KEY_FORMAT, clock_of, zone_of
from .zone_changes import described

KEY_BYTES = 32
EVENTS_AT_MOST = 5_000
ASKED_AT_ONCE = 500
PAST_DAYS = 366
CONTENT_TYPE = "text/calendar; charset=utf-8"


@audit.action
def create_feed(group: Group, *, actor: Actor) -> str:
    """Creates a private address for the group's calendar, stored as a hash; the older one stops working."""
    entered = enter_locked(actor, group, Feature.EVENT)
    key = secrets.token_urlsafe(KEY_BYTES)
    CalendarFeed.objects.filter(group=entered.group, member=entered.member).delete()
    CalendarFeed.objects.create(group=entered.group, member=entered.member, key=hashed(key))
    return address_of(key)


@audit.action
def remove_feed(group: Group, *, actor: Actor) -> None:
    """The private address stops working."""
    entered = enter_locked(actor, group, Feature.EVENT)
    CalendarFeed.objects.filter(group=entered.group, member=entered.member).delete()


def hashed(key: str) -> str:
    """People who read the database do not learn the addresses."""
    return hashlib.sha256(key.encode()).hexdigest()


def address_of(key: str) -> str:
    return str(settings.SITE_URL).rstrip("/") + reverse("room:feed", args=[key])


def group_of(key: str) -> Group | None:
    """The group whose events the address shows, while its owner may see them (rules 2.16, 3.3, 3.6)."""
    feed = CalendarFeed.objects.filter(key=hashed(key)).select_related("member__company", "group").first()
    if feed is None or not is_alive(feed):
        return None
    try:
        return enter(Actor(feed.member, Door.WEB), feed.group_id, Feature.EVENT).group
    except (Http404, Refused):
        return None


def feed_of(group: Group, member: Member) -> CalendarFeed | None:
    """The member's working address for the group's calendar, if any."""
    feed = CalendarFeed.objects.filter(group=group, member=member).select_related("group", "member").first()
    return feed if feed is not None and is_alive(feed) else None


def is_alive(feed: CalendarFeed) -> bool:
    """Whether its owner has been in the group ever since it was created.

    Once they leave, the address stays dead: a leaked one does not work again when they return. A member who
    was in the group in several ways and loses the oldest must create a new address too.
    """
    since = member_since(feed.member, feed.group)
    return since is not None and since <= feed.created_at


def remove_dead_feeds() -> int:
    """Removes addresses of people who have left, in whatever way. Returns how many."""
    dead: list[int] = []
    groups = CalendarFeed.objects.order_by().values_list("group", flat=True).distinct()
    for group in Group.objects.filter(pk__in=groups).iterator():
        feeds = list(CalendarFeed.objects.filter(group=group).values_list("member", "pk"))
        for start in range(0, len(feeds), ASKED_AT_ONCE):
            asked = feeds[start : start + ASKED_AT_ONCE]
            inside = members_inside(group, [member for member, _pk in asked])
            dead += [pk for member, pk in asked if member not in inside]
    CalendarFeed.objects.filter(pk__in=dead).delete()
    return len(dead)


def events_in_feed(group: Group, now: datetime) -> QuerySet[Event]:
    """Events that are not long over, by whole months, so that only events change the result, not time."""
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=PAST_DAYS)
    events = Event.objects.filter(group=group)
    return events.filter(Q(last_ends_at__isnull=True) | Q(last_ends_at__gte=since))


def etag_of(group: Group, now: datetime) -> str:
    """Identifies the feed's content, in one query. Ids are never reused, so no two states look alike."""
    state = events_in_feed(group, now).aggregate(Count("pk"), Max("pk"), Sum("version"))
    names = f"{group.pk} {group.name} {now:%Y-%m} {sorted(state.items())} 3"
    return f'"{hashlib.sha256(names.encode()).hexdigest()[:32]}"'


def calendar_of(group: Group, now: datetime) -> bytes:
    """The calendar file."""
    return _calendar(group, list(events_in_feed(group, now).order_by("-starts_at", "-pk")[:EVENTS_AT_MOST]))


def whole_calendar(group: Group) -> bytes:
    """All events that the group has ever had, as a calendar file; empty if there are none."""
    events = list(Event.objects.filter(group=group).order_by("-starts_at", "-pk"))
    return _calendar(group, events) if events else b""


def _calendar(group: Group, events: list[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//groupadmin//events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", group.name)
    calendar.add("x-wr-calname", group.name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for name, year in _zones(events).items():
        calendar.add_component(described(name, year))
    replaced = _replaced(events)
    for event in events:
        calendar.add_component(_component(event, replaced))
    return bytes(calendar.to_ical())


def _zones(events: list[Event]) -> dict[str, int]:
    """The zones of the events, each with the first year for which it must be described (rule 3.8)."""
    years: dict[str, int] = {}
    for event in events:
        if not event.is_all_day and event.time_zone != "UTC":
            name = event.time_zone
            years[name] = min(event.starts_at.year, years.get(name, event.starts_at.year))
    return dict(sorted(years.items()))


Replaced = dict[int, set[datetime]]
"""The occurrences that other events replace, for each series in the feed."""


def _replaced(events: list[Event]) -> Replaced:
    series = {event.pk: event for event in events if event.repeats}
    found: Replaced = {pk: set() for pk in series}
    for event in events:
        if event.series_id in series and event.instead_of is not None:
            event.series = series[event.series_id]
            found[event.series_id].add(event.instead_of)
    return found


def _component(event: Event, replaced: Replaced) -> CalendarEvent:
    component = CalendarEvent()
    _add_identity(component, event, replaced)
    changed = event.edited_at or event.created_at
    component.add("dtstamp", changed)
    component.add("last-modified", changed)
    component.add("created", event.created_at)
    component.add("summary", event.title)
    if event.place:
        component.add("location", event.place)
    if event.description:
        component.add("description", event.description)
    component.add(
        "url", str(settings.SITE_URL).rstrip("/") + reverse("room:event", args=[event.group_id, event.pk])
    )
    _add_times(component, event)
    if event.repeats:
        _add_rule(component, event, replaced[event.pk])
    return component


def _add_identity(component: CalendarEvent, event: Event, replaced: Replaced) -> None:
    """An edited occurrence belongs to its series, if the series is in the feed too."""
    if event.series_id not in replaced or event.series is None or event.instead_of is None:
        component.add("uid", event.uid)
        component.add("sequence", event.version - 1)
        return
    component.add("uid", event.series.uid)
    _add_moment(component, "recurrence-id", event.series, event.instead_of)
    # Never lower than its series: some programs would take it for outdated.
    component.add("sequence", event.series.version + event.version - 2)


def _add_times(component: CalendarEvent, event: Event) -> None:
    """In the event's zone, so that repetitions stay at the same hour."""
    # All-day events end with the day after; one without length is a whole day all the same.
    if event.is_all_day:
        component.add("dtstart", event.starts_at.date())
        component.add("dtend", max(event.ends_at, event.starts_at + timedelta(days=1)).date())
    else:
        zone = UTC if event.time_zone == "UTC" else zone_of(event)
        component.add("dtstart", event.starts_at.astimezone(zone))
        # An end must be later than the start; without one, the event has no length.
        if event.ends_at > event.starts_at:
            component.add("dtend", event.ends_at.astimezone(zone))


def _add_rule(component: CalendarEvent, event: Event, replaced: set[datetime]) -> None:
    """Occurrences that other events replace are not excluded."""
    component.add("rrule", vRecur.from_ical(event.repeats))
    for key in sorted(event.left_out):
        moment = datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC)
        if moment not in replaced:
            _add_moment(component, "exdate", event, moment)


def _add_moment(component: CalendarEvent, name: str, event: Event, moment: datetime) -> None:
    """Identifies an occurrence of the event, by the clock of its rule."""
    if event.is_all_day:
        component.add(name, moment.date(), parameters={"VALUE": "DATE"})
    elif event.time_zone == "UTC":
        component.add(name, moment.astimezone(UTC))
    else:
        component.add(name, clock_of(event, moment).replace(tzinfo=zone_of(event)))
