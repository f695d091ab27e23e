"""Who reaches folders and files, and by which addresses (rules 2.12, 2.16, 3.3, 3.6)."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from groups.models import Folder, FolderFile, Group
from groups.room.folder import reading
from groups.room.folder.reading import token_of
from tests.factories import FolderFactory, FolderFileFactory
from tests.helpers import ClientOf

from .pages import shown, url

pytestmark = pytest.mark.django_db


def test_ids_of_another_room_are_not_there(room: Group, other_room: Group, client: Client) -> None:
    """Rule 3.6: in every form, though the member is in both rooms."""
    file = FolderFileFactory.create(group=other_room)
    folder = FolderFactory.create(group=other_room)
    binned = FolderFactory.create(group=other_room, binned_at=timezone.now())
    own = FolderFileFactory.create(group=room)
    stored = file.versions.get().stored
    for address in (
        url("folder_in", room.pk, folder.pk),
        url("folder_rename", room.pk, token_of(file)),
        url("folder_move", room.pk) + f"?item={token_of(folder)}",
        url("folder_move", room.pk) + f"?item={token_of(own)}&to={folder.pk}",
        url("folder_zip", room.pk) + f"?item={token_of(file)}",
        url("file_versions", room.pk, file.pk),
        url("folder_file", room.pk, file.pk),
        url("file", room.pk, stored.pk),
    ):
        assert client.get(address).status_code == 404, address
    for address, data in (
        (url("folder_add", room.pk), {"folder": folder.pk, "name": "x"}),
        (url("folder_rename", room.pk, token_of(folder)), {"name": "x"}),
        (url("folder_move", room.pk), {"item": token_of(own), "to": folder.pk}),
        (url("folder_move", room.pk), {"item": token_of(file), "to": ""}),
        (url("folder_delete", room.pk), {"item": token_of(file)}),
        (url("bin_restore", room.pk, token_of(binned)), {}),
        (url("bin_delete", room.pk, token_of(binned)), {}),
        (url("upload", room.pk), {"folder": folder.pk}),
        (url("upload_begin", room.pk), {"folder": folder.pk, "name": "x", "size": "1"}),
        (url("version_restore", room.pk, file.pk), {"version": "1"}),
    ):
        assert client.post(address, data).status_code == 404, address
    assert not Folder.objects.filter(group=room).exists()


@pytest.mark.parametrize(
    "token", ["", "x", "d", "f-1", "d1.5", "f" + "9" * 30, "d\x00", "d٣", "f9223372036854775808"]
)
def test_strange_tokens_are_not_there(room: Group, client: Client, token: str) -> None:
    assert client.get(url("folder_zip", room.pk), {"item": token}).status_code == 404
    assert client.post(url("folder_delete", room.pk), {"item": token}).status_code == 404


def test_too_many_at_once_are_not_taken(room: Group, client: Client) -> None:
    tokens = [f"d{number}" for number in range(reading.CHOSEN_AT_MOST + 1)]
    assert client.post(url("folder_delete", room.pk), {"item": tokens}).status_code == 404


@pytest.mark.parametrize("role", ["outsider", "administrator", "master"])
def test_only_members_come_in(
    room: Group, client_of: ClientOf, role: str, request: pytest.FixtureRequest
) -> None:
    """Rules 2.12, 3.6."""
    client = client_of(request.getfixturevalue(role))
    file = FolderFileFactory.create(group=room)
    for address in (url("folder", room.pk), url("folder_file", room.pk, file.pk), url("bin", room.pk)):
        assert client.get(address).status_code == 403


def test_whoever_is_taken_out_loses_the_files_at_once(room: Group, client: Client, member: Member) -> None:
    """Rule 2.16: also by their address. What they brought stays with their name."""
    file = FolderFileFactory.create(group=room, author=member)
    assert client.get(url("folder_file", room.pk, file.pk)).status_code == 200
    room.entries.filter(member=member).delete()
    assert client.get(url("folder_file", room.pk, file.pk)).status_code == 403
    assert client.post(url("folder_delete", room.pk), {"item": token_of(file)}).status_code == 403
    assert FolderFile.objects.get().author_name == "Momo Member"


def test_switched_off_everything_is_hidden_and_kept(room: Group, client: Client) -> None:
    """Rule 3.3."""
    file = FolderFileFactory.create(group=room)
    stored = file.versions.get().stored
    Group.objects.filter(pk=room.pk).update(folder=False)
    for address in (
        url("folder", room.pk),
        url("folder", room.pk) + "?q=file",
        url("bin", room.pk),
        url("file_versions", room.pk, file.pk),
        url("folder_file", room.pk, file.pk),
        url("file", room.pk, stored.pk),
        url("preview", room.pk, stored.pk),
        url("folder_zip", room.pk) + f"?item={token_of(file)}",
    ):
        assert client.get(address).status_code == 403, address
    for address in (
        url("folder_add", room.pk),
        url("folder_delete", room.pk),
        url("upload", room.pk),
        url("upload_begin", room.pk),
        url("folder_seen", room.pk),
    ):
        assert client.post(address, {"name": "x", "size": "1"}).status_code == 403, address
    assert url("folder", room.pk) not in shown(client, url("messages", room.pk))
    Group.objects.filter(pk=room.pk).update(folder=True)
    assert file.name in shown(client, url("folder", room.pk))
