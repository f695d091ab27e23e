"""The bin: how things come back, and how they go for good (rule 3.5)."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Member
from groups.models import Feature, Folder, FolderFile, Group, Room, Upload
from groups.room.folder import bin, file_actions
from groups.room.folder.reading import token_of
from groups.room.uploads import pieces, sweep
from tests.factories import FolderFactory, FolderFileFactory
from tests.helpers import ActorOf, ClientOf

from .pages import file, shown, url

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("factory", "name", "restored"),
    [
        (FolderFileFactory, "Plan.pdf", "Plan (2).pdf"),
        (FolderFileFactory, "회의록 v1.2", "회의록 v1.2 (2)"),
        (FolderFactory, "Plan.pdf", "Plan.pdf (2)"),
        (FolderFactory, "2024.10.03", "2024.10.03 (2)"),
    ],
)
def test_what_comes_back_gets_a_number_if_its_name_is_taken(
    room: Group, client: Client, factory: type[FolderFactory], name: str, restored: str
) -> None:
    """Before the ending of a file; folders have none (rule 3.9)."""
    item = factory.create(group=room, name=name)
    client.post(url("folder_delete", room.pk), {"item": token_of(item)})
    factory.create(group=room, name=name)
    client.post(url("bin_restore", room.pk, token_of(item)))
    item.refresh_from_db()
    assert (item.name, item.binned_at) == (restored, None)


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
    assert "permanently" not in shown(stranger, url("bin", room.pk)).replace("are permanently deleted", "")
    assert client.post(url("bin_delete", room.pk, token_of(mine))).status_code == 302
    assert not AuditEntry.objects.filter(action="group.delete_file", result="done").exists()
    room.entries.create(member=master)
    client_of(master).post(url("bin_delete", room.pk, token_of(other)))
    entry = AuditEntry.objects.get(action="group.delete_file", result="done")
    # Whoever reads the audit may be no member: it says whose file it was, not what it was called (rule 3.6).
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


def test_bytes_without_a_row_are_swept(room: Group, member: Member, actor_of: ActorOf) -> None:
    version = file_actions.add_file(room, None, file(), actor=actor_of(member))
    pieces.begin(room, Feature.FOLDER, "large.bin", 5, "", actor=actor_of(member))
    kept = [Path(version.stored.file.path), Path(Upload.objects.get().file.path)]
    orphan, young = kept[0].with_name("orphan"), kept[0].with_name("young")
    lost = kept[1].with_name("lost")
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (orphan, young, lost):
        path.write_bytes(b"left behind")
    for path in (*kept, orphan, lost):
        os.utime(path, (two_days_ago, two_days_ago))
    assert sweep.sweep() == 2
    assert [path.exists() for path in (*kept, young, orphan, lost)] == [True, True, True, False, False]
    assert sweep.sweep() == 0
