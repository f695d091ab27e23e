"""Two people at once in the folders of one room, on PostgreSQL with real threads (rule 3.5)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import FileVersion, Folder, Group, Room
from groups.room.folder import actions as folder
from groups.room.folder import file_actions as uploads
from tests.factories import FolderFactory
from tests.groups.test_concurrency import AtOnce, Request, at_once
from tests.helpers import actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="SQLite lets one transaction write at a time, so there is nothing to interleave",
    ),
]
__all__ = ["at_once"]


@pytest.fixture
def people(member: Member, teammate: Member) -> list[Member]:
    return [member, teammate]


def test_one_name_is_taken_once(at_once: AtOnce, room: Group, people: list[Member]) -> None:
    def add(person: Member) -> Request:
        return lambda: folder.add_folder(room, None, "Plans", actor=actor_of(person))

    first, second = at_once(*map(add, people))
    assert isinstance(first, Folder)
    assert isinstance(second, Invalid)
    assert "already has an item named" in second.message


def test_one_file_twice_is_two_versions(at_once: AtOnce, room: Group, people: list[Member]) -> None:
    def upload(person: Member) -> Request:
        file = SimpleUploadedFile("plan.txt", person.name.encode())
        return lambda: uploads.add_file(room, None, file, actor=actor_of(person))

    at_once(*map(upload, people))
    versions = FileVersion.objects.select_related("stored").order_by("number")
    assert [version.number for version in versions] == [1, 2]
    assert Room.objects.get(group=room).bytes_used == sum(version.stored.size for version in versions)


def test_two_folders_are_not_moved_into_each_other(
    at_once: AtOnce,
    room: Group,
    people: list[Member],
) -> None:
    one, other = FolderFactory.create(group=room), FolderFactory.create(group=room)

    def move(what: Folder, to: Folder, person: Member) -> Request:
        return lambda: folder.move(room, [f"d{what.pk}"], to.pk, actor=actor_of(person))

    first, second = at_once(move(one, other, people[0]), move(other, one, people[1]))
    assert first == 1
    assert isinstance(second, Invalid)
