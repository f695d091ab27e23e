"""The rooms of a person, by their last activity, with what is unread in them (spec 5.5)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Member
from groups.membership import effective
from groups.membership.since import from_before
from groups.models import Feature, Group, RoomVisit

IN_MENU = 5


@dataclass(frozen=True)
class MyRoom:
    """A room in the menu or in the list."""

    group: Group
    is_unread: bool


def rooms_of(member: Member, most: int) -> list[MyRoom]:
    """The rooms that the member is in, those with the newest activity first.

    In one query, or three if there is something unread that may be from before their time (spec 3.7).
    """
    by_activity = F("room__last_activity_at").desc(nulls_last=True)
    rooms = list(_rooms(member).order_by(by_activity, "name_sort", "pk")[:most])
    unread = {group.pk: group.newest_message for group in rooms if group.newest_message > group.seen_message}
    closed = {group.pk for group in rooms if group.pk in unread and not group.room.shares_history}
    hidden = from_before(member, {pk: unread[pk] for pk in closed}) if closed else set()
    return [MyRoom(group, group.pk in unread and group.pk not in hidden) for group in rooms]


def _rooms(member: Member) -> QuerySet[Any]:
    """With the newest message, and the newest that they have seen: notes and events are announced there."""
    visits = RoomVisit.objects.filter(group=OuterRef("pk"), member=member, feature=Feature.MESSAGE)
    return (
        Group.objects.filter(pk__in=effective.belonging_ids(member), message=True, deleted_at__isnull=True)
        .select_related("company", "room")
        .annotate(
            newest_message=Coalesce(F("room__newest_message"), 0),
            seen_message=Coalesce(Subquery(visits.values("seen_id")[:1]), 0),
        )
    )
