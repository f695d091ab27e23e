"""Files of rooms in a bucket, which several machines share: the pages do all that they do with a folder."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company, Member
from groupadmin.base.outage import StoreAway
from groups.directory.export import everything
from groups.models import CompanyExport, FolderFile, Group, Message, StoredFile, Upload
from groups.room.uploads import sweep
from groups.room.uploads.pieces import forget_old_uploads
from tests.groups.room.folder.pages import begin, packed, piece, url
from tests.groups.room.notes.pages import picture
from tests.helpers import ActorOf, ClientOf
from tests.s3 import bucket, s3_server

__all__ = ["bucket", "s3_server"]
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.usefixtures("bucket")]
OnCommit = Callable[..., AbstractContextManager[object]]
MB = 1024 * 1024
FIRST, LAST = b"1" * (5 * MB), b"end"


@pytest.fixture
def room(group: Group) -> Group:
    Group.objects.filter(pk=group.pk).update(folder=True)
    return Group.objects.get(pk=group.pk)


@pytest.fixture
def client(member: Member, client_of: ClientOf) -> Client:
    return client_of(member)


def names_in(bucket: Any) -> list[str]:
    answer = bucket.client.list_objects_v2(Bucket=bucket.bucket_name)
    return [found["Key"] for found in answer.get("Contents", ())]


def uploaded(client: Client, room: Group) -> FolderFile:
    begun = begin(client, room, len(FIRST + LAST)).json()
    assert piece(client, begun["url"], 0, FIRST).json() == {"received": len(FIRST)}
    assert piece(client, begun["url"], len(FIRST), LAST).json()["done"]
    return FolderFile.objects.get()


def read(answer: Any) -> bytes:
    assert answer.status_code in (200, 206)
    return b"".join(answer.streaming_content)


def test_pieces_come_to_any_machine(room: Group, client: Client, bucket: Any, media: Path) -> None:
    """Rule 3.5: nothing of them is on the disk of who took the first."""
    file = uploaded(client, room)
    address = url("folder_file", room.pk, file.pk)
    assert read(client.get(address)) == FIRST + LAST
    assert read(client.get(address, headers={"Range": "bytes=-5"})) == b"11end"
    assert read(client.get(address, headers={"Range": f"bytes={len(FIRST)}-"})) == LAST
    (name,) = names_in(bucket)
    assert name == f"ours/here/{StoredFile.objects.get().file.name}"
    assert not Upload.objects.exists()
    assert not list(media.rglob("*"))


def test_a_piece_that_was_answered_to_nobody_is_there_once(room: Group, client: Client) -> None:
    begun = begin(client, room, len(FIRST + LAST)).json()
    for _time in range(2):
        assert piece(client, begun["url"], 0, FIRST).json() == {"received": len(FIRST)}
    assert begin(client, room, len(FIRST + LAST)).json() == begun | {"received": len(FIRST)}
    assert piece(client, begun["url"], len(FIRST), LAST).json()["done"]
    assert StoredFile.objects.get().file.read() == FIRST + LAST


def test_pieces_that_are_too_small_are_refused(room: Group, client: Client) -> None:
    begun = begin(client, room, 100).json()
    assert piece(client, begun["url"], 0, b"small").status_code == 422
    assert client.get(begun["url"]).json() == {"received": 0}


def test_an_empty_file(room: Group, client: Client) -> None:
    begun = begin(client, room, 0).json()
    assert client.post(begun["url"], {"offset": "0"}).json()["done"]
    assert read(client.get(url("folder_file", room.pk, FolderFile.objects.get().pk))) == b""


def test_a_picture_gets_its_preview(room: Group, client: Client) -> None:
    sent = {"text": "Look", "files": [picture()]}
    client.post(reverse("room:messages", args=[room.pk]), sent)
    stored = StoredFile.objects.get()
    assert read(client.get(reverse("room:preview", args=[room.pk, stored.pk])))[8:12] == b"WEBP"
    assert Message.objects.get().files.get() == stored


def test_others_get_nothing(room: Group, client: Client, outsider: Member, client_of: ClientOf) -> None:
    """Rule 2.16, also if the bucket itself gives files: the permission is checked before its address."""
    file = uploaded(client, room)
    with override_settings(FILES_REDIRECT_SECONDS=60):
        for somebody in (client_of(outsider), Client()):
            answer = somebody.get(url("folder_file", room.pk, file.pk))
            assert answer.status_code in (302, 403, 404)
            assert "X-Amz" not in answer.get("Location", "")


def test_the_bucket_gives_it_for_a_short_time_if_so_set(room: Group, client: Client) -> None:
    file = uploaded(client, room)
    with override_settings(FILES_REDIRECT_SECONDS=60):
        answer = client.get(url("folder_file", room.pk, file.pk))
    assert answer.status_code == 302
    assert "X-Amz-Expires=60&" in answer["Location"]
    assert answer["Cache-Control"] == "private, no-store"


def test_several_as_a_zip_file(room: Group, client: Client) -> None:
    file = uploaded(client, room)
    assert packed(client, url("folder_zip", room.pk), {"item": f"f{file.pk}"}).read(file.name) == FIRST + LAST


def test_what_is_not_wanted_leaves_the_bucket(
    room: Group, client: Client, bucket: Any, django_capture_on_commit_callbacks: OnCommit
) -> None:
    begun = begin(client, room, len(FIRST + LAST)).json()
    piece(client, begun["url"], 0, FIRST)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(begun["url"], {"cancel": "1"}).json() == {"cancelled": True}
    assert list(bucket.unfinished()) == []
    begin(client, room, 9)
    Upload.objects.update(touched_at=timezone.now() - timedelta(days=2))
    with django_capture_on_commit_callbacks(execute=True):
        forget_old_uploads()
    assert list(bucket.unfinished()) == []


def test_lost_bytes_are_found(
    room: Group, client: Client, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 3.4: what nobody has a row of, begun or whole; and nothing else."""
    file = uploaded(client, room)
    kept = begin(client, room, 9, name="kept.bin").json()
    bucket.begin("rooms/2026/12/begun", 9)
    with bucket.writing("rooms/2026/12/whole") as target:
        target.write(b"lost")
    # Moto says of whatever was begun that it was in 2010.
    monkeypatch.setattr(sweep, "YOUNG", timedelta(days=36_500))
    assert sweep.sweep() == 0, "whoever stored it may not be done"
    monkeypatch.setattr(sweep, "YOUNG", timedelta(seconds=-60))
    assert sweep.sweep() == 2
    assert read(client.get(url("folder_file", room.pk, file.pk)))
    assert client.get(kept["url"]).json() == {"received": 0}
    assert sweep.sweep() == 0


def test_an_export_of_everything(
    room: Group, client: Client, company: Company, administrator: Member, actor_of: ActorOf
) -> None:
    """Rule 10.7: written into the bucket as it is made."""
    file = uploaded(client, room)
    everything.start_export(company, has_rooms=True, actor=actor_of(administrator))
    made = CompanyExport.objects.get()
    assert made.size == made.file.size
    with zipfile.ZipFile(io.BytesIO(made.file.read())) as archive:
        assert archive.testzip() is None
        (inside,) = (name for name in archive.namelist() if name.endswith(file.name))
        assert archive.read(inside) == FIRST + LAST


def test_an_import(client_of: ClientOf, administrator: Member, company: Company) -> None:
    """Rule 10.1: the worker reads the files that a page took, wherever it runs; also a zip of them."""
    people = b"email,name\nbea@hanbit.example,Bea Builder\n"
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("people.csv", people)
    sent = [SimpleUploadedFile("all.zip", zipped.getvalue())]
    answer = client_of(administrator).post(reverse("groups:import_add"), {"file": sent})
    page = client_of(administrator).get(answer["Location"]).content.decode()
    assert "Bea Builder" in page


def test_a_bucket_that_is_away_answers_503(
    room: Group, client: Client, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was saved, and the page says when to come back."""
    file = uploaded(client, room)

    def away(*_args: Any, **_named: Any) -> None:
        raise StoreAway("no answer")

    monkeypatch.setattr("groupadmin.base.bucket.Bucket._open", away)
    monkeypatch.setattr("groupadmin.base.bucket.Bucket._save", away)
    for answer in (
        client.get(url("folder_file", room.pk, file.pk)),
        client.post(url("upload", room.pk), {"files": [SimpleUploadedFile("a.txt", b"a")]}),
    ):
        assert answer.status_code == 503
        assert "The files cannot be reached just now" in answer.content.decode()
        assert answer["Retry-After"] == "10"
    assert FolderFile.objects.count() == 1
