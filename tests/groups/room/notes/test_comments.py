"""What people say to notes (rule 3.5)."""

import pytest

from accounts.models import AuditEntry, Member
from groups.models import Group, NoteComment
from tests.factories import NoteCommentFactory
from tests.helpers import client_of

from .pages import add, text_of, url

pytestmark = pytest.mark.django_db


def test_comments(room: Group, member: Member, teammate: Member, master: Member) -> None:
    note = add(client_of(member), room)
    client = client_of(teammate)
    client.post(url("note_comment_add", room, note), {"text": "See https://a.example\nnext"})
    comment = note.comments.get()
    page = text_of(client_of(member).get(url("note", room, note)))
    assert 'href="https://a.example" target="_blank"' in page
    assert "1 comment" in text_of(client_of(member).get(url("notes", room)))
    edit, delete = (url(f"note_comment_{verb}", room, note, comment) for verb in ("edit", "delete"))
    for person in (member, master):
        assert client_of(person).get(edit).status_code == 403
        assert client_of(person).post(edit, {"text": "other"}).status_code == 403
    assert client.post(edit, {"text": "changed"}).status_code == 302
    comment.refresh_from_db()
    assert comment.text == "changed"
    assert comment.edited_at is not None
    assert client_of(member).post(delete).status_code == 403
    assert client_of(master).post(delete).status_code == 302
    assert not note.comments.exists()
    entry = AuditEntry.objects.get(action="room.delete_comment", result="done")
    assert entry.changes == {"comment_of": ["Tae Teammate", None]}


def test_a_comment_in_its_place(room: Group, member: Member) -> None:
    note = add(client_of(member), room)
    comment = NoteCommentFactory.create(note=note, author=member)
    client = client_of(member, htmx=True)
    edit = url("note_comment_edit", room, note, comment)
    assert "<textarea" in text_of(client.get(edit))
    assert "<html" not in text_of(client.get(edit))
    wrong = client.post(edit, {"text": "x" * 2001})
    assert wrong.status_code == 422
    assert "Use at most 2,000 characters (now 2,001)." in text_of(wrong)
    assert "changed" in text_of(client.post(edit, {"text": "changed"}))
    place = {"HX-Target": f"comment-{comment.pk}"}
    gone = client.post(url("note_comment_delete", room, note, comment), headers=place)
    assert (gone.status_code, gone.content) == (200, b"")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write something."),
        (" \u200b\n", "Write something."),
        ("x" * 2001, "2,000"),
        ("x" * 10**6, "2,000"),
    ],
)
def test_wrong_comments(room: Group, member: Member, text: str, message: str) -> None:
    note = add(client_of(member), room)
    answer = client_of(member).post(url("note_comment_add", room, note), {"text": text})
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert not note.comments.exists()


def test_a_comment_sent_twice_is_there_once(room: Group, member: Member) -> None:
    note = add(client_of(member), room)
    for text in ("a", "a", "b", "a"):
        client_of(member).post(url("note_comment_add", room, note), {"text": text})
    assert list(note.comments.values_list("text", flat=True)) == ["a", "b", "a"]


def test_many_comments(room: Group, member: Member) -> None:
    """The newest are shown, in their order; the others page by page."""
    note = add(client_of(member), room)
    NoteComment.objects.bulk_create(
        NoteComment(group=room, note=note, author_name="A", text=f"Comment-{number}-")
        for number in range(120)
    )
    client = client_of(member)
    seen: list[list[str]] = []
    address = url("note", room, note)
    while address:
        context = client.get(address).context
        seen.append([line.comment.text for line in context["comments"]])
        address = url("note", room, note) + context["page"].next if context["page"].next else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [text for page in reversed(seen) for text in page] == [
        f"Comment-{number}-" for number in range(120)
    ]
