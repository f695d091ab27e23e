"""Pictures are drawn small before the room is locked: others write while that takes its time (rule 3.5)."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.actor import Actor
from accounts.models import Member
from groups.models import Group, StoredFile
from groups.room import access
from groups.room.folder import actions as folder_actions
from groups.room.folder import file_actions as uploads
from groups.room.messages import actions as messages
from groups.room.notes import actions as notes
from groups.room.uploads import files
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


def picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    return SimpleUploadedFile("sea.png", buffer.getvalue(), "image/png")


def change_note(group: Group, actor: Actor) -> None:
    note = notes.add(group, "Title", "Text", actor=actor)
    notes.change(group, note.pk, "Title", "Other text", [picture()], version=1, actor=actor)


WAYS: dict[str, Callable[[Group, Actor], Any]] = {
    "message": lambda group, actor: messages.send(group, "", [picture()], actor=actor),
    "note": lambda group, actor: notes.add(group, "Title", "Text", [picture()], actor=actor),
    "changed note": change_note,
    "folder": lambda group, actor: uploads.add_file(group, None, picture(), actor=actor),
}


@pytest.mark.parametrize("way", WAYS)
def test_drawn_before_the_lock(
    way: str, group: Group, member: Member, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    Group.objects.filter(pk=group.pk).update(note=True, folder=True)
    happened: list[str] = []

    def noted(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **more: Any) -> Any:
            happened.append(what)
            return function(*args, **more)

        return noting

    monkeypatch.setattr(files, "_draw", noted("drawn", files._draw))
    for actions in (access, messages, folder_actions):
        monkeypatch.setattr(actions, "lock_room", noted("locked", actions.lock_room))
    WAYS[way](group, actor_of(member))
    stored = StoredFile.objects.get()
    assert (stored.width, stored.height, bool(stored.preview)) == (40, 30, True)
    assert happened.count("drawn") == 1
    assert happened[happened.index("drawn") + 1] == "locked"
