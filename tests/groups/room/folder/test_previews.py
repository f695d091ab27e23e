"""Previews of pictures and PDF files, and what has none (rule 3.5)."""

import io
import json
from typing import Any

import pillow_heif
import pypdfium2
import pytest
from django.test import Client, override_settings
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from groupadmin.base import picture_reader
from groups.models import FolderFile, Group, StoredFile
from groups.room.uploads import previews

from .pages import OnCommit, file, url

pytestmark = pytest.mark.django_db


def pdf(width: float = 595, height: float = 842) -> bytes:
    document, buffer = pypdfium2.PdfDocument.new(), io.BytesIO()
    document.new_page(width, height)
    document.save(buffer)
    return buffer.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (1000, 500)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def uploaded(client: Client, room: Group, name: str, content: bytes, on_commit: OnCommit) -> StoredFile:
    with on_commit(execute=True):
        client.post(url("upload", room.pk), {"files": file(name, content)})
    return StoredFile.objects.get()


def test_a_picture_has_a_preview(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = uploaded(client, room, "a.png", picture(), django_capture_on_commit_callbacks)
    assert (stored.width, stored.height) == (640, 320)
    answer = client.get(url("preview", room.pk, stored.pk))
    assert answer["Content-Type"] == "image/webp"
    assert url("preview", room.pk, stored.pk) in client.get(url("folder", room.pk)).content.decode()


def test_so_has_a_photo_of_a_phone(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (80, 40), "red")).save(buffer)
    stored = uploaded(client, room, "IMG_0001.HEIC", buffer.getvalue(), django_capture_on_commit_callbacks)
    assert (stored.content_type, stored.width, stored.height) == ("image/heic", 80, 40)


def test_the_first_page_of_a_pdf_file_is_its_preview(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = uploaded(client, room, "a.pdf", pdf(), django_capture_on_commit_callbacks)
    assert max(stored.width, stored.height) in (639, 640)
    assert stored.preview.read()[8:12] == b"WEBP"
    assert not previews.add_preview.func(stored.pk), "done again, it does no harm"


BOMB = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>endobj\ntrailer<</Root 1 0 R>>"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", b"<script>alert(1)</script>"),
        ("page.pdf", picture()),
        ("empty.pdf", b""),
        ("bomb.pdf", BOMB),
        ("cut.pdf", pdf()[:200]),
        ("text.png", b"not a picture"),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("bomb.zip", b"PK\x03\x04" + b"\x00" * 100),
    ],
)
def test_what_cannot_be_drawn_has_none_and_harms_nothing(
    room: Group, client: Client, name: str, content: bytes, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = uploaded(client, room, name, content, django_capture_on_commit_callbacks)
    assert not stored.preview
    assert client.get(url("preview", room.pk, stored.pk)).status_code == 404
    answer = client.get(url("folder_file", room.pk, FolderFile.objects.get().pk))
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]


@override_settings(PHOTO_MAX_PIXELS=1000)
def test_a_picture_bomb_has_none(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    assert not uploaded(client, room, "a.png", picture(), django_capture_on_commit_callbacks).preview


def test_photos_are_read_small_and_upright(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pixels of a photo are never all in memory at once."""
    read: list[tuple[int, int]] = []
    load = JpegImageFile.load

    def watched(photo: JpegImageFile) -> Any:
        read.append(photo.size)
        return load(photo)

    monkeypatch.setattr(JpegImageFile, "load", watched)
    turned, buffer = Image.Exif(), io.BytesIO()
    turned[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (2800, 2600), "red").save(buffer, "JPEG", exif=turned)
    line, _end, _pictures = picture_reader.answer(
        buffer.getvalue(), "whole", "8000000", "80", "640"
    ).partition(b"\n")
    assert json.loads(line)["pictures"][0][1:] == [594, 640]
    assert read
    assert max(side for size in read for side in size) == 1400


def test_sixteen_bits_of_grey_stay_grey(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    buffer = io.BytesIO()
    Image.new("I;16", (60, 60), 0x8000).save(buffer, "PNG")
    stored = uploaded(client, room, "a.png", buffer.getvalue(), django_capture_on_commit_callbacks)
    grey = Image.open(stored.preview).convert("L").getpixel((30, 30))
    assert isinstance(grey, int)
    assert abs(grey - 128) < 6


def test_a_huge_page_is_drawn_small(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = uploaded(client, room, "a.pdf", pdf(14_000, 14_000), django_capture_on_commit_callbacks)
    assert stored.width <= 640


def test_a_page_that_takes_too_much_has_none(
    room: Group,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    monkeypatch.setattr(previews, "LIMITS", previews.LIMITS._replace(memory=1024))
    assert not uploaded(client, room, "a.pdf", pdf(), django_capture_on_commit_callbacks).preview
