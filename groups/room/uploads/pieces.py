"""Receives files in pieces, for any feature of a room (rule 3.5).

An interrupted upload continues where it stopped, after a broken connection or a restart of the server. It
belongs to nothing until its message, note or folder is saved, and is deleted a day after its last piece.
"""

import errno
import hashlib
import os
import secrets
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later, needs_space, storing
from groupadmin.base.pictures import Copy
from groups.models import Feature, Folder, Group, Message, Note, Room, Upload
from groups.room.access import Entered, enter, lock_room

from . import files
from .files import Received

OPEN_AT_MOST = 20
"""How many unfinished uploads a member can have in a feature of a room: as many as a note can have files."""
FORGOTTEN_AFTER = timedelta(days=1)
SHARE_OF_ONE = 0.5


@audit.action
def begin(
    group: Group,
    feature: Feature,
    name: str,
    size: int,
    modified: str,
    *,
    folder: Folder | None = None,
    actor: Actor,
) -> Upload:
    """Starts an upload, or continues the one that was started before.

    Raises Invalid ("files") if there is no space for it.
    """
    lock_room(group)
    entered = enter(actor, group.pk, feature)
    name = files.file_name(name)
    files.check_space(group, size, name)
    known_by = f"{feature}|{folder.pk if folder else 0}|{name}|{size}|{modified}"
    fingerprint = hashlib.sha256(known_by.encode(errors="replace")).hexdigest()
    same = Upload.objects.filter(group=group, member=entered.member, fingerprint=fingerprint)
    upload = same.select_for_update().first()
    if upload is not None and received(upload) is not None:
        return upload
    if upload is not None:
        forget(upload)
    _make_room(entered, size)
    upload = Upload(
        group=group,
        member=entered.member,
        feature=feature,
        folder=folder,
        key=uuid.uuid4(),
        name=name,
        size=size,
        fingerprint=fingerprint,
    )
    with storing("files") as save:
        _check_disk(upload)
        save(upload.file, secrets.token_urlsafe(16), ContentFile(b""))
        upload.save(force_insert=True)
    return upload


def _check_disk(upload: Upload) -> None:
    """Raises OSError if the disk has no space for the file, before it is sent for nothing."""
    folder = Path(upload.file.storage.path(""))
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < upload.size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _make_room(entered: Entered, size: int) -> None:
    """Counts what others have started, and drops the member's own oldest unfinished uploads."""
    begun = Upload.objects.filter(group=entered.group)
    _leave_space(begun.filter(member=entered.member), size)
    reserved = begun.aggregate(bytes=Sum("size"))["bytes"] or 0
    used = Room.objects.filter(group=entered.group).values_list("bytes_used", flat=True).first() or 0
    if used + reserved + size > settings.ROOM_GROUP_MAX_BYTES:
        raise Invalid("files", _("This group has no space left. Delete some files first."))
    theirs = begun.filter(member=entered.member, feature=entered.feature)
    for old in theirs.order_by("-touched_at")[OPEN_AT_MOST - 1 :]:
        forget(old)


def _leave_space(own: QuerySet[Upload], size: int) -> None:
    """Drops a member's oldest unfinished uploads beyond their share of what the group has.

    Else one member could keep all space from the others with files that never arrive.
    """
    for old in own.order_by("-touched_at"):
        size += old.size
        if size > settings.ROOM_GROUP_MAX_BYTES * SHARE_OF_ONE:
            forget(old)


def received(upload: Upload) -> int | None:
    """The number of bytes received; None if the upload was lost."""
    try:
        return os.path.getsize(upload.file.path)
    except (OSError, ValueError):
        return None


def find(entered: Entered, key: uuid.UUID, *, lock: bool = False) -> Upload:
    """The member's upload for the current feature. Raises Http404."""
    uploads = Upload.objects.filter(
        group=entered.group, member=entered.member, feature=entered.feature, key=key
    )
    upload = (uploads.select_for_update() if lock else uploads).first()
    if upload is None or received(upload) is None:
        raise Http404
    return upload


@audit.action
def add_piece(
    group: Group,
    feature: Feature,
    key: uuid.UUID,
    offset: int,
    piece: UploadedFile[Any] | None,
    *,
    actor: Actor,
) -> int:
    """Writes a piece at its offset. Raises Invalid if it does not fit. Returns the number of bytes received.

    Only the upload is locked, not the room: nobody else waits for a slow connection.
    """
    upload = find(enter(actor, group.pk, feature), key, lock=True)
    here = received(upload) or 0
    size = (piece.size or 0) if piece is not None else 0
    if offset > here or offset + size > upload.size:
        raise Invalid("files", _("Part of the file did not arrive correctly. Try again."))
    with needs_space("files"):
        _write(upload, offset, piece, here)
    upload.save(update_fields=["touched_at"])
    return received(upload) or 0


def _write(upload: Upload, offset: int, piece: UploadedFile[Any] | None, here: int) -> None:
    """Writes all of the piece, or gives its space back."""
    try:
        with open(upload.file.path, "r+b") as file:
            file.seek(offset)
            for chunk in piece.chunks() if piece is not None else ():
                file.write(chunk)
    except OSError:
        os.truncate(upload.file.path, here)
        raise


@audit.action
def cancel(group: Group, feature: Feature, key: uuid.UUID, *, actor: Actor) -> None:
    """Cancels an upload. Raises Http404."""
    forget(find(enter(actor, group.pk, feature), key, lock=True))


def find_all(entered: Entered, keys: Sequence[uuid.UUID]) -> list[Upload]:
    """The member's uploads with these keys, in their order, each once. Raises Invalid ("files").

    Call it inside the transaction that stores them, and delete their rows there.
    """
    uploads = Upload.objects.select_for_update().filter(
        group=entered.group, member=entered.member, feature=entered.feature, key__in=keys
    )
    found = {upload.key: upload for upload in uploads}
    if len(found) < len(set(keys)):
        raise Invalid("files", _("A file you chose is no longer available. Choose it again."))
    return [found[key] for key in dict.fromkeys(keys)]


def draw_previews(
    group: Group, feature: Feature, member: Member | None, keys: Sequence[uuid.UUID]
) -> files.Previews:
    """The previews of the member's complete uploads with these keys.

    Call it outside of transactions, since it takes its time; who may store them is decided later.
    """
    drawn: dict[UploadedFile[Any] | uuid.UUID, Copy | None] = dict.fromkeys(keys)
    theirs = Upload.objects.filter(group=group, feature=feature, member=member, key__in=keys) if keys else ()
    for upload in theirs:
        if received(upload) == upload.size:
            with opened([upload]) as (file,):
                drawn[upload.key] = files.draw_previews([file])[file]
    return drawn


@contextmanager
def opened(uploads: Sequence[Upload]) -> Iterator[list[Received]]:
    """The files, ready for storage. Raises Invalid ("files") for an incomplete one."""
    with ExitStack() as stack:
        ready = []
        for upload in uploads:
            if received(upload) != upload.size:
                raise Invalid("files", _("The file did not arrive completely. Try again."))
            file = stack.enter_context(open(upload.file.path, "rb"))
            ready.append(Received(upload, file))
        yield ready


def attach(
    entered: Entered,
    uploads: Sequence[UploadedFile[Any]],
    arrived: Sequence[Upload],
    *,
    message: Message | None = None,
    note: Note | None = None,
    previews: files.Previews,
) -> None:
    """Attaches the files of a form, and those uploaded before it, to a message or a note: all or none.

    `previews` were drawn before the transaction. Raises Invalid ("files"). Do it last: nothing after it may
    fail.
    """
    with opened(arrived) as received:
        everything = [*uploads, *received]
        files.store_each(
            entered.group,
            entered.feature,
            everything,
            entered.member,
            message=message,
            note=note,
            previews=previews,
        )
    Upload.objects.filter(pk__in=[upload.pk for upload in arrived]).delete()


def forget(upload: Upload) -> None:
    """Deletes an upload that is incomplete or not wanted."""
    delete_later(upload.file.storage, upload.file.name or "")
    upload.delete()


def forget_old_uploads() -> int:
    """Deletes uploads that got no piece for a day. Returns how many."""
    old = Upload.objects.filter(touched_at__lt=timezone.now() - FORGOTTEN_AFTER)
    count = 0
    for pk in list(old.values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            upload = old.select_for_update().filter(pk=pk).first()
            if upload is not None:
                forget(upload)
                count += 1
    return count
