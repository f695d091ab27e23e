"""What the pages of folders show: the order, page by page, search, what is new (rules 3.3, 3.5)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from groups.models import Group
from groups.room.folder import reading
from tests.factories import FolderFactory, FolderFileFactory

from .pages import shown, url

pytestmark = pytest.mark.django_db


def test_folders_stand_before_files(room: Group, client: Client) -> None:
    FolderFileFactory.create(group=room, name="Alpha.txt", author__name="Ann Author")
    FolderFactory.create(group=room, name="Zulu")
    page = shown(client, url("folder", room.pk))
    assert 0 < page.index("Zulu") < page.index("Alpha.txt")
    assert "Ann Author" in page
    assert "13\xa0bytes" in page


def test_search_finds_names_in_all_folders(room: Group, other_room: Group, client: Client) -> None:
    inside = FolderFactory.create(group=room, name="Inside")
    FolderFileFactory.create(group=room, folder=inside, name="Straße.txt")
    FolderFileFactory.create(group=other_room, name="Strasse faraway.txt")
    page = shown(client, url("folder", room.pk) + "?q=STRASSE")
    assert "Straße.txt" in page
    assert "Inside" in page
    assert "faraway" not in page


def test_pages_by_key(room: Group, client: Client) -> None:
    for number in range(reading.PAGE):
        FolderFactory.create(group=room, name=f"Folder {number:03}")
    FolderFileFactory.create(group=room, name="Last.txt")
    first = client.get(url("folder", room.pk))
    assert "Last.txt" not in first.content.decode()
    second = client.get(url("folder", room.pk) + first.context["page"].next)
    assert [row.item.name for row in second.context["page"].rows] == ["Last.txt"]
    back = client.get(url("folder", room.pk) + second.context["page"].previous)
    assert len(back.context["page"].rows) == reading.PAGE


def test_back_over_the_edge_between_folders_and_files(
    room: Group, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of two, forwards and back again, show everything once and in order."""
    monkeypatch.setattr(reading, "PAGE", 2)
    for name in ("A", "B", "C"):
        FolderFactory.create(group=room, name=name)
    for name in ("a.txt", "b.txt"):
        FolderFileFactory.create(group=room, name=name)
    pages = [client.get(url("folder", room.pk)).context["page"]]
    while pages[-1].next:
        pages.append(client.get(url("folder", room.pk) + pages[-1].next).context["page"])
    names = [[row.item.name for row in page.rows] for page in pages]
    assert names == [["A", "B"], ["C", "a.txt"], ["b.txt"]]
    for page, expected in zip(reversed(pages[1:]), reversed(names[:-1]), strict=True):
        back = client.get(url("folder", room.pk) + page.previous).context["page"]
        assert [row.item.name for row in back.rows] == expected


def test_queries_do_not_grow_with_rows(room: Group, client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(url("folder", room.pk))
        return len(queries)

    FolderFileFactory.create(group=room)
    FolderFactory.create(group=room)
    count()
    few = count()
    for _ in range(20):
        FolderFileFactory.create(group=room)
        FolderFactory.create(group=room)
    assert count() == few


def test_new_files_are_marked_until_one_has_looked(room: Group, client: Client) -> None:
    FolderFileFactory.create(group=room)
    messages = url("messages", room.pk)
    new = "(new)"
    assert new in shown(client, messages)
    shown(client, url("folder", room.pk))
    client.post(url("folder_seen", room.pk))
    assert new not in shown(client, messages)
