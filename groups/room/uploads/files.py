"""Stores what people upload into a room, and hands it out to the room's members alone (rules 2.16, 3.5)."""

import io
import mimetypes
import os
import secrets
import threading
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import regex
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Greatest
from django.http import FileResponse, Http404, HttpResponseBase
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later
from groupadmin.base.pictures import FORMATS
from groups.models import Feature, Group, Message, Note, Room, StoredFile, Upload

NAME_BYTES = 200
PREVIEW_SIDE = 640
# All pixels of a picture may be in memory at once, several times: by one thread of the web server only.
_ONE_LARGE_AT_A_TIME = threading.Lock()
COMPANY_COUNTED_EVERY = 60
CLOSE = 0.95
"""Of a company's space: beyond that much, what it uses is counted each time."""

FORM_BYTES = 512 * 1024
"""What the rest of a form may take of a request."""

_UNSAFE = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|[/\\:*?\"<>|]")


class Received(UploadedFile[Any]):
    """A file that has arrived in pieces; the storage moves it to its place instead of copying it."""

    def __init__(self, upload: Upload, file: BinaryIO) -> None:
        super().__init__(file, name=upload.name, size=upload.size)
        self.path = upload.file.path

    def temporary_file_path(self) -> str:
        return self.path

    def take_back(self, stored: StoredFile) -> None:
        """Moves the bytes back to where they were: what they were for was not saved after all."""
        os.replace(stored.file.path, self.temporary_file_path())


class Drawn(NamedTuple):
    """A small copy of a picture, and how large that is."""

    content: bytes
    width: int
    height: int


Previews = Mapping[UploadedFile[Any], Drawn | None]


def clean_file_name(raw: str) -> str:
    """A name without path, control characters or turned writing; the ending stays, if it is short."""
    name = unicodedata.normalize("NFC", raw.replace("\\", "/").rsplit("/", 1)[-1])
    name = " ".join(_UNSAFE.sub(" ", name).split()).strip(". ") or _("file")
    stem, dot, end = name.rpartition(".")
    if not dot or len(end.encode()) > 20:
        stem, dot, end = name, "", ""
    room = NAME_BYTES - len(f"{dot}{end}".encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + end


def store(
    group: Group,
    feature: Feature,
    upload: UploadedFile[Any],
    author: Member,
    *,
    message: Message | None = None,
    note: Note | None = None,
    drawn: Drawn | None = None,
) -> StoredFile:
    """Stores an uploaded file. Raises Invalid ("files") if it is too large or the space is used up.

    Call it inside a transaction.
    """
    size = upload.size or 0
    name = clean_file_name(upload.name or "")
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
    if drawn is not None:
        stored.width, stored.height = drawn.width, drawn.height
        stored.preview.save(secrets.token_urlsafe(16), ContentFile(drawn.content), save=False)
    upload.seek(0)
    # The name on the disk says nothing of the name that people gave, and cannot be guessed.
    stored.file.save(secrets.token_urlsafe(16), upload, save=False)
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
    previews: Previews | None = None,
) -> list[StoredFile]:
    """Stores all of them or none: bytes whose rows are undone do not stay behind. Raises Invalid ("files").

    `previews` are what draw_previews gave for some of them before the room was locked; others are drawn here.
    """
    previews = previews or {}
    drawn = {**draw_previews([upload for upload in uploads if upload not in previews]), **previews}
    stored_so_far: list[tuple[UploadedFile[Any], StoredFile]] = []
    try:
        with transaction.atomic():
            for upload in uploads:
                stored = store(
                    group, feature, upload, author, message=message, note=note, drawn=drawn[upload]
                )
                stored_so_far.append((upload, stored))
    except BaseException:
        for upload, stored in stored_so_far:
            if isinstance(upload, Received):
                upload.take_back(stored)
            for file in (stored.file, stored.preview):
                if file.name:
                    file.storage.delete(file.name)
        raise
    return [stored for _upload, stored in stored_so_far]


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
    """How much all files of a form may have together: they arrive in one request."""
    return int(min(settings.ROOM_FILE_MAX_BYTES, settings.REQUEST_MAX_BYTES - FORM_BYTES))


@transaction.atomic
def add_bytes(group: Group, size: int) -> None:
    """Counts space up, or down for a negative size."""
    Room.objects.get_or_create(group=group)
    # A count that went wrong, however it did, keeps nobody from deleting.
    Room.objects.filter(group=group).update(bytes_used=Greatest(F("bytes_used") + size, 0))


def company_bytes(company_id: int) -> int:
    """How much space all rooms of a company use, as of a minute ago: with 100,000 rooms it takes a while."""
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
    """Whether that much more fits. Counted anew only where it may be close."""
    most = settings.ROOM_COMPANY_MAX_BYTES
    if company_bytes(company_id) + size <= most * CLOSE:
        return True
    return bool(_count_company(company_id) + size <= most)


def draw_previews(uploads: Sequence[UploadedFile[Any]]) -> Previews:
    """Small, re-encoded copies of pictures to show; everything else, and bombs among them, get none.

    Large ones take up to a second each: call it before the room is locked, so that nobody waits for it.
    """
    return {upload: _draw(upload) for upload in uploads}


def _draw(upload: UploadedFile[Any]) -> Drawn | None:
    is_picture = _type_of(clean_file_name(upload.name or "")).startswith("image/")
    if not is_picture or (upload.size or 0) > settings.PHOTO_MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                if picture.width * picture.height > _most_pixels(picture):
                    return None
                with _ONE_LARGE_AT_A_TIME:
                    # First of all, since it lets JPEG be read small; turned after that.
                    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
                upright = ImageOps.exif_transpose(picture)
                buffer = io.BytesIO()
                upright.convert("RGBA").save(buffer, "WEBP", quality=80)
                return Drawn(buffer.getvalue(), *upright.size)
    except Exception:
        return None  # no picture after all: it can still be downloaded


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _most_pixels(picture: Image.Image) -> int:
    """Beyond that a preview is not worth what it takes while somebody waits. Photos can be read small."""
    is_photo = isinstance(picture, JpegImageFile)
    return int(settings.PHOTO_MAX_PIXELS if is_photo else settings.ROOM_PREVIEW_MAX_PIXELS)


def remove(files: list[StoredFile], *, bytes_first: bool = False) -> int:
    """Removes files of one group: rows now, bytes once that is committed. Returns how many bytes.

    `bytes_first` is for work that is done again until all is gone: killed between the two, it finds the rows
    again, where else the bytes would stay. Raises OSError then if the disk refuses.
    """
    if not files:
        return 0
    # Read again under lock: the worker may just be adding a preview.
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


def answer(stored: StoredFile, *, preview: bool = False, name: str = "") -> HttpResponseBase:
    """The file as an attachment, or its preview to be shown. The caller has let the reader in."""
    file = stored.preview if preview else stored.file
    if not file:
        raise Http404
    try:
        content = file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    if preview:
        response = FileResponse(content, content_type="image/webp")
    else:
        response = FileResponse(
            content, as_attachment=True, filename=name or stored.name, content_type="application/octet-stream"
        )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response
