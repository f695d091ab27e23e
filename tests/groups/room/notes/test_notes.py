"""Note: posts with formatted text and files, and two people who change one at once (rule 3.5)."""

import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Member
from groups.models import Feature, Group, Message, Note, NoteComment, Room, StoredFile
from groups.room.notes import actions, reading
from tests.factories import MemberFactory, MembershipFactory, NoteFactory, StoredFileFactory
from tests.helpers import client_of

from .pages import EVIL, add, files_on_disk, news, picture, text_of, url

pytestmark = pytest.mark.django_db


# Writing and reading


def test_one_writes_and_another_reads(room: Group, member: Member, teammate: Member) -> None:
    note = add(client_of(member), room, "Minutes of May", "We **met**.\n\n- one\n- two")
    page = text_of(client_of(teammate).get(url("note", room, note)))
    assert "Minutes of May" in page
    assert "<strong>met</strong>" in page
    assert "Momo Member" in page
    shown = text_of(client_of(teammate).get(url("notes", room)))
    assert "Minutes of May" in shown
    assert "We met. one two" in shown
    assert news(room) == [("note.added", "Momo Member")]


def test_pictures_and_files(room: Group, member: Member, teammate: Member) -> None:
    uploads = [picture(), SimpleUploadedFile("plan.txt", b"the plan")]
    note = add(client_of(member), room, files=uploads)
    first, second = note.files.order_by("pk")
    assert (first.feature, first.width, first.height) == (Feature.NOTE, 640, 284)
    page = text_of(client_of(teammate).get(url("note", room, note)))
    assert url("preview", room, first) in page
    assert "plan.txt" in page
    answer: Any = client_of(teammate).get(url("file", room, second))
    assert b"".join(answer.streaming_content) == b"the plan"
    assert Room.objects.get(group=room).bytes_used == first.size + second.size
    assert "2 files" in text_of(client_of(teammate).get(url("notes", room)))


def test_names_of_files_stay_and_harm_nothing(room: Group, member: Member) -> None:
    """Rule 3.9."""
    file = io.BytesIO(b"x")
    file.name = "<img src=x>&amp; 최종?.png"
    add(client_of(member), room, files=[file])
    page = client_of(member).get(url("note", room, Note.objects.get())).content.decode()
    assert StoredFile.objects.get().name == file.name
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;&amp;amp; 최종?.png" in page


def test_a_name_that_no_file_can_have_is_refused(room: Group, member: Member) -> None:
    file = io.BytesIO(b"x")
    file.name = "x" * 256
    answer = client_of(member).post(
        url("note_add", room), {"title": "Minutes", "text": "Kept", "files": [file]}
    )
    assert answer.status_code == 422
    assert "has 256 characters" in text_of(answer)
    assert not Note.objects.exists()


def test_taking_files_off(
    room: Group, member: Member, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    client = client_of(member)
    note = add(client, room, files=[picture("a.png"), picture("b.png")])
    first, second = note.files.order_by("pk")
    foreign = StoredFileFactory.create(group=room, feature=Feature.NOTE, note=NoteFactory.create(group=room))
    assert files_on_disk(media) == 6
    data = {
        "title": "Minutes",
        "text": "",
        "version": 1,
        "taken_off": [first.pk, foreign.pk, "x", "9" * 30],
        "files": [SimpleUploadedFile("c.txt", b"c")],
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url("note_edit", room, note), data).status_code == 302
    assert list(note.files.order_by("pk").values_list("name", flat=True)) == ["b.png", "c.txt"]
    assert StoredFile.objects.filter(pk=foreign.pk).exists()
    assert files_on_disk(media) == 5
    assert Room.objects.get(group=room).bytes_used == second.size + 1


def test_too_many_files(room: Group, member: Member, media: Path) -> None:
    uploads = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(actions.FILES_AT_MOST + 1)]
    answer = client_of(member).post(
        url("note_add", room), {"title": "Kept title", "text": "Kept", "files": uploads}
    )
    assert answer.status_code == 422
    assert "A note can have at most 20 files." in text_of(answer)
    assert "Kept title" in text_of(answer)
    assert not Note.objects.exists()
    assert files_on_disk(media) == 0


def test_files_that_do_not_fit_leave_nothing(room: Group, member: Member, media: Path, settings: Any) -> None:
    settings.ROOM_GROUP_MAX_BYTES = 5
    uploads = [SimpleUploadedFile("a.txt", b"1234"), SimpleUploadedFile("b.txt", b"5678")]
    answer = client_of(member).post(url("note_add", room), {"title": "Minutes", "files": uploads})
    assert answer.status_code == 422
    assert "This group has no space left. Delete some files first." in text_of(answer)
    assert not Note.objects.exists()
    assert not Message.objects.exists()
    assert files_on_disk(media) == 0


def test_who_changed_last(room: Group, member: Member, master: Member) -> None:
    note = add(client_of(member), room)
    data = {"title": "Other title", "text": "Other text", "version": 1}
    assert client_of(master).post(url("note_edit", room, note), data).status_code == 302
    page = text_of(client_of(member).get(url("note", room, note)))
    assert "edited by" in page
    assert "Mira Master" in page
    note.refresh_from_db()
    assert (note.title, note.text, note.version, note.edited_by_name) == (
        *("Other title", "Other text", 2, "Mira Master"),
    )
    assert note.author == member


def test_saving_without_a_change_changes_nothing(room: Group, member: Member) -> None:
    note = add(client_of(member), room, "Minutes", "Text")
    data = {"title": "Minutes", "text": "Text", "version": 1}
    client_of(member).post(url("note_edit", room, note), data)
    note.refresh_from_db()
    assert (note.version, note.edited_at) == (1, None)


def test_sent_twice_it_is_there_once(room: Group, member: Member) -> None:
    assert add(client_of(member), room, text="a") == add(client_of(member), room, text="a")
    assert len(news(room)) == 1
    assert add(client_of(member), room, text="b") != add(client_of(member), room, text="a")


def test_the_same_words_with_another_file_or_from_another_form_are_another_note(
    room: Group, member: Member
) -> None:
    """Nothing of it is lost (rule 5.8)."""
    client = client_of(member)
    add(client, room, files=[picture("one.png")])
    assert [file.name for file in add(client, room, files=[picture("two.png")]).files.all()] == ["two.png"]
    note = add(client, room, form_key=str(uuid4()))
    assert add(client, room, form_key=str(uuid4())) != note
    for _form in range(2):
        client.post(url("note_comment_add", room, note), {"text": "+1", "form_key": str(uuid4())})
    assert note.comments.count() == 2


# Two at once


def test_two_people_at_once(room: Group, member: Member, master: Member) -> None:
    note = add(client_of(member), room, "Minutes", "one\ntwo\nthree")
    theirs = {"title": "Minutes", "text": "one\nTWO of the master\nthree", "version": 1}
    assert client_of(master).post(url("note_edit", room, note), theirs).status_code == 302
    mine = {"title": "My title", "text": "one\ntwo\nthree and four", "version": 1}
    answer = client_of(member).post(url("note_edit", room, note), mine)
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Mira Master" in page
    assert '<span class="diff-line">TWO of the master</span>' in page
    assert '<span class="diff-line">three and four</span>' in page
    assert 'value="My title"' in page
    assert "one\ntwo\nthree and four</textarea>" in page
    assert 'id="note-version" value="2"' in page
    note.refresh_from_db()
    assert note.text == theirs["text"]
    assert client_of(member).post(url("note_edit", room, note), mine | {"version": 2}).status_code == 302
    note.refresh_from_db()
    assert (note.title, note.text, note.version) == ("My title", mine["text"], 3)


def test_two_people_at_once_by_htmx(room: Group, member: Member) -> None:
    """Only what is to be said comes back: files that were chosen stay so."""
    note = add(client_of(member), room)
    Note.objects.filter(pk=note.pk).update(
        version=2, edited_by_name="Mira", edited_at=timezone.now(), text=EVIL
    )
    client = client_of(member, htmx=True)
    answer = client.post(url("note_edit", room, note), {"title": "Mine", "text": "x", "version": 1})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "<form" not in page
    assert 'id="note-version" value="2" hx-swap-oob="true"' in page
    assert "<script>" not in page


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "0", "٣"])
def test_strange_versions_are_conflicts(room: Group, member: Member, version: str) -> None:
    note = NoteFactory.create(group=room, author=member, edited_at=timezone.now())
    data = {"title": "Mine", "text": "x", "version": version}
    assert client_of(member).post(url("note_edit", room, note), data).status_code == 409


# What was typed wrongly


@pytest.mark.parametrize(
    ("title", "text", "message"),
    [
        ("", "Kept text", "Enter a title."),
        (" \u200b\u3164 ", "Kept text", "Enter a title."),
        ("x" * 201, "Kept text", "Use at most 200 characters (now 201)."),
        ("e" + "\u0301" * 1000, "Kept text", "at most 1,000 Unicode code points."),
        ("Kept title", "x" * 50_001, "Use at most 50,000 characters (now 50,001)."),
        ("Kept title", "e\u0301" * 50_001, "Use at most 50,000 characters (now 50,001)."),
        ("Kept title", "x" * 1_000_000, "Use at most 50,000 characters."),
    ],
)
def test_mistakes_keep_what_was_typed(
    room: Group, member: Member, title: str, text: str, message: str
) -> None:
    note = NoteFactory.create(group=room, author=member, title="Before")
    data = {"title": title, "text": text, "version": 1}
    for address in (url("note_add", room), url("note_edit", room, note)):
        answer = client_of(member).post(address, data)
        assert answer.status_code == 422
        assert message in text_of(answer)
        assert ("Kept text" if text.startswith("Kept") else "Kept title") in text_of(answer)
        short = text_of(client_of(member, htmx=True).post(address, data))
        assert message in short
        assert "<form" not in short
    assert Note.objects.get().title == "Before"


def test_the_largest(room: Group, member: Member) -> None:
    """Characters as people count them."""
    family = "👩‍👩‍👧"
    note = add(client_of(member), room, family * 200, "한" * 50_000)
    assert note.title == family * 200
    assert len(note.text) == 50_000


def test_markup_and_script_in_every_text(room: Group, teammate: Member) -> None:
    member = MemberFactory.create(company=room.company, name=f"M{EVIL}")
    MembershipFactory.create(group=room, member=member)
    client = client_of(member)
    note = add(client, room, EVIL, EVIL, files=[SimpleUploadedFile("<script>.txt", b"x")])
    client.post(url("note_comment_add", room, note), {"text": EVIL})
    client.post(url("note_pin", room, note), {"pinned": "1"})
    data = {"title": f"x{EVIL}", "text": EVIL, "version": 1}
    client.post(url("note_edit", room, note), data)
    comment = NoteComment.objects.get()
    pages = [
        url("notes", room),
        url("notes", room) + "?q=" + EVIL.replace("&", "%26"),
        url("note", room, note),
        url("messages", room),
        *(url(name, room, note) for name in ("note_edit", "note_delete")),
        url("note_comment_edit", room, note, comment),
    ]
    for address in pages:
        page = text_of(client.get(address))
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
    preview = client.post(url("note_preview", room), data)
    assert "<script>alert" not in text_of(preview)


NASTY = ["\0", "a\0b", "\ud800", "\u202e", "\r\n\x0b\x1b", "%", "'", "\\", "🙂" * 5]


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_characters(room: Group, member: Member, nasty: str) -> None:
    client = client_of(member)
    text = nasty.encode("utf-8", "surrogatepass")
    body = b"title=T" + text.replace(b"%", b"%25") + b"&text=" + text.replace(b"%", b"%25")
    kind = "application/x-www-form-urlencoded"
    assert client.post(url("note_add", room), body, content_type=kind).status_code == 302
    note = Note.objects.get()
    assert client.get(url("note", room, note)).status_code == 200
    for name in ("note_comment_add", "note_edit"):
        assert client.post(url(name, room, note), body, content_type=kind).status_code in (302, 409, 422)
    assert client.post(url("note_preview", room), body, content_type=kind).status_code == 200
    searched = "".join(f"%{byte:02x}" for byte in text)
    for query in (f"q={searched}", f"after={searched}", f"before={searched}"):
        assert client.get(f"{url('notes', room)}?{query}").status_code == 200
        assert client.get(f"{url('note', room, note)}?{query}").status_code == 200
    for value in (nasty, "9" * 50, "-1", "x"):
        data = value.encode("utf-8", "surrogatepass")
        answer = client.post(url("notes_seen", room), b"newest=" + data, content_type=kind)
        assert answer.status_code == 302


# Preview


def test_preview_keeps_nothing(room: Group, member: Member) -> None:
    data = {"title": "Minutes", "text": "We **met** [x](javascript:alert(1))"}
    page = text_of(client_of(member, htmx=True).post(url("note_preview", room), data))
    assert "<strong>met</strong>" in page
    assert "href" not in page
    assert "<html" not in page
    assert "<strong>met</strong>" in text_of(client_of(member).post(url("note_preview", room), data))
    long = client_of(member).post(url("note_preview", room), {"text": "x" * 10**6})
    assert "Use at most 50,000 characters." in text_of(long)
    assert not Note.objects.exists()


def test_difference() -> None:
    """A few lines around each difference."""
    old = [str(number) for number in range(20)]
    new = [*old[:10], "ten", *old[11:]]
    lines = [(line.kind, line.line) for line in reading.difference("\n".join(old), "\n".join(new))]
    assert lines == [
        *(
            ("both", "8"),
            ("both", "9"),
            ("current", "10"),
            ("submitted", "ten"),
            ("both", "11"),
            ("both", "12"),
        ),
    ]
    assert reading.difference("a", "a") == []
