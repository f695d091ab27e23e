"""The rooms of a person, by their last activity, with what is unread in them (spec 5.5)."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Member
from groups import directory
from groups.models import Feature, Group, RoomVisit

IN_MENU = 5


@dataclass(frozen=True)
class MyRoom:
    """A room in the menu or in the list."""

    group: Group
    is_unread: bool


def rooms_of(member: Member, most: int) -> list[MyRoom]:
    """The rooms that the member is in, those with the newest activity first; in one query."""
    by_activity = F("room__last_activity_at").desc(nulls_last=True)
    newest = _rooms(member).order_by(by_activity, "name_sort", "pk")[:most]
    return [MyRoom(group, group.newest_message > group.seen_message) for group in newest]  # type: ignore[attr-defined]


def _rooms(member: Member) -> QuerySet[Group]:
    """With the newest message, and the newest that they have seen: notes and events are announced there."""
    visits = RoomVisit.objects.filter(group=OuterRef("pk"), member=member, feature=Feature.MESSAGE)
    return (
        Group.objects.filter(pk__in=directory.belonging_ids(member), message=True, deleted_at__isnull=True)
        .select_related("company", "room")
        .annotate(
            newest_message=Coalesce(F("room__newest_message"), 0),
            seen_message=Coalesce(Subquery(visits.values("seen_id")[:1]), 0),
        )
    )
