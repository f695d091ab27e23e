"""Bytes and rows go together, whatever breaks; "Delete data" goes on without who began it (rule 3.4)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from accounts.actions.deletion import delete_company, delete_member
from accounts.actor import Door
from accounts.jobs import engine
from accounts.models import Job, Member
from groups.models import Feature, Folder, Group, Note, StoredFile, Upload
from groups.room.delete_data.job import start_data_deletion
from groups.room.folder import bin
from groups.room.folder.actions import add_folder
from groups.room.messages import actions as messages
from groups.room.notes import actions as notes
from groups.room.uploads import files, pieces
from tests.factories import StoredFileFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[object]]
IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def room(group: Group) -> Group:
    """The group with Note and Folder on."""
    Group.objects.filter(pk=group.pk).update(note=True, folder=True)
    return Group.objects.get(pk=group.pk)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A disk that deletes nothing; called, it does again."""

    def refuse(storage: FileSystemStorage, name: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    return monkeypatch.undo


def on_disk() -> set[str]:
    return {str(path) for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def add_notes(room: Group, member: Member, actor_of: ActorOf) -> None:
    for one in "ab":
        notes.add(room, one, "", [SimpleUploadedFile(f"{one}.txt", b"text")], actor=actor_of(member))


def asked(room: Group, feature: Feature, by: Member, actor_of: ActorOf) -> Job:
    """A job that nobody has begun yet."""
    with override_settings(TASKS=IN_DATABASE):
        return start_data_deletion(room, feature, room.name, actor=actor_of(by))


def run(job: Job) -> Job:
    engine.run_job.func(job.pk)
    job.refresh_from_db()
    return job


def test_a_disk_that_refuses_leaves_rows_to_go_on_with(
    room: Group, member: Member, master: Member, actor_of: ActorOf, refusing: Callable[[], None]
) -> None:
    """Rule 3.4: no bytes without a row, so that starting it again removes them."""
    add_notes(room, member, actor_of)
    job = asked(room, Feature.NOTE, master, actor_of)
    with pytest.raises(PermissionError):
        run(job)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "Start again" in job.message
    assert (Note.objects.count(), StoredFile.objects.count(), len(on_disk())) == (2, 2, 2)
    refusing()
    assert run(asked(room, Feature.NOTE, master, actor_of)).state == Job.State.DONE
    assert (Note.objects.count(), StoredFile.objects.count(), len(on_disk())) == (0, 0, 0)


def test_bytes_go_before_their_rows(
    room: Group,
    member: Member,
    master: Member,
    actor_of: ActorOf,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    """Killed right after a commit, nothing is left that no row names."""
    add_notes(room, member, actor_of)
    pieces.begin(room, Feature.FOLDER, "large.bin", 5, "", actor=actor_of(member))
    with django_capture_on_commit_callbacks():
        run(asked(room, Feature.NOTE, master, actor_of))
        run(asked(room, Feature.FOLDER, master, actor_of))
    assert on_disk() == set()


@pytest.mark.usefixtures("refusing")
def test_a_disk_that_refuses_breaks_no_page(
    room: Group, member: Member, actor_of: ActorOf, django_capture_on_commit_callbacks: OnCommit
) -> None:
    """The rows are gone by then; the bytes are for the sweep."""
    sent = messages.send(room, "", [SimpleUploadedFile("a.txt", b"a")], actor=actor_of(member))
    with django_capture_on_commit_callbacks(execute=True):
        messages.recall(room, sent.pk, actor=actor_of(member))
    assert not StoredFile.objects.exists()


def test_goes_on_when_who_began_it_is_deleted(
    room: Group, member: Member, master: Member, actor_of: ActorOf, client_of: ClientOf, administrator: Member
) -> None:
    """Asking was the action, and is audited; what is left is work."""
    add_notes(room, member, actor_of)
    job = asked(room, Feature.NOTE, master, actor_of)
    delete_member(master, actor=actor_of(administrator))
    assert run(job).state == Job.State.DONE
    assert not Note.objects.exists()
    shown = client_of(administrator).get(reverse("accounts:job", args=[job.pk])).content.decode()
    assert "Deleted: 2 notes, 2 files" in shown


def test_a_folder_with_a_file_under_way_stays(
    room: Group, member: Member, master: Member, actor_of: ActorOf
) -> None:
    """What began to arrive after it was asked for stays, with its place."""
    folder = add_folder(room, None, "Plans", actor=actor_of(member))
    job = asked(room, Feature.FOLDER, master, actor_of)
    upload = pieces.begin(room, Feature.FOLDER, "large.bin", 5, "", folder=folder, actor=actor_of(member))
    assert run(job).state == Job.State.DONE
    assert Upload.objects.get() == upload
    assert on_disk() == {upload.file.path}
    Upload.objects.all().delete()
    assert bin.remove_folders(Folder.objects.all()) == 1


def test_a_preview_added_meanwhile_goes_too(
    room: Group, django_capture_on_commit_callbacks: OnCommit
) -> None:
    stored = StoredFileFactory.create(group=room, feature=Feature.FOLDER)
    stored.preview = ""
    with django_capture_on_commit_callbacks(execute=True):
        files.remove([stored])
    assert on_disk() == set()


@pytest.mark.parametrize("whole_company", [False, True])
def test_whoever_is_deleted_leaves_no_files_under_way(
    external_group: Group,
    guest: Member,
    superuser: Member,
    actor_of: ActorOf,
    whole_company: bool,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    Group.objects.filter(pk=external_group.pk).update(message=True, folder=True)
    pieces.begin(external_group, Feature.FOLDER, "large.bin", 5, "", actor=actor_of(guest))
    assert on_disk()
    with django_capture_on_commit_callbacks(execute=True):
        if whole_company:
            assert guest.company is not None
            delete_company(guest.company, actor=actor_of(superuser, Door.ADMIN))
        else:
            delete_member(guest, actor=actor_of(superuser, Door.ADMIN))
    assert on_disk() == set()


@pytest.mark.parametrize(
    "name", ["\N{FAMILY}\u200d\N{FAMILY}\u200d\N{FAMILY}\u200d\N{FAMILY}" * 100, "\u202e" * 999 + "a"]
)
def test_the_longest_names_can_be_typed(room: Group, master: Member, client_of: ClientOf, name: str) -> None:
    """Rule 2.4: browsers count each emoji as two, and a name is shown with its marks closed."""
    Group.objects.filter(pk=room.pk).update(name=name)
    Note.objects.create(group=room, title="One")
    client: Client = client_of(master)
    address = reverse("groups:delete_data", args=[room.pk, "note"])
    assert 'maxlength="2000"' in client.get(address).content.decode()
    copied: dict[str, Any] = {"typed": name + "\u202c" * name.count("\u202e")}
    assert client.post(address, copied).status_code == 302
