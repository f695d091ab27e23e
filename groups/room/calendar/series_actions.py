"""Changes and deletes an occurrence of a series with all later ones (spec 3.5). Each a transaction."""

import uuid
from datetime import datetime

from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from groups.models import Attendance, Event, Group, Reminder
from groups.room.messages import announcements

from .actions import audit_deletion, delete_whole, enter_locked, get_event, get_occurrence, rewrite
from .checking import EventSettings
from .occurrences import Occurrence, clock_of
from .reminders import plan
from .series import begin_with, end_before, is_first, rest_of


@audit.action
def change_following(
    group: Group, event_pk: int, starts_at: datetime, settings: EventSettings, version: int, *, actor: Actor
) -> Event:
    """Changes the occurrence that starts then and all later ones; from the first on, that is all of them.

    The series ends before it, and a new one begins with what was changed. With the later occurrences go who
    comes to them, which were left out, and of which people were reminded. Those changed by themselves go
    along as they are; so they do where the new series has no such occurrence, as events by themselves.

    Raises Invalid, Gone if there is no such occurrence, or Conflict if the event is another version's.
    """
    entered = enter_locked(group, actor)
    event = get_event(entered.group, event_pk, version)
    occurrence = get_occurrence(event, starts_at)
    start = clock_of(event, starts_at)
    if is_first(occurrence):
        rest = event
        begin_with(rest, occurrence)
    else:
        rest = _part(occurrence)
    rewrite(rest, settings, start)
    rest.save()
    announcements.say(entered.group, entered.member, "event.changed", rest.pk, rest.title)
    return rest


def _part(occurrence: Occurrence) -> Event:
    """Ends the series before the occurrence. Returns its rest, saved as an event, with what belongs to it."""
    event = occurrence.event
    rest = rest_of(occurrence)
    rest.uid = f"{uuid.uuid4()}@groupadmin"
    _end(occurrence)
    rest.save()
    later = {"event": event, "starts_at__gte": occurrence.starts_at}
    Attendance.objects.filter(**later).update(event=rest)
    Reminder.objects.filter(**later).update(event=rest)
    event.replacements.filter(instead_of__gte=occurrence.starts_at).update(series=rest)
    return rest


def _end(occurrence: Occurrence) -> None:
    event = occurrence.event
    end_before(event, occurrence)
    event.version += 1
    event.edited_at = timezone.now()
    plan(event, timezone.now())
    event.save()


@audit.action
def delete_following(group: Group, event_pk: int, starts_at: datetime, version: int, *, actor: Actor) -> None:
    """Deletes the occurrence that starts then and all later ones; from the first on, that is all of them.

    Those of them that were changed by themselves are deleted too, wherever they were moved to.

    Raises Gone if there is no such occurrence, or Conflict if the event is another version's.
    """
    entered = enter_locked(group, actor)
    event = get_event(entered.group, event_pk, version)
    occurrence = get_occurrence(event, starts_at)
    if is_first(occurrence):
        delete_whole(entered, event)
        return
    audit_deletion(entered, event)
    later = {"event": event, "starts_at__gte": starts_at}
    Attendance.objects.filter(**later).delete()
    Reminder.objects.filter(**later).delete()
    event.replacements.filter(instead_of__gte=starts_at).delete()
    _end(occurrence)
    announcements.say(entered.group, entered.member, "event.changed", event.pk, event.title)
