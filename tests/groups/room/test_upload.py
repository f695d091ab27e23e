"""Uploading into folders: whole files and pieces, limits, previews, and what people may try (spec 3.5)."""

import io
import os
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actor import Invalid
from accounts.models import Member
from groups.models import FolderFile, Group, Room, StoredFile, Upload
from groups.room import bin, files, previews
from groups.room.actions import uploads
from tests.factories import FolderFactory, FolderFileFactory, GroupFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
OnCommit = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def room(group: Group) -> Group:
    """The group with Folder on."""
    Group.objects.filter(pk=group.pk).update(folder=True)
    return Group.objects.get(pk=group.pk)


@pytest.fixture
def client(member: Member, client_of: ClientOf) -> Client:
    return client_of(member)


def url(name: str, *args: object) -> str:
    return reverse(f"room:{name}", args=args)


def file(name: str = "a.txt", content: bytes = b"content") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def begin(client: Client, room: Group, size: int | str, **fields: Any) -> Any:
    sent = {"name": "large.bin", "size": str(size), "modified": "1"} | fields
    return client.post(url("upload_begin", room.pk), sent)


def piece(client: Client, address: str, offset: int, content: bytes) -> Any:
    return client.post(address, {"offset": str(offset), "piece": file("piece", content)})


# Whole


def test_several_without_a_script(room: Group, client: Client, member: Member) -> None:
    folder = FolderFactory.create(group=room)
    sent = {"folder": folder.pk, "files": [file("a.txt"), file("b.txt")]}
    answer = client.post(url("upload", room.pk), sent)
    assert answer["Location"] == url("folder_in", room.pk, folder.pk)
    assert [one.name for one in folder.files.all()] == ["a.txt", "b.txt"]
    assert folder.files.all()[0].author == member
    assert Room.objects.get(group=room).bytes_used == 14
    assert Room.objects.get(group=room).last_activity_at is not None


def test_with_a_script_one_by_one(room: Group, client: Client) -> None:
    for number, said in ((1, "Uploaded"), (2, "version 2")):
        answer = client.post(url("upload", room.pk), {"files": file()}, headers=JSON)
        assert answer.json()["done"], number
        assert said in answer.json()["message"]


def test_an_empty_file_is_a_file(room: Group, client: Client) -> None:
    client.post(url("upload", room.pk), {"files": file("empty.txt", b"")})
    stored = FolderFile.objects.get().versions.get().stored
    answer = client.get(url("folder_file", room.pk, FolderFile.objects.get().pk))
    assert (stored.size, b"".join(answer.streaming_content)) == (0, b"")  # type: ignore[attr-defined]


def test_no_file_is_a_mistake(room: Group, client: Client) -> None:
    answer = client.post(url("upload", room.pk))
    assert answer.status_code == 422
    assert "Choose a file" in answer.content.decode()
    assert client.post(url("upload", room.pk), headers=JSON).json()["message"] == "Choose a file."


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("bell\x07.txt", "bell.txt"),
        ('<img src=x onerror="alert(1)">.svg', "img src=x onerror= alert(1).svg"),
        ("가" * 200 + ".pdf", "가" * 65 + ".pdf"),
    ],
)
def test_names_are_cleaned(room: Group, client: Client, sent: str, kept: str) -> None:
    begun = begin(client, room, 1, name=sent).json()
    assert piece(client, begun["url"], 0, b"x").json()["done"]
    item = FolderFile.objects.get()
    assert item.name == kept
    assert kept not in (item.versions.get().stored.file.name or ""), "the disk does not know it"
    assert client.get(url("folder", room.pk)).status_code == 200


def test_a_file_does_not_take_a_folder_s_name(room: Group, client: Client) -> None:
    FolderFactory.create(group=room, name="Plans")
    answer = client.post(url("upload", room.pk), {"files": [file("plans"), file("fine.txt")]})
    assert answer.status_code == 422
    assert "already something named" in answer.content.decode()
    assert FolderFile.objects.get().name == "fine.txt", "the other one is there"


@override_settings(ROOM_FILE_MAX_BYTES=2 * 1024 * 1024)
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 422)])
def test_the_limit_and_one_byte_more(room: Group, client: Client, more: int, status: int) -> None:
    size = 2 * 1024 * 1024 + more
    answer = client.post(url("upload", room.pk), {"files": file("a.bin", b"x" * size)}, headers=JSON)
    assert answer.status_code == status
    assert begin(client, room, size, name="b.bin").status_code == status
    if more:
        assert "larger than 2 MB" in answer.json()["message"]
        assert not StoredFile.objects.exists()


@override_settings(ROOM_GROUP_MAX_BYTES=20)
def test_the_group_s_space(room: Group, client: Client) -> None:
    FolderFileFactory.create(group=room, content=b"x" * 10)
    fits, not_any_more = file("a", b"x" * 10), file("b", b"x")
    assert client.post(url("upload", room.pk), {"files": fits}, headers=JSON).status_code == 200
    answer = client.post(url("upload", room.pk), {"files": not_any_more})
    assert answer.status_code == 422
    assert "The space of this group is used up" in answer.content.decode()


@override_settings(ROOM_COMPANY_MAX_BYTES=20)
def test_the_company_s_space_counts_for_the_one_that_made_the_group(
    external_group: Group, guest: Member, client_of: ClientOf
) -> None:
    Group.objects.filter(pk=external_group.pk).update(message=True, folder=True)
    foreign = GroupFactory.create(company=guest.company, message=True, folder=True, members=[guest])
    FolderFileFactory.create(group=external_group, content=b"x" * 20)
    cache.clear()
    client = client_of(guest)
    assert client.post(url("upload", foreign.pk), {"files": file()}, headers=JSON).status_code == 200
    answer = client.post(url("upload", external_group.pk), {"files": file()}, headers=JSON)
    assert "space of the company that owns this group is used up" in answer.json()["message"]


# In pieces


def test_in_pieces(room: Group, client: Client, member: Member) -> None:
    folder = FolderFactory.create(group=room)
    begun = begin(client, room, 10, folder=folder.pk).json()
    assert begun["received"] == 0
    assert piece(client, begun["url"], 0, b"01234").json() == {"received": 5}
    assert client.get(begun["url"]).json() == {"received": 5}
    assert piece(client, begun["url"], 5, b"56789").json()["done"]
    item = folder.files.get()
    assert (item.name, item.author) == ("large.bin", member)
    stored = item.versions.get().stored
    assert (stored.size, stored.file.read()) == (10, b"0123456789")
    assert Room.objects.get(group=room).bytes_used == 10
    assert not Upload.objects.exists()
    assert client.get(begun["url"]).status_code == 404


def test_goes_on_where_it_stopped(room: Group, client: Client) -> None:
    """Also after the page was left: the file is known again. A piece sent twice is there once."""
    begun = begin(client, room, 6).json()
    piece(client, begun["url"], 0, b"012")
    again = begin(client, room, 6).json()
    assert again == {"url": begun["url"], "received": 3}
    assert piece(client, begun["url"], 0, b"012").json() == {"received": 3}
    assert begin(client, room, 6, modified="2").json()["url"] != begun["url"], "another file"
    assert piece(client, begun["url"], 3, b"345").json()["done"]
    assert FolderFile.objects.get().versions.get().stored.file.read() == b"012345"


def test_an_empty_file_that_was_begun(room: Group, client: Client) -> None:
    begun = begin(client, room, 0).json()
    assert client.post(begun["url"], {"offset": "0"}).json()["done"]


@pytest.mark.parametrize(("offset", "content"), [(1, b"x"), (0, b"x" * 6), (10**17, b"")])
def test_pieces_that_fit_nowhere(room: Group, client: Client, offset: int, content: bytes) -> None:
    begun = begin(client, room, 5).json()
    answer = client.post(begun["url"], {"offset": str(offset), "piece": file("p", content)})
    assert answer.status_code == 422
    assert client.get(begun["url"]).json() == {"received": 0}


@pytest.mark.parametrize("number", ["", "-1", "1.5", "x", "9" * 30, "\x00", "٣"])
def test_strange_numbers(room: Group, client: Client, number: str) -> None:
    begun = begin(client, room, 5).json()
    assert client.post(begun["url"], {"offset": number}).status_code == 404
    assert begin(client, room, number).status_code == 404


def test_pieces_of_somebody_else(room: Group, client: Client, teammate: Member, client_of: ClientOf) -> None:
    begun = begin(client, room, 5).json()
    assert client_of(teammate).get(begun["url"]).status_code == 404
    assert piece(client_of(teammate), begun["url"], 0, b"x").status_code == 404
    other = GroupFactory.create(company=room.company, message=True, folder=True, members=[teammate])
    key = Upload.objects.get().key
    assert client_of(teammate).get(url("upload_piece", other.pk, key)).status_code == 404
    assert client.get(url("upload_piece", room.pk, uuid.uuid4())).status_code == 404


def test_switched_off_in_the_middle(room: Group, client: Client) -> None:
    """Spec 3.3: hidden at once, and goes on when it is back."""
    begun = begin(client, room, 2).json()
    piece(client, begun["url"], 0, b"0")
    Group.objects.filter(pk=room.pk).update(folder=False)
    assert piece(client, begun["url"], 1, b"1").status_code == 404
    Group.objects.filter(pk=room.pk).update(folder=True)
    assert piece(client, begun["url"], 1, b"1").json()["done"]


def test_left_in_the_middle(room: Group, client: Client, member: Member) -> None:
    """Spec 2.16."""
    begun = begin(client, room, 2).json()
    room.entries.filter(member=member).delete()
    assert piece(client, begun["url"], 0, b"01").status_code == 403
    assert not FolderFile.objects.exists()


def test_a_folder_that_goes_in_the_middle(room: Group, client: Client) -> None:
    folder = FolderFactory.create(group=room)
    begun = begin(client, room, 1, folder=folder.pk).json()
    client.post(url("folder_delete", room.pk), {"item": f"d{folder.pk}"})
    assert piece(client, begun["url"], 0, b"x").status_code == 404
    assert not FolderFile.objects.exists()


def test_space_is_asked_for_at_the_start_and_at_the_end(room: Group, client: Client) -> None:
    with override_settings(ROOM_GROUP_MAX_BYTES=10):
        begun = begin(client, room, 6).json()
        answer = begin(client, room, 6, name="other.bin")
        assert answer.status_code == 422, "what is under way counts"
        assert "used up" in answer.json()["message"]
        FolderFileFactory.create(group=room, content=b"x" * 5)
        assert piece(client, begun["url"], 0, b"x" * 6).status_code == 422
        assert Room.objects.get(group=room).bytes_used == 5
    assert client.post(begun["url"], {"offset": "6"}).json()["done"], "nothing is lost: try again later"


def test_begun_files_are_bounded(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(uploads.OPEN_AT_MOST + 2):
            begin(client, room, 1, name=f"{number}.bin")
    assert Upload.objects.count() == uploads.OPEN_AT_MOST
    assert not Upload.objects.filter(name="0.bin").exists()


def test_bytes_that_were_lost_are_asked_for_again(room: Group, client: Client) -> None:
    begun = begin(client, room, 2).json()
    upload = Upload.objects.get()
    os.unlink(upload.file.path)
    assert client.get(begun["url"]).status_code == 404
    again = begin(client, room, 2).json()
    assert again["received"] == 0
    assert piece(client, again["url"], 0, b"01").json()["done"]


def test_forgotten_pieces_go_after_a_day(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    for name in ("old.bin", "new.bin"):
        begin(client, room, 5, name=name)
    old = Upload.objects.get(name="old.bin")
    Upload.objects.filter(pk=old.pk).update(touched_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert uploads.forget_old_uploads() == 1
    assert Upload.objects.get().name == "new.bin"
    assert not Path(old.file.path).exists()
    assert Path(Upload.objects.get().file.path).exists()


# Previews


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
        ("text.png", b"no picture"),
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


def test_a_huge_page_is_drawn_small(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = uploaded(client, room, "a.pdf", pdf(14_000, 14_000), django_capture_on_commit_callbacks)
    assert stored.width <= 640


def test_a_page_that_takes_too_long_has_none(
    room: Group,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    monkeypatch.setattr(previews, "SECONDS", -5)
    assert not uploaded(client, room, "a.pdf", pdf(), django_capture_on_commit_callbacks).preview


# What is left behind


def test_bytes_without_a_row_are_swept(room: Group, member: Member, actor_of: ActorOf) -> None:
    version = uploads.add_file(room, None, file(), actor=actor_of(member))
    uploads.begin_upload(room, None, "large.bin", 5, "", actor=actor_of(member))
    kept = [Path(version.stored.file.path), Path(Upload.objects.get().file.path)]
    orphan, young = kept[0].with_name("orphan"), kept[0].with_name("young")
    lost = kept[1].with_name("lost")
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (orphan, young, lost):
        path.write_bytes(b"left behind")
    for path in (*kept, orphan, lost):
        os.utime(path, (two_days_ago, two_days_ago))
    assert bin.sweep() == 2
    assert [path.exists() for path in (*kept, young, orphan, lost)] == [True, True, True, False, False]
    assert bin.sweep() == 0


def test_the_company_s_space_is_counted_anew_only_when_it_is_close(room: Group, member: Member) -> None:
    """With 100,000 rooms it takes a while; so what is known of a minute ago does, until it may matter."""
    cache.clear()
    with override_settings(ROOM_COMPANY_MAX_BYTES=1000):
        files.check_space(room, 1)
        FolderFileFactory.create(group=room, content=b"x" * 999)
        files.check_space(room, 949)  # as of a minute ago, this fits
        with pytest.raises(Invalid):
            files.check_space(room, 951)
    cache.clear()
