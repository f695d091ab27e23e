"""Reminds a group's members of events about to start (rule 3.5), once per occurrence.

An event stores when its next reminder is due, so that a worker finds it by an index.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django_tasks import task

from accounts.actor import Actor
from groupadmin.base import clock
from groupadmin.base.queue import enqueue_once
from groups import notices
from groups.models import Event, Feature, Notice, Reminder

from .occurrences import Occurrence, find, occurrences_of
from .rules import LATEST

SOON = 10
AT_ONCE = 500


def plan(event: Event, now: datetime) -> None:
    """Sets, unsaved, when to remind of the event's next occurrence: at once if that is overdue."""
    event.reminds_at = None
    if event.reminds_before is None:
        return
    before = timedelta(minutes=event.reminds_before)
    coming = next((one for one in _from(event, now) if one.starts_at > now), None)
    if coming is None or _is_reminded(coming):
        _plan_later(event, now)
    else:
        event.reminds_at = coming.starts_at - before


def _plan_later(event: Event, now: datetime) -> None:
    """The same, without overdue reminders: what could not be sent in time is not sent late."""
    before = timedelta(minutes=event.reminds_before or 0)
    later = next((one for one in _from(event, now + before) if one.starts_at - before > now), None)
    event.reminds_at = later.starts_at - before if later else None


def _from(event: Event, now: datetime) -> Iterator[Occurrence]:
    return occurrences_of(event, now, LATEST.replace(tzinfo=UTC))


def _is_reminded(occurrence: Occurrence) -> bool:
    event = occurrence.event
    if event.pk is None:
        return False
    return Reminder.objects.filter(event=event, starts_at=occurrence.starts_at).exists()


def queue_reminders() -> None:
    """Queues the reminders that are due; every worker calls it every few seconds."""
    if Event.objects.filter(reminds_at__lte=clock.now()).exists():
        enqueue_once(send_reminders)


@task(priority=SOON)
def send_reminders() -> int:
    """Sends what is due. It can be stopped anywhere: what is sent is marked in the same transaction."""
    sent = 0
    while due := list(_due()[:AT_ONCE]):
        for pk in due:
            sent += _remind(pk)
    return sent


def _due() -> QuerySet[Event, int]:
    due = Event.objects.filter(reminds_at__lte=clock.now())
    return due.order_by("reminds_at", "pk").values_list("pk", flat=True)


@transaction.atomic
def _remind(pk: int) -> int:
    """Reminds of the event's due occurrence, unless it is over, and plans the next reminder."""
    now = clock.read()
    events = Event.objects.select_for_update(of=("self",)).select_related("group")
    event = events.filter(pk=pk, reminds_at__lte=now).first()
    if event is None or event.reminds_at is None:
        return 0
    sent = 0
    occurrence = find(event, event.reminds_at + timedelta(minutes=event.reminds_before or 0))
    group = event.group
    # No reminder while Event is off, and none later either (rule 3.3).
    is_shown = group.has(Feature.EVENT) and group.deleted_at is None
    if occurrence is not None and occurrence.ends_at >= now and is_shown:
        sent = _tell(occurrence)
    _plan_later(event, now)
    event.save(update_fields=["reminds_at"])
    return sent


def _tell(occurrence: Occurrence) -> int:
    event = occurrence.event
    _reminder, is_new = Reminder.objects.get_or_create(event=event, starts_at=occurrence.starts_at)
    if not is_new:
        return 0
    details = {
        "event": event.pk,
        "title": event.title,
        "starts_at": occurrence.starts_at.isoformat(),
        "ends_at": occurrence.ends_at.isoformat(),
        "is_all_day": event.is_all_day,
    }
    notices.tell_group(Notice.Kind.EVENT_REMINDER, event.group, actor=Actor.system(), details=details)
    return 1
