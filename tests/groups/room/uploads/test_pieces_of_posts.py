"""Files of notes and messages that arrive in pieces before what they belong to is saved (rule 3.5)."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Member
from groups.models import Feature, Group, Message, Note, Room, StoredFile, Upload
from tests.factories import NoteFactory
from tests.groups.room.notes.pages import picture
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[object]]
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Post:
    """A note or a message of a person's, with files in pieces."""

    feature: str
    room: Group
    client: Client

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"room:{self.feature}_upload_{name}", args=[self.room.pk, *args])

    def begin(self, name: str = "large.bin", size: int = 6, modified: str = "1") -> Any:
        return self.client.post(self.url("begin"), {"name": name, "size": str(size), "modified": modified})

    def piece(self, address: str, offset: int, content: bytes) -> Any:
        file = SimpleUploadedFile("piece", content)
        return self.client.post(address, {"offset": str(offset), "piece": file})

    def arrive(self, content: bytes = b"abcdef", name: str = "large.bin") -> str:
        begun = self.begin(name, len(content)).json()
        assert self.piece(begun["url"], 0, content).json()["done"]
        return str(begun["key"])

    def save(self, *keys: str, text: str = "Text", **more: Any) -> Any:
        data = {"title": "Title", "text": text, "arrived": list(keys), **more}
        name = "note_add" if self.feature == "note" else "messages"
        return self.client.post(reverse(f"room:{name}", args=[self.room.pk]), data, headers=HTMX)

    def files(self) -> list[tuple[str, bytes]]:
        """What the newest one holds."""
        newest = Note.objects.latest("pk") if self.feature == "note" else Message.objects.latest("pk")
        return [(stored.name, stored.file.read()) for stored in newest.files.order_by("pk")]


@pytest.fixture(params=["note", "message"])
def post(request: pytest.FixtureRequest, group: Group, member: Member, client_of: ClientOf) -> Post:
    group.note = True
    group.save()
    return Post(request.param, group, client_of(member))


def on_disk(media: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in media.rglob("*") if path.is_file())


def test_in_pieces_and_then_with_what_they_belong_to(post: Post, media: Path) -> None:
    begun = post.begin().json()
    assert begun["received"] == 0
    assert post.piece(begun["url"], 0, b"abc").json() == {"received": 3}
    assert not StoredFile.objects.exists()
    assert post.piece(begun["url"], 3, b"def").json()["done"]
    small = SimpleUploadedFile("small.txt", b"small")
    assert post.save(begun["key"], post.arrive(b"", "empty.txt"), files=[small]).status_code in (200, 204)
    assert post.files() == [("small.txt", b"small"), ("large.bin", b"abcdef"), ("empty.txt", b"")]
    assert Room.objects.get(group=post.room).bytes_used == 11
    assert not Upload.objects.exists()
    assert on_disk(media) == [b"", b"abcdef", b"small"]


def test_goes_on_where_it_stopped(post: Post) -> None:
    """Also from another page: the server knows the file by its name, size and day."""
    begun = post.begin().json()
    post.piece(begun["url"], 0, b"abcd")
    again = post.begin().json()
    assert (again["key"], again["received"]) == (begun["key"], 4)
    assert post.client.get(begun["url"]).json() == {"received": 4}


def test_a_picture_gets_its_preview(post: Post) -> None:
    content = picture().read()
    post.save(post.arrive(content, "beach.png"))
    assert StoredFile.objects.get().preview


def test_a_message_of_files_alone(group: Group, member: Member, client_of: ClientOf) -> None:
    post = Post("message", group, client_of(member))
    post.save(post.arrive(), text="")
    assert post.files() == [("large.bin", b"abcdef")]


def test_what_is_wrong_loses_no_file(post: Post, media: Path) -> None:
    """Two files of which only one fits: neither is kept, both are still there to be sent again."""
    first, second = post.arrive(b"x" * 60, "first"), post.arrive(b"y" * 41, "second")
    with override_settings(ROOM_GROUP_MAX_BYTES=100):
        answer = post.save(first, second)
    assert answer.status_code == 422
    assert "This group has no space left" in answer.content.decode()
    assert not StoredFile.objects.exists()
    assert on_disk(media) == [b"x" * 60, b"y" * 41]
    post.save(first, second)
    assert [name for name, _content in post.files()] == ["first", "second"]


def test_not_what_is_not_here_as_a_whole(post: Post) -> None:
    begun = post.begin().json()
    post.piece(begun["url"], 0, b"abc")
    answer = post.save(begun["key"])
    assert (answer.status_code, StoredFile.objects.count()) == (422, 0)
    assert "did not arrive completely" in answer.content.decode()


@pytest.mark.parametrize("key", ["x", "\0", "7f80fc54-b1bc-4cc2-8acc-4317aa9ba1aa", "9" * 5000])
def test_keys_that_are_none(post: Post, key: str) -> None:
    answer = post.save(key)
    assert answer.status_code == 422
    assert "no longer available" in answer.content.decode()


def test_not_another_s_nor_for_another_feature(
    post: Post, teammate: Member, client_of: ClientOf, group: Group
) -> None:
    """A key is its owner's, in its room, for what it was begun for."""
    group.folder = True
    group.save()
    key = post.arrive()
    theirs = Post(post.feature, post.room, client_of(teammate))
    assert theirs.save(key).status_code == 422
    assert theirs.client.get(post.url("piece", key)).status_code == 404
    other = Post("message" if post.feature == "note" else "note", post.room, post.client)
    assert other.save(key).status_code == 422
    assert post.client.get(other.url("piece", key)).status_code == 404
    assert post.client.post(reverse("room:upload_piece", args=[post.room.pk, key])).status_code == 404
    assert post.save(key).status_code in (200, 204)


def test_sent_twice_it_is_there_once(post: Post) -> None:
    """The answer was lost on its way, and the form is sent again."""
    key, form_key = post.arrive(), str(uuid.uuid4())
    for _time in range(2):
        assert post.save(key, form_key=form_key).status_code in (200, 204)
    assert StoredFile.objects.count() == 1


def test_limits(post: Post, teammate: Member) -> None:
    with override_settings(ROOM_FILE_MAX_BYTES=6):
        assert post.begin(size=6).status_code == 200
        answer = post.begin("more.bin", size=7)
    assert (answer.status_code, "is larger than" in answer.json()["message"]) == (422, True)
    Upload.objects.update(member=teammate)
    with override_settings(ROOM_GROUP_MAX_BYTES=10):
        assert post.begin("other.bin", size=5).status_code == 422, "what others have begun counts"
    most = 20 if post.feature == "note" else 10
    answer = post.save(*(str(uuid.uuid4()) for _number in range(most + 1)))
    assert (answer.status_code, f"{most} files" in answer.content.decode()) == (422, True)


def test_cancelled(post: Post, media: Path, django_capture_on_commit_callbacks: OnCommit) -> None:
    """What somebody does not want after all takes no space."""
    begun = post.begin().json()
    post.piece(begun["url"], 0, b"abc")
    with django_capture_on_commit_callbacks(execute=True):
        assert post.client.post(begun["url"], {"cancel": "1"}).json() == {"cancelled": True}
    assert not Upload.objects.exists()
    assert on_disk(media) == []
    assert post.client.post(begun["url"], {"cancel": "1"}).status_code == 404


def test_as_many_as_a_note_can_have(group: Group, member: Member, client_of: ClientOf) -> None:
    """None of them is let go of for another one."""
    group.note = True
    group.save()
    post = Post("note", group, client_of(member))
    keys = [post.arrive(b"x", f"{number}.txt") for number in range(20)]
    assert post.save(*keys).status_code == 200
    assert len(post.files()) == 20


def test_a_change_of_a_note_adds_them(group: Group, member: Member, client_of: ClientOf) -> None:
    group.note = True
    group.save()
    post = Post("note", group, client_of(member))
    note = NoteFactory.create(group=group, author=member, title="Title", text="Text")
    address = reverse("room:note_edit", args=[group.pk, note.pk])
    data = {"title": "Title", "text": "Text", "version": "1", "arrived": [post.arrive()]}
    assert post.client.post(address, data).status_code == 302
    assert post.files() == [("large.bin", b"abcdef")]
    note.refresh_from_db()
    assert note.version == 2


@pytest.mark.parametrize("how", ["off", "left"])
def test_not_where_one_may_not_any_more(post: Post, member: Member, how: str) -> None:
    """Rules 2.16, 3.3: neither begun, nor gone on with, nor cancelled, nor asked for."""
    begun = post.begin().json()
    if how == "off":
        Group.objects.filter(pk=post.room.pk).update(note=False, message=False)
    else:
        post.room.entries.filter(member=member).delete()
    assert post.begin().status_code == 403
    assert post.piece(begun["url"], 0, b"abc").status_code == 403
    assert post.client.post(begun["url"], {"cancel": "1"}).status_code == 403
    assert post.client.get(begun["url"]).status_code == 403
    assert Upload.objects.get().feature == Feature(post.feature)
