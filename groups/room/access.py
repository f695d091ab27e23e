"""Who may enter a room, and which of its features (rules 2.16, 3.3, 3.6): all code of rooms asks here."""

from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from accounts.actor import Actor, Refused
from accounts.models import Member
from groups import permissions
from groups.models import ROOM_FEATURES, Feature, Group, Room
from groups.permissions import Act


@dataclass(frozen=True)
class Entered:
    """A member in a room, with the feature that they use."""

    actor: Actor
    member: Member
    group: Group
    feature: Feature

    @cached_property
    def is_master(self) -> bool:
        """Whether they run the group as its master, not as an administrator (rule 3.6)."""
        return permissions.is_master_of(self.member, self.group)


class SwitchedOff(Refused):
    """The room, or this feature of it, is off (rule 3.3): no right is missing, so it is not audited."""

    heading = gettext_lazy("Switched off")

    def __init__(self, group: Group, feature: Feature = Feature.MESSAGE) -> None:
        reason = gettext_lazy("The message room of this group is switched off.")
        if group.has(Feature.MESSAGE):
            reason = format_lazy(
                gettext_lazy("{feature} is switched off in this group."), feature=feature.label
            )
        super().__init__(Act.USE_ROOM, reason, target=group)
        self.audited = True
        self.back = (reverse("groups:detail", args=[group.pk]), gettext_lazy("Back to the group"))


class Gone(Http404):
    """What was to be edited no longer exists; the page gives the entered text back (as in rule 2.18)."""


def enter(actor: Actor, group_pk: int, feature: Feature) -> Entered:
    """Lets a member of the group in.

    Raises Http404 if the group is hidden from them or its kind has no such feature (rule 3.1), SwitchedOff
    (rule 3.3), and Refused if they know the group but are not members (rule 3.6).
    """
    group = permissions.get_group_seen(actor, group_pk, Act.USE_ROOM)
    if not group.has(Feature.MESSAGE):
        raise SwitchedOff(group)
    permissions.check(actor, Act.USE_ROOM, group)
    if actor.member is None or feature not in group.features:
        raise Http404
    if feature not in features_on(group):
        raise SwitchedOff(group, feature)
    return Entered(actor, actor.member, group, feature)


def entered(request: HttpRequest, group_pk: int, feature: Feature) -> Entered:
    """The same for a request."""
    return enter(Actor.of(request), group_pk, feature)


def enter_locked(actor: Actor, group: Group, feature: Feature) -> Entered:
    """Locks the room, then checks access, so that a switch or removal just before takes effect."""
    lock_room(group)
    return enter(actor, group.pk, feature)


def lock_room(group: Group) -> Room:
    """The room's row, locked until the transaction ends; created at its first use.

    Everything in a room is written under this lock: its count of changes has no gaps, and `enter`, called
    after it, sees every earlier switch or removal.
    """
    return Room.objects.select_for_update().get_or_create(group=group)[0]


def features_on(group: Group) -> list[Feature]:
    """The features that the group's room has now, in the order of its tabs."""
    return [feature for feature in ROOM_FEATURES if feature in group.features and group.has(feature)]
