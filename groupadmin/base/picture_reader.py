"""Makes small pictures of an uploaded one. Runs in a process of its own: see groupadmin/base/confined.py.

A picture's pixels are in memory once, as its format gives them. Everything after that (turning upright, its
colours, sixteen bits) happens to a small copy, which is made strip by strip.
"""

import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator
from typing import cast

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

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
# Loaded now, with what they import later: nothing can be imported once the process may open no file.
LOADED = (
    *(AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin),
    *(PngImagePlugin, TiffImagePlugin, WebPImagePlugin, ImageCms, copy),
)
Image.preinit()
# Nor can it start threads, which would need memory of their own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

# How many bytes of memory the reader of a format needs for a pixel; and how many it may need in all.
BYTES_OF_A_PIXEL = {"JPEG": 6, "MPO": 6, "PNG": 4, "GIF": 4, "BMP": 4, "TIFF": 12, "WEBP": 16, "AVIF": 16}
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
    except Exception:  # whatever the library raises for garbage
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
    """That part of the picture in that size, in eight bits, with transparency."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    # Averaged to about twice the size, then filtered: as good as filtering all of it.
    by = max(1, max(width, height) // (2 * max(size)))
    reduced = Image.new("RGBA", (-(-width // by), -(-height // by)))
    eight_bits = _eight_bits(picture)
    rows = by * max(1, STRIP_PIXELS // (width * by))
    for above in range(0, height, rows):
        strip = picture.crop((left, top + above, right, top + min(above + rows, height)))
        plain = eight_bits(strip).convert("RGBA")
        reduced.paste(plain.reduce(by) if by > 1 else plain, (0, above // by))
    exact: Box = (0, 0, width / by, height / by)
    return reduced.resize(size, Image.Resampling.LANCZOS, box=exact)


def _eight_bits(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Scales 16-bit and 32-bit grey down; Pillow would clip everything brighter than 255."""
    if not picture.mode.startswith("I"):
        return lambda strip: strip
    brightest = max(_brightest(picture))
    scale = 255 / max(65535, brightest) if brightest > 255 else 1
    return lambda strip: strip.convert("I").point(lambda value: value * scale).convert("L")


def _brightest(picture: Image.Image) -> Iterator[int]:
    rows = max(1, STRIP_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        strip = picture.crop((0, top, picture.width, min(top + rows, picture.height))).convert("I")
        yield cast(int, strip.getextrema()[1])


def _encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()
