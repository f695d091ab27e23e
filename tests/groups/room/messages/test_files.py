"""Files of messages (rule 3.5): sent with them, shown, and gone with them."""

import io
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from PIL import Image

from accounts.models import Member
from groups.models import Group, Message, Room, StoredFile
from groups.room.messages.actions import FILES_AT_MOST, recall, send
from tests.factories import StoredFileFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db


def picture(side: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def upload(name: str = "plan.txt", content: bytes = b"a plan") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")


def bomb() -> bytes:
    """A picture of 60,000 by 60,000 points, in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big") * 2
    head = chunk(b"IHDR", size + bytes([1, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


@pytest.fixture
def mine(client_of: ClientOf, member: Member) -> Client:
    return client_of(member)


@pytest.fixture
def address(group: Group) -> str:
    return reverse("room:messages", args=[group.pk])


def on_disk(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_files_alone_are_a_message(group: Group, mine: Client, address: str) -> None:
    mine.post(address, {"text": "", "files": [upload(), upload("sea.png", picture())]})
    message = Message.objects.get()
    assert [(stored.name, bool(stored.preview)) for stored in message.files.order_by("pk")] == [
        ("plan.txt", False),
        ("sea.png", True),
    ]
    page = mine.get(address).content.decode()
    for stored in message.files.all():
        assert reverse("room:file", args=[group.pk, stored.pk]) in page
    assert Room.objects.get(group=group).bytes_used == sum(stored.size for stored in message.files.all())


def test_a_file_comes_as_an_attachment_whatever_it_is(group: Group, mine: Client, address: str) -> None:
    for name in ("page.html", "drawing.svg", "x.pdf"):
        mine.post(address, {"files": [upload(name, b"<script>alert(1)</script>")]})
        stored = StoredFile.objects.latest("pk")
        answer = mine.get(reverse("room:file", args=[group.pk, stored.pk]))
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert mine.get(reverse("room:preview", args=[group.pk, stored.pk])).status_code == 404


@pytest.mark.parametrize(
    "name", ["C:\\Windows\\evil.exe", "<b>&\"'.txt", "보고서.docx", ".env", "👩\u200d🚀.png"]
)
def test_names_stay(group: Group, member: Member, mine: Client, actor_of: ActorOf, name: str) -> None:
    """Rule 3.9; what a header and a page make of them harms nobody."""
    file = upload()
    file.__dict__["_name"] = name  # as a browser sends it
    stored = send(group, "", [file], actor=actor_of(member)).files.get()
    assert stored.name == name
    header = mine.get(reverse("room:file", args=[group.pk, stored.pk]))["Content-Disposition"]
    assert not set(header.removeprefix("attachment; ")) & set("\r\n\\<>")
    assert "<b>" not in mine.get(reverse("room:messages", args=[group.pk])).content.decode()


@pytest.mark.parametrize("name", ["a\x00b\r\nc.txt", "cod\u202egpj.exe", "…" * 300 + ".txt"])
def test_names_that_cannot_be_are_refused(group: Group, mine: Client, address: str, name: str) -> None:
    """With the reason; what was typed stays (rule 3.9)."""
    file = io.BytesIO(b"x")
    file.name = name.replace("\r", "%0D").replace("\n", "%0A")
    answer = mine.post(address, {"text": "Look", "files": [file]})
    assert answer.status_code == 422
    assert "The name" in answer.content.decode()
    assert ">Look</textarea>" in answer.content.decode()
    assert not Message.objects.exists()


def test_nothing_in_it(group: Group, mine: Client, address: str) -> None:
    mine.post(address, {"text": "Empty", "files": [upload("empty.txt", b"")]})
    stored = StoredFile.objects.get()
    answer = mine.get(reverse("room:file", args=[group.pk, stored.pk]))
    assert (stored.size, b"".join(answer)) == (0, b"")


@pytest.mark.parametrize("content", [b"no picture", bomb(), picture()[:60]])
def test_what_only_looks_like_a_picture_is_a_file(
    group: Group, mine: Client, address: str, content: bytes
) -> None:
    mine.post(address, {"files": [upload("sea.png", content)]})
    stored = StoredFile.objects.get()
    assert not stored.preview
    assert b"".join(mine.get(reverse("room:file", args=[group.pk, stored.pk]))) == content


class TestLimits:
    def test_the_largest_and_a_byte_more(self, mine: Client, address: str, media: Path) -> None:
        """What was typed is kept, and no byte stays behind."""
        with override_settings(ROOM_FILE_MAX_BYTES=100):
            assert (
                mine.post(address, {"text": "Fits", "files": [upload(content=b"x" * 100)]}).status_code == 302
            )
            before = on_disk(media)
            answer = mine.post(
                address, {"text": "Too much", "files": [upload(content=b"x" * 60), upload(content=b"x" * 41)]}
            )
        assert answer.status_code == 422
        assert "can have at most 0 MB in total" in answer.content.decode()
        assert ">Too much</textarea>" in answer.content.decode()
        assert [message.text for message in Message.objects.all()] == ["Fits"]
        assert on_disk(media) == before

    def test_the_space_of_the_group(self, group: Group, mine: Client, address: str, media: Path) -> None:
        """The second file does not fit: the first one does not stay either."""
        with override_settings(ROOM_GROUP_MAX_BYTES=100):
            answer = mine.post(
                address,
                {"text": "Both", "files": [upload(content=b"x" * 60), upload(content=b"x" * 41)]},
                headers={"HX-Request": "true"},
            )
        assert answer.status_code == 422
        assert "This group has no space left" in answer.content.decode()
        assert answer["HX-Retarget"] == "#message-problem"
        assert not Message.objects.exists()
        assert not StoredFile.objects.exists()
        assert on_disk(media) == []
        assert not Room.objects.filter(group=group, bytes_used__gt=0).exists()

    def test_so_many(self, mine: Client, address: str) -> None:
        files = [upload(f"{n}.txt") for n in range(FILES_AT_MOST + 1)]
        answer = mine.post(address, {"text": "Many", "files": files})
        assert (answer.status_code, Message.objects.count()) == (422, 0)


def test_taken_back_they_are_gone_from_the_disk(
    group: Group,
    member: Member,
    mine: Client,
    address: str,
    actor_of: ActorOf,
    media: Path,
    django_capture_on_commit_callbacks: object,
) -> None:
    mine.post(address, {"files": [upload("sea.png", picture()), upload()]})
    message = Message.objects.get()
    pks = list(message.files.values_list("pk", flat=True))
    assert len(on_disk(media)) == 3
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        recall(group, message.pk, actor=actor_of(member))
    assert on_disk(media) == []
    assert Room.objects.get(group=group).bytes_used == 0
    for pk in pks:
        assert mine.get(reverse("room:file", args=[group.pk, pk])).status_code == 404


def test_who_is_removed_has_no_file_any_more(group: Group, member: Member, mine: Client) -> None:
    """Rule 2.16: at once, by its address too."""
    stored = StoredFileFactory.create(group=group, author=member)
    group.entries.filter(member=member).delete()
    for name in ("file", "preview"):
        assert mine.get(reverse(f"room:{name}", args=[group.pk, stored.pk])).status_code == 403


def test_not_with_the_id_of_another_room(
    group: Group, external_group: Group, member: Member, mine: Client
) -> None:
    stored = StoredFileFactory.create(group=group, author=member)
    Group.objects.filter(pk=external_group.pk).update(message=True)
    assert mine.get(reverse("room:file", args=[external_group.pk, stored.pk])).status_code == 404
