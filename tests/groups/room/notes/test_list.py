"""The list of notes, what is new in it, and what Message says of them (rule 3.5)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Member
from groups.models import Feature, Group, Note, NoteComment, Room, RoomVisit, StoredFile
from groups.room.notes import reading
from tests.factories import GroupFactory, NoteCommentFactory, NoteFactory, StoredFileFactory
from tests.helpers import client_of

from .pages import add, files_on_disk, news, picture, pin, text_of, url

pytestmark = pytest.mark.django_db


# The list


def test_order_and_pages(room: Group, member: Member) -> None:
    """Pinned ones first, the latest pinned at the top; then the newest."""
    notes = [NoteFactory.create(group=room, title=f"Note-{number}-") for number in range(45)]
    for number in (3, 10):
        pin(room, notes[number], member)
    client = client_of(member)
    seen: list[str] = []
    address = url("notes", room)
    while address:
        page = client.get(address).context["listed"]
        seen += [row.note.title for row in (*page.pinned, *page.rows)]
        address = url("notes", room) + page.page.next if page.page.next else ""
    others = [f"Note-{number}-" for number in reversed(range(45)) if number not in (3, 10)]
    assert seen == ["Note-10-", "Note-3-", *others]


def test_few_queries_however_many(
    room: Group, member: Member, guest: Member, django_assert_max_num_queries: Any
) -> None:
    client = client_of(member)
    client.get(url("notes", room))

    def count() -> int:
        with django_assert_max_num_queries(40) as queries:
            client.get(url("notes", room))
        return len(queries)

    NoteFactory.create(group=room)
    few = count()
    for number in range(15):
        note = NoteFactory.create(group=room, text="x" * number)
        NoteCommentFactory.create_batch(2, note=note)
        StoredFileFactory.create(group=room, feature=Feature.NOTE, note=note)
    assert count() == few


def test_long_texts_are_not_fetched_for_the_list(
    room: Group, member: Member, django_assert_max_num_queries: Any
) -> None:
    NoteFactory.create(group=room, text="word " * 9_000)
    page = client_of(member).get(url("notes", room))
    row = page.context["listed"].rows[0]
    assert {"text", "text_folded"} <= row.note.get_deferred_fields()
    assert row.excerpt.endswith("…")


def test_search(room: Group, member: Member) -> None:
    add(client_of(member), room, "Straße to Café", "nothing")
    add(client_of(member), room, "Other", "We met in the CAFÉ.\n\n100%_sure")
    Note.objects.filter(title="Other").update(pinned_at=timezone.now())
    other_room = GroupFactory.create(company=room.company, message=True, note=True)
    NoteFactory.create(group=other_room, title="Café of others")
    client = client_of(member)

    def found(typed: str) -> list[str]:
        listed = client.get(url("notes", room), {"q": typed}).context["listed"]
        return [row.note.title for row in (*listed.pinned, *listed.rows)]

    assert found("café") == ["Other", "Straße to Café"]
    assert found("STRASSE") == ["Straße to Café"]
    assert found("100%_s") == ["Other"]
    assert found("%") == ["Other"]
    assert found("\u200b\u200b") == []
    assert found("nowhere") == []
    page = client_of(member, htmx=True).get(
        url("notes", room), {"q": "strasse"}, headers={"HX-Target": "notes"}
    )
    assert "Straße to Café" in text_of(page)
    assert "<html" not in text_of(page)


# Unread


def test_unread_until_the_list_is_looked_at(room: Group, member: Member, teammate: Member) -> None:
    note = add(client_of(member), room)
    messages = url("messages", room)
    assert "unread-dot" in text_of(client_of(teammate).get(messages))
    assert "unread-dot" not in text_of(client_of(member).get(messages)), "their own is not new to them"
    listed = client_of(teammate).get(url("notes", room))
    assert listed.context["listed"].rows[0].is_new
    assert url("notes_seen", room) in text_of(listed)
    assert not RoomVisit.objects.filter(member=teammate, feature=Feature.NOTE).exists(), "GET never writes"
    client_of(teammate).post(url("notes_seen", room), {"newest": note.pk})
    assert "unread-dot" not in text_of(client_of(teammate).get(messages))
    assert url("notes_seen", room) not in text_of(client_of(teammate).get(url("notes", room)))
    client_of(teammate).post(url("notes_seen", room), {"newest": 1})
    assert reading_seen(teammate, room) == note.pk, "it never goes back"
    client_of(teammate).post(url("notes_seen", room), {"newest": 2**62})
    assert reading_seen(teammate, room) == note.pk, "nor to what is not there yet"


def reading_seen(person: Member, room: Group) -> int:
    return RoomVisit.objects.get(member=person, group=room, feature=Feature.NOTE).seen_id


def test_what_one_writes_does_not_hide_what_one_has_not_seen(
    room: Group, member: Member, teammate: Member
) -> None:
    add(client_of(member), room)
    add(client_of(teammate), room, "Mine")
    assert "unread-dot" in text_of(client_of(teammate).get(url("messages", room)))


# Announced in Message


def test_changes_are_announced_once_an_hour(room: Group, member: Member, master: Member) -> None:
    note = add(client_of(member), room)

    def change(person: Member, text: str) -> None:
        note.refresh_from_db()
        data = {"title": "Minutes", "text": text, "version": note.version}
        assert client_of(person).post(url("note_edit", room, note), data).status_code == 302

    change(member, "a")
    assert [what for what, _who in news(room)] == ["note.added"]
    change(master, "b")
    change(master, "c")
    assert news(room)[1:] == [("note.changed", "Mira Master")]
    Note.objects.update(edited_at=timezone.now() - timedelta(hours=2))
    change(master, "d")
    assert news(room)[2:] == [("note.changed", "Mira Master")]


def test_comments_and_pins_are_announced(room: Group, member: Member, teammate: Member) -> None:
    note = add(client_of(member), room)
    for text in ("one", "two"):
        client_of(teammate).post(url("note_comment_add", room, note), {"text": text})
    client_of(member).post(url("note_comment_add", room, note), {"text": "three"})
    for is_pinned in (True, True, False):
        pin(room, note, teammate, is_pinned)
    assert news(room)[1:] == [
        ("note.commented", "Tae Teammate"),
        ("note.commented", "Momo Member"),
        ("note.pinned", "Tae Teammate"),
    ]


def test_deletion(
    room: Group,
    member: Member,
    master: Member,
    media: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    note = add(client_of(member), room, "Secret title", "x", files=[picture()])
    NoteCommentFactory.create(note=note)
    asked = text_of(client_of(master).get(url("note_delete", room, note)))
    assert "1 comment is deleted too." in asked
    assert "1 file is deleted too." in asked
    assert files_on_disk(media) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(master).post(url("note_delete", room, note)).status_code == 302
    assert not Note.objects.exists()
    assert not NoteComment.objects.exists()
    assert not StoredFile.objects.exists()
    assert files_on_disk(media) == 0
    assert Room.objects.get(group=room).bytes_used == 0
    assert news(room)[-1] == ("note.deleted", "Mira Master")
    entry = AuditEntry.objects.get(action="room.delete_note")
    assert entry.changes == {"note_of": ["Momo Member", None]}, "what stood in it is the room's (3.6)"
    own = add(client_of(member), room)
    client_of(member).post(url("note_delete", room, own))
    assert AuditEntry.objects.filter(action="room.delete_note").count() == 1


def test_pinned_at_most(room: Group, member: Member) -> None:
    for _number in range(reading.PINNED_AT_MOST):
        NoteFactory.create(group=room, pinned_at=timezone.now())
    note = add(client_of(member), room)
    answer = client_of(member).post(url("note_pin", room, note), {"pinned": "1"}, follow=True)
    assert "You can pin at most 20 notes. Unpin another one first." in text_of(answer)
    note.refresh_from_db()
    assert note.pinned_at is None
