"""Who enters a room, and which of its features (spec 2.16, 3.3, 3.6): all of a room's code asks here."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Member
from groups import permissions
from groups.membership import effective
from groups.models import Feature, Group, Master, Message, Room
from groups.permissions import Act


@dataclass(frozen=True)
class Entered:
    """Somebody in a room, with the feature that they use."""

    actor: Actor
    member: Member
    group: Group
    feature: Feature

    @property
    def is_master(self) -> bool:
        """Whether they run the group, as masters, not as administrators (spec 3.6)."""
        return Master.objects.filter(group=self.group, member=self.member).exists()


class Gone(Http404):
    """What was to be changed is not there any more: whoever typed something keeps it (as in spec 2.18)."""


def enter(actor: Actor, group_pk: int, feature: Feature) -> Entered:
    """Lets a member of the group in.

    Raises Http404 where the group may not be known or the feature is off (spec 3.3), Refused for those who
    know the group but are no members (spec 3.6).
    """
    group = permissions.get_group_for(actor, group_pk, Act.USE_ROOM)
    if feature not in group.features or not group.has(feature):
        raise Http404
    assert actor.member is not None  # noqa: S101  (the system uses no room)
    return Entered(actor, actor.member, group, feature)


def entered(request: HttpRequest, group_pk: int, feature: Feature) -> Entered:
    """The same for a request."""
    return enter(Actor.of(request), group_pk, feature)


def lock_room(group: Group) -> Room:
    """The room's row, locked until the transaction ends; made at its first use.

    Whatever is written in a room is written under this lock: its count of changes has no gaps, and a switch
    or a removal that came before is seen by `enter`, called after it.
    """
    return Room.objects.select_for_update().get_or_create(group=group)[0]


def next_change(room: Room) -> int:
    """Counts one more change of the room, now (spec 5.5: rooms are sorted by last activity)."""
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


@transaction.atomic
def add_bytes(group: Group, size: int) -> None:
    """Counts space up, or down for a negative size."""
    Room.objects.get_or_create(group=group)
    # A count that went wrong, however it did, keeps nobody from deleting.
    Room.objects.filter(group=group).update(bytes_used=Greatest(F("bytes_used") + size, 0))


def change_count(member_pk: int, group_pk: int) -> int | None:
    """How often messages of the room have changed, in one query, for whoever is in a group with Message on.

    None for everybody else, and where `enter` has to say why not: this is asked every moment by everybody
    who has the room open.
    """
    rooms = Group.objects.filter(
        Exists(Member.objects.filter(pk=member_pk, is_active=True)),
        pk=group_pk,
        pk__in=effective.belonging_ids(Member(pk=member_pk)),
        deleted_at__isnull=True,
        message=True,
    )
    for changes in rooms.values_list("room__changes", flat=True):
        return changes or 0
    return None
