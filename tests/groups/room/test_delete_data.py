""" "Delete data" of Note, Event and Folder, and what becomes of a room with its group (rules 2.17, 3.4)."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.actions.deletion import delete_company
from accounts.actor import Actor, Door
from accounts.jobs import engine
from accounts.models import AuditEntry, Job, Member
from groupadmin.base.errors import Invalid
from groups import actions as group_actions
from groups.models import (
    Event,
    Feature,
    FileVersion,
    Folder,
    FolderFile,
    Group,
    Message,
    Note,
    NoteComment,
    Room,
    StoredFile,
    Task,
    Upload,
)
from groups.room.delete_data import actions
from groups.room.delete_data import counts as data
from groups.room.delete_data.job import start_data_deletion
from groups.room.uploads import pieces
from groups.room.uploads.files import add_bytes
from tests.background import ROOT, _url
from tests.factories import FolderFactory, FolderFileFactory, MessageFactory, StoredFileFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[object]]
IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def room(group: Group, member: Member, actor_of: ActorOf) -> Group:
    """The group with everything on, and something of each kind."""
    on = {"note": True, "event": True, "task": True, "folder": True}
    Group.objects.filter(pk=group.pk).update(**on)
    group = Group.objects.get(pk=group.pk)
    fill(group, member)
    pieces.begin(group, Feature.FOLDER, "large.bin", 5, "", actor=actor_of(member))
    return group


def fill(group: Group, member: Member, number: int = 1) -> None:
    """A message, an event, a task; notes with a comment and a file each, files in a folder."""
    MessageFactory.create(group=group, author=member, text="Hello")
    now = timezone.now()
    Event.objects.create(group=group, title="Picnic", starts_at=now, ends_at=now, uid=f"{number}@x")
    Task.objects.create(group=group, title="Wash up")
    folder = FolderFactory.create(group=group, author=member, name=f"Folder {number}")
    for one in range(number):
        note = Note.objects.create(group=group, title=f"Note {one}", author=member)
        NoteComment.objects.create(group=group, note=note, text="Indeed")
        StoredFileFactory.create(group=group, author=member, feature=Feature.NOTE, note=note)
        add_bytes(group, 9)
        FolderFileFactory.create(group=group, author=member, folder=folder, name=f"{number} {one}.txt")


def url(group: Group, feature: str) -> str:
    return reverse("groups:delete_data", args=[group.pk, feature])


@pytest.fixture
def client(master: Member, client_of: ClientOf) -> Client:
    return client_of(master)


def on_disk() -> set[str]:
    return {str(path) for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


# What is said before


def test_the_button_is_there_only_if_there_is_data(
    room: Group, client: Client, client_of: ClientOf, member: Member
) -> None:
    Event.objects.all().delete()
    for page in ("groups:settings_of", "groups:edit"):
        shown = client.get(reverse(page, args=[room.pk])).content.decode()
        assert url(room, "note") in shown
        assert url(room, "folder") in shown
        assert url(room, "event") not in shown
        assert url(room, "message") not in shown
    # Between Folder and Mailing list (rule 5.6).
    order = ('name="folder"', "Delete Data", url(room, "note"), 'name="uses_mailing_list"')
    assert [shown.index(part) for part in order] == sorted(shown.index(part) for part in order)
    assert "1 note, 1 file" in shown
    assert "1 file, 1 folder" in shown
    shown = client_of(member).get(reverse("groups:settings_of", args=[room.pk])).content.decode()
    assert url(room, "note") not in shown
    assert client.get(url(room, "event"))["Location"] == reverse("groups:settings_of", args=[room.pk])


def test_says_how_much_it_is_and_asks(room: Group, client: Client) -> None:
    shown = client.get(url(room, "folder")).content.decode()
    assert "1 file, 1 folder" in shown
    assert "13\xa0bytes" in shown
    assert "cannot be undone" in shown


def test_counts_no_further_than_it_must(room: Group, monkeypatch: pytest.MonkeyPatch, member: Member) -> None:
    monkeypatch.setattr(data, "COUNTED_AT_MOST", 2)
    fill(room, member, 5)
    amount = data.amount_of(room, Feature.NOTE)
    assert amount.is_more
    assert amount.label == "more than 2 notes, more than 2 files"


@pytest.mark.parametrize("feature", ["message", "task", "uses_mailing_list", "x", "note\x00"])
def test_only_note_event_and_folder(room: Group, client: Client, feature: str) -> None:
    assert client.get(url(room, feature)).status_code == 404
    assert client.post(url(room, feature), {"typed": room.name}).status_code == 404


@pytest.mark.parametrize("typed", ["", "Platform", "Platform guilds", "\x00", "​"])
def test_wants_the_group_s_name(room: Group, client: Client, typed: str) -> None:
    answer = client.post(url(room, "note"), {"typed": typed})
    assert answer.status_code == 422
    assert "This is not the name of the group" in answer.content.decode()
    assert Note.objects.exists()
    assert not Job.objects.exists()


def test_a_group_whose_name_folds_to_nothing_cannot_be_typed_by_typing_nothing(
    room: Group, master: Member, actor_of: ActorOf
) -> None:
    Group.objects.filter(pk=room.pk).update(name="\u3164")
    with pytest.raises(Invalid):
        actions.ask_to_delete(Group.objects.get(pk=room.pk), Feature.NOTE, "", actor=actor_of(master))


def test_not_by_a_master_of_another_company(
    external_group: Group, guest: Member, client_of: ClientOf
) -> None:
    """Rule 7."""
    Note.objects.create(group=external_group, title="Theirs")
    external_group.masters.create(member=guest)
    assert client_of(guest).get(url(external_group, "note")).status_code == 403
    assert client_of(guest).post(url(external_group, "note"), {"typed": "Joint venture"}).status_code == 403
    assert Note.objects.exists()
    shown = client_of(guest).get(reverse("groups:settings_of", args=[external_group.pk])).content.decode()
    assert url(external_group, "note") not in shown


# What is removed


REMOVED: dict[str, tuple[type[Any], ...]] = {
    "note": (Note, NoteComment),
    "event": (Event,),
    "folder": (Folder, FolderFile, FileVersion),
}


@pytest.mark.parametrize("feature", REMOVED)
def test_removes_one_feature_s_data_and_no_other(
    room: Group,
    client: Client,
    master: Member,
    private_group: Group,
    insider: Member,
    feature: str,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    fill(private_group, insider)
    everything = {model for models in REMOVED.values() for model in models} | {Message, Task}
    everything.remove(FileVersion)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url(room, feature), {"typed": "  PLATFORM   guild "})
    job = Job.objects.get()
    assert answer["Location"] == reverse("accounts:job", args=[job.pk])
    for model in everything:
        is_left = model._default_manager.filter(group=room).exists()
        assert is_left == (model not in REMOVED[feature]), model
        assert model._default_manager.filter(group=private_group).exists(), model
    assert not StoredFile.objects.filter(group=room, feature=feature).exists()
    kept = {stored.file.path for stored in StoredFile.objects.all()}
    kept |= {stored.preview.path for stored in StoredFile.objects.exclude(preview="")}
    kept |= {upload.file.path for upload in Upload.objects.all()}
    assert on_disk() == kept, "no orphan, and nothing too much"
    assert Upload.objects.exists() == (feature != "folder")
    used = sum(StoredFile.objects.filter(group=room).values_list("size", flat=True))
    assert Room.objects.get(group=room).bytes_used == used
    assert job.state == Job.State.DONE
    shown = client.get(reverse("accounts:job", args=[job.pk])).content.decode()
    assert "Deleted: 1" in shown
    assert reverse("groups:settings_of", args=[room.pk]) in shown


def test_is_audited_with_counts(
    room: Group, client: Client, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 8.1."""
    client.post(url(room, "note"), {"typed": room.name})
    entry = AuditEntry.objects.get(action="group.delete_data")
    assert entry.changes == {"feature": ["note", None], "count": [1, 0], "files": [1, 0], "bytes": [9, 0]}
    assert (entry.target_name, entry.actor_name) == ("Platform guild", "Mira Master")
    shown = client_of(administrator).get(reverse("accounts:audit_entry", args=[entry.pk])).content.decode()
    assert "Delete group data" in shown
    assert "Note" in shown
    history = client.get(reverse("groups:history", args=[room.pk])).content.decode()
    assert "deleted data" in history


def test_what_the_room_said_of_it_goes_too(room: Group, client: Client) -> None:
    for what in ("note.added", "event.added"):
        Message.objects.create(
            group=room, kind=Message.Kind.ANNOUNCEMENT, details={"what": what, "title": "Secret"}
        )
    client.post(url(room, "note"), {"typed": room.name})
    assert [one.details["what"] for one in Message.objects.filter(kind="news")] == ["event.added"]


def test_what_comes_later_stays(room: Group, member: Member, master: Member, actor_of: ActorOf) -> None:
    with override_settings(TASKS=IN_DATABASE):
        job = start_data_deletion(room, Feature.FOLDER, room.name, actor=actor_of(master))
        later = FolderFileFactory.create(group=room, author=member, folder=Folder.objects.get(), name="New")
    engine.run_job.func(job.pk)
    assert FolderFile.objects.get() == later
    assert Folder.objects.get() == later.folder


def test_in_steps_with_a_bar(
    room: Group, member: Member, master: Member, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    fill(room, member, 5)
    with override_settings(TASKS=IN_DATABASE):
        job = start_data_deletion(room, Feature.NOTE, room.name, actor=actor_of(master))
    told: list[tuple[int, int]] = []
    actions.delete_data(room.pk, Feature.NOTE, job.arguments["upto"], lambda *far: told.append(far))
    assert told == [(0, 6), (2, 6), (4, 6), (6, 6)]


def test_a_group_deleted_meanwhile(room: Group, master: Member, actor_of: ActorOf) -> None:
    with override_settings(TASKS=IN_DATABASE):
        job = start_data_deletion(room, Feature.NOTE, room.name, actor=actor_of(master))
    Group.objects.filter(pk=room.pk).delete()
    engine.run_job.func(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


KILLED = """
import os, sys
import django
django.setup()
from django.conf import settings
from accounts.jobs import engine
from groups.room.delete_data import actions
from groups.room.uploads import files

settings.MEDIA_ROOT = {media!r}
actions.AT_ONCE = 2
remove, calls = files.remove, []

def remove_or_die(*args, **how):
    calls.append(1)
    if len(calls) > 1:
        remove(*args, **how)
        os.kill(os.getpid(), 9)
    return remove(*args, **how)

files.remove = remove_or_die
engine.run_job.func({job})
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("feature", [Feature.NOTE, Feature.FOLDER])
def test_killed_in_the_middle_it_goes_on(
    room: Group, member: Member, master: Member, actor_of: ActorOf, feature: Feature
) -> None:
    """kill -9 between two steps' commits: the next worker removes the rest, and no bytes are left."""
    fill(room, member, 5)
    with override_settings(TASKS=IN_DATABASE):
        job = start_data_deletion(room, feature, room.name, actor=actor_of(master))
    before = StoredFile.objects.filter(group=room, feature=feature).count()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(media=str(settings.MEDIA_ROOT), job=job.pk)],
        env={**os.environ, "DATABASE_URL": _url(), "DJANGO_SETTINGS_MODULE": "tests.background_settings"},
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -9
    assert 0 < StoredFile.objects.filter(group=room, feature=feature).count() < before
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    engine.run_job.func(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert not StoredFile.objects.filter(group=room, feature=feature).exists()
    kept = {stored.file.path for stored in StoredFile.objects.all()}
    kept |= {stored.preview.path for stored in StoredFile.objects.exclude(preview="")}
    kept |= {upload.file.path for upload in Upload.objects.all()}
    assert on_disk() == kept


# With the group


def test_deleting_a_group_asks_with_the_numbers(room: Group, client: Client) -> None:
    """Rule 2.17."""
    shown = client.get(reverse("groups:delete", args=[room.pk])).content.decode()
    for words in ("1 message", "1 note, 1 file", "1 event", "1 task", "1 file, 1 folder", "22\xa0bytes"):
        assert words in shown


def test_a_restored_group_brings_its_room_back_whole(
    room: Group, member: Member, master: Member, administrator: Member, actor_of: ActorOf, client_of: ClientOf
) -> None:
    """Rule 2.17: everything is there; meanwhile nothing is reached."""
    file = FolderFile.objects.get()
    address = reverse("room:folder_file", args=[room.pk, file.pk])
    before = on_disk()
    counts = {model: model._default_manager.count() for model in (Message, Note, Event, Task, StoredFile)}
    group_actions.delete_group(room, actor=actor_of(master))
    assert client_of(member).get(address).status_code == 404
    assert client_of(member).get(reverse("room:folder", args=[room.pk])).status_code == 404
    group_actions.restore_group(room, actor=actor_of(administrator))
    assert {model: model._default_manager.count() for model in counts} == counts
    assert on_disk() == before
    answer = client_of(member).get(address)
    assert b"".join(answer.streaming_content) == b"what it holds"  # type: ignore[attr-defined]


def test_a_purged_group_leaves_no_files(
    room: Group, private_group: Group, insider: Member, django_capture_on_commit_callbacks: OnCommit
) -> None:
    """Rule 2.17: after 30 days."""
    fill(private_group, insider)
    theirs = {stored.file.path for stored in StoredFile.objects.filter(group=private_group)}
    theirs |= {
        stored.preview.path for stored in StoredFile.objects.filter(group=private_group).exclude(preview="")
    }
    Group.objects.filter(pk=room.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert group_actions.purge_deleted_groups(actor=Actor.system()) == 1
    assert on_disk() == theirs
    for model in (Room, Message, Note, Event, Task, Folder, FolderFile, StoredFile):
        assert not model._default_manager.filter(group=room.pk).exists()


def test_a_deleted_company_leaves_no_files(
    room: Group, superuser: Member, actor_of: ActorOf, django_capture_on_commit_callbacks: OnCommit
) -> None:
    room.photo.save("photo.webp", ContentFile(b"a picture"))
    assert on_disk()
    with django_capture_on_commit_callbacks(execute=True):
        delete_company(room.company, actor=actor_of(superuser, Door.ADMIN))
    assert on_disk() == set()
    assert not StoredFile.objects.exists()
