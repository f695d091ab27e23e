"""Where folders and files lie: names, which are once in a place, and moving (rule 3.5)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Member
from groupadmin.base.errors import Invalid
from groups.models import Folder, Group
from groups.room.folder import actions, reading
from groups.room.folder.reading import token_of
from tests.factories import FolderFactory, FolderFileFactory
from tests.helpers import ActorOf

from .pages import shown, url

pytestmark = pytest.mark.django_db
NASTY = "../../etc/3\\4.<script>alert(1)</script>"


def test_adds_a_folder_in_a_folder(room: Group, client: Client) -> None:
    parent = FolderFactory.create(group=room, name="Plans")
    client.post(url("folder_add", room.pk), {"folder": parent.pk, "name": "2027"})
    made = Folder.objects.get(name="2027")
    assert made.parent == parent
    page = shown(client, url("folder_in", room.pk, made.pk))
    assert page.index("Plans</bdi>") < page.index("2027</bdi>")


@pytest.mark.parametrize("name", ["", " \u200b ", "x" * 256, "a\u202eb", ".."])
def test_a_folder_needs_a_name_that_fits(room: Group, client: Client, name: str) -> None:
    answer = client.post(url("folder_add", room.pk), {"name": name})
    assert answer.status_code == 422
    assert "new-name-error" in answer.content.decode()
    assert not Folder.objects.exists()


@pytest.mark.parametrize("taken", [FolderFactory, FolderFileFactory])
def test_a_name_is_once_in_its_place(room: Group, client: Client, taken: type[FolderFactory]) -> None:
    taken.create(group=room, name="Pläne")
    answer = client.post(url("folder_add", room.pk), {"name": "Pla\u0308ne"})
    assert answer.status_code == 422
    assert "This folder already has an item named" in answer.content.decode()
    assert client.post(url("folder_add", room.pk), {"name": "PLÄNE"}).status_code == 302, "case matters"


def test_the_database_keeps_names_apart_too(room: Group) -> None:
    FolderFactory.create(group=room, name="Plans")
    with pytest.raises(IntegrityError), transaction.atomic():
        FolderFactory.create(group=room, name="Plans")
    twin = Folder(group=room)
    twin.call("Plans")
    with pytest.raises(Invalid, match="already has an item named"):
        actions.save(twin)


def test_any_name_is_harmless(room: Group, client: Client) -> None:
    client.post(url("folder_add", room.pk), {"name": NASTY})
    (made,) = Folder.objects.all()
    assert made.name == NASTY, "as it was typed (rule 3.9)"
    assert "<script>alert" not in shown(client, url("folder", room.pk))


def test_renames(room: Group, client: Client) -> None:
    item = FolderFileFactory.create(group=room, name="Old.txt")
    there = url("folder_rename", room.pk, token_of(item))
    assert 'value="Old.txt"' in shown(client, there)
    assert client.post(there, {"name": "NEW.txt"})["Location"] == url("folder", room.pk)
    item.refresh_from_db()
    assert (item.name, item.name_folded) == ("NEW.txt", "new.txt")
    assert client.post(there, {"name": "NEW.txt"}).status_code == 302, "its own name is not taken"
    FolderFactory.create(group=room, name="Taken")
    answer = client.post(there, {"name": "Taken"})
    assert answer.status_code == 422
    assert 'value="Taken"' in answer.content.decode()


def test_moves_several(room: Group, client: Client) -> None:
    target = FolderFactory.create(group=room)
    things: list[Any] = [FolderFactory.create(group=room), FolderFileFactory.create(group=room)]
    tokens = [token_of(thing) for thing in things]
    choosing = client.post(url("folder_move", room.pk), {"item": tokens})
    assert "Move 2 items" in choosing.content.decode()
    client.post(url("folder_move", room.pk), {"item": tokens, "to": target.pk})
    assert target.folders.get() == things[0]
    assert target.files.get() == things[1]


def test_nothing_is_moved_into_itself(room: Group, client: Client) -> None:
    top = FolderFactory.create(group=room, name="Top")
    below = FolderFactory.create(group=room, parent=FolderFactory.create(group=room, parent=top))
    for target in (top, below):
        answer = client.post(url("folder_move", room.pk), {"item": token_of(top), "to": target.pk})
        assert answer.status_code == 422
        assert "into itself" in answer.content.decode()
    top.refresh_from_db()
    assert top.parent is None


def test_moving_to_a_place_where_the_name_is_taken(room: Group, client: Client) -> None:
    target = FolderFactory.create(group=room)
    FolderFileFactory.create(group=room, folder=target, name="Same.txt")
    first = FolderFileFactory.create(group=room, name="Other.txt")
    second = FolderFileFactory.create(group=room, name="Same.txt")
    moved = {"item": [token_of(first), token_of(second)], "to": target.pk}
    assert client.post(url("folder_move", room.pk), moved).status_code == 422
    first.refresh_from_db()
    assert first.folder is None, "all or nothing"


def test_folders_lie_no_deeper_than_so_many_levels(room: Group, member: Member, actor_of: ActorOf) -> None:
    folder = None
    for _ in range(reading.DEPTH_AT_MOST):
        folder = actions.add_folder(room, folder.pk if folder else None, "One more", actor=actor_of(member))
    assert folder is not None
    with pytest.raises(Invalid, match="at most 20 levels deep"):
        actions.add_folder(room, folder.pk, "Too deep", actor=actor_of(member))
    high = FolderFactory.create(group=room, parent=FolderFactory.create(group=room))
    with pytest.raises(Invalid, match="at most 20 levels deep"):
        actions.move(room, [token_of(high)], folder.pk, actor=actor_of(member))
