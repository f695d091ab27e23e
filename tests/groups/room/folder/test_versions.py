"""What a file was before: one version deleted, another restored (rule 3.5)."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Member
from groups.models import FileVersion, FolderFile, Group, Room, StoredFile
from groups.room.folder import file_actions
from tests.factories import MembershipFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def item(room: Group, client_of: ClientOf, member: Member, teammate: Member) -> FolderFile:
    """A file with three versions of 1, 2 and 3 bytes, of the member, the teammate and the member."""
    for content, person in ((b"1", member), (b"22", teammate), (b"333", member)):
        file = SimpleUploadedFile("plan.txt", content)
        assert client_of(person).post(url("upload", room), {"files": file}).status_code == 302
    return FolderFile.objects.get()


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def version(item: FolderFile, number: int) -> FileVersion:
    return item.versions.get(number=number)


def delete(client: Client, item: FolderFile, number: int, *, sent: int | None = None) -> Any:
    address = url("version_delete", item.group, item, version(item, number))
    return client.post(address, {"number": sent or number}, follow=True)


def numbers(item: FolderFile) -> list[int]:
    return list(item.versions.order_by("number").values_list("number", flat=True))


def on_disk(media: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in media.rglob("*") if path.is_file())


def test_its_space_is_free_again(
    item: FolderFile,
    client_of: ClientOf,
    member: Member,
    media: Path,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    """Asked first, saying how much it is and whose; then its bytes are gone, and the others stay."""
    client = client_of(member)
    asked = client.get(url("version_delete", item.group, item, version(item, 1))).content.decode()
    assert "Delete version 1" in asked
    assert numbers(item) == [1, 2, 3]
    with django_capture_on_commit_callbacks(execute=True):
        answer = delete(client, item, 1)
    assert "was deleted" in answer.content.decode()
    assert numbers(item) == [2, 3]
    assert on_disk(media) == [b"22", b"333"]
    assert Room.objects.get(group=item.group).bytes_used == 5
    assert StoredFile.objects.count() == 2
    assert not AuditEntry.objects.filter(action="group.delete_file").exists()


def test_without_the_newest_it_is_what_it_was_before(
    item: FolderFile, client_of: ClientOf, member: Member
) -> None:
    client = client_of(member)
    delete(client, item, 3)
    answer = client.get(url("folder_file", item.group, item))
    assert b"".join(answer.streaming_content) == b"22"  # type: ignore[attr-defined]


def test_the_last_one_stays(item: FolderFile, client_of: ClientOf, master: Member) -> None:
    """Whoever wants that gone deletes the file, which comes into the bin."""
    MembershipFactory.create(group=item.group, member=master)
    client = client_of(master)
    delete(client, item, 1)
    delete(client, item, 2)
    page = client.get(url("file_versions", item.group, item)).content.decode()
    assert "Delete version" not in page
    answer = delete(client, item, 3)
    assert "This is the only version" in answer.content.decode()
    assert numbers(item) == [3]


def test_by_who_uploaded_it_or_a_master(
    item: FolderFile, client_of: ClientOf, member: Member, teammate: Member, master: Member
) -> None:
    """Rule 8.1: what a master deletes of another is audited, and so is who was refused."""
    page = client_of(teammate).get(url("file_versions", item.group, item)).content.decode()
    assert [bool(re.search(rf"Delete version {number}\s*<", page)) for number in (1, 2, 3)] == [
        False,
        True,
        False,
    ]
    address = url("version_delete", item.group, item, version(item, 1))
    assert client_of(teammate).get(address).status_code == 403
    assert delete(client_of(teammate), item, 1).status_code == 403
    assert numbers(item) == [1, 2, 3]
    MembershipFactory.create(group=item.group, member=master)
    delete(client_of(master), item, 1)
    assert numbers(item) == [2, 3]
    entry = AuditEntry.objects.get(action="group.delete_file", result="done")
    assert entry.changes == {"file_of": [member.name, None]}
    assert entry.actor_id == master.pk


def test_not_what_was_restored_since_one_was_asked(
    item: FolderFile, client_of: ClientOf, member: Member, teammate: Member
) -> None:
    """The old version that one meant is what the file is now: nothing is deleted."""
    client_of(teammate).post(url("version_restore", item.group, item), {"version": "1"})
    assert numbers(item) == [2, 3, 4]
    answer = delete(client_of(member), item, 4, sent=1)
    assert "restored this version in the meantime" in answer.content.decode()
    assert numbers(item) == [2, 3, 4]


def test_an_old_one_becomes_the_newest(item: FolderFile, client_of: ClientOf, teammate: Member) -> None:
    """By every member; it takes no more space, and the one that was newest is still there."""
    client = client_of(teammate)
    client.post(url("version_restore", item.group, item), {"version": "1"})
    answer = client.get(url("folder_file", item.group, item))
    assert b"".join(answer.streaming_content) == b"1"  # type: ignore[attr-defined]
    assert Room.objects.get(group=item.group).bytes_used == 6
    assert numbers(item) == [2, 3, 4]


def test_a_full_file_takes_no_further_version_until_one_is_deleted(
    item: FolderFile, client_of: ClientOf, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 3.5: as many versions as are allowed, and not one more; what is refused takes no space."""
    monkeypatch.setattr(file_actions, "VERSIONS_AT_MOST", 4)
    client = client_of(member)

    def upload(content: bytes) -> str:
        file = SimpleUploadedFile("plan.txt", content)
        answer = client.post(url("upload", item.group), {"files": file}, follow=True)
        return html.unescape(answer.content.decode())

    refusal = "This file already has 4 versions. Delete one first."
    assert refusal not in upload(b"4444")
    assert refusal in upload(b"55555")
    assert numbers(item) == [1, 2, 3, 4]
    assert StoredFile.objects.count() == 4
    assert Room.objects.get(group=item.group).bytes_used == 10
    delete(client, item, 1)
    assert refusal not in upload(b"55555")
    assert numbers(item) == [2, 3, 4, 5]


def test_ids_of_other_files_and_numbers_that_are_none(
    item: FolderFile, room: Group, client_of: ClientOf, member: Member
) -> None:
    client = client_of(member)
    client.post(url("upload", room), {"files": SimpleUploadedFile("other.txt", b"o")})
    other = FolderFile.objects.exclude(pk=item.pk).get()
    theirs = version(other, 1)
    assert client.post(url("version_delete", room, item, theirs), {"number": "1"}).status_code == 404
    for pk in (2**63, 10**40, theirs.pk + 100):
        assert client.post(url("version_delete", room, item, pk), {"number": "1"}).status_code == 404
    for number in ("", "x", "-1", "9" * 30, "\0"):
        address = url("version_delete", room, item, version(item, 1))
        assert client.post(address, {"number": number}).status_code == 404
    client.post(url("folder_delete", room), {"item": f"f{item.pk}"})
    assert client.get(url("version_delete", room, item, version(item, 1))).status_code == 404
    assert numbers(item) == [1, 2, 3]
