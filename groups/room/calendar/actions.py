"""Adds, edits and deletes events of a room, which all its members may do (rule 3.5).

For a repeating event: one occurrence, this and all following, or all (rule 3.12).
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from groupadmin.base.errors import Conflict, Invalid
from groups.models import Attendance, Event, Feature, Group, Reminder
from groups.room.access import Entered, Gone, enter_locked
from groups.room.messages.announcements import announce
from groups.room.permissions import RoomAct, audit_deletion

from .checking import Evaluated, EventSettings, evaluate_typed, write
from .occurrences import (
    Occurrence,
    clock_of,
    find,
    is_in_rule,
    key_of,
    moment_of,
    wall,
    wall_by_rule,
    zone_of,
)
from .reminders import plan
from .series import begin_with, end_before, is_first, rest_of

LEFT_OUT_AT_MOST = 1_000
ANSWERS_MOVED_AT_MOST = 1_000


def get_event(group: Group, event_pk: int, version: int | None = None) -> Event:
    """An event of this group, locked.

    Raises Gone, or Conflict if its version is not the given one: nobody edits or deletes what they have not
    seen.
    """
    event = Event.objects.select_for_update(of=("self",)).filter(group=group, pk=event_pk).first()
    if event is None:
        raise Gone
    if version is not None and event.version != version:
        raise Conflict(event.version)
    return event


def get_occurrence(event: Event, starts_at: datetime) -> Occurrence:
    """The occurrence of a series that starts then. Raises Gone if there is none."""
    occurrence = find(event, starts_at)
    if occurrence is None or not event.repeats:
        raise Gone
    return occurrence


@audit.action
def add_event(group: Group, settings: EventSettings, *, actor: Actor) -> Event:
    """Raises Invalid."""
    entered = enter_locked(actor, group, Feature.EVENT)
    if there := once.made(actor, Event):
        return there
    event = new_event(entered, evaluate_typed(settings))
    event.save()
    once.keep(actor, event)
    announce(entered.group, entered.member, "event.added", event.pk, event.title)
    return event


def new_event(entered: Entered, evaluated: Evaluated, uid: str = "") -> Event:
    """An unsaved event by the member who entered."""
    event = Event(
        group=entered.group,
        author=entered.member,
        author_name=entered.member.name,
        uid=uid or f"{uuid.uuid4()}@groupadmin",
    )
    write(evaluated, event)
    plan(event, timezone.now())
    return event


@audit.action
def change_event(
    group: Group, event_pk: int, settings: EventSettings, version: int, *, actor: Actor
) -> Event:
    """Edits an event with all its occurrences. Raises Invalid, or Conflict if its version is another one."""
    entered = enter_locked(actor, group, Feature.EVENT)
    event = get_event(entered.group, event_pk, version)
    rewrite(event, evaluate_typed(settings))
    event.save()
    announce(entered.group, entered.member, "event.changed", event.pk, event.title)
    return event


def rewrite(event: Event, evaluated: Evaluated, start: datetime | None = None) -> None:
    """Writes the fields and a new version into the event, unsaved.

    Cancelled occurrences, those edited on their own, and answers move along with the times. `start` is the
    event's start in wall time, where its moment alone does not tell.
    """
    before, zone = start or wall(event.starts_at, zone_of(event)), zone_of(event)
    write(evaluated, event)
    new_zone = zone_of(event)
    by = wall(event.starts_at, new_zone) - before
    if by or zone != new_zone:

        def moved(moment: datetime) -> datetime:
            return moment_of(wall_by_rule(moment, zone, before.time()) + by, new_zone)

        event.left_out = sorted(key_of(moved(datetime.fromisoformat(key))) for key in event.left_out)
        order = "-" if by > timedelta() else ""
        _move_answers(event, moved, order)
        _move_replacements(event, moved, order)
    _free_replacements(event)
    event.version += 1
    event.edited_at = timezone.now()
    plan(event, timezone.now())


def _move_answers(event: Event, moved: Callable[[datetime], datetime], order: str) -> None:
    """Answers stay with their occurrence; moved from the far end on, so that none collide."""
    answers = Attendance.objects.filter(event=event)
    moments = answers.values_list("starts_at", flat=True).order_by(f"{order}starts_at").distinct()
    for moment in list(moments[:ANSWERS_MOVED_AT_MOST]):
        answers.filter(starts_at=moment).update(starts_at=moved(moment))


def _move_replacements(event: Event, moved: Callable[[datetime], datetime], order: str) -> None:
    for one in event.replacements.order_by(f"{order}instead_of"):
        if one.instead_of is not None:
            Event.objects.filter(pk=one.pk).update(instead_of=moved(one.instead_of))


def _free_replacements(event: Event) -> None:
    """Edited occurrences that the rule no longer has become events of their own."""
    if event.repeats:
        event.series = event.instead_of = None
    free = [
        one.pk
        for one in event.replacements.all()
        if one.instead_of is None or not event.repeats or not is_in_rule(event, one.instead_of)
    ]
    Event.objects.filter(pk__in=free).update(series=None, instead_of=None)


@audit.action
def change_occurrence(
    group: Group, event_pk: int, starts_at: datetime, settings: EventSettings, version: int, *, actor: Actor
) -> Event:
    """Makes one occurrence an event of its own, with its answers.

    For calendar programs it stays part of the series.

    Raises Invalid, Gone, or Conflict if the event's version is another one.
    """
    entered = enter_locked(actor, group, Feature.EVENT)
    event = get_event(entered.group, event_pk, version)
    _leave_out(event, starts_at)
    single = new_event(entered, evaluate_typed(replace(settings, rule=None)))
    single.author, single.author_name = event.author, event.author_name
    single.series, single.instead_of = event, starts_at
    single.save()
    Attendance.objects.filter(event=event, starts_at=starts_at).update(
        event=single, starts_at=single.starts_at
    )
    if single.starts_at == starts_at:
        Reminder.objects.filter(event=event, starts_at=starts_at).update(event=single)
    announce(entered.group, entered.member, "event.changed", single.pk, single.title)
    return single


def _leave_out(event: Event, starts_at: datetime) -> None:
    """Raises Gone if there is no such occurrence."""
    get_occurrence(event, starts_at)
    if len(event.left_out) >= LEFT_OUT_AT_MOST:
        raise Invalid(
            None, _("Too many dates of this event were edited one by one. Edit all of them instead.")
        )
    event.left_out = sorted([*event.left_out, key_of(starts_at)])
    event.version += 1
    event.edited_at = timezone.now()
    plan(event, timezone.now())
    event.save()


@audit.action
def delete_event(
    group: Group, event_pk: int, version: int, starts_at: datetime | None = None, *, actor: Actor
) -> None:
    """Deletes an event, or the occurrence of a repeating one that starts then.

    Raises Conflict if its version is another one: nobody deletes what they have not seen.
    """
    entered = enter_locked(actor, group, Feature.EVENT)
    event = get_event(entered.group, event_pk, version)
    if starts_at is not None:
        _leave_out(event, starts_at)
        Attendance.objects.filter(event=event, starts_at=starts_at).delete()
        announce(entered.group, entered.member, "event.changed", event.pk, event.title)
        return
    delete_whole(entered, event)


def delete_whole(entered: Entered, event: Event) -> None:
    """Deletes an event, with the occurrences that were edited on their own."""
    audit_deletion(entered, RoomAct.DELETE_EVENT, event)
    announce(entered.group, entered.member, "event.deleted", event.pk, event.title)
    event.delete()


@audit.action
def change_following(
    group: Group, event_pk: int, starts_at: datetime, settings: EventSettings, version: int, *, actor: Actor
) -> Event:
    """Edits the occurrence that starts then and all following ones; from the first on, the whole series.

    The series ends before it, and a new one begins. Answers, cancelled occurrences and sent reminders of the
    following ones move to the new series. So do occurrences that were edited on their own, unchanged; where
    the new series has no such occurrence, they become events of their own.

    Raises Invalid, Gone if there is no such occurrence, or Conflict if the event's version is another one.
    """
    entered = enter_locked(actor, group, Feature.EVENT)
    event = get_event(entered.group, event_pk, version)
    occurrence = get_occurrence(event, starts_at)
    start = clock_of(event, starts_at)
    if is_first(occurrence):
        rest = event
        begin_with(rest, occurrence)
    else:
        rest = _split_before(occurrence)
    rewrite(rest, evaluate_typed(settings), start)
    rest.save()
    announce(entered.group, entered.member, "event.changed", rest.pk, rest.title)
    return rest


def _split_before(occurrence: Occurrence) -> Event:
    """Ends the series before the occurrence. Returns the rest, saved as an event, with what belongs to it."""
    event = occurrence.event
    rest = rest_of(occurrence)
    rest.uid = f"{uuid.uuid4()}@groupadmin"
    _end_series(occurrence)
    rest.save()
    later = {"event": event, "starts_at__gte": occurrence.starts_at}
    Attendance.objects.filter(**later).update(event=rest)
    Reminder.objects.filter(**later).update(event=rest)
    event.replacements.filter(instead_of__gte=occurrence.starts_at).update(series=rest)
    return rest


def _end_series(occurrence: Occurrence) -> None:
    event = occurrence.event
    end_before(event, occurrence)
    event.version += 1
    event.edited_at = timezone.now()
    plan(event, timezone.now())
    event.save()


@audit.action
def delete_following(group: Group, event_pk: int, starts_at: datetime, version: int, *, actor: Actor) -> None:
    """Deletes the occurrence that starts then and all following ones; from the first on, the whole series.

    Those that were edited on their own are deleted too, wherever they were moved to.

    Raises Gone if there is no such occurrence, or Conflict if the event's version is another one.
    """
    entered = enter_locked(actor, group, Feature.EVENT)
    event = get_event(entered.group, event_pk, version)
    occurrence = get_occurrence(event, starts_at)
    if is_first(occurrence):
        delete_whole(entered, event)
        return
    audit_deletion(entered, RoomAct.DELETE_EVENT, event)
    later = {"event": event, "starts_at__gte": starts_at}
    Attendance.objects.filter(**later).delete()
    Reminder.objects.filter(**later).delete()
    event.replacements.filter(instead_of__gte=starts_at).delete()
    _end_series(occurrence)
    announce(entered.group, entered.member, "event.changed", event.pk, event.title)


@audit.action
def attend(group: Group, event_pk: int, starts_at: datetime, answer: str, *, actor: Actor) -> Occurrence:
    """Stores a member's answer for an occurrence; an empty answer removes it. Raises Invalid or Http404."""
    entered = enter_locked(actor, group, Feature.EVENT)
    occurrence = find(get_event(entered.group, event_pk), starts_at)
    if occurrence is None:
        raise Http404
    own: dict[str, Any] = {"event": occurrence.event, "member": entered.member, "starts_at": starts_at}
    if not answer:
        Attendance.objects.filter(**own).delete()
    elif answer in Attendance.Answer.values:
        Attendance.objects.update_or_create(**own, defaults={"answer": answer})
    else:
        raise Invalid("answer", _("Choose one of the options."))
    return occurrence
