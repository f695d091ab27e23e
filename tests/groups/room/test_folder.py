"""Folders and their files: where things lie, the bin, zip files, versions (spec 3.3, 3.5, 3.6)."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Invalid
from accounts.models import AuditEntry, Member
from groups.models import FileVersion, Folder, FolderFile, Group, Room, StoredFile
from groups.room import bin, folders, zips
from groups.room.actions import folder as actions
from groups.room.folders import token_of
from tests.factories import FolderFactory, FolderFileFactory, GroupFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db
NASTY = "../../etc/\u202egnp.<script>alert(1)</script>\x00\x07"


@pytest.fixture
def room(group: Group) -> Group:
    """The group with Folder on."""
    Group.objects.filter(pk=group.pk).update(folder=True)
    return Group.objects.get(pk=group.pk)


@pytest.fixture
def other_room(room: Group, member: Member) -> Group:
    return GroupFactory.create(company=room.company, message=True, folder=True, members=[member])


@pytest.fixture
def client(member: Member, client_of: ClientOf) -> Client:
    return client_of(member)


def url(name: str, *args: object) -> str:
    return reverse(f"room:{name}", args=args)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


# Where things lie


def test_folders_stand_before_files(room: Group, client: Client) -> None:
    FolderFileFactory.create(group=room, name="Alpha.txt", author__name="Ann Author")
    FolderFactory.create(group=room, name="Zulu")
    page = shown(client, url("folder", room.pk))
    assert 0 < page.index("Zulu") < page.index("Alpha.txt")
    assert "Ann Author" in page
    assert "13\xa0bytes" in page


def test_adds_a_folder_in_a_folder(room: Group, client: Client) -> None:
    parent = FolderFactory.create(group=room, name="Plans")
    client.post(url("folder_add", room.pk), {"folder": parent.pk, "name": "2027"})
    made = Folder.objects.get(name="2027")
    assert made.parent == parent
    page = shown(client, url("folder_in", room.pk, made.pk))
    assert page.index("Plans</bdi>") < page.index("2027</bdi>")


@pytest.mark.parametrize("name", ["", " \u200b ", "x" * 201])
def test_a_folder_needs_a_name_that_fits(room: Group, client: Client, name: str) -> None:
    answer = client.post(url("folder_add", room.pk), {"name": name})
    assert answer.status_code == 422
    assert "new-name-error" in answer.content.decode()
    assert not Folder.objects.exists()


@pytest.mark.parametrize("taken", [FolderFactory, FolderFileFactory])
def test_a_name_is_once_in_its_place_without_regard_to_case(
    room: Group, client: Client, taken: type[FolderFactory]
) -> None:
    taken.create(group=room, name="Pläne")
    answer = client.post(url("folder_add", room.pk), {"name": "PLA\u0308NE"})
    assert answer.status_code == 422
    assert "There is already something named" in answer.content.decode()


def test_the_database_keeps_names_apart_too(room: Group) -> None:
    FolderFactory.create(group=room, name="Plans")
    with pytest.raises(IntegrityError), transaction.atomic():
        FolderFactory.create(group=room, name="plans")
    twin = Folder(group=room)
    twin.call("PLANS")
    with pytest.raises(Invalid, match="already something named"):
        actions.save(twin)


def test_names_are_harmless(room: Group, client: Client) -> None:
    client.post(url("folder_add", room.pk), {"name": NASTY})
    (made,) = Folder.objects.all()
    assert not set(made.name) & set("/\\<>\u202e\x00\x07")
    assert "<script>alert" not in shown(client, url("folder", room.pk))


def test_renames(room: Group, client: Client) -> None:
    item = FolderFileFactory.create(group=room, name="Old.txt")
    there = url("folder_rename", room.pk, token_of(item))
    assert 'value="Old.txt"' in shown(client, there)
    assert client.post(there, {"name": "NEW.txt"})["Location"] == url("folder", room.pk)
    item.refresh_from_db()
    assert (item.name, item.name_folded) == ("NEW.txt", "new.txt")
    assert client.post(there, {"name": "new.TXT"}).status_code == 302, "its own name is not taken"
    FolderFactory.create(group=room, name="Taken")
    answer = client.post(there, {"name": "taken"})
    assert answer.status_code == 422
    assert 'value="taken"' in answer.content.decode()


def test_moves_several(room: Group, client: Client) -> None:
    target = FolderFactory.create(group=room)
    things: list[Any] = [FolderFactory.create(group=room), FolderFileFactory.create(group=room)]
    tokens = [token_of(thing) for thing in things]
    choosing = client.post(url("folder_move", room.pk), {"item": tokens})
    assert "Move 2 things" in choosing.content.decode()
    client.post(url("folder_move", room.pk), {"item": tokens, "to": target.pk})
    assert target.folders.get() == things[0]
    assert target.files.get() == things[1]


def test_nothing_is_moved_into_itself(room: Group, client: Client) -> None:
    top = FolderFactory.create(group=room, name="Top")
    below = FolderFactory.create(group=room, parent=FolderFactory.create(group=room, parent=top))
    for target in (top, below):
        answer = client.post(url("folder_move", room.pk), {"item": token_of(top), "to": target.pk})
        assert answer.status_code == 422
        assert "cannot be moved into itself" in answer.content.decode()
    top.refresh_from_db()
    assert top.parent is None


def test_moving_to_a_place_where_the_name_is_taken(room: Group, client: Client) -> None:
    target = FolderFactory.create(group=room)
    FolderFileFactory.create(group=room, folder=target, name="Same.txt")
    first = FolderFileFactory.create(group=room, name="Other.txt")
    second = FolderFileFactory.create(group=room, name="same.txt")
    moved = {"item": [token_of(first), token_of(second)], "to": target.pk}
    assert client.post(url("folder_move", room.pk), moved).status_code == 422
    first.refresh_from_db()
    assert first.folder is None, "all or nothing"


def test_folders_lie_no_deeper_than_so_many_levels(room: Group, member: Member, actor_of: ActorOf) -> None:
    folder = None
    for _ in range(folders.DEPTH_AT_MOST):
        folder = actions.add_folder(room, folder.pk if folder else None, "One more", actor=actor_of(member))
    assert folder is not None
    with pytest.raises(Invalid, match="deeper than 20"):
        actions.add_folder(room, folder.pk, "Too deep", actor=actor_of(member))
    high = FolderFactory.create(group=room, parent=FolderFactory.create(group=room))
    with pytest.raises(Invalid, match="deeper than 20"):
        actions.move(room, [token_of(high)], folder.pk, actor=actor_of(member))


def test_search_finds_names_in_all_folders(room: Group, other_room: Group, client: Client) -> None:
    inside = FolderFactory.create(group=room, name="Inside")
    FolderFileFactory.create(group=room, folder=inside, name="Straße.txt")
    FolderFileFactory.create(group=other_room, name="Strasse elsewhere.txt")
    page = shown(client, url("folder", room.pk) + "?q=STRASSE")
    assert "Straße.txt" in page
    assert "Inside" in page
    assert "elsewhere" not in page


def test_pages_by_key(room: Group, client: Client) -> None:
    for number in range(folders.PAGE):
        FolderFactory.create(group=room, name=f"Folder {number:03}")
    FolderFileFactory.create(group=room, name="Last.txt")
    first = client.get(url("folder", room.pk))
    assert "Last.txt" not in first.content.decode()
    second = client.get(url("folder", room.pk) + first.context["page"].next)
    assert [row.item.name for row in second.context["page"].rows] == ["Last.txt"]
    back = client.get(url("folder", room.pk) + second.context["page"].previous)
    assert len(back.context["page"].rows) == folders.PAGE


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


# Ids of others


def test_ids_of_another_room_are_not_there(room: Group, other_room: Group, client: Client) -> None:
    """Spec 3.6: in every form, though the member is in both rooms."""
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
    tokens = [f"d{number}" for number in range(folders.CHOSEN_AT_MOST + 1)]
    assert client.post(url("folder_delete", room.pk), {"item": tokens}).status_code == 404


@pytest.mark.parametrize("role", ["outsider", "administrator", "master"])
def test_only_members_come_in(
    room: Group, client_of: ClientOf, role: str, request: pytest.FixtureRequest
) -> None:
    """Spec 2.12, 3.6."""
    client = client_of(request.getfixturevalue(role))
    file = FolderFileFactory.create(group=room)
    for address in (url("folder", room.pk), url("folder_file", room.pk, file.pk), url("bin", room.pk)):
        assert client.get(address).status_code == 403


def test_whoever_is_taken_out_loses_the_files_at_once(room: Group, client: Client, member: Member) -> None:
    """Spec 2.16: also by their address. What they brought stays with their name."""
    file = FolderFileFactory.create(group=room, author=member)
    assert client.get(url("folder_file", room.pk, file.pk)).status_code == 200
    room.entries.filter(member=member).delete()
    assert client.get(url("folder_file", room.pk, file.pk)).status_code == 403
    assert client.post(url("folder_delete", room.pk), {"item": token_of(file)}).status_code == 403
    assert FolderFile.objects.get().author_name == "Momo Member"


def test_switched_off_everything_is_hidden_and_kept(room: Group, client: Client) -> None:
    """Spec 3.3."""
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
        assert client.get(address).status_code == 404, address
    for address in (
        url("folder_add", room.pk),
        url("folder_delete", room.pk),
        url("upload", room.pk),
        url("upload_begin", room.pk),
        url("folder_seen", room.pk),
    ):
        assert client.post(address, {"name": "x", "size": "1"}).status_code == 404, address
    assert url("folder", room.pk) not in shown(client, url("messages", room.pk))
    Group.objects.filter(pk=room.pk).update(folder=True)
    assert file.name in shown(client, url("folder", room.pk))


# The bin


def test_a_folder_goes_into_the_bin_and_comes_back_whole(room: Group, client: Client) -> None:
    top = FolderFactory.create(group=room, name="Top")
    inside = FolderFactory.create(group=room, parent=top, name="Inside")
    file = FolderFileFactory.create(group=room, folder=inside, name="Deep.txt")
    gone_before = FolderFileFactory.create(group=room, folder=top, name="Before.txt")
    client.post(url("folder_delete", room.pk), {"item": token_of(gone_before)})
    client.post(url("folder_delete", room.pk), {"item": token_of(top)})
    assert "Top" not in shown(client, url("folder", room.pk))
    assert "Deep.txt" not in shown(client, url("folder", room.pk) + "?q=deep")
    for address in (
        url("folder_in", room.pk, inside.pk),
        url("folder_file", room.pk, file.pk),
        url("file", room.pk, file.versions.get().stored_id),
    ):
        assert client.get(address).status_code == 404
    rows = client.get(url("bin", room.pk)).context["page"].rows
    assert [row.item.name for row in rows] == ["Top", "Before.txt"]
    assert rows[0].days_left == 30
    client.post(url("bin_restore", room.pk, token_of(top)))
    assert client.get(url("folder_file", room.pk, file.pk)).status_code == 200
    gone_before.refresh_from_db()
    assert gone_before.binned_at is not None


def test_what_comes_back_gets_another_name_if_its_own_is_taken(room: Group, client: Client) -> None:
    file = FolderFileFactory.create(group=room, name="Plan.pdf")
    client.post(url("folder_delete", room.pk), {"item": token_of(file)})
    FolderFileFactory.create(group=room, name="plan.PDF")
    client.post(url("bin_restore", room.pk, token_of(file)))
    file.refresh_from_db()
    assert (file.name, file.binned_at) == ("Plan (2).pdf", None)


def test_what_lay_in_a_deleted_folder_comes_back_at_the_top(room: Group, client: Client) -> None:
    folder = FolderFactory.create(group=room)
    file = FolderFileFactory.create(group=room, folder=folder)
    client.post(url("folder_delete", room.pk), {"item": token_of(file)})
    client.post(url("folder_delete", room.pk), {"item": token_of(folder)})
    client.post(url("bin_restore", room.pk, token_of(file)))
    file.refresh_from_db()
    assert file.folder is None


def test_for_good_by_whoever_deleted_it_or_a_master(
    room: Group, client: Client, client_of: ClientOf, teammate: Member, master: Member
) -> None:
    mine, other = (FolderFileFactory.create(group=room) for _ in range(2))
    client.post(url("folder_delete", room.pk), {"item": [token_of(mine), token_of(other)]})
    stranger = client_of(teammate)
    assert stranger.post(url("bin_delete", room.pk, token_of(mine))).status_code == 403
    assert "for good" not in shown(stranger, url("bin", room.pk)).replace("is gone for good", "")
    assert client.post(url("bin_delete", room.pk, token_of(mine))).status_code == 302
    assert not AuditEntry.objects.filter(action="group.delete_file", result="done").exists()
    room.entries.create(member=master)
    client_of(master).post(url("bin_delete", room.pk, token_of(other)))
    entry = AuditEntry.objects.get(action="group.delete_file", result="done")
    # Whoever reads the audit may be no member: it says whose file it was, not what it was called (spec 3.6).
    assert entry.changes == {"file_of": [other.author_name, None]}
    assert client.get(url("bin", room.pk)).context["page"].rows == []
    assert client.post(url("bin_restore", room.pk, token_of(mine))).status_code == 404


def test_the_bin_is_emptied_after_30_days_with_the_bytes(
    room: Group,
    client: Client,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    old = FolderFactory.create(group=room)
    file = FolderFileFactory.create(group=room, folder=FolderFactory.create(group=room, parent=old))
    kept = FolderFileFactory.create(group=room)
    stored = file.versions.get().stored
    client.post(url("folder_delete", room.pk), {"item": [token_of(old), token_of(kept)]})
    path = Path(stored.file.path)
    assert path.exists()
    bin.empty_bins()
    assert FolderFile.objects.count() == 2
    past = timezone.now() - timedelta(days=31)
    Folder.objects.update(binned_at=past)
    FolderFile.objects.exclude(pk=kept.pk).update(binned_at=past)
    with django_capture_on_commit_callbacks(execute=True):
        assert bin.empty_bins() == 1
    assert not Folder.objects.exists()
    assert FolderFile.objects.get() == kept
    assert not path.exists()
    assert Room.objects.get(group=room).bytes_used == 13


# Downloading


def test_a_file_is_always_an_attachment(room: Group, client: Client) -> None:
    for name in ("evil.html", "evil.svg"):
        file = FolderFileFactory.create(group=room, name=name, content=b"<script>alert(1)</script>")
        answer = client.get(url("folder_file", room.pk, file.pk))
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]


def packed(client: Client, address: str, data: dict[str, object] | None = None) -> zipfile.ZipFile:
    answer = client.post(address, data) if data else client.get(address)
    assert answer.status_code == 200
    assert answer.streaming, "never as a whole in memory"
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]


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
    assert packed(client, url("folder_zip", room.pk), {"item": token}).namelist() == ["x.txt"]


def test_too_many_files_for_a_zip_file_are_said(
    room: Group, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "FILES_AT_MOST", 1)
    tokens = [token_of(FolderFileFactory.create(group=room)) for _ in range(2)]
    answer = client.post(url("folder_zip", room.pk), {"item": tokens}, follow=True)
    assert "More than 1 files do not fit" in answer.content.decode()


def test_a_file_that_is_lost_spoils_no_zip_file(room: Group, client: Client) -> None:
    lost, there = FolderFileFactory.create(group=room), FolderFileFactory.create(group=room, content=b"!")
    stored = lost.versions.get().stored
    stored.file.storage.delete(stored.file.name or "")
    assert client.get(url("folder_file", room.pk, lost.pk)).status_code == 404
    found = packed(client, url("folder_zip", room.pk), {"item": [token_of(lost), token_of(there)]})
    assert found.read(there.name) == b"!"


# Versions


def test_versions(room: Group, client: Client) -> None:
    file = FolderFileFactory.create(group=room, name="Plan.txt", content=b"first")
    client.post(url("upload", room.pk), {"files": SimpleUploadedFile("PLAN.txt", b"second")})
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


# What is new, and how much space there is


def test_new_files_are_marked_until_one_has_looked(room: Group, client: Client) -> None:
    FolderFileFactory.create(group=room)
    messages = url("messages", room.pk)
    new = "(new)"
    assert new in shown(client, messages)
    shown(client, url("folder", room.pk))
    client.post(url("folder_seen", room.pk))
    assert new not in shown(client, messages)


@override_settings(ROOM_GROUP_MAX_BYTES=2048)
def test_space_is_shown_the_company_s_to_its_own_people_only(
    external_group: Group, member: Member, guest: Member, client_of: ClientOf
) -> None:
    """Spec 1.1."""
    Group.objects.filter(pk=external_group.pk).update(message=True, folder=True)
    FolderFileFactory.create(group=external_group, content=b"x" * 1024)
    pages = [shown(client_of(person), url("folder", external_group.pk)) for person in (member, guest)]
    for page in pages:
        assert "1.0\xa0KB of 2.0\xa0KB used" in page
    assert "All groups of the company" in pages[0]
    assert "All groups of the company" not in pages[1]


def test_back_over_the_edge_between_folders_and_files(
    room: Group, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of two, forwards and back again, show everything once and in order."""
    monkeypatch.setattr(folders, "PAGE", 2)
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


def test_the_company_never_seems_to_use_less_than_the_group(room: Group, client: Client) -> None:
    """What the company uses is counted once a minute."""
    shown(client, url("folder", room.pk))
    FolderFileFactory.create(group=room, content=b"x" * 2048)
    assert "All groups of the company: 2.0\xa0KB" in shown(client, url("folder", room.pk))
