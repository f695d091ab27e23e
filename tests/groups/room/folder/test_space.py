"""How large a file may be, how much space there is, and what is shown of it (rules 1.1, 3.5)."""

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import Group, Room, StoredFile
from groups.room.uploads import files
from tests.factories import FolderFileFactory, GroupFactory
from tests.helpers import ClientOf

from .pages import JSON, begin, file, piece, shown, url

pytestmark = pytest.mark.django_db


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
    assert "This group has no space left" in answer.content.decode()


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
    assert "The company that owns this group has no space left" in answer.json()["message"]


def test_space_is_asked_for_at_the_start_and_at_the_end(
    room: Group, client: Client, teammate: Member, client_of: ClientOf
) -> None:
    with override_settings(ROOM_GROUP_MAX_BYTES=10):
        begun = begin(client, room, 6).json()
        answer = begin(client_of(teammate), room, 6, name="other.bin")
        assert answer.status_code == 422, "what is under way counts"
        assert "no space left" in answer.json()["message"]
        FolderFileFactory.create(group=room, content=b"x" * 5)
        assert piece(client, begun["url"], 0, b"x" * 6).status_code == 422
        assert Room.objects.get(group=room).bytes_used == 5
    assert client.post(begun["url"], {"offset": "6"}).json()["done"], "nothing is lost: try again later"


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


@override_settings(ROOM_GROUP_MAX_BYTES=2048)
def test_space_is_shown_the_company_s_to_its_own_people_only(
    external_group: Group, member: Member, guest: Member, client_of: ClientOf
) -> None:
    """Rule 1.1."""
    Group.objects.filter(pk=external_group.pk).update(message=True, folder=True)
    FolderFileFactory.create(group=external_group, content=b"x" * 1024)
    pages = [shown(client_of(person), url("folder", external_group.pk)) for person in (member, guest)]
    for page in pages:
        assert "1.0\xa0KB of 2.0\xa0KB used" in page
    assert "All groups of the company" in pages[0]
    assert "All groups of the company" not in pages[1]


def test_the_company_never_seems_to_use_less_than_the_group(room: Group, client: Client) -> None:
    """What the company uses is counted once a minute."""
    shown(client, url("folder", room.pk))
    FolderFileFactory.create(group=room, content=b"x" * 2048)
    assert "All groups of the company: 2.0\xa0KB" in shown(client, url("folder", room.pk))
