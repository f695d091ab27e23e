"""The frame of every page of a room: the group, its tabs, and unread marks."""

from typing import Any

from django.urls import reverse

from accounts.permissions import is_foreign
from groups.membership import effective
from groups.models import Feature

from .access import Entered, features_on
from .unread import unread_features

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


def frame_of(entered: Entered) -> dict[str, Any]:
    """The context that templates/room/frame.html needs."""
    group = entered.group
    unread = unread_features(entered)
    tabs = [
        {
            "feature": feature,
            "label": feature.label,
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
        "is_own_company": not is_foreign(entered.member, group.company_id),
    }
