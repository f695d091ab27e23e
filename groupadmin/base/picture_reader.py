"""Makes small pictures of an uploaded one (rule 2.6), in a process of its own: groupadmin/base/confined.py.

A picture's pixels are in memory once, as its format gives them. Everything after that (turning upright, its
colours, sixteen bits) happens to a small copy, which is made strip by strip.
"""

import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator
from typing import cast

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")
# Loaded now, with what they import later: nothing can be imported once the process may open no file.
LOADED = (
    *(AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin),
    *(PngImagePlugin, TiffImagePlugin, WebPImagePlugin, ImageCms, copy),
)
Image.preinit()
# Nor can it start many threads, which would need memory of their own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.register_heif_opener(decode_threads=0, depth_images=False, aux_images=False)

# How many bytes of memory the reader of a format needs for a pixel; and how many it may need in all.
BYTES_OF_A_PIXEL = {
    "JPEG": 6,
    "MPO": 6,
    "PNG": 4,
    "GIF": 4,
    "BMP": 4,
    "TIFF": 12,
    "WEBP": 16,
    "AVIF": 16,
    "HEIF": 6,
}
BYTES_OF_ALL = 300_000_000
STRIP_PIXELS = 1_000_000
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

TOO_MANY_PIXELS, UNKNOWN, DAMAGED = "pixels", "unknown", "damaged"

Box = tuple[float, float, float, float]


class _TooManyPixels(Exception):  # noqa: N818  (an answer, not a fault)
    """Nothing of it was read."""


def answer(source: bytes, way: str, most_pixels: str, quality: str, *sides: str) -> bytes:
    """A line of JSON, and the pictures as WebP: a square for each of the sides ("square"), or the whole
    picture ("whole") so that it fits into one.

    The line has the length, width and height of each, or the `problem`.
    """
    try:
        pictures = _read(source, way, int(most_pixels), [int(side) for side in sides])
    except MemoryError:
        raise
    except (_TooManyPixels, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _problem(TOO_MANY_PIXELS)
    except UnidentifiedImageError:
        return _problem(UNKNOWN)
    except Exception as error:  # whatever the library raises for garbage
        if "memory" in str(error).lower():
            raise MemoryError from error
        return _problem(DAMAGED)
    encoded = [_encoded(picture, int(quality)) for picture in pictures]
    line = [(len(data), *picture.size) for data, picture in zip(encoded, pictures, strict=True)]
    return json.dumps({"pictures": line}).encode() + b"\n" + b"".join(encoded)


def _problem(problem: str) -> bytes:
    return json.dumps({"problem": problem}).encode() + b"\n"


def _read(source: bytes, way: str, most_pixels: int, sides: list[int]) -> list[Image.Image]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(source), formats=FORMATS) as picture:
            _check_pixels(picture, most_pixels)
            width, height = picture.size
            largest = max(sides)
            # A photo is read at a smaller scale, and at least twice as large as needed.
            picture.draft(picture.mode if picture.mode == "L" else "RGB", (2 * largest, 2 * largest))
            picture.load()
            # Of some formats only now it is known.
            _check_pixels(picture, most_pixels)
            turn = UPRIGHT.get(picture.getexif().get(ORIENTATION, 1))
            if way == "square":
                small = _small(picture, _middle(picture.size), (largest, largest))
            else:
                whole = (0, 0, *picture.size)
                small = _small(picture, whole, _fitting(picture.size, min(largest, max(width, height))))
    upright = small.transpose(turn) if turn is not None else small
    if way != "square":
        return [upright]
    return [upright.resize((side, side), Image.Resampling.LANCZOS) for side in sides]


def _check_pixels(picture: Image.Image, most: int) -> None:
    pixels = picture.width * picture.height
    if pixels > min(most, BYTES_OF_ALL // BYTES_OF_A_PIXEL.get(str(picture.format), 16)):
        raise _TooManyPixels


def _middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centred square."""
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side


def _fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _small(picture: Image.Image, box: tuple[int, int, int, int], size: tuple[int, int]) -> Image.Image:
    """That part of the picture in that size, in eight bits and the colours of screens, with transparency."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    # Averaged to about twice the size, then filtered: as good as filtering all of it.
    by = max(1, max(width, height) // (2 * max(size)))
    eight_bits = _eight_bits(picture)
    # What a printer mixes is made colours of a screen by its profile, once it is small.
    mode = "CMYK" if picture.mode == "CMYK" else "RGBA"
    reduced = Image.new(mode, (-(-width // by), -(-height // by)))
    rows = by * max(1, STRIP_PIXELS // (width * by))
    for above in range(0, height, rows):
        strip = picture.crop((left, top + above, right, top + min(above + rows, height)))
        plain = eight_bits(strip).convert(mode)
        reduced.paste(plain.reduce(by) if by > 1 else plain, (0, above // by))
    exact: Box = (0, 0, width / by, height / by)
    small = reduced.resize(size, Image.Resampling.LANCZOS, box=exact)
    return _for_screens(small, picture.info.get("icc_profile"), is_grey=_is_grey(picture.mode))


def _eight_bits(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Scales deeper grey down; Pillow would clip everything brighter than 255."""
    if picture.mode == "La":
        return lambda strip: strip.convert("LA")
    if not picture.mode.startswith(("I", "F")):
        return lambda strip: strip
    # Transparency is said in sixteen bits, which nothing here reads.
    picture.info.pop("transparency", None)
    mode = "F" if picture.mode == "F" else "I"
    scale = 255 / _white(picture)
    first = 0.5
    if _is_white_zero(picture):
        scale, first = -scale, 255.5
    return lambda strip: strip.convert(mode).point(lambda value: value * scale + first).convert("L")


def _white(picture: Image.Image) -> float:
    """The number that stands for white, where the format does not say it as bright as the picture is."""
    if picture.format in ("PNG", "HEIF"):
        return 65535
    bits = _tiff_tag(picture, TiffImagePlugin.BITSPERSAMPLE)
    if picture.mode.startswith("I;16") and bits and bits < 16:
        return 2.0**bits - 1
    brightest = max(_brightest(picture))
    if picture.mode == "F":
        return 1 if brightest <= 1 else max(255, brightest)
    return max(65535, brightest) if brightest > 255 else 255


def _brightest(picture: Image.Image) -> Iterator[float]:
    mode = "F" if picture.mode == "F" else "I"
    rows = max(1, STRIP_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        strip = picture.crop((0, top, picture.width, min(top + rows, picture.height))).convert(mode)
        yield cast(float, strip.getextrema()[1])


def _is_white_zero(picture: Image.Image) -> bool:
    """Whether this TIFF counts from white to black; Pillow turns it around for eight bits alone."""
    return _tiff_tag(picture, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0


def _tiff_tag(picture: Image.Image, tag: int) -> int | None:
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return None
    value = picture.tag_v2.get(tag)
    return value[0] if isinstance(value, tuple) else value


def _is_grey(mode: str) -> bool:
    return mode in ("1", "L", "LA", "La") or mode.startswith(("I", "F"))


def _for_screens(small: Image.Image, profile: bytes | None, *, is_grey: bool) -> Image.Image:
    """The picture in sRGB: a phone's photo has stronger colours, and pages are shown without its profile."""
    plain = small.convert("L") if is_grey else small.convert("RGB") if small.mode == "RGBA" else small
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            screen = ImageCms.createProfile("sRGB")
            shown = ImageCms.profileToProfile(plain, source, screen, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            # Damaged, or of another kind of picture: then its numbers are taken as they are.
            shown = None
        if shown is not None:
            plain = shown
    shown = plain.convert("RGB")
    if small.mode == "RGBA":
        shown.putalpha(small.getchannel("A"))
    return shown


def _encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()
