"""Short ways for tests of notes."""

import io
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import Member
from groups.models import Group, Message, Note
from tests.helpers import client_of

EVIL = "<script>alert(1)</script><b>'\"&amp;"


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def picture(name: str = "beach.png", size: tuple[int, int] = (900, 400)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue(), "image/png")


def add(client: Client, room: Group, title: str = "Minutes", text: str = "", **more: Any) -> Note:
    answer = client.post(url("note_add", room), {"title": title, "text": text, **more})
    assert answer.status_code == 302, answer.content
    return Note.objects.latest("pk")


def news(room: Group) -> list[tuple[str, str]]:
    said = Message.objects.filter(group=room, kind=Message.Kind.ANNOUNCEMENT).order_by("pk")
    return [(message.details["what"], message.author_name) for message in said]


def files_on_disk(media: Path) -> int:
    return sum(1 for path in media.rglob("*") if path.is_file())


def pin(room: Group, note: Note, member: Member, is_pinned: bool = True) -> None:
    answer = client_of(member).post(url("note_pin", room, note), {"pinned": "1" if is_pinned else "0"})
    assert answer.status_code == 302
