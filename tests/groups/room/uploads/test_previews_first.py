"""Pictures are drawn small before the transaction: others write while that takes its time (rule 3.5)."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from accounts.actor import Actor
from accounts.models import Member
from groups.models import Feature, Group, StoredFile
from groups.room import access
from groups.room.folder import actions as folder_actions
from groups.room.folder import file_actions as uploads
from groups.room.messages import actions as messages
from groups.room.notes import actions as notes
from groups.room.uploads import files, pieces
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


def picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    return SimpleUploadedFile("sea.png", buffer.getvalue(), "image/png")


def change_note(group: Group, actor: Actor) -> None:
    note = notes.add(group, "Title", "Text", actor=actor)
    notes.change(group, note.pk, "Title", "Other text", [picture()], version=1, actor=actor)


def in_pieces(group: Group, actor: Actor, feature: Feature) -> UUID:
    """The key of a picture that was uploaded in pieces."""
    sent = picture()
    size = sent.size or 0
    upload = pieces.begin(group, feature, "sea.png", size, "", actor=actor)
    pieces.add_piece(group, feature, upload.key, 0, sent, actor=actor)
    return upload.key


def message_of_pieces(group: Group, actor: Actor) -> None:
    messages.send(group, "", keys=[in_pieces(group, actor, Feature.MESSAGE)], actor=actor)


def note_of_pieces(group: Group, actor: Actor) -> None:
    notes.add(group, "Title", "Text", keys=[in_pieces(group, actor, Feature.NOTE)], actor=actor)


def folder_of_pieces(group: Group, actor: Actor) -> None:
    uploads.finish_upload(group, in_pieces(group, actor, Feature.FOLDER), actor=actor)


WAYS: dict[str, Callable[[Group, Actor], Any]] = {
    "message": lambda group, actor: messages.send(group, "", [picture()], actor=actor),
    "note": lambda group, actor: notes.add(group, "Title", "Text", [picture()], actor=actor),
    "changed note": change_note,
    "folder": lambda group, actor: uploads.add_file(group, None, picture(), actor=actor),
    "message of pieces": message_of_pieces,
    "note of pieces": note_of_pieces,
    "folder of pieces": folder_of_pieces,
}


@pytest.mark.parametrize("way", WAYS)
def test_drawn_before_the_transaction(
    way: str, group: Group, member: Member, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    Group.objects.filter(pk=group.pk).update(note=True, folder=True)
    happened: list[str] = []

    def noted(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **more: Any) -> Any:
            # The test itself is a transaction; those inside it have savepoints.
            happened.append(f"{what} inside" if connection.savepoint_ids else what)
            return function(*args, **more)

        return noting

    monkeypatch.setattr(files, "_draw", noted("drawn", files._draw))
    for actions in (access, messages, folder_actions):
        monkeypatch.setattr(actions, "lock_room", noted("locked", actions.lock_room))
    WAYS[way](group, actor_of(member))
    stored = StoredFile.objects.get()
    assert (stored.width, stored.height, bool(stored.preview)) == (40, 30, True)
    assert happened.count("drawn") == 1
    assert happened[happened.index("drawn") + 1] == "locked inside"
