"""The representative photo: which files are taken, and how a dialog keeps one (rule 2.6)."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from PIL import Image, PngImagePlugin

from accounts.models import Member
from groupadmin.base import picture_reader, pictures
from groupadmin.base.pictures import NotAPicture, read_picture
from groups.models import Group, PhotoDraft
from tests.helpers import ClientOf

from .dialogs import ADD, Answer, as_it_is, edit_url, filled, look, send

pillow_heif.register_heif_opener()
CHOOSE = reverse("groups:choose_photo")


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def stripes(mode: str = "RGB", size: tuple[int, int] = (90, 30)) -> Image.Image:
    """Red, green and blue thirds, side by side: of the middle square only green is left."""
    picture = Image.new("RGB", size)
    third = size[0] // 3
    for number, colour in enumerate(((255, 0, 0), (0, 160, 0), (0, 0, 255))):
        picture.paste(colour, (number * third, 0, (number + 1) * third, size[1]))
    return picture.convert(mode)


def png(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def upload(content: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def read(content: bytes) -> Image.Image:
    return Image.open(read_picture(io.BytesIO(content), len(content)).room)


def colour(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = picture.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 0.0)}  # a place
    upright = Image.new("RGB", (60, 60), "red")
    upright.paste((0, 0, 255), (0, 30, 60, 60))
    return encoded(upright, "JPEG", exif=exif)


def texts() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "secret author")
    return encoded(stripes(), "PNG", pnginfo=info, icc_profile=b"secret profile" * 20)


def frames() -> list[Image.Image]:
    return [Image.new("RGB", (30, 30), colour) for colour in ("green", "red")]


GOOD = {
    "png": encoded(stripes(), "PNG"),
    "jpeg": encoded(stripes(), "JPEG"),
    "gif": encoded(stripes("P"), "GIF"),
    "webp": encoded(stripes(), "WEBP"),
    "avif": encoded(stripes(), "AVIF"),
    "heic": encoded(stripes(), "HEIF"),
    "bmp": encoded(stripes(), "BMP"),
    "tiff": encoded(stripes(), "TIFF"),
    "palette": encoded(stripes("P"), "PNG"),
    "cmyk": encoded(stripes("CMYK"), "JPEG"),
    "lab tiff": encoded(stripes("LAB"), "TIFF"),
    "cmyk tiff": encoded(stripes("CMYK"), "TIFF"),
    "transparent": encoded(stripes("RGBA"), "PNG"),
    "animated gif": encoded(frames()[0], "GIF", save_all=True, append_images=frames()[1:]),
    "animated webp": encoded(frames()[0], "WEBP", save_all=True, append_images=frames()[1:], lossless=True),
    "multi-page tiff": encoded(frames()[0], "TIFF", save_all=True, append_images=frames()[1:]),
    "several in one jpeg": encoded(frames()[0], "MPO", save_all=True, append_images=frames()[1:]),
    "tall": encoded(Image.new("RGB", (10, 3000), (0, 160, 0)), "PNG"),
    "one pixel": encoded(Image.new("RGB", (1, 1), (0, 160, 0)), "PNG"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_common_formats_become_a_square_webp(kind: str) -> None:
    read = read_picture(io.BytesIO(GOOD[kind]), len(GOOD[kind]))
    for file, side in ((read.room, 512), (read.small, 96)):
        picture = Image.open(file)
        assert (picture.format, picture.size) == ("WEBP", (side, side))
        assert not getattr(picture, "is_animated", False)
        red, green, blue = colour(picture, side // 2, side // 2)
        assert green > 90, "the middle is what stays"
        assert max(red, blue) < 70


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16", "I", "F"])
def test_grey_stays_grey(mode: str) -> None:
    """Sixteen bits are scaled, not cut off."""
    deep = {"I;16": 0x8000, "I": 0x8000}
    if mode in deep:
        picture = Image.new(mode, (30, 30), deep[mode])
    elif mode == "F":
        picture = Image.new("F", (30, 30), 128.0)
    else:
        picture = Image.new("L", (30, 30), 255 if mode == "1" else 128).convert(mode)
    kind = "TIFF" if mode in ("F", "I") else "PNG"
    red, green, blue = colour(read(encoded(picture, kind)), 256, 256)
    assert abs(red - green) < 4 > abs(green - blue)
    assert abs(red - (255 if mode == "1" else 128)) < 6


def test_pictures_are_turned_upright() -> None:
    picture = read(turned())
    assert colour(picture, 400, 256)[0] > 200, "what was above is at the right"
    assert colour(picture, 100, 256)[2] > 200


@pytest.mark.parametrize("content", [turned(), texts()])
def test_nothing_but_the_picture_is_kept(content: bytes) -> None:
    read = read_picture(io.BytesIO(content), len(content))
    for file in (read.room, read.small):
        data = file.read()
        file.seek(0)
        assert b"secret" not in data
        assert not {"exif", "icc_profile", "xmp"} & Image.open(file).info.keys()


BAD = {
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a picture"),
    "html": (b"<!DOCTYPE html><script>alert(1)</script>", "not a picture"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", "not a picture"),
    "text": (b"hello", "not a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
    "truncated png": (GOOD["png"][:-60], "damaged"),
    "truncated jpeg": (GOOD["jpeg"][:-200], "damaged"),
    "nothing after the head": (GOOD["png"][:40], "not a picture"),
    "bomb": (png(30_000, 30_000), "too many pixels"),
    "half a bomb": (png(10_000, 9_000), "too many pixels"),
    "longest": (png(2**31 - 1, 1), "too many pixels"),
}


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_said_and_keeps_the_rest(
    client: Client, master: Member, member: Member, kind: str
) -> None:
    content, reason = BAD[kind]
    answer = Answer(client.post(CHOOSE, {"photo": upload(content), "photo_draft": ""}))
    assert reason in answer.text
    assert answer.value("photo_draft") == ""
    data = filled(master, member, message="on", description="Kept", photo=upload(content))
    answer = send(client, ADD, data, target="group-form")
    assert answer.status == 422
    assert reason in answer.text
    assert 'aria-invalid="true"' in answer.tag('name="photo"')
    assert (answer.value("name"), answer.text_of("description")) == ("Launch", "Kept")
    assert answer.is_on("message")
    assert not Group.objects.exists()
    assert not PhotoDraft.objects.exists()


def test_sizes(client: Client, master: Member, member: Member) -> None:
    assert "empty" in Answer(client.post(CHOOSE, {"photo": upload(b"")})).text
    assert "empty" in send(client, ADD, filled(master, member, photo=upload(b""))).text
    with override_settings(PHOTO_MAX_BYTES=100), pytest.raises(NotAPicture, match="larger than"):
        read_picture(io.BytesIO(GOOD["png"]), len(GOOD["png"]))


def test_what_takes_too_much_to_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LIMITS", pictures.LIMITS._replace(memory=1024))
    with pytest.raises(NotAPicture, match="takes too much"):
        read(GOOD["png"])


def test_pictures_are_read_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WAITING_SECONDS", 0)
    with pictures._one_at_a_time, pytest.raises(NotAPicture, match="Many pictures"):
        read(GOOD["png"])
    assert read(GOOD["png"])


@pytest.mark.parametrize(("kind", "is_read"), [("png", True), ("webp", False), ("tiff", False)])
def test_formats_that_need_more_memory_may_have_fewer_pixels(
    kind: str, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_reader, "BYTES_OF_ALL", 5 * 90 * 30)
    answer = picture_reader.answer(GOOD[kind], "whole", "2700", "80", "640")
    assert (b"problem" not in answer) == is_read
    assert is_read or b"pixels" in answer


def test_a_chosen_photo_is_kept_through_an_error(
    client: Client, master: Member, member: Member, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """Without htmx the file itself is in the form that has an error; the draft stays."""
    answer = send(client, ADD, filled(master, member, name="", photo=upload(GOOD["jpeg"])))
    draft = PhotoDraft.objects.get()
    assert answer.value("photo_draft") == str(draft.pk)
    shown = client.get(reverse("groups:photo_draft", args=[draft.pk]))
    assert shown["Content-Type"] == "image/webp"
    assert reverse("groups:photo_draft", args=[draft.pk]) in answer.raw

    assert send(client, ADD, filled(master, member, photo_draft=str(draft.pk))).status == 302
    group = Group.objects.get()
    assert Image.open(group.photo).size == (512, 512)
    assert Image.open(group.photo_small).size == (96, 96)


def test_another_file_replaces_and_a_bad_one_leaves_the_choice(client: Client) -> None:
    first = Answer(client.post(CHOOSE, {"photo": upload(GOOD["png"])})).value("photo_draft")
    second = Answer(client.post(CHOOSE, {"photo": upload(GOOD["gif"]), "photo_draft": first}))
    assert second.value("photo_draft") not in ("", first)
    assert "Photo chosen." in second.text
    chosen = second.value("photo_draft")
    bad = Answer(client.post(CHOOSE, {"photo": upload(b"hello"), "photo_draft": chosen}))
    assert bad.value("photo_draft") == chosen
    assert "not a picture" in bad.text
    removed = Answer(client.post(CHOOSE, {"remove_photo": "yes", "photo_draft": chosen}))
    assert removed.value("photo_draft") == "none"
    assert "Remove photo" not in removed.text


def test_a_draft_is_its_owners(
    client: Client, client_of: ClientOf, master: Member, member: Member, other_administrator: Member
) -> None:
    for owner in (other_administrator, master):
        with_draft = client_of(other_administrator)
        theirs = Answer(with_draft.post(CHOOSE, {"photo": upload(GOOD["png"])})).value("photo_draft")
        assert client.get(reverse("groups:photo_draft", args=[theirs])).status_code == 404
        assert Answer(client.post(CHOOSE, {"photo_draft": theirs})).value("photo_draft") == ""
        data = filled(master, member, name=f"By {owner.name}", photo_draft=theirs)
        assert send(client, ADD, data).status == 302
    assert not Group.objects.exclude(photo="").exists()


@pytest.mark.parametrize("posted", ["x", "-1", "\x00", str(2**70), "²", "9" * 18])
def test_drafts_that_are_not_there(client: Client, master: Member, member: Member, posted: str) -> None:
    assert Answer(client.post(CHOOSE, {"photo_draft": posted})).value("photo_draft") == ""
    assert Answer(client.post(CHOOSE, {"group": posted})).status in (200, 404)
    assert send(client, ADD, filled(master, member, photo_draft=posted)).status == 302


@pytest.mark.django_db(transaction=True)
def test_replacing_and_removing_when_editing(client: Client, group: Group, media: Path) -> None:
    def files() -> set[Path]:
        return set((media / "groups").glob("*"))

    chosen = Answer(client.post(CHOOSE, {"photo": upload(GOOD["png"]), "group": group.pk}))
    draft = chosen.value("photo_draft")
    send(client, edit_url(group), as_it_is(group, photo_draft=draft))
    before = files()
    assert len(before) == 2
    group.refresh_from_db()
    assert "The group has a photo." in look(client, edit_url(group)).text

    failed = send(client, edit_url(group), as_it_is(group, name="", photo=upload(GOOD["gif"])))
    assert failed.error_of("name")
    assert files() == before
    send(client, edit_url(group), as_it_is(group, photo_draft=failed.value("photo_draft")))
    assert len(files()) == 2
    assert not files() & before, "the files of the replaced photo are gone"

    group.refresh_from_db()
    removed = Answer(client.post(CHOOSE, {"remove_photo": "yes", "group": group.pk}))
    assert removed.value("photo_draft") == "none"
    assert "No photo yet." in removed.text
    send(client, edit_url(group), as_it_is(group, photo_draft="none"))
    group.refresh_from_db()
    assert not group.photo
    assert not group.photo_small
    assert not files()


def test_removing_without_scripts(client: Client, group: Group) -> None:
    """A box in the form does it when the form is saved."""
    send(client, edit_url(group), as_it_is(group, photo=upload(GOOD["png"])))
    group.refresh_from_db()
    assert group.photo
    send(client, edit_url(group), as_it_is(group, remove_photo="on"))
    group.refresh_from_db()
    assert not group.photo
