"""Uploading large files in pieces, which go on where they stopped (rule 3.5)."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Member
from groups.models import FolderFile, Group, Room, Upload
from groups.room.uploads import pieces
from tests.factories import FolderFactory, GroupFactory, MembershipFactory
from tests.helpers import ClientOf

from .pages import OnCommit, begin, file, piece, url

pytestmark = pytest.mark.django_db


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
    assert again == begun | {"received": 3}
    assert piece(client, begun["url"], 0, b"012").json() == {"received": 3}
    assert begin(client, room, 6, modified="2").json()["url"] != begun["url"], "another file"
    assert piece(client, begun["url"], 3, b"345").json()["done"]
    assert FolderFile.objects.get().versions.get().stored.file.read() == b"012345"


def test_of_a_piece_that_is_partly_there_the_rest_is_added(room: Group, client: Client) -> None:
    """A browser that heard no answer may cut the file anew."""
    begun = begin(client, room, 6).json()
    piece(client, begun["url"], 0, b"012")
    assert piece(client, begun["url"], 1, b"1234").json() == {"received": 5}
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
    """Rule 3.3: hidden at once, and goes on when it is back."""
    begun = begin(client, room, 2).json()
    piece(client, begun["url"], 0, b"0")
    Group.objects.filter(pk=room.pk).update(folder=False)
    assert piece(client, begun["url"], 1, b"1").status_code == 403
    Group.objects.filter(pk=room.pk).update(folder=True)
    assert piece(client, begun["url"], 1, b"1").json()["done"]


def test_left_in_the_middle(room: Group, client: Client, member: Member) -> None:
    """Rule 2.16."""
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


def test_begun_files_are_bounded(
    room: Group, client: Client, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(pieces.OPEN_AT_MOST + 2):
            begin(client, room, 1, name=f"{number}.bin")
    assert Upload.objects.count() == pieces.OPEN_AT_MOST
    assert not Upload.objects.filter(name="0.bin").exists()


def test_nobody_keeps_the_space_from_others_with_what_never_arrives(
    room: Group, client: Client, teammate: Member, client_of: ClientOf
) -> None:
    Room.objects.get_or_create(group=room)
    MembershipFactory.create(group=room, member=teammate)
    with override_settings(ROOM_GROUP_MAX_BYTES=10):
        for number in range(4):
            assert begin(client, room, 3, name=f"{number}.bin").status_code == 200
        assert [upload.name for upload in Upload.objects.all()] == ["3.bin"]
        assert begin(client_of(teammate), room, 6, name="theirs.bin").status_code == 200


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
        assert pieces.forget_old_uploads() == 1
    assert Upload.objects.get().name == "new.bin"
    assert not Path(old.file.path).exists()
    assert Path(Upload.objects.get().file.path).exists()


def test_the_space_is_used_up_while_it_is_under_way(room: Group, client: Client, media: Path) -> None:
    """By small files of others: it is said, nothing that arrived is lost, and with space it goes on."""
    with override_settings(ROOM_GROUP_MAX_BYTES=10):
        begun = begin(client, room, 6).json()
        piece(client, begun["url"], 0, b"abc")
        client.post(url("upload", room.pk), {"files": file("small.txt", b"small")})
        answer = piece(client, begun["url"], 3, b"def")
        assert (answer.status_code, answer.json()["message"]) == (
            422,
            "This group has no space left. Delete some files first.",
        )
        assert begin(client, room, 6).status_code == 422
    again = begin(client, room, 6).json()
    assert again["received"] == 6
    assert piece(client, again["url"], 6, b"").json()["done"]
    assert FolderFile.objects.get(name="large.bin").versions.get().stored.file.read() == b"abcdef"
    assert not Upload.objects.exists()


def test_cancelled(
    room: Group, client: Client, media: Path, django_capture_on_commit_callbacks: OnCommit
) -> None:
    """What somebody does not want after all takes no space."""
    begun = begin(client, room, 6).json()
    piece(client, begun["url"], 0, b"abc")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(begun["url"], {"cancel": "1"}).json() == {"cancelled": True}
    assert not Upload.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert piece(client, begun["url"], 3, b"def").status_code == 404
