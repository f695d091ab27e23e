"""Notifies people of changes in their groups (rule 5.1). The one place that writes notices.

Call these inside the transaction of the change: no notice of a change that did not happen, and no change
without its notice. A group's people are notified of the group only if it "sends notifications", as set
after the change; the caller checks `group.notifies`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tasks import task

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base import clock
from groups.membership import effective
from groups.models import Attendance, Group, Notice, Notification, NotificationQuerySet

BATCH = 2_000
NOTICES_AT_ONCE = 100
UNREAD_COUNTED = 100
LEFT_LYING_AFTER = timedelta(minutes=1)
# Whoever only wants mail is told by the bell too that mail does not arrive (rule 4.10).
ALWAYS_IN_BELL = frozenset({Notice.Kind.MAIL_PAUSED})
# Before other jobs of the worker, such as sending mail.
SOON = 10


_HEARD: ContextVar[list[int] | None] = ContextVar("heard", default=None)


@contextmanager
def heard() -> Iterator[list[int]]:
    """The ids of the notices about one group that are written within, for who undoes it (rule 10.13)."""
    ids: list[int] = []
    before = _HEARD.set(ids)
    try:
        yield ids
    finally:
        _HEARD.reset(before)


def _hear(notices: Iterable[Notice]) -> None:
    if (ids := _HEARD.get()) is not None:
        ids += [notice.pk for notice in notices]


def tell(
    kind: Notice.Kind,
    members: Iterable[int],
    *,
    actor: Actor,
    group: Group | None = None,
    details: dict[str, Any] | None = None,
) -> Notice | None:
    """Notifies these people, by id, except the actor. Returns the notice, None if for nobody."""
    who = set(members) - {actor.member.pk if actor.member else 0}
    if not who:
        return None
    notice = _write(kind, actor, group, details, is_spread=True)
    write_notifications(notice, who)
    return notice


def tell_group(
    kind: Notice.Kind, group: Group, *, actor: Actor, details: dict[str, Any] | None = None
) -> Notice:
    """Notifies everybody in the group except the actor; the worker finds them soon after (`spread`).

    Call it once the whole change is written.
    """
    notice = _write(kind, actor, group, details, is_spread=False)
    spread.enqueue()
    return notice


def tell_new_groups(groups: Sequence[Group], *, actor: Actor) -> None:
    """Notifies everybody in each of many new groups except the actor, as tell_group does; in bulk."""
    by = actor.member
    joined = [
        Notice(
            kind=Notice.Kind.JOINED,
            group=group,
            group_name=group.name,
            by=by,
            by_name=by.name if by else "",
            is_spread=False,
        )
        for group in groups
    ]
    if joined:
        Notice.objects.bulk_create(joined, batch_size=BATCH)
        spread.enqueue()


def tell_by_group(kind: Notice.Kind, told: Iterable[tuple[Group, Collection[int]]], *, actor: Actor) -> None:
    """Notifies people, by id, of each of many groups, except the actor; in bulk."""
    by = actor.member
    wanted = [(group, set(members) - {by.pk if by else 0}) for group, members in told]
    wanted = [(group, members) for group, members in wanted if members]
    written = Notice.objects.bulk_create(
        [
            Notice(kind=kind, group=group, group_name=group.name, by=by, by_name=by.name if by else "")
            for group, _members in wanted
        ],
        batch_size=BATCH,
    )
    _hear(written)
    _write_in_bulk(
        [
            (notice, pk)
            for notice, (_group, members) in zip(written, wanted, strict=True)
            for pk in sorted(members)
        ]
    )


def tell_each(
    kind: Notice.Kind,
    details: Mapping[int, dict[str, Any]],
    *,
    actor: Actor,
    not_by: Collection[int] = (),
) -> None:
    """Notifies each of these people, by id, with their own details, except the actor; in bulk.

    Those in `not_by` do not learn who did it, such as people in other companies.
    """
    by = actor.member
    who = sorted(details.keys() - {by.pk if by else 0})
    told = Notice.objects.bulk_create(
        [
            Notice(kind=kind, details=details[pk])
            if by is None or pk in not_by
            else Notice(kind=kind, details=details[pk], by=by, by_name=by.name)
            for pk in who
        ],
        batch_size=BATCH,
    )
    _write_in_bulk(list(zip(told, who, strict=True)))


class Told(NamedTuple):
    """What tell_groups tells of a group, and whom in any case, by id. Small: there may be many."""

    group: int
    name: str
    notifies: bool
    details: dict[str, Any]
    always: Collection[int]

    @classmethod
    def of(cls, group: Group, details: dict[str, Any], *, always: Collection[int]) -> Self:
        return cls(group.pk, group.name, group.notifies, details, always)


def tell_groups(kind: Notice.Kind, told: Iterable[Told]) -> None:
    """Notifies of many groups, in bulk and without an actor: everybody in those that send notifications,
    and in each case those whom the rules have told always (rule 2.15)."""
    wanted = [one for one in told if one.always or one.notifies]
    written = Notice.objects.bulk_create(
        [
            Notice(
                kind=kind,
                group_id=one.group,
                group_name=one.name,
                details=one.details,
                is_spread=not one.notifies,
            )
            for one in wanted
        ],
        batch_size=BATCH,
    )
    _write_in_bulk(
        [(notice, pk) for notice, one in zip(written, wanted, strict=True) for pk in sorted(one.always)]
    )
    if any(one.notifies for one in wanted):
        spread.enqueue()


def _write(
    kind: Notice.Kind, actor: Actor, group: Group | None, details: dict[str, Any] | None, *, is_spread: bool
) -> Notice:
    by = actor.member
    notice = Notice.objects.create(
        kind=kind,
        group=group,
        group_name=group.name if group else "",
        by=by,
        by_name=by.name if by else "",
        details=details or {},
        is_spread=is_spread,
    )
    _hear([notice])
    return notice


def write_notifications(notice: Notice, members: Iterable[int]) -> int:
    """Adds the notice for active people, once each however often it is called. Returns how many."""
    return _write_in_bulk([(notice, pk) for pk in members])


def _write_in_bulk(told: Sequence[tuple[Notice, int]]) -> int:
    written, now = 0, clock.read()
    for start in range(0, len(told), BATCH):
        batch = told[start : start + BATCH]
        active = Member.objects.active().filter(pk__in={pk for _notice, pk in batch})
        chosen = dict(active.values_list("pk", "notified_by"))
        rows = [
            Notification(
                notice=notice,
                member_id=pk,
                in_bell=chosen[pk] != Member.NotifiedBy.MAIL or notice.kind in ALWAYS_IN_BELL,
                mail_at=None if chosen[pk] == Member.NotifiedBy.BELL else mail_due(notice.at, now),
            )
            for notice, pk in batch
            if pk in chosen
        ]
        Notification.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        written += len(rows)
    return written


def bell_of(member: Member) -> NotificationQuerySet:
    """What the member's bell shows, newest first."""
    return Notification.objects.in_bell_of(member).order_by("-pk")


def count_unread(member: Member) -> int:
    """How many are unread, counted up to UNREAD_COUNTED."""
    return bell_of(member).unread()[:UNREAD_COUNTED].count()


def mark_read(member: Member, newest: int | None = None, oldest: int | None = None) -> None:
    """Marks the member's notifications as read: a range, both ends included, or all."""
    unread = bell_of(member).unread().order_by()
    if newest is not None and oldest is not None:
        unread = unread.filter(pk__gte=oldest, pk__lte=newest)
    unread.update(read_at=timezone.now())


def mail_due(at: datetime, now: datetime) -> datetime:
    """When mail about a change at that time may go out; a web server's clock that is ahead delays none."""
    return min(at, now) + timedelta(seconds=settings.NOTIFICATION_MAIL_DELAY)


def is_left_lying() -> bool:
    """Whether a notice is overdue for spreading, for example because a worker died."""
    return Notice.objects.to_spread().filter(at__lt=clock.now() - LEFT_LYING_AFTER).exists()


def purge_notices() -> None:
    """Removes notices older than settings say, unless still to be spread or mailed."""
    until = timezone.now() - timedelta(days=settings.NOTIFICATIONS_KEPT_DAYS)
    waits = Notification.objects.to_mail().filter(notice=OuterRef("pk"))
    old = Notice.objects.filter(at__lt=until, is_spread=True).exclude(Exists(waits))
    while ids := list(old.values_list("pk", flat=True)[:NOTICES_AT_ONCE]):
        Notice.objects.filter(pk__in=ids).delete()


@task(priority=SOON)
def spread() -> int:
    """Spreads notices for whole groups to their people. Returns how many notifications.

    It can be stopped at any point: the next run continues with the rest and notifies nobody twice.
    """
    told = 0
    waiting = Notice.objects.to_spread().order_by("pk").select_related("group")
    while found := list(waiting[:NOTICES_AT_ONCE]):
        for notice in found:
            told += _spread(notice)
    return told


def _spread(notice: Notice) -> int:
    people = effective.people_of(notice.group) if notice.group else Member.objects.none()
    if notice.kind == Notice.Kind.JOINED:
        # People who joined or left since have their own notice.
        since = Notification.objects.filter(
            notice__group=notice.group,
            notice__kind__in=(Notice.Kind.JOINED, Notice.Kind.REMOVED),
            notice__gt=notice.pk,
        )
        people = people.exclude(pk__in=since.values("member"))
    if notice.kind == Notice.Kind.EVENT_REMINDER:
        # People who answered No need no reminder.
        answers = Attendance.objects.filter(
            event=notice.details["event"], starts_at=datetime.fromisoformat(notice.details["starts_at"])
        )
        people = people.exclude(pk__in=answers.filter(answer=Attendance.Answer.NO).values("member"))
    ids = list(people.exclude(pk=notice.by_id or 0).order_by("pk").values_list("pk", flat=True))
    told = sum(write_notifications(notice, ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
    Notice.objects.filter(pk=notice.pk).update(is_spread=True)
    return told
