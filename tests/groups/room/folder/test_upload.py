"""Uploading whole files (rule 3.5)."""

from uuid import UUID

import pytest
from django.test import Client

from accounts.models import Member
from groups.models import FolderFile, Group, Room
from tests.factories import FolderFactory

from .pages import JSON, file, url

pytestmark = pytest.mark.django_db

KEY = UUID(int=13)


def test_several_without_a_script(room: Group, client: Client, member: Member) -> None:
    folder = FolderFactory.create(group=room)
    sent = {"folder": folder.pk, "files": [file("a.txt"), file("b.txt")]}
    answer = client.post(url("upload", room.pk), sent)
    assert answer["Location"] == url("folder_in", room.pk, folder.pk)
    assert [one.name for one in folder.files.all()] == ["a.txt", "b.txt"]
    assert folder.files.all()[0].author == member
    assert Room.objects.get(group=room).bytes_used == 14
    assert Room.objects.get(group=room).last_activity_at is not None


def test_two_of_one_name_are_two_versions(room: Group, client: Client) -> None:
    """As two pictures called image.png from two places; sent again, they are none more (rules 3.5, 5.8)."""
    for _time in range(2):
        sent = {"files": [file("image.png", b"one"), file("image.png", b"two")], "form_key": str(KEY)}
        client.post(url("upload", room.pk), sent)
    versions = FolderFile.objects.get().versions.order_by("number")
    assert [one.stored.file.read() for one in versions] == [b"one", b"two"]


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


def test_a_file_does_not_take_a_folder_s_name(room: Group, client: Client) -> None:
    FolderFactory.create(group=room, name="Plans")
    answer = client.post(url("upload", room.pk), {"files": [file("Plans"), file("fine.txt")]})
    assert answer.status_code == 422
    assert "already has an item named" in answer.content.decode()
    assert FolderFile.objects.get().name == "fine.txt", "the other one is there"
