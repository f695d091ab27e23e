"""Stores uploads of a room, and serves them to the room's members alone (rules 2.16, 3.5)."""

import mimetypes
import secrets
from collections.abc import Mapping, Sequence
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.file_names import as_written, check_name, disposition, split_ending
from groupadmin.base.files import delete_later, needs_space, store_of, storing
from groupadmin.base.pictures import Copy, NotAPicture, read_copy
from groupadmin.base.serving import file_answer
from groups.models import Feature, Group, Message, Note, Room, StoredFile, Upload

PREVIEW_SIDE = 640
DOWNLOAD = "application/octet-stream"
COMPANY_COUNTED_EVERY = 60
CLOSE = 0.95
"""The share of a company's space above which its use is counted every time."""

FORM_BYTES = 512 * 1024
"""The bytes of a request that are reserved for the rest of a form."""


class Received(UploadedFile[Any]):
    """A file uploaded in pieces. Its bytes stay where they are: once it belongs to something, another row
    has their name. So a rollback leaves it as it was.
    """

    def __init__(self, upload: Upload, file: IO[bytes] | None = None) -> None:
        super().__init__(file, name=upload.name, size=upload.size)
        self.kept_as = upload.file.name
        self.key = upload.key


Previews = Mapping[UploadedFile[Any] | UUID, Copy | None]
"""The previews of files, and of those uploaded in pieces by their keys."""


def file_name(raw: str) -> str:
    """The name that an uploaded file keeps. Raises Invalid ("files") if no file can have it (rule 3.9)."""
    name = as_written(raw.rpartition("/")[2])
    check_name("files", name)
    return name


def store(
    group: Group,
    feature: Feature,
    upload: UploadedFile[Any],
    author: Member,
    *,
    message: Message | None = None,
    note: Note | None = None,
    drawn: Copy | None = None,
) -> StoredFile:
    """Stores an uploaded file. Raises Invalid ("files") if it is too large or the space is used up.

    Call it inside a transaction.
    """
    size = upload.size or 0
    name = file_name(upload.name or "")
    check_space(group, size, name)
    stored = StoredFile(
        group=group,
        feature=feature,
        name=name,
        size=size,
        content_type=_type_of(name),
        author=author,
        author_name=author.name,
        message=message,
        note=note,
    )
    with storing("files") as save:
        if drawn is not None:
            stored.width, stored.height = drawn.width, drawn.height
            save(stored.preview, secrets.token_urlsafe(16), ContentFile(drawn.content))
        if isinstance(upload, Received):
            stored.file.name = upload.kept_as
        else:
            upload.seek(0)
            # The name that it is kept under tells nothing of the original name, and cannot be guessed.
            save(stored.file, secrets.token_urlsafe(16), upload)
        stored.save(force_insert=True)
        add_bytes(group, size)
    return stored


def store_each(
    group: Group,
    feature: Feature,
    uploads: Sequence[UploadedFile[Any]],
    author: Member,
    *,
    message: Message | None = None,
    note: Note | None = None,
    previews: Previews,
) -> list[StoredFile]:
    """Stores all of them or none: after a rollback no bytes stay behind. Raises Invalid ("files").

    `previews` were drawn before the transaction began.
    """
    stored_files: list[tuple[UploadedFile[Any], StoredFile]] = []
    try:
        with transaction.atomic():
            for upload in uploads:
                drawn = previews[upload.key if isinstance(upload, Received) else upload]
                stored = store(group, feature, upload, author, message=message, note=note, drawn=drawn)
                stored_files.append((upload, stored))
    except BaseException:
        for upload, stored in stored_files:
            for file in (stored.file, stored.preview):
                if file.name and not (file is stored.file and isinstance(upload, Received)):
                    file.storage.delete(file.name)
        raise
    return [stored for _upload, stored in stored_files]


def check_space(group: Group, size: int, name: str = "") -> None:
    """Raises Invalid if a file of that many bytes is too large, or the group's or company's space is used up.

    An external group counts for the company that created it.
    """
    if size > settings.ROOM_FILE_MAX_BYTES:
        limit = settings.ROOM_FILE_MAX_BYTES // (1024 * 1024)
        raise Invalid("files", _("“%(name)s” is larger than %(limit)d MB.") % {"name": name, "limit": limit})
    used = Room.objects.filter(group=group).values_list("bytes_used", flat=True).first() or 0
    if used + size > settings.ROOM_GROUP_MAX_BYTES:
        raise Invalid("files", _("This group has no space left. Delete some files first."))
    if not _fits_company(group.company_id, size):
        raise Invalid(
            "files", _("The company that owns this group has no space left. Delete some files first.")
        )


def request_bytes() -> int:
    """How many bytes all files of a form may have together, since they arrive in one request."""
    return int(min(settings.ROOM_FILE_MAX_BYTES, settings.REQUEST_MAX_BYTES - FORM_BYTES))


@transaction.atomic
def add_bytes(group: Group, size: int) -> None:
    """Adds to the used space; subtracts for a negative size."""
    Room.objects.get_or_create(group=group)
    # A wrong count must not prevent anybody from deleting.
    Room.objects.filter(group=group).update(bytes_used=Greatest(F("bytes_used") + size, 0))


def company_bytes(company_id: int) -> int:
    """The space that all rooms of a company use, up to a minute old: with 100,000 rooms it takes a while."""
    key = f"room-bytes-{company_id}"
    used: int | None = cache.get(key)
    if used is None:
        used = _count_company(company_id)
        cache.set(key, used, COMPANY_COUNTED_EVERY)
    return used


def _count_company(company_id: int) -> int:
    rooms = Room.objects.filter(group__company=company_id)
    return rooms.aggregate(used=Sum("bytes_used"))["used"] or 0


def _fits_company(company_id: int, size: int) -> bool:
    """Whether that much more fits. Counted again only where it may be close."""
    most = settings.ROOM_COMPANY_MAX_BYTES
    if company_bytes(company_id) + size <= most * CLOSE:
        return True
    return bool(_count_company(company_id) + size <= most)


def draw_previews(uploads: Sequence[UploadedFile[Any]]) -> Previews:
    """Small, re-encoded copies of pictures; other files, and pictures that are too large, get none.

    Each takes up to two seconds: call it outside of transactions, so that nobody waits for it. Raises Invalid
    ("files") if an upload did not fit on the disk.
    """
    return {upload: _draw(upload) for upload in uploads}


def _draw(upload: UploadedFile[Any]) -> Copy | None:
    if not _type_of(upload.name or "").startswith("image/"):
        return None
    try:
        with needs_space("files"):
            return read_copy(upload, upload.size or 0, PREVIEW_SIDE)
    except NotAPicture:
        return None  # it can still be downloaded


def _type_of(name: str) -> str:
    # Of the ending alone: the library would take some names for addresses.
    return mimetypes.guess_type(f"file{split_ending(name)[1]}")[0] or DOWNLOAD


def remove(files: list[StoredFile], *, bytes_first: bool = False) -> int:
    """Removes files of one group: rows now, bytes after the commit. Returns how many bytes.

    `bytes_first` is for jobs that repeat until all is gone: killed in between, they find the rows again,
    where otherwise the bytes would be orphaned. Raises OSError then if the disk refuses.
    """
    if not files:
        return 0
    # Read again under lock: the worker may be adding a preview.
    rows = StoredFile.objects.filter(pk__in=[stored.pk for stored in files])
    locked = list(rows.select_for_update())
    size = sum(stored.size for stored in locked)
    for stored in locked:
        for file in (stored.file, stored.preview):
            if file.name and bytes_first:
                file.storage.delete(file.name)
            elif file.name:
                delete_later(file.storage, file.name)
    rows.delete()
    add_bytes(files[0].group, -size)
    return size


def answer(
    request: HttpRequest, stored: StoredFile, *, preview: bool = False, name: str = ""
) -> HttpResponseBase:
    """The file as an attachment, or its preview inline. The caller has checked access."""
    file = stored.preview if preview else stored.file
    if not file:
        raise Http404
    shown = disposition(name or stored.name)
    if not preview and (elsewhere := _elsewhere(stored, shown)):
        return elsewhere
    try:
        response = file_answer(request, file, "image/webp" if preview else DOWNLOAD)
    except FileNotFoundError:
        raise Http404 from None
    if not preview:
        response["Content-Disposition"] = shown
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response


def _elsewhere(stored: StoredFile, shown: str) -> HttpResponseBase | None:
    """To where the bucket itself gives the file for a short time, if the operator wants that."""
    if not (seconds := settings.FILES_REDIRECT_SECONDS):
        return None
    url = store_of(stored.file.storage).signed_url(stored.file.name or "", seconds, DOWNLOAD, shown)
    if url is None:
        return None
    response = HttpResponseRedirect(url)
    response["Cache-Control"] = "private, no-store"
    return response
