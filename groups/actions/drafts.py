import uuid
from datetime import timedelta
from typing import IO

from django.utils import timezone

from accounts.models import Member
from groupadmin.base.pictures import read_picture
from groups.models import PhotoDraft

DRAFTS_KEPT = timedelta(days=1)


def keep_photo_draft(member: Member, file: IO[bytes], size: int) -> PhotoDraft:
    """Keeps a photo that was chosen in a dialog until the dialog is saved. Raises NotAPicture."""
    pictures = read_picture(file, size)
    draft = PhotoDraft(member=member)
    name = f"{uuid.uuid4().hex}.webp"
    draft.photo.save(name, pictures.room, save=False)
    draft.photo_small.save(f"small-{name}", pictures.small, save=False)
    draft.save()
    return draft


def purge_photo_drafts() -> int:
    """Removes drafts older than a day, with their files. Returns how many."""
    old = PhotoDraft.objects.filter(created_at__lt=timezone.now() - DRAFTS_KEPT)
    purged = 0
    for draft in old.iterator():
        for photo in (draft.photo, draft.photo_small):
            photo.delete(save=False)
        draft.delete()
        purged += 1
    return purged
