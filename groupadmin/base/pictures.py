"""Turns uploads into pictures that are safe to store and show (rule 2.6)."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
LIST_SIZE = 96
ROOM_SIZE = 512
PORTRAIT_SIZE = 192
TYPE = "image/webp"
SECONDS_KEPT = 24 * 60 * 60


class NotAPicture(ValueError):  # noqa: N818  (an answer, not a fault)
    """The message tells the person who chose the file what is wrong."""


@dataclass(frozen=True)
class Pictures:
    """One photo, square and without metadata, in the two sizes that pages show, in pixels."""

    room: ContentFile[bytes]
    small: ContentFile[bytes]


def read_picture(file: IO[bytes], size: int) -> Pictures:
    """Re-encodes an uploaded file of `size` bytes. Raises NotAPicture."""
    _check_size(size)
    square = _square(file)
    return Pictures(_encoded(square, ROOM_SIZE), _encoded(square, LIST_SIZE))


def read_portrait(file: IO[bytes], size: int) -> ContentFile[bytes]:
    """The same for a person's photo, in the one size that serves lists and pages. Raises NotAPicture."""
    _check_size(size)
    return _encoded(_square(file), PORTRAIT_SIZE)


def _check_size(size: int) -> None:
    if not size:
        raise NotAPicture(_("This file is empty. Choose another one."))
    if size > settings.PHOTO_MAX_BYTES:
        raise NotAPicture(
            _("The picture is larger than %(limit)d MB. Choose a smaller one.")
            % {"limit": settings.PHOTO_MAX_BYTES // 1_000_000}
        )


def _square(file: IO[bytes]) -> Image.Image:
    """The largest centred square, upright. The size is checked before any pixel is read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                if picture.width * picture.height > settings.PHOTO_MAX_PIXELS:
                    raise NotAPicture(_("The picture has too many pixels. Choose a smaller one."))
                picture.draft("RGB", (ROOM_SIZE * 2, ROOM_SIZE * 2))
                upright = ImageOps.exif_transpose(picture)
                return ImageOps.fit(_eight_bits(upright).convert("RGBA"), (ROOM_SIZE, ROOM_SIZE))
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture(_("The picture has too many pixels. Choose a smaller one.")) from None
    except UnidentifiedImageError:
        raise NotAPicture(_("This file is not a picture we can read. Choose another one.")) from None
    except Exception:
        raise NotAPicture(_("This picture is damaged. Choose another one.")) from None


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scales 16-bit and 32-bit grey down; Pillow would clip everything brighter than 255."""
    if not picture.mode.startswith("I"):
        return picture
    deep = picture.convert("I")
    brightest = deep.getextrema()[1]
    assert isinstance(brightest, int)  # noqa: S101  (of one band)
    scale = 255 / max(65535, brightest) if brightest > 255 else 1
    return deep.point(lambda value: value * scale).convert("L")


def _encoded(square: Image.Image, side: int) -> ContentFile[bytes]:
    buffer = io.BytesIO()
    square.resize((side, side), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=85)
    return ContentFile(buffer.getvalue())


def picture_answer(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    """Serves a stored picture. Browsers may cache it if they ask for its version, otherwise not."""
    # Storage never reuses a name, so the name identifies the content.
    etag = f'"{hashlib.sha256(str(file.name).encode()).hexdigest()[:32]}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = FileResponse(file.open("rb"), content_type=TYPE)
        except FileNotFoundError:
            raise Http404 from None
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    if request.GET.get("v"):
        patch_cache_control(response, private=True, max_age=SECONDS_KEPT)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response
