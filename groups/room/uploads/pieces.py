"""Receives files in pieces, for any feature of a room, each on any machine (rules 3.5, 11.7).

An interrupted upload continues where it stopped, after a broken connection or a restart of the server. It
belongs to nothing until its message, note or folder is saved, and is deleted a day after its last piece.
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
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
from groupadmin.base.files import FileStore, TooSmall, Unfinished, needs_space, store_of
from groupadmin.base.pictures import Copy
from groups.models import Feature, Folder, Group, Message, Note, Room, Upload
from groups.room.access import Entered, enter, lock_room

from . import files
from .files import Received

OPEN_AT_MOST = 20
"""How many unfinished uploads a member can have in a feature of a room: as many as a note can have files."""
FORGOTTEN_AFTER = timedelta(days=1)
SHARE_OF_ONE = 0.5
CHUNK = 256 * 1024


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
    store = _store(upload)
    with needs_space("files"):
        store.check_space(size)
        # Where it stays: what it belongs to later takes over its name, not its bytes.
        kept_as = upload.file.field.generate_filename(upload, secrets.token_urlsafe(16))
        begun = store.begin(kept_as, size)
        upload.file.name, upload.mark = begun
        try:
            upload.save(force_insert=True)
        except BaseException:
            store.abandon(begun)
            raise
    return upload


def _store(upload: Upload) -> FileStore:
    return store_of(upload.file.storage)


def _unfinished(upload: Upload) -> Unfinished:
    return Unfinished(upload.file.name or "", upload.mark)


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
    return _store(upload).received(_unfinished(upload)) if upload.file.name else None


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
    if piece is not None and offset + size > here:
        _add(upload, piece, offset, here)
    upload.save(update_fields=["touched_at"])
    return max(here, offset + size)


def _add(upload: Upload, piece: UploadedFile[Any], offset: int, here: int) -> None:
    """Adds what is new of the piece: a browser that heard no answer sends it again. Raises Invalid."""
    is_last = offset + (piece.size or 0) == upload.size
    with needs_space("files"):
        # Not by chunks(), which begins at the start.
        piece.seek(here - offset)
        chunks = iter(partial(piece.read, CHUNK), b"")
        try:
            _store(upload).add(_unfinished(upload), here, chunks, is_last=is_last)
        except TooSmall:
            raise Invalid("files", _("Part of the file did not arrive correctly. Try again.")) from None


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
            with upload.file.open("rb") as content:
                file = Received(upload, content)
                drawn[upload.key] = files.draw_previews([file])[file]
    return drawn


def complete(uploads: Sequence[Upload]) -> list[Received]:
    """The files, ready to belong to something. Raises Invalid ("files") for an incomplete one."""
    if any(received(upload) != upload.size for upload in uploads):
        raise Invalid("files", _("The file did not arrive completely. Try again."))
    return [Received(upload) for upload in uploads]


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
    files.store_each(
        entered.group,
        entered.feature,
        [*uploads, *complete(arrived)],
        entered.member,
        message=message,
        note=note,
        previews=previews,
    )
    Upload.objects.filter(pk__in=[upload.pk for upload in arrived]).delete()


def forget(upload: Upload) -> None:
    """Deletes an upload that is incomplete or not wanted."""
    store, unfinished = _store(upload), _unfinished(upload)

    # Not a partial: Django could not log its name.
    def abandon() -> None:
        store.abandon(unfinished)

    transaction.on_commit(abandon, robust=True)
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
