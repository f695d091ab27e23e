"""Moves a chosen photo from its draft to its group (spec 2.6)."""

import uuid

from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later
from groups.models import Group

from .settings import GroupSettings


def write_photo(group: Group, settings: GroupSettings, actor: Actor) -> audit.Changes:
    """Sets or removes the photo; the caller saves the group. Returns what the audit says."""
    if settings.photo is None and not (settings.removes_photo and group.photo):
        return {}
    changes: audit.Changes = {"photo": ["a photo" if group.photo else "", ""]}
    for old in (group.photo, group.photo_small):
        if old and old.name:
            delete_later(old.storage, old.name)
    if settings.photo is None:
        group.photo = group.photo_small = ""
        return changes
    draft = settings.photo
    if actor.member is not None and draft.member_id != actor.member.pk:
        raise Invalid("photo", _("Choose the photo again."))
    name = f"{uuid.uuid4().hex}.webp"
    try:
        room, small = draft.photo.file, draft.photo_small.file
    except FileNotFoundError:
        # Tidied up at this moment.
        raise Invalid("photo", _("Choose the photo again.")) from None
    group.photo.save(name, room, save=False)
    group.photo_small.save(f"small-{name}", small, save=False)
    changes["photo"][1] = "a photo"
    return changes
