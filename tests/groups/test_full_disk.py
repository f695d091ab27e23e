"""A disk that is really full: it is said beside what was typed, and nothing half is left behind."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import override_settings
from django.urls import reverse

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.mail.incoming import acceptance, receive
from groups.models import (
    Designation,
    FolderFile,
    Group,
    Mail,
    Message,
    Note,
    PhotoDraft,
    Room,
    StoredFile,
    Upload,
)
from groups.room.uploads import previews, sweep
from tests.factories import DesignationFactory, MemberFactory, StoredFileFactory
from tests.groups.dialogs import ADD, filled
from tests.groups.room.notes.pages import picture
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FULL = "The server has no space left."
JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}
# More than what Django keeps in memory below.
LARGE = 100_000


class Disk:
    """Of one megabyte, with all uploads and what arrives on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self, leave: int = 0) -> None:
        free = os.statvfs(self.folder)
        self.ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - leave)))

    def files(self) -> list[Path]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return [path for path in found if path != self.ballast]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs root, to mount a small disk")
    try:
        (folder / "arriving").mkdir()
        with override_settings(
            MEDIA_ROOT=folder / "media",
            FILE_UPLOAD_TEMP_DIR=str(folder / "arriving"),
            FILE_UPLOAD_MAX_MEMORY_SIZE=LARGE // 2,
        ):
            yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def room(group: Group, outsider: Member) -> Group:
    """With all that takes files; the outsider writes as its list."""
    Group.objects.filter(pk=group.pk).update(note=True, folder=True, event=True)
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=outsider, purpose=Designation.Purpose.SEND_AS
    )
    return Group.objects.get(pk=group.pk)


def large(name: str = "large.bin") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"x" * LARGE)


# What is full: where uploads are kept, or already where they arrive.
SIZES = pytest.mark.parametrize("file", [picture, large], ids=["kept", "arriving"])
Make = Callable[[], SimpleUploadedFile]


@SIZES
def test_message(disk: Disk, room: Group, member: Member, client_of: ClientOf, file: Make) -> None:
    """Rule 3.5: htmx leaves the form as it is; without scripts, the text comes back with the page."""
    disk.fill()
    url = reverse("room:messages", args=[room.pk])
    for headers in (HTMX, {}):
        answer = client_of(member).post(url, {"text": "Typed", "files": [file()]}, headers=headers)
        assert answer.status_code == 422
        assert FULL in answer.content.decode()
    assert "Typed</textarea>" in answer.content.decode()
    assert not Message.objects.exists()
    assert disk.files() == []
    assert not Room.objects.filter(bytes_used__gt=0).exists()


@SIZES
def test_note(disk: Disk, room: Group, member: Member, client_of: ClientOf, file: Make) -> None:
    disk.fill()
    data = {"title": "Typed", "text": "Text", "files": [file()]}
    answer = client_of(member).post(reverse("room:note_add", args=[room.pk]), data)
    assert answer.status_code == 422
    assert FULL in answer.content.decode()
    assert 'value="Typed"' in answer.content.decode()
    assert not Note.objects.exists()
    assert disk.files() == []


@SIZES
def test_folder(disk: Disk, room: Group, member: Member, client_of: ClientOf, file: Make) -> None:
    """A script gets JSON, a form the page."""
    disk.fill()
    url = reverse("room:upload", args=[room.pk])
    answer = client_of(member).post(url, {"files": [file()]}, headers=JSON)
    assert answer.status_code == 422
    assert FULL in answer.json()["message"]
    assert FULL in client_of(member).post(url, {"files": [file()]}).content.decode()
    assert not FolderFile.objects.exists()
    assert disk.files() == []


def test_second_file_takes_the_first_with_it(
    disk: Disk, room: Group, member: Member, client_of: ClientOf
) -> None:
    """And of a picture that has room for its preview alone, the preview."""
    disk.fill(leave=8192)
    files = [SimpleUploadedFile("small", b"x"), SimpleUploadedFile("b", b"x" * 40_000)]
    answer = client_of(member).post(reverse("room:messages", args=[room.pk]), {"text": "", "files": files})
    assert FULL in answer.content.decode()
    assert disk.files() == []
    assert not StoredFile.objects.exists()


class TestPieces:
    def test_are_not_begun_for_nothing(
        self, disk: Disk, room: Group, member: Member, client_of: ClientOf
    ) -> None:
        disk.fill(leave=40_000)
        data = {"name": "large.bin", "size": "50000", "modified": "1"}
        answer = client_of(member).post(reverse("room:upload_begin", args=[room.pk]), data, headers=JSON)
        assert (answer.status_code, FULL in answer.json()["message"]) == (422, True)
        assert not Upload.objects.exists()
        assert disk.files() == []

    @pytest.mark.parametrize("size", [40_000, LARGE], ids=["kept", "arriving"])
    def test_go_on_when_there_is_space_again(
        self, disk: Disk, room: Group, member: Member, client_of: ClientOf, size: int
    ) -> None:
        client = client_of(member)
        data = {"name": "large.bin", "size": str(size + 5), "modified": "1"}
        url = client.post(reverse("room:upload_begin", args=[room.pk]), data).json()["url"]
        assert (
            client.post(url, {"offset": "0", "piece": SimpleUploadedFile("p", b"first")}).status_code == 200
        )
        disk.fill(leave=4096)
        rest = {"offset": "5", "piece": SimpleUploadedFile("p", b"x" * size)}
        answer = client.post(url, rest, headers=JSON)
        assert (answer.status_code, FULL in answer.json()["message"]) == (422, True)
        assert client.get(url).json() == {"received": 5}
        disk.ballast.unlink()
        rest["piece"] = SimpleUploadedFile("p", b"x" * size)
        assert client.post(url, rest).json()["done"]
        assert StoredFile.objects.get().file.size == size + 5


class TestPhotos:
    """Rule 2.6."""

    @pytest.mark.parametrize("leave", [0, 4096], ids=["none", "one of two"])
    def test_chosen_in_a_dialog(
        self, disk: Disk, administrator: Member, client_of: ClientOf, leave: int
    ) -> None:
        """It is kept in two sizes, or not at all."""
        disk.fill(leave)
        answer = client_of(administrator).post(
            reverse("groups:choose_photo"), {"photo": picture()}, headers=HTMX
        )
        assert FULL in answer.content.decode()
        assert not PhotoDraft.objects.exists()
        assert disk.files() == []

    @SIZES
    def test_sent_with_a_dialog(
        self, disk: Disk, administrator: Member, client_of: ClientOf, file: Make
    ) -> None:
        """What was typed is still there."""
        disk.fill()
        form = filled(administrator, name="Typed", photo=file())
        answer = client_of(administrator).post(ADD, form)
        assert answer.status_code == 422
        assert FULL in answer.content.decode()
        assert 'value="Typed"' in answer.content.decode()
        assert disk.files() == []

    @SIZES
    def test_of_a_person(self, disk: Disk, member: Member, client_of: ClientOf, file: Make) -> None:
        disk.fill()
        answer = client_of(member).post(reverse("accounts:profile_photo"), {"photo": file()})
        assert answer.status_code == 422
        assert FULL in answer.content.decode()
        assert disk.files() == []
        assert not Member.objects.exclude(photo="").exists()


def test_attachment(disk: Disk, room: Group, outsider: Member, client_of: ClientOf) -> None:
    """Rule 4.6: the mail that was written stays in the form."""
    disk.fill()
    form = {"to": "kim@outside.example", "cc": "", "subject": "Typed", "text": "T", "form_key": str(uuid4())}
    answer = client_of(outsider).post(
        reverse("groups:new_mail", args=[room.pk]), form | {"attachments": [large()]}
    )
    assert answer.status_code == 422
    assert FULL in answer.content.decode()
    assert 'value="Typed"' in answer.content.decode()
    assert not Mail.objects.exists()
    assert disk.files() == []


@pytest.mark.parametrize(
    ("name", "who"), [("room:events_import", "member"), ("groups:contacts_import", "master")]
)
def test_import(
    disk: Disk, room: Group, name: str, who: str, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    disk.fill()
    answer = client_of(request.getfixturevalue(who)).post(reverse(name, args=[room.pk]), {"file": large()})
    assert answer.status_code == 422
    assert FULL in answer.content.decode()
    assert disk.files() == []


def test_anything_else_is_said_on_a_page(
    disk: Disk, administrator: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_asked: Any) -> None:
        (disk.folder / "x").write_bytes(b"x")

    disk.fill()
    monkeypatch.setattr("groups.views.lists.page_for", write)
    answer = client_of(administrator).get(reverse("groups:list"))
    assert answer.status_code == 507
    assert answer["Retry-After"] == "120"
    assert "The disk for files is full" in answer.content.decode()


def test_preview_is_tried_again(disk: Disk, room: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 3.5: the worker's task fails, and so is queued again."""
    stored = StoredFileFactory.create(group=room, name="a.pdf", content_type="application/pdf", preview="")
    before = disk.files()
    monkeypatch.setattr(previews, "_drawn", lambda stored: (b"x" * 10_000, (10, 10)))
    disk.fill(leave=4096)
    with pytest.raises(Invalid):
        previews.add_preview.call(stored.pk)
    assert disk.files() == before
    disk.ballast.unlink()
    assert previews.add_preview.call(stored.pk)


@pytest.mark.parametrize("folder", ["drafts", "groups", "members", "uploads", "rooms/2026/11"])
def test_what_a_failed_commit_left_is_swept(media: Path, folder: str, member: Member) -> None:
    """Rule 3.4, for files of all kinds: those without a row, once they are a day old."""
    (media / folder).mkdir(parents=True)
    old, young, used = (media / folder / name for name in ("old", "young", "used"))
    for path in (old, young, used):
        path.write_bytes(b"x")
    for path in (old, used):
        os.utime(path, (0, 0))
    name = str(used.relative_to(media))
    if folder == "drafts":
        PhotoDraft.objects.create(member=member, photo=f"{name}-", photo_small=name)
    elif folder == "members":
        MemberFactory.create(company=member.company, photo=name)
    else:
        used.unlink()
    assert sweep.sweep() == 1
    assert not old.exists()
    assert young.exists()
    assert used.exists() is (folder in ("drafts", "members"))


def test_mail_stays_with_its_sender_while_the_database_is_full(
    room: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_asked: Any, **_named: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(acceptance, "accept", full)
    raw = b"From: momo@hanbit.example\r\nSubject: x\r\n\r\nHi\r\n"
    (decision,) = receive.take(raw, "lmtp", "momo@hanbit.example", (room.address,), None, None)
    assert decision.reply.startswith("452 4.3.1 ")


def test_json_is_answered_where_json_is_asked_for(
    disk: Disk, room: Group, member: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_asked: Any, **_named: Any) -> None:
        (disk.folder / "x").write_bytes(b"x")

    disk.fill()
    monkeypatch.setattr("groups.room.uploads.pieces.begin", write)
    url = reverse("room:message_upload_begin", args=[room.pk])
    answer = client_of(member).post(url, {"name": "a", "size": "1"}, headers=JSON)
    assert answer.status_code == 507
    assert "The disk for files is full" in json.loads(answer.content)["message"]
