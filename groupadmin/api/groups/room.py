"""A room's switches: its features, and whether who joins later sees earlier messages (rules 3.1, 3.7).

What people write in rooms is theirs: the API shows and changes nothing of it (rule 3.6).
"""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from groups import actions
from groups.actions import GroupSettings
from groups.actions.update import share_history
from groups.models import Group, Room

from ..callers import call_of
from ..fields import In, Out
from ..operations import operation
from ..replies import Reply
from .shown import FEATURES, READ, WRITE, GroupRef, group_of

router = Router(tags=["Rooms"])

FIELD_NAMES = {feature.value: name for name, feature in FEATURES.items()}
ROOM_FEATURES = ("message", "note", "event", "task", "folder")


class RoomOut(Out):
    """The switches of a message room."""

    message: bool
    note: bool
    event: bool
    task: bool = Field(description="Never in external groups.")
    folder: bool
    shares_history: bool = Field(description="Who joins later sees earlier messages (rule 3.7).")
    version: int = Field(description="Of the group; also the ETag.")


class RoomPatch(In):
    """What is to be switched; what is not sent stays as it is. All features need Message (rule 3.2)."""

    message: bool = Field(default_factory=bool)
    note: bool = Field(default_factory=bool)
    event: bool = Field(default_factory=bool)
    task: bool = Field(default_factory=bool)
    folder: bool = Field(default_factory=bool)
    shares_history: bool = Field(default_factory=bool)


@operation(
    router, "GET", "/groups/{ref}/room", READ, answers=RoomOut, summary="Get the switches of a group's room"
)
def get_room(request: HttpRequest, ref: GroupRef) -> Reply:
    """Which features are on."""
    # Its version does not tell of shares_history.
    return Reply(_shown(group_of(call_of(request), ref)), is_conditional=False)


@operation(
    router,
    "PATCH",
    "/groups/{ref}/room",
    WRITE,
    answers=RoomOut,
    summary="Switch the features of a group's room",
    field_names=FIELD_NAMES,
)
def update_room(request: HttpRequest, ref: GroupRef, body: RoomPatch) -> RoomOut:
    """What is switched off is kept, and back when it is switched on again (rule 3.3).

    For administrators, and for masters while they may switch the group's features (rule 5.2).
    """
    call = call_of(request)
    group, sent = group_of(call, ref), body.model_fields_set
    switches: dict[str, Any] = {name: getattr(body, name) for name in ROOM_FEATURES if name in sent}

    def change(present: GroupSettings) -> GroupSettings:
        return present.with_switches(**switches)

    group = actions.change_group(group, change, actor=call.actor, version=call.version)
    if "shares_history" in sent:
        share_history(group, body.shares_history, actor=call.actor)
    return _shown(group_of(call, str(group.pk)))


def _shown(group: Group) -> RoomOut:
    switches = {name: group.has(FEATURES[name]) for name in ROOM_FEATURES}
    shares = Room.objects.filter(group=group, shares_history=True).exists()
    return RoomOut(**switches, shares_history=shares, version=group.version)
