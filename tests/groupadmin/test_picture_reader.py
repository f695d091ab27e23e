"""The right colours, whatever kind of picture is sent (rule 2.6)."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from groupadmin.base import confined, picture_reader, pictures

pillow_heif.register_heif_opener()
SIDE = 16


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def read(content: bytes) -> Image.Image:
    answer = picture_reader.answer(content, "whole", "50000000", "95", "640")
    line, _end, picture = answer.partition(b"\n")
    assert "problem" not in json.loads(line), line
    return Image.open(io.BytesIO(picture)).convert("RGBA")


def assert_shows(picture: Image.Image, *colours: tuple[int, ...]) -> None:
    """These colours from left to right, but for what compressing costs."""
    width = picture.width / len(colours)
    for number, colour in enumerate(colours):
        pixel = picture.getpixel((int((number + 0.5) * width), picture.height // 2))
        assert isinstance(pixel, tuple)
        if colour[3:] != (0,):
            assert max(abs(one - other) for one, other in zip(pixel, colour, strict=False)) < 8, pixel
        assert abs(pixel[3] - (*colour, 255, 255)[3 if len(colour) > 3 else -1]) < 8, pixel


def grey(value: int) -> tuple[int, int, int]:
    return value, value, value


def png(depth: int, kind: int, row: bytes, *chunks: tuple[bytes, bytes], width: int = 2) -> bytes:
    """Of equal rows; Pillow writes no sixteen bits of colours."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, SIDE, depth, kind, 0, 0, 0)
    data = zlib.compress((b"\0" + row) * SIDE)
    parts = (chunk(*part) for part in ((b"IHDR", head), *chunks, (b"IDAT", data), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def deep(*values: int, each: int = SIDE) -> bytes:
    """A row of numbers of sixteen bits, each several times."""
    return b"".join(struct.pack(">H", value) * each for value in values)


def deep_colours(*colours: tuple[int, ...]) -> bytes:
    return b"".join(struct.pack(f">{len(colour)}H", *colour) * SIDE for colour in colours)


HALF, FULL = 0x8000, 0xFFFF
WIDE = 2 * SIDE
GREY_PNG = {
    "black to white": (deep(0, FULL), grey(0), grey(255)),
    "quarters": (deep(0x4000, 0xC000), grey(64), grey(192)),
    "very dark": (deep(100, 250), grey(0), grey(1)),
}


@pytest.mark.parametrize("kind", GREY_PNG)
def test_sixteen_bits_of_grey(kind: str) -> None:
    row, *colours = GREY_PNG[kind]
    assert_shows(read(png(16, 0, row, width=WIDE)), *colours)


def test_sixteen_bits_of_colour_and_of_transparency() -> None:
    row = deep_colours((FULL, HALF, 0), (0, 0x4000, FULL))
    assert_shows(read(png(16, 2, row, width=WIDE)), (255, 128, 0), (0, 64, 255))
    row = deep_colours((FULL, 0, 0, FULL), (0, 0, FULL, 0))
    assert_shows(read(png(16, 6, row, width=WIDE)), (255, 0, 0), (0, 0, 255, 0))
    row = deep_colours((HALF, FULL), (HALF, HALF))
    assert_shows(read(png(16, 4, row, width=WIDE)), grey(128), (*grey(128), 128))


def test_a_colour_that_stands_for_nothing() -> None:
    row = bytes((255, 0, 0)) * SIDE + bytes((0, 0, 255)) * SIDE
    nothing = (b"tRNS", struct.pack(">HHH", 0, 0, 255))
    assert_shows(read(png(8, 2, row, nothing, width=WIDE)), (255, 0, 0), (0, 0, 255, 0))
    row = deep_colours((FULL, 0, 0), (0, 0, FULL))
    nothing = (b"tRNS", struct.pack(">HHH", 0, 0, FULL))
    assert_shows(read(png(16, 2, row, nothing, width=WIDE)), (255, 0, 0), (0, 0, 255, 0))
    # Of grey in sixteen bits it is ignored, and nothing else is lost by it.
    assert_shows(read(png(16, 0, deep(0, FULL), (b"tRNS", b"\xff\xff"), width=WIDE)), grey(0), grey(255))


def test_palettes_bits_and_faint_grey() -> None:
    palette = (b"PLTE", bytes((255, 0, 0, 0, 0, 255)))
    row = b"\0" * SIDE + b"\1" * SIDE
    assert_shows(read(png(8, 3, row, palette, width=WIDE)), (255, 0, 0), (0, 0, 255))
    faint = png(8, 3, row, palette, (b"tRNS", b"\xff\x80"), width=WIDE)
    assert_shows(read(faint), (255, 0, 0), (0, 0, 255, 128))
    assert_shows(read(png(1, 0, b"\x00\x00\xff\xff", width=WIDE)), grey(0), grey(255))
    assert_shows(read(encoded(Image.new("LA", (SIDE, SIDE), (200, 100)), "PNG")), (*grey(200), 100))


def halves(mode: str, left: float, right: float) -> Image.Image:
    picture = Image.new(mode, (WIDE, SIDE), left)
    picture.paste(right, (SIDE, 0, WIDE, SIDE))
    return picture


@pytest.mark.parametrize(
    ("mode", "left", "right", "shown"),
    [
        ("I;16", 0x4000, FULL, (64, 255)),
        ("I;16B", 0x4000, FULL, (64, 255)),
        ("I", 0, 2**24, (0, 255)),
        ("F", 0.25, 1.0, (64, 255)),
        ("F", 64.0, 255.0, (64, 255)),
        ("F", 0.0, 1000.0, (0, 255)),
    ],
)
def test_deep_tiffs(mode: str, left: float, right: float, shown: tuple[int, int]) -> None:
    content = encoded(halves(mode, left, right), "TIFF")
    assert_shows(read(content), *(grey(value) for value in shown))


def test_a_tiff_that_counts_from_white() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 0
    content = bytearray(encoded(halves("I;16", 0, FULL), "TIFF"))
    # Type 3 (a short), once, 1: black is zero. Pillow does not write the other.
    place = content.index(struct.pack("<HHI", 262, 3, 1)) + 8
    content[place : place + 2] = b"\0\0"
    assert_shows(read(bytes(content)), grey(255), grey(0))


def test_twelve_bits() -> None:
    content = bytearray(encoded(halves("I;16", 0, 0), "TIFF"))
    place = content.index(struct.pack("<HHI", 258, 3, 1)) + 8
    content[place : place + 2] = struct.pack("<H", 12)
    start = len(content) - 2 * WIDE * SIDE
    # Two numbers in three bytes: 0x400 twice, then 0xFFF twice.
    content[start:] = (b"\x40\x04\x00" * (SIDE // 2) + b"\xff\xff\xff" * (SIDE // 2)) * SIDE
    assert_shows(read(bytes(content)), grey(64), grey(255))


def test_colours_of_a_printer() -> None:
    cyan = Image.new("CMYK", (WIDE, SIDE), (255, 0, 0, 0))
    cyan.paste((0, 0, 0, 255), (SIDE, 0, WIDE, SIDE))
    for kind in ("JPEG", "TIFF"):
        assert_shows(read(encoded(cyan, kind, quality=95)), (0, 255, 255), grey(0))


def test_colours_measured() -> None:
    green = Image.new("RGB", (SIDE, SIDE), (0, 160, 0))
    measured = ImageCms.profileToProfile(
        green, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert measured is not None
    assert_shows(read(encoded(measured, "TIFF")), (0, 160, 0))


def exchanged_profile() -> bytes:
    """A profile of a screen whose red is green, and whose green is red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_a_profile_is_made_use_of(kind: str) -> None:
    picture = Image.new("RGBA" if kind in ("PNG", "WEBP") else "RGB", (SIDE, SIDE), (255, 0, 0))
    content = encoded(picture, kind, icc_profile=exchanged_profile(), quality=95)
    assert_shows(read(content), (0, 255, 0))


@pytest.mark.parametrize(
    "profile", [b"no profile" * 20, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_wrong_profile_is_not(profile: bytes) -> None:
    picture = Image.new("RGB", (SIDE, SIDE), (255, 0, 0))
    assert_shows(read(encoded(picture, "PNG", icc_profile=profile)), (255, 0, 0))


# Photos of phones


def photo(size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """Red at the left, blue at the right, as a phone keeps it."""
    picture = Image.new("RGB", size, (220, 30, 30))
    picture.paste((30, 30, 220), (size[0] // 2, 0, *size))
    return encoded(picture, "HEIF", quality=90, **options)


def test_a_photo_of_a_phone() -> None:
    assert_shows(read(photo()), (220, 30, 30), (30, 30, 220))
    in_tiles = read(photo((256, 128), tile_size=64))
    assert in_tiles.size == (256, 128)
    assert_shows(in_tiles, (220, 30, 30), (30, 30, 220))


def test_it_is_turned_upright_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read(photo(exif=exif.tobytes()))
    assert turned.size == (48, 64)
    assert turned.getpixel((24, 8)) != turned.getpixel((24, 56))


def test_a_user_who_is_not_root_reads_it_too(tmp_path: Path) -> None:
    """Its reader starts a thread, which no limit of processes may forbid; root has none."""
    (tmp_path / "photo.heic").write_bytes(photo())
    script = f"""
import io, os, runpy, sys
reader = runpy.run_path({str(pictures.READER)!r})
inside = runpy.run_path({confined.__file__!r})
content = open({str(tmp_path / "photo.heic")!r}, "rb").read()
if os.geteuid() == 0:
    os.setuid(65534)
inside["shut_in"]({pictures.LIMITS.threads})
sys.stdout.buffer.write(reader["answer"](content, "whole", "50000000", "80", "640"))
"""
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True, env={})
    assert b"pictures" in done.stdout.split(b"\n")[0], done.stderr


def test_too_many_pixels_are_not_read() -> None:
    """However small the file is, and whatever it says of itself."""
    answer = picture_reader.answer(photo((256, 128)), "whole", "1000", "80", "640")
    assert json.loads(answer) == {"problem": "pixels"}


def test_what_is_cut_off_is_damaged() -> None:
    answer = picture_reader.answer(photo()[:-200], "whole", "1000000", "80", "640")
    assert json.loads(answer)["problem"] in ("damaged", "unknown")
