"""What stands around every page of a room: the group, its tabs, and what is unread."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.membership import effective
from groups.membership.since import from_before
from groups.models import (
    ROOM_FEATURES,
    Event,
    Feature,
    FolderFile,
    Group,
    Message,
    Note,
    Room,
    RoomVisit,
    Task,
)
from groups.models.room import Written

from .access import Entered

LABELS = {
    Feature.MESSAGE: _("Message"),
    Feature.NOTE: _("Note"),
    Feature.EVENT: _("Event"),
    Feature.TASK: _("Task"),
    Feature.FOLDER: _("Folder"),
}
ICONS = {
    Feature.MESSAGE: "message-circle",
    Feature.NOTE: "notebook-pen",
    Feature.EVENT: "calendar",
    Feature.TASK: "square-check-big",
    Feature.FOLDER: "folder",
}
PAGES: dict[Feature, str] = {
    Feature.MESSAGE: "room:messages",
    Feature.NOTE: "room:notes",
    Feature.EVENT: "room:events",
    Feature.TASK: "room:tasks",
    Feature.FOLDER: "room:folder",
}
"""The page of each feature."""

WRITTEN: dict[Feature, type[Written]] = {
    Feature.MESSAGE: Message,
    Feature.NOTE: Note,
    Feature.EVENT: Event,
    Feature.TASK: Task,
    Feature.FOLDER: FolderFile,
}


def frame_of(entered: Entered) -> dict[str, Any]:
    """The context that templates/room/frame.html needs."""
    group = entered.group
    unread = unread_features(entered)
    tabs = [
        {
            "feature": feature,
            "label": LABELS[feature],
            "icon": ICONS[feature],
            "url": reverse(PAGES[feature], args=[group.pk]),
            "is_unread": feature in unread,
        }
        for feature in features_on(group)
    ]
    return {
        "group": group,
        "viewer": entered.member,
        "feature": entered.feature,
        "tabs": tabs,
        "people_count": effective.count_people([group])[group.pk],
        "is_master": entered.is_master,
        "is_own_company": entered.member.company_id == group.company_id,
    }


def features_on(group: Group) -> list[Feature]:
    """What there is in the group's room now, in the order of its tabs."""
    return [
        feature
        for feature in ROOM_FEATURES
        if feature in PAGES and feature in group.features and group.has(feature)
    ]


def newest_ids(entered: Entered) -> dict[Feature, int]:
    """The highest id in each feature that is on: whoever has seen it has nothing unread there."""
    return {feature: _newest_id(entered.group, feature) for feature in features_on(entered.group)}


def _newest_id(group: Group, feature: Feature) -> int:
    if feature == Feature.MESSAGE:
        rooms = Room.objects.filter(group=group).values_list("newest_message", flat=True)
        return rooms.first() or 0
    rows = WRITTEN[feature]._default_manager.filter(group=group)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def unread_features(entered: Entered) -> set[Feature]:
    """The features with something that the viewer has not seen; the one that they look at counts as seen."""
    visits = RoomVisit.objects.filter(group=entered.group, member=entered.member)
    seen = dict(visits.values_list("feature", "seen_id"))
    newest = newest_ids(entered)
    unread = {
        feature
        for feature, pk in newest.items()
        if pk > seen.get(feature.value, 0) and feature is not entered.feature
    }
    if Feature.MESSAGE in unread and _is_hidden(entered, newest[Feature.MESSAGE]):
        unread.remove(Feature.MESSAGE)
    return unread


def _is_hidden(entered: Entered, newest: int) -> bool:
    """Whether the newest message is from before the viewer's time (spec 3.7)."""
    group = entered.group
    if Room.objects.filter(group=group, shares_history=True).exists():
        return False
    return group.pk in from_before(entered.member, {group.pk: newest})


def mark_seen(entered: Entered, upto: int) -> None:
    """Notes how far the viewer has seen the feature: never back, and never beyond what there is.

    Called by POST requests: GET never writes.
    """
    seen = max(0, min(upto, _newest_id(entered.group, entered.feature)))
    visit, _is_first = RoomVisit.objects.get_or_create(
        group=entered.group, member=entered.member, feature=entered.feature, defaults={"seen_id": seen}
    )
    # Asked of the database once more: a page that was opened later may have been reported meanwhile.
    RoomVisit.objects.filter(pk=visit.pk, seen_id__lt=seen).update(seen_id=seen, seen_at=timezone.now())
