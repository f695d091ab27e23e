"""Files as attachments, several as a zip file, and their versions (rule 3.5)."""

import gc
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from groups.models import FileVersion, FolderFile, Group, Room, StoredFile
from groups.room.folder import zips
from groups.room.folder.reading import token_of
from tests.factories import FolderFactory, FolderFileFactory

from .pages import packed, url

pytestmark = pytest.mark.django_db


def test_a_file_is_always_an_attachment(room: Group, client: Client) -> None:
    for name in ("evil.html", "evil.svg"):
        file = FolderFileFactory.create(group=room, name=name, content=b"<script>alert(1)</script>")
        answer = client.get(url("folder_file", room.pk, file.pk))
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]


def test_a_folder_as_a_zip_file(room: Group, client: Client) -> None:
    top = FolderFactory.create(group=room, name="Tøp")
    inside = FolderFactory.create(group=room, parent=top, name="Inside")
    FolderFactory.create(group=room, parent=top, name="Empty")
    FolderFileFactory.create(group=room, folder=top, name="a.txt", content=b"A")
    FolderFileFactory.create(group=room, folder=inside, name="b.txt", content=b"B")
    binned = FolderFactory.create(group=room, parent=top, name="Gone", binned_at=timezone.now())
    FolderFileFactory.create(group=room, folder=binned, binned_at=timezone.now())
    found = packed(client, url("folder_zip", room.pk) + f"?item={token_of(top)}")
    assert set(found.namelist()) == {"Tøp/", "Tøp/Inside/", "Tøp/Empty/", "Tøp/a.txt", "Tøp/Inside/b.txt"}
    assert found.read("Tøp/Inside/b.txt") == b"B"
    assert found.testzip() is None


def test_several_as_a_zip_file_each_by_a_name_of_its_own(room: Group, client: Client) -> None:
    files = [
        FolderFileFactory.create(group=room, folder=folder, name="Same.txt", content=content)
        for folder, content in ((None, b"1"), (FolderFactory.create(group=room), b"2"))
    ]
    found = packed(client, url("folder_zip", room.pk), {"item": [token_of(file) for file in files]})
    assert {name: found.read(name) for name in found.namelist()} == {"Same.txt": b"1", "Same (2).txt": b"2"}


def test_a_zip_file_has_no_paths_that_lead_out(room: Group, client: Client) -> None:
    """Even if a name with a path had got into the database."""
    client.post(
        url("upload", room.pk), {"files": SimpleUploadedFile("..\\..\\Windows\\x.txt", b"x", "text/plain")}
    )
    (token,) = (token_of(file) for file in FolderFile.objects.all())
    assert packed(client, url("folder_zip", room.pk), {"item": token}).namelist()[0] == ".._.._Windows_x.txt"


def test_too_many_files_for_a_zip_file_are_said(
    room: Group, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "FILES_AT_MOST", 1)
    tokens = [token_of(FolderFileFactory.create(group=room)) for _ in range(2)]
    answer = client.post(url("folder_zip", room.pk), {"item": tokens}, follow=True)
    assert "A zip file can have at most 1 files" in answer.content.decode()


def test_slow_readers_of_zip_files_leave_threads_for_pages(room: Group, client: Client) -> None:
    """Each holds a thread of the web server until it has read all, or goes away."""
    sent: dict[str, object] = {"item": token_of(FolderFileFactory.create(group=room))}
    slow: list[Any] = [client.post(url("folder_zip", room.pk), sent) for _ in range(2)]
    assert [answer["Content-Type"] for answer in slow] == ["application/zip"] * 2
    refused = client.post(url("folder_zip", room.pk), sent, follow=True)
    assert "Several zip files are being downloaded" in refused.content.decode()
    assert b"".join(slow.pop())
    slow.clear()  # lost without an end, as by a fault on the way
    gc.collect()
    for _ in range(3):
        assert packed(client, url("folder_zip", room.pk), sent).namelist()


def test_a_file_that_is_lost_spoils_no_zip_file(room: Group, client: Client) -> None:
    lost, there = FolderFileFactory.create(group=room), FolderFileFactory.create(group=room, content=b"!")
    stored = lost.versions.get().stored
    stored.file.storage.delete(stored.file.name or "")
    assert client.get(url("folder_file", room.pk, lost.pk)).status_code == 404
    found = packed(client, url("folder_zip", room.pk), {"item": [token_of(lost), token_of(there)]})
    assert found.read(there.name) == b"!"


def test_versions(room: Group, client: Client) -> None:
    file = FolderFileFactory.create(group=room, name="Plan.txt", content=b"first")
    client.post(url("upload", room.pk), {"files": SimpleUploadedFile("Plan.txt", b"second")})
    assert FolderFile.objects.get() == file
    assert [version.number for version in file.versions.all()] == [2, 1]
    download = url("folder_file", room.pk, file.pk)
    for query, content in (("", b"second"), ("?version=1", b"first"), ("?version=2", b"second")):
        answer = client.get(download + query)
        assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
        assert answer["Content-Disposition"] == 'attachment; filename="Plan.txt"'
    assert Room.objects.get(group=room).bytes_used == len(b"firstsecond"), "versions count"
    client.post(url("version_restore", room.pk, file.pk), {"version": "1"})
    assert b"".join(client.get(download).streaming_content) == b"first"  # type: ignore[attr-defined]
    assert [version.number for version in FileVersion.objects.filter(folder_file=file)] == [3, 2]
    assert StoredFile.objects.count() == 2


@pytest.mark.parametrize("version", ["", "x", "-1", "7", "9" * 18, "9" * 40])
def test_versions_that_are_not_there(room: Group, client: Client, version: str) -> None:
    file = FolderFileFactory.create(group=room)
    answer = client.post(url("version_restore", room.pk, file.pk), {"version": version})
    assert answer.status_code == 404
    if version:
        assert client.get(url("folder_file", room.pk, file.pk), {"version": version}).status_code == 404
