"""Announcements in Message that a note or an event was added, edited or deleted (rule 3.5)."""

from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from groups.models import Feature, Group, Message, RoomVisit
from groups.room.access import features_on, lock_room
from groups.room.frame import PAGES

from .changes import add_message

SENTENCES: dict[str, Promise] = {
    "note.added": _("{who} added the note {title}"),
    "note.changed": _("{who} edited the note {title}"),
    "note.deleted": _("{who} deleted the note {title}"),
    "note.pinned": _("{who} pinned the note {title} to the top"),
    "note.commented": _("{who} commented on the note {title}"),
    "event.added": _("{who} added the event {title}"),
    "event.changed": _("{who} edited the event {title}"),
    "event.deleted": _("{who} deleted the event {title}"),
    "event.imported": _("{who} imported events from a calendar file: {title}"),
}
"""What is announced; each key begins with the feature."""

ITEM_PAGES = {Feature.NOTE: "room:note", Feature.EVENT: "room:event"}
"""The URL name of an item's page in each feature; it takes the group's id and the item's."""


def announce(group: Group, member: Member, what: str, item_id: int, title: str) -> Message:
    """Adds a message that the member did `what` (of SENTENCES) to an item.

    Call it inside the transaction of the change. It takes the room's lock.
    """
    room = lock_room(group)
    newest = room.newest_message
    message = Message(
        group=group,
        author=member,
        author_name=member.name,
        kind=Message.Kind.ANNOUNCEMENT,
        details={"what": what, "id": item_id, "title": title},
    )
    add_message(room, message)
    # Members who had nothing unread know what they did themselves.
    if newest == 0:
        RoomVisit.objects.get_or_create(group=group, member=member, feature=Feature.MESSAGE)
    visits = RoomVisit.objects.filter(group=group, member=member, feature=Feature.MESSAGE)
    visits.filter(seen_id__gte=newest).update(seen_id=message.pk)
    return message


def shown_in(group: Group) -> Q:
    """Messages, without announcements of features that are off (rule 3.3)."""
    shown = Q(kind=Message.Kind.TEXT)
    for feature in features_on(group):
        shown |= Q(details__what__startswith=f"{feature.value}.")
    return shown


def sentence_of(message: Message) -> str:
    """The announcement's sentence, with placeholders for `who` and `title`."""
    return str(SENTENCES.get(message.details.get("what", ""), _("{who} edited {title}")))


def url_of(group_pk: int, details: dict[str, Any]) -> str:
    """The page of the item, or else of its feature; empty if it was deleted."""
    feature, _dot, happened = str(details.get("what", "")).partition(".")
    if feature not in PAGES or happened == "deleted":
        return ""
    try:
        return reverse(ITEM_PAGES[Feature(feature)], args=[group_pk, details["id"]])
    except (KeyError, NoReverseMatch):
        return reverse(PAGES[Feature(feature)], args=[group_pk])
