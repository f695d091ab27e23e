"""The room's count of changes, by which open pages find what is new (rule 3.5).

Each message that is added, edited or recalled gets the next number, under the room's lock.
"""

from django.db.models import Exists
from django.utils import timezone

from accounts.models import Member
from groups.membership import effective
from groups.models import Group, Message, Room


def next_change(room: Room) -> int:
    """Counts one more change in the room (rule 5.5: rooms are sorted by last activity)."""
    room.changes += 1
    room.last_activity_at = timezone.now()
    room.save(update_fields=["changes", "last_activity_at"])
    return room.changes


def add_message(room: Room, message: Message) -> Message:
    """Adds a message to the room, whose lock the caller holds."""
    room.changes += 1
    message.change = room.changes
    message.save(force_insert=True)
    room.newest_message, room.last_activity_at = message.pk, timezone.now()
    room.save(update_fields=["changes", "newest_message", "last_activity_at"])
    return message


def change_count(member_pk: int, group_pk: int) -> int | None:
    """The room's count of changes, in one query, for members of a group with Message on.

    None for everybody else, and where `enter` must give a reason. Every open page asks this every moment.
    """
    rooms = Group.objects.live().filter(
        Exists(Member.objects.active().filter(pk=member_pk)),
        pk=group_pk,
        pk__in=effective.belonging_ids(Member(pk=member_pk)),
        message=True,
    )
    for changes in rooms.values_list("room__changes", flat=True):
        return changes or 0
    return None
