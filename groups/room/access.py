"""Who enters a room, and which of its features (rules 2.16, 3.3, 3.6): all of a room's code asks here."""

from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpRequest

from accounts.actor import Actor
from accounts.models import Member
from groups import permissions
from groups.models import ROOM_FEATURES, Feature, Group, Room
from groups.permissions import Act


@dataclass(frozen=True)
class Entered:
    """Somebody in a room, with the feature that they use."""

    actor: Actor
    member: Member
    group: Group
    feature: Feature

    @cached_property
    def is_master(self) -> bool:
        """Whether they run the group, as masters, not as administrators (rule 3.6)."""
        return permissions.is_master_of(self.member, self.group)


class Gone(Http404):
    """What was to be changed is not there any more: whoever typed something keeps it (as in rule 2.18)."""


def enter(actor: Actor, group_pk: int, feature: Feature) -> Entered:
    """Lets a member of the group in.

    Raises Http404 where the group may not be known or the feature is off (rule 3.3), Refused for those who
    know the group but are no members (rule 3.6).
    """
    group = permissions.get_group_for(actor, group_pk, Act.USE_ROOM)
    if actor.member is None or feature not in features_on(group):
        raise Http404
    return Entered(actor, actor.member, group, feature)


def entered(request: HttpRequest, group_pk: int, feature: Feature) -> Entered:
    """The same for a request."""
    return enter(Actor.of(request), group_pk, feature)


def enter_locked(actor: Actor, group: Group, feature: Feature) -> Entered:
    """Locks the room, and only then asks who comes in: what was switched off or taken away before, counts."""
    lock_room(group)
    return enter(actor, group.pk, feature)


def lock_room(group: Group) -> Room:
    """The room's row, locked until the transaction ends; made at its first use.

    Whatever is written in a room is written under this lock: its count of changes has no gaps, and a switch
    or a removal that came before is seen by `enter`, called after it.
    """
    return Room.objects.select_for_update().get_or_create(group=group)[0]


def features_on(group: Group) -> list[Feature]:
    """What there is in the group's room now, in the order of its tabs."""
    return [feature for feature in ROOM_FEATURES if feature in group.features and group.has(feature)]
