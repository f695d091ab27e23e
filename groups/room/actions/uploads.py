"""Takes in files for folders: whole, or in pieces if they are large (spec 3.5)."""

import hashlib
import os
import secrets
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Q, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, Invalid
from accounts.models import Member
from accounts.models.named import name_key
from groups.models import Feature, FileVersion, Folder, FolderFile, Group, Room, StoredFile, Upload
from groups.room import files, folders, previews
from groups.room.access import Entered, enter

from .folder import enter_locked, in_place, save, taken

VERSIONS_AT_MOST = 100
OPEN_AT_MOST = 20
FORGOTTEN_AFTER = timedelta(days=1)


class Received(UploadedFile[Any]):
    """A file that has arrived in pieces; the storage moves it to its place instead of copying it."""

    def temporary_file_path(self) -> str:
        assert self.file is not None  # noqa: S101  (it is made of an open file)
        return str(self.file.name)


@audit.action
def add_file(
    group: Group, folder_pk: int | str | None, upload: UploadedFile[Any], *, actor: Actor
) -> FileVersion:
    """Puts a file into a folder; one of the same name gets a new version. Raises Invalid ("files")."""
    entered = enter_locked(group, actor)
    return _add(entered, folders.live_folder(group, folder_pk), upload)


def _add(entered: Entered, folder: Folder | None, upload: UploadedFile[Any]) -> FileVersion:
    group, member = entered.group, entered.member
    name = files.clean_file_name(upload.name or "")
    there = in_place(group, folder, name_key(name))
    if isinstance(there, Folder):
        raise Invalid("files", taken(name))
    number = 1 + (FileVersion.objects.filter(folder_file=there).aggregate(Max("number"))["number__max"] or 0)
    if there is not None and there.versions.count() >= VERSIONS_AT_MOST:
        raise Invalid("files", _("There are %d versions of this file already. Delete one first.") % VERSIONS_AT_MOST)
    stored = files.store(group, Feature.FOLDER, upload, member)
    if there is None:
        there = FolderFile(group=group, folder=folder, author=member, author_name=member.name)
        there.call(name)
    else:
        there.edited_at = timezone.now()
    save(there)
    if previews.is_wanted(stored):
        transaction.on_commit(partial(previews.add_preview.enqueue, stored.pk))
    return FileVersion.objects.create(folder_file=there, stored=stored, number=number)


# In pieces


@audit.action
def begin_upload(
    group: Group, folder_pk: int | str | None, name: str, size: int, modified: str, *, actor: Actor
) -> Upload:
    """Makes ready for the pieces of a file; of one that was begun before, it goes on with that.

    Raises Invalid ("files") if there is no space for it.
    """
    entered = enter_locked(group, actor)
    folder = folders.live_folder(group, folder_pk)
    name = files.clean_file_name(name)
    files.check_space(group, size, name)
    known_by = f"{folder.pk if folder else 0}|{name}|{size}|{modified}"
    fingerprint = hashlib.sha256(known_by.encode(errors="replace")).hexdigest()
    same = Upload.objects.filter(group=group, member=entered.member, fingerprint=fingerprint)
    upload = same.select_for_update().first()
    if upload is not None and received(upload) is not None:
        return upload
    _make_room(entered, size)
    if upload is not None:
        forget(upload)
    upload = Upload(
        group=group,
        member=entered.member,
        folder=folder,
        key=uuid.uuid4(),
        name=name,
        size=size,
        fingerprint=fingerprint,
    )
    upload.file.save(secrets.token_urlsafe(16), ContentFile(b""), save=False)
    upload.save(force_insert=True)
    return upload


def _make_room(entered: Entered, size: int) -> None:
    """Counts what others have begun, and lets go of what the person has begun and left longest ago."""
    begun = Upload.objects.filter(group=entered.group)
    waiting = begun.aggregate(bytes=Sum("size"))["bytes"] or 0
    used = Room.objects.filter(group=entered.group).values_list("bytes_used", flat=True).first() or 0
    if used + waiting + size > settings.ROOM_GROUP_MAX_BYTES:
        raise Invalid("files", _("The space of this group is used up."))
    for old in begun.filter(member=entered.member).order_by("-touched_at")[OPEN_AT_MOST - 1 :]:
        forget(old)


def received(upload: Upload) -> int | None:
    """How many bytes of it are here; nothing if it was lost."""
    try:
        return os.path.getsize(upload.file.path)
    except (OSError, ValueError):
        return None


def find_upload(group: Group, member: Member, key: uuid.UUID, *, lock: bool = False) -> Upload:
    """The member's upload. Raises Http404."""
    uploads = Upload.objects.filter(group=group, member=member, key=key)
    upload = (uploads.select_for_update() if lock else uploads).first()
    if upload is None or received(upload) is None:
        raise Http404
    return upload


@audit.action
def add_piece(
    group: Group, key: uuid.UUID, offset: int, piece: UploadedFile[Any] | None, *, actor: Actor
) -> int:
    """Writes a piece at its place. Raises Invalid if it fits nowhere. Returns how many bytes are here.

    Only the upload is locked, not the room: who writes there does not wait for somebody's slow line.
    """
    entered = enter(actor, group.pk, Feature.FOLDER)
    upload = find_upload(group, entered.member, key, lock=True)
    here = received(upload) or 0
    size = (piece.size or 0) if piece is not None else 0
    if offset > here or offset + size > upload.size:
        raise Invalid("files", _("This piece of the file does not fit. Try again."))
    with open(upload.file.path, "r+b") as file:
        file.seek(offset)
        for chunk in piece.chunks() if piece is not None else ():
            file.write(chunk)
    upload.save(update_fields=["touched_at"])
    return received(upload) or 0


@audit.action
def finish_upload(group: Group, key: uuid.UUID, *, actor: Actor) -> FileVersion:
    """Puts a file that is here as a whole into its folder. Raises Invalid ("files")."""
    entered = enter_locked(group, actor)
    upload = find_upload(group, entered.member, key, lock=True)
    if received(upload) != upload.size:
        raise Invalid("files", _("The file is not here as a whole. Try again."))
    folder = folders.live_folder(group, upload.folder_id)
    with open(upload.file.path, "rb") as file:
        version = _add(entered, folder, Received(file, name=upload.name, size=upload.size))
    upload.delete()
    return version


def forget(upload: Upload) -> None:
    """Lets go of a file that never arrived as a whole."""
    transaction.on_commit(partial(upload.file.storage.delete, upload.file.name or ""))
    upload.delete()


def forget_old_uploads() -> int:
    """Removes what nobody has gone on with for a day. Returns how many."""
    old = Upload.objects.filter(touched_at__lt=timezone.now() - FORGOTTEN_AFTER)
    count = 0
    for pk in list(old.values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            upload = old.select_for_update().filter(pk=pk).first()
            if upload is not None:
                forget(upload)
                count += 1
    return count


def stored_of(group: Group, item: FolderFile, number: int | None = None) -> StoredFile:
    """What a file holds, or held in a version. Raises Http404."""
    wanted = Q() if number is None else Q(number=number)
    version = item.versions.filter(wanted).select_related("stored").order_by("-number").first()
    if version is None:
        raise Http404
    return version.stored
