"""Adding, changing and deleting groups, and their photos (rules 2.2–2.6, 2.17–2.19, 5)."""

from dataclasses import replace
from typing import Any

from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponseBase
from pydantic import Field

from accounts.actions import origin
from groupadmin.base.errors import Invalid
from groupadmin.base.pictures import NotAPicture, Pictures, picture_answer, read_picture
from groups import actions
from groups.actions import GroupSettings
from groups.models import Group
from groups.models.switches import ON_AT_FIRST
from groups.permissions import Act

from ..callers import Call, call_of
from ..fields import In, Text, example
from ..operations import operation
from ..replies import NOTHING, Reply, created
from ..uploads import Sent, Upload

# One path has one router: adding stands with listing, changing with reading.
from .found import router
from .mailing_list import ListIn, first_settings
from .shown import (
    FEATURES,
    FIELD_NAMES,
    READ,
    WRITE,
    FeaturesIn,
    GroupOut,
    GroupRef,
    Kind,
    again,
    group_of,
    locked,
)
from .things import EntriesIn, Things, entries_of, people_of

SWITCHES = ("notifies", "grants_features", "is_visible")
PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/heic")


class GroupPatch(In):
    """What is to be changed of a group; what is not sent stays as it is."""

    name: Text = Field(default_factory=str)
    description: Text = Field(default_factory=str)
    features: FeaturesIn = Field(default_factory=FeaturesIn, description="Those that are sent are switched.")
    notifies: bool = Field(
        default_factory=bool, description="Send group notifications to all members (rule 5.1)."
    )
    grants_features: bool = Field(
        default_factory=bool, description="Masters may switch the features. Administrators set it (rule 5.2)."
    )
    is_visible: bool = Field(
        default_factory=bool, description="Others of the company can find it. External groups are private."
    )
    external_id: Text = Field(
        default_factory=str,
        description="Its id in the system for which the token writes (its source). For administrators.",
    )


class GroupIn(GroupPatch):
    """A new group. What is not sent is as in the dialog of a new group (rule 2.19)."""

    model_config = example(
        name="Robotics",
        masters=["jane@example.com"],
        entries={"members": ["jane@example.com"], "teams": [7]},
        features={"message": True},
        mailing_list={"address": "robotics@example.com"},
    )

    kind: Kind = "internal"
    name: Text
    masters: Things = Field(
        [],
        description="Who runs it, at least one; without any, the default master of the token. "
        "Who may not administer must be one of them.",
    )
    entries: EntriesIn = Field(
        default_factory=EntriesIn,
        description="At least one, unless it is external. Only people can be in external groups.",
    )
    mailing_list: ListIn | None = Field(None, description="External groups have none.")


NAMES_OF_NEW = FIELD_NAMES | {
    "address": "mailing_list.address",
    "aliases": "mailing_list.aliases",
    "senders": "mailing_list.senders",
    "send_as": "mailing_list.send_as",
    "contacts": "mailing_list.contacts",
}


@operation(
    router,
    "POST",
    "/groups",
    WRITE,
    answers=GroupOut,
    status=201,
    summary="Add a group",
    field_names=NAMES_OF_NEW,
)
def add_group(request: HttpRequest, body: GroupIn) -> Reply:
    """Adds an internal or external group, with its masters, entries and mailing list.

    For administrators; for others if the company lets everybody add groups. People of other companies are
    added to external groups afterwards.
    """
    call = call_of(request)
    masters = people_of(call, body.masters, "masters")
    if "masters" not in body.model_fields_set and call.token.default_master_id is not None:
        masters = frozenset({call.token.default_master_id})
    mailing_list = None if body.mailing_list is None else first_settings(call, body.mailing_list)
    wanted = GroupSettings(
        name=body.name,
        masters=masters,
        entries=entries_of(call, body.entries, "entries"),
        description=body.description,
        switched_on=ON_AT_FIRST,
        mailing_list=mailing_list,
    )
    if body.mailing_list is not None and body.mailing_list.is_on:
        wanted = wanted.with_switches(uses_mailing_list=True)
    group = actions.create_group(call.company, body.kind, _switched(wanted, body), actor=call.actor)
    _identify(call, group, body)
    return created(again(call, group.pk), f"/api/v1/groups/{group.pk}")


@operation(
    router,
    "PATCH",
    "/groups/{ref}",
    WRITE,
    answers=GroupOut,
    summary="Change a group's settings",
    field_names=FIELD_NAMES,
)
def update_group(request: HttpRequest, ref: GroupRef, body: GroupPatch) -> GroupOut:
    """Changes what is sent. For the group's masters and administrators, each what they may (rules 5, 7).

    A new name keeps the address. To switch the mailing list on for the first time, set its address.
    """
    call = call_of(request)
    group = group_of(call, ref)

    def change(present: GroupSettings) -> GroupSettings:
        texts = {name: getattr(body, name) for name in ("name", "description") if _is_sent(body, name)}
        return _switched(replace(present, **texts), body)

    actions.change_group(group, change, actor=call.actor, version=call.version)
    _identify(call, group, body)
    return again(call, group.pk)


@operation(
    router,
    "DELETE",
    "/groups/{ref}",
    WRITE,
    answers=None,
    status=204,
    summary="Move a group to deleted groups",
)
def delete_group(request: HttpRequest, ref: GroupRef) -> Reply:
    """It can be restored for a while (see deleted groups). Frees its name and address at once."""
    call = call_of(request)
    actions.delete_group(locked(call, ref, Act.DELETE), actor=call.actor)
    return NOTHING


# The photo


def _photo_bytes() -> int:
    return int(django_settings.PHOTO_MAX_BYTES)


def _read_photo(sent: Sent) -> Pictures:
    """Takes long: before the transaction of the change."""
    try:
        return read_picture(sent.content, sent.size)
    except NotAPicture as problem:
        raise Invalid("photo", str(problem)) from None


@operation(
    router,
    "GET",
    "/groups/{ref}/photo",
    READ,
    answers=None,
    summary="Get a group's photo",
    download="image/webp",
)
def get_group_photo(request: HttpRequest, ref: GroupRef) -> HttpResponseBase:
    """As WebP, 512 pixels wide and high."""
    group = group_of(call_of(request), ref)
    if not group.photo:
        raise Http404
    return picture_answer(request, group.photo)


@operation(
    router,
    "PUT",
    "/groups/{ref}/photo",
    WRITE,
    answers=GroupOut,
    summary="Set a group's photo",
    upload=Upload(PHOTO_TYPES, _photo_bytes, _read_photo),
)
def set_group_photo(request: HttpRequest, ref: GroupRef) -> GroupOut:
    """The picture is the whole body; it is cut to a square, without metadata."""
    call = call_of(request)
    return _with_photo(call, ref, photo=call.upload)


@operation(router, "DELETE", "/groups/{ref}/photo", WRITE, answers=GroupOut, summary="Remove a group's photo")
def remove_group_photo(request: HttpRequest, ref: GroupRef) -> GroupOut:
    """The group is shown by the first letter of its name again."""
    return _with_photo(call_of(request), ref, removes_photo=True)


def _with_photo(call: Call, ref: str, **photo: Any) -> GroupOut:
    group = group_of(call, ref)
    actions.change_group(
        group, lambda present: replace(present, **photo), actor=call.actor, version=call.version
    )
    return again(call, group.pk)


# What is sent


def _is_sent(body: In, name: str) -> bool:
    return name in body.model_fields_set


def _switched(wanted: GroupSettings, body: GroupPatch) -> GroupSettings:
    """The settings with the switches that are sent."""
    switches = {name: getattr(body, name) for name in SWITCHES if _is_sent(body, name)}
    for name, feature in FEATURES.items():
        if _is_sent(body.features, name):
            switches[feature.value] = getattr(body.features, name)
    return wanted.with_switches(**switches)


def _identify(call: Call, group: Group, body: GroupPatch) -> None:
    if _is_sent(body, "external_id"):
        origin.set_external_id(group, body.external_id, actor=call.actor)
