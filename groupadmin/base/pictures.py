"""Turns uploads into pictures that are safe to store and show (rule 2.6).

Whatever is sent, a web process stays small: a process of its own reads the pictures, one at a time, within
fixed limits (groupadmin/base/confined.py). It takes up to two seconds, so never do it inside a transaction.
"""

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from . import confined
from .outage import trouble_of
from .serving import file_answer

logger = logging.getLogger(__name__)

LIST_SIZE = 96
ROOM_SIZE = 512
PORTRAIT_SIZE = 192
PHOTO_QUALITY, COPY_QUALITY = 85, 80
TYPE = "image/webp"
SECONDS_KEPT = 24 * 60 * 60

READER = Path(__file__).with_name("picture_reader.py")
# The reader of HEIF decodes in a thread.
LIMITS = confined.Limits(memory=480_000_000, seconds=2, answer=4_000_000, threads=4)
WAITING_SECONDS = 15
_one_at_a_time = threading.Lock()


class NotAPicture(ValueError):  # noqa: N818  (an answer, not a fault)
    """The message tells the person who chose the file what is wrong."""


@dataclass(frozen=True)
class Pictures:
    """One photo, square and without metadata, in the two sizes that pages show, in pixels."""

    room: ContentFile[bytes]
    small: ContentFile[bytes]


@dataclass(frozen=True)
class Copy:
    """A small copy of a whole picture, and its size."""

    content: bytes
    width: int
    height: int


def read_picture(file: IO[bytes], size: int) -> Pictures:
    """Re-encodes an uploaded file of `size` bytes. Raises NotAPicture."""
    room, small = _read(file, size, "square", PHOTO_QUALITY, ROOM_SIZE, LIST_SIZE)
    return Pictures(ContentFile(room.content), ContentFile(small.content))


def read_portrait(file: IO[bytes], size: int) -> ContentFile[bytes]:
    """The same for a person's photo, in the one size that serves lists and pages. Raises NotAPicture."""
    (portrait,) = _read(file, size, "square", PHOTO_QUALITY, PORTRAIT_SIZE)
    return ContentFile(portrait.content)


def read_copy(file: IO[bytes], size: int, side: int) -> Copy:
    """The whole picture, upright, so that it fits into a square of that side. Raises NotAPicture."""
    (copy,) = _read(file, size, "whole", COPY_QUALITY, side)
    return copy


def _check_size(size: int) -> None:
    if not size:
        raise NotAPicture(_("This file is empty. Choose another one."))
    if size > settings.PHOTO_MAX_BYTES:
        raise NotAPicture(
            _("The picture is larger than %(limit)d MB. Choose a smaller one.")
            % {"limit": settings.PHOTO_MAX_BYTES // 1_000_000}
        )


def _read(file: IO[bytes], size: int, way: str, quality: int, *sides: int) -> list[Copy]:
    _check_size(size)
    arguments = [way, *map(str, (settings.PHOTO_MAX_PIXELS, quality, *sides))]
    try:
        answered = _in_turn(file, arguments)
    except confined.TooMuch:
        raise NotAPicture(_("This picture takes too much to read. Choose a smaller one.")) from None
    except (confined.Failed, OSError) as error:
        if trouble_of(error) is not None:
            # It could not be kept while it arrived.
            raise
        logger.exception("A picture could not be read")
        raise NotAPicture(_("This picture is damaged. Choose another one.")) from None
    line, _end, pictures = answered.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    if problem := told.get("problem"):
        raise NotAPicture(_problems().get(problem, _("This picture is damaged. Choose another one.")))
    copies, start = [], 0
    for length, width, height in told["pictures"]:
        copies.append(Copy(pictures[start : start + length], width, height))
        start += length
    return copies


def _in_turn(file: IO[bytes], arguments: list[str]) -> bytes:
    """The reader's answer. Raises NotAPicture, confined.Failed or OSError."""
    if not _one_at_a_time.acquire(timeout=WAITING_SECONDS):
        raise NotAPicture(_("Many pictures are arriving right now. Try again in a minute."))
    try:
        return confined.run(READER, file, *arguments, limits=LIMITS)
    finally:
        _one_at_a_time.release()


def _problems() -> dict[str, str]:
    return {
        "pixels": _("The picture has too many pixels. Choose a smaller one."),
        "unknown": _("This file is not a picture we can read. Choose another one."),
    }


def picture_answer(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    """Serves a stored picture. Browsers may cache it if they ask for its version, otherwise not."""
    try:
        response = file_answer(request, file, TYPE)
    except FileNotFoundError:
        raise Http404 from None
    if request.GET.get("v"):
        patch_cache_control(response, private=True, max_age=SECONDS_KEPT)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response
