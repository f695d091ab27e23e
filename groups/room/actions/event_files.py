"""Imports calendar files, and gives people their private addresses of a calendar (spec 3.5, 6.4)."""

from dataclasses import dataclass, replace

from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from groups.models import CalendarFeed, Event, Group
from groups.room import news
from groups.room.calendar.feed import address_of, new_key
from groups.room.calendar.reading import Imported, read_calendar

from .events import enter_locked, new_event, rewrite

FIELDS = (
    "title",
    "place",
    "description",
    "is_all_day",
    "starts_at",
    "ends_at",
    "time_zone",
    "repeats",
    "left_out",
)


@dataclass(frozen=True)
class Planned:
    """What an import does with one event of the file."""

    row: Imported
    existing: Event | None = None

    @property
    def is_new(self) -> bool:
        return self.row.event is not None and self.existing is None

    @property
    def is_changed(self) -> bool:
        if self.row.event is None or self.existing is None:
            return False
        return any(getattr(self.row.event, name) != getattr(self.existing, name) for name in FIELDS)


def plan_import(group: Group, text: str) -> list[Planned]:
    """What importing the file would do; those of the group with the same UID are changed. Raises Invalid."""
    rows = read_calendar(text, timezone.get_current_timezone_name())
    known = Event.objects.filter(group=group, uid__in=[row.uid for row in rows])
    by_uid = {event.uid: event for event in known}
    return [Planned(row, by_uid.get(row.uid)) for row in rows]


@audit.action
def import_events(group: Group, text: str, *, actor: Actor) -> tuple[int, int]:
    """Adds and changes what can be. Returns how many of each. Raises Invalid ("file")."""
    entered = enter_locked(group, actor)
    planned = plan_import(entered.group, text)
    added = []
    changed = []
    for one in planned:
        settings = one.row.settings
        if settings is None:
            continue
        if one.is_new:
            event = new_event(entered, settings, one.row.uid)
            event.left_out = one.row.left_out
            added.append(event)
        elif one.is_changed and one.existing is not None:
            # A file says nothing of reminders here; answers stay with their occurrences.
            rewrite(one.existing, replace(settings, reminds_before=one.existing.reminds_before))
            one.existing.left_out = one.row.left_out
            changed.append(one.existing)
    for event in [*added, *changed]:
        event.save()
    if first := next(iter([*added, *changed]), None):
        number = str(len(added) + len(changed))
        news.say(entered.group, entered.member, "event.imported", first.pk, number)
    return len(added), len(changed)


@audit.action
def create_feed(group: Group, *, actor: Actor) -> str:
    """A new private address of the group's calendar; an older one stops. Returns it: it is not kept."""
    entered = enter_locked(group, actor)
    key, kept = new_key()
    CalendarFeed.objects.filter(group=entered.group, member=entered.member).delete()
    CalendarFeed.objects.create(group=entered.group, member=entered.member, key=kept)
    return address_of(key)


@audit.action
def remove_feed(group: Group, *, actor: Actor) -> None:
    """The private address stops."""
    entered = enter_locked(group, actor)
    CalendarFeed.objects.filter(group=entered.group, member=entered.member).delete()
