"""Each day, people become active or inactive by their first and last day (rule 1.12)."""

from datetime import date

from django.db import transaction
from django_tasks import task

from accounts import audit, consequences, employment
from accounts.actor import Actor
from accounts.models import AuditEntry, Member
from groupadmin.base.errors import Invalid
from groupadmin.base.queue import enqueue_once

from .members import follow_dates

_queued: list[date] = []
"""The day that this process last queued."""


def queue_day() -> None:
    """For the timer: once a day, and whenever a worker starts."""
    if _queued != [today := employment.today()]:
        enqueue_once(follow_all_dates)
        _queued[:] = [today]


@task()
def follow_all_dates() -> int:
    """Activates and deactivates whom their days say. Returns how many. Safe to repeat."""
    changed = 0
    people = Member.objects.filter(employment.to_change(), company__isnull=False)
    for pk in list(people.order_by("company", "pk").values_list("pk", flat=True)):
        if (member := Member.objects.filter(pk=pk).first()) is None:
            continue
        try:
            follow_dates(member, actor=Actor.system())
        except Invalid:
            _stays_active(member)
        else:
            changed += 1
    return changed


@transaction.atomic
def _stays_active(member: Member) -> None:
    """The last administrator or superuser: the audit and the administrators are told, once for these days."""
    refused = AuditEntry.objects.filter(
        target_kind="member",
        target_id=member.pk,
        action="member.deactivate",
        result=AuditEntry.Result.REFUSED,
        actor_id=None,
    )
    days = {"starts_on": _text(member.starts_on), "ends_on": _text(member.ends_on)}
    if any(entry.changes == days for entry in refused.order_by("-pk")[:1]):
        return
    audit.record(
        Actor.system(),
        "member.deactivate",
        member,
        days,
        result=AuditEntry.Result.REFUSED,
        reason=employment.STAYS,
    )
    consequences.in_groups().tell_stays_active(member)


def _text(day: date | None) -> list[str]:
    """As an unchanged value in the audit."""
    return [day.isoformat(), day.isoformat()] if day else ["", ""]
