"""How far people have seen a room, and what is new to them: on tabs, in the list, in the menu (rule 5.5)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Member
from groups.membership import effective
from groups.membership.since import from_before, written_before
from groups.models import Event, Feature, FolderFile, Group, Message, Note, Room, RoomVisit, Task
from groups.models.room import Written

from .access import Entered, features_on

IN_MENU = 5

WRITTEN: dict[Feature, type[Written]] = {
    Feature.MESSAGE: Message,
    Feature.NOTE: Note,
    Feature.EVENT: Event,
    Feature.TASK: Task,
    Feature.FOLDER: FolderFile,
}
"""The model of each feature's items."""


def newest_id(group: Group, feature: Feature, viewer: Member | None = None) -> int:
    """The highest id in the feature, 0 if it is empty: who has seen it has nothing unread there.

    With a viewer, of what others added, since one's own is nothing new.
    """
    if feature == Feature.MESSAGE:
        rooms = Room.objects.filter(group=group).values_list("newest_message", flat=True)
        return rooms.first() or 0
    rows = WRITTEN[feature]._default_manager.filter(group=group)
    if viewer is not None:
        rows = rows.exclude(author=viewer)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def seen_id(entered: Entered) -> int:
    """The highest id of the feature that they have seen."""
    visits = RoomVisit.objects.filter(group=entered.group, member=entered.member, feature=entered.feature)
    return visits.values_list("seen_id", flat=True).first() or 0


def unread_features(entered: Entered) -> set[Feature]:
    """The features with unread content, except the current one."""
    group, viewer = entered.group, entered.member
    visits = RoomVisit.objects.filter(group=group, member=viewer)
    seen = dict(visits.values_list("feature", "seen_id"))
    newest = {feature: newest_id(group, feature, viewer) for feature in features_on(group)}
    unread = {
        feature
        for feature, pk in newest.items()
        if pk > seen.get(feature.value, 0) and feature is not entered.feature
    }
    if Feature.MESSAGE in unread and _is_hidden(entered, newest[Feature.MESSAGE]):
        unread.remove(Feature.MESSAGE)
    return unread


def _is_hidden(entered: Entered, newest: int) -> bool:
    """Whether the newest message is from before the viewer joined (rule 3.7)."""
    group = entered.group
    if Room.objects.filter(group=group, shares_history=True).exists():
        return False
    return group.pk in from_before(entered.member, {group.pk: newest})


def mark_seen(entered: Entered, upto: int) -> None:
    """Stores how far the viewer has seen the feature: never backwards, and never beyond the newest.

    Called by POST requests: GET never writes.
    """
    seen = max(0, min(upto, newest_id(entered.group, entered.feature)))
    visit, _is_first = RoomVisit.objects.get_or_create(
        group=entered.group, member=entered.member, feature=entered.feature, defaults={"seen_id": seen}
    )
    # Compared in the database: a page opened later may have reported already.
    RoomVisit.objects.filter(pk=visit.pk, seen_id__lt=seen).update(seen_id=seen, seen_at=timezone.now())


@dataclass(frozen=True)
class MyRoom:
    """A room in the menu or in the list."""

    group: Group
    is_unread: bool


def rooms_of(member: Member, most: int) -> list[MyRoom]:
    """The member's rooms, most recent activity first.

    In one query, or two if something unread may be from before they joined (rule 3.7).
    """
    by_activity = F("room__last_activity_at").desc(nulls_last=True)
    rooms = list(_rooms(member).order_by(by_activity, "name_sort__collated", "pk")[:most])
    unread = {group.pk: group.written_at for group in rooms if group.newest_message > group.seen_message}
    closed = {group.pk for group in rooms if group.pk in unread and not group.room.shares_history}
    hidden = written_before(member, {pk: unread[pk] for pk in closed})
    return [MyRoom(group, group.pk in unread and group.pk not in hidden) for group in rooms]


def _rooms(member: Member) -> QuerySet[Any]:
    """With the newest message, and the newest that they have seen: notes and events are announced there."""
    visits = RoomVisit.objects.filter(group=OuterRef("pk"), member=member, feature=Feature.MESSAGE)
    newest = Message.objects.filter(pk=OuterRef("room__newest_message"))
    return (
        Group.objects.live()
        .filter(pk__in=effective.belonging_ids(member), message=True)
        .select_related("company", "room")
        .annotate(
            newest_message=Coalesce(F("room__newest_message"), 0),
            written_at=Subquery(newest.values("created_at")[:1]),
            seen_message=Coalesce(Subquery(visits.values("seen_id")[:1]), 0),
        )
    )
