"""A group's photo (rule 2.6): kept as a draft while its dialog is open, then moved to the group."""

import uuid
from datetime import timedelta
from typing import IO, Any

from django.core.files.base import File
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later, storing
from groupadmin.base.pictures import Pictures, read_picture
from groups.models import Group, PhotoDraft

from .settings import GroupSettings

DRAFTS_KEPT = timedelta(days=1)
# Of one person: more than anybody has dialogs open.
DRAFTS_AT_MOST = 20


def keep_photo_draft(member: Member, file: IO[bytes], size: int) -> PhotoDraft:
    """Keeps a photo chosen in a dialog until it is saved. Raises NotAPicture, or Invalid ("photo")."""
    _drop_drafts(PhotoDraft.objects.filter(member=member).order_by("-pk")[DRAFTS_AT_MOST - 1 :])
    draft = PhotoDraft(member=member)
    name = f"{uuid.uuid4().hex}.webp"
    with storing("photo") as save:
        pictures = read_picture(file, size)
        save(draft.photo, name, pictures.room)
        save(draft.photo_small, f"small-{name}", pictures.small)
        draft.save()
    return draft


def purge_photo_drafts() -> int:
    """Removes drafts older than a day, with their files. Returns how many."""
    return _drop_drafts(PhotoDraft.objects.filter(created_at__lt=timezone.now() - DRAFTS_KEPT))


def _drop_drafts(drafts: QuerySet[PhotoDraft]) -> int:
    dropped = 0
    for draft in drafts.iterator():
        for photo in (draft.photo, draft.photo_small):
            photo.delete(save=False)
        draft.delete()
        dropped += 1
    return dropped


def write_photo(group: Group, settings: GroupSettings, actor: Actor) -> audit.Changes:
    """Sets or removes the photo; the caller saves the group. Returns the audit changes."""
    if settings.photo is None and not (settings.removes_photo and group.photo):
        return {}
    changes: audit.Changes = {"photo": ["a photo" if group.photo else "", ""]}
    for old in (group.photo, group.photo_small):
        if old and old.name:
            delete_later(old.storage, old.name)
    if settings.photo is None:
        group.photo = group.photo_small = ""
        return changes
    name = f"{uuid.uuid4().hex}.webp"
    room, small = _files_of(settings.photo, actor)
    with storing("photo") as save:
        save(group.photo, name, room)
        save(group.photo_small, f"small-{name}", small)
    changes["photo"][1] = "a photo"
    return changes


def _files_of(photo: PhotoDraft | Pictures, actor: Actor) -> tuple[File[Any], File[Any]]:
    """The photo in both sizes. Raises Invalid."""
    if isinstance(photo, Pictures):
        return photo.room, photo.small
    if actor.member is not None and photo.member_id != actor.member.pk:
        raise Invalid("photo", _("Choose the photo again."))
    try:
        return photo.photo.file, photo.photo_small.file
    except FileNotFoundError:
        # Purged just now.
        raise Invalid("photo", _("Choose the photo again.")) from None
