"""Note: posts with formatted text, files and comments (spec 3.3, 3.5, 3.6, 2.16, 6.4)."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import AuditEntry, Member
from groups.models import Feature, Group, Membership, Message, Note, NoteComment, Room, RoomVisit, StoredFile
from groups.room import notes as reading
from groups.room.actions import notes as actions
from tests.factories import (
    GroupFactory,
    MasterFactory,
    MemberFactory,
    MembershipFactory,
    NoteCommentFactory,
    NoteFactory,
    StoredFileFactory,
)
from tests.helpers import ActorOf, client_of

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script><b>'\"&amp;"


@pytest.fixture
def room(group: Group, master: Member) -> Group:
    """The group with Note on; its master is in it too."""
    group.note = True
    group.save()
    MembershipFactory.create(group=group, member=master)
    return group


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def picture(name: str = "beach.png", size: tuple[int, int] = (900, 400)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue(), "image/png")


def add(client: Client, room: Group, title: str = "Minutes", text: str = "", **more: Any) -> Note:
    answer = client.post(url("note_add", room), {"title": title, "text": text, **more})
    assert answer.status_code == 302, answer.content
    return Note.objects.latest("pk")


def news(room: Group) -> list[tuple[str, str]]:
    said = Message.objects.filter(group=room, kind=Message.Kind.NEWS).order_by("pk")
    return [(message.details["what"], message.author_name) for message in said]


def files_on_disk(media: Path) -> int:
    return sum(1 for path in media.rglob("*") if path.is_file())


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


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\u202egnp.exe", "<img src=x>.png", "x" * 5000, "\0\n"]
)
def test_files_with_evil_names(room: Group, member: Member, name: str) -> None:
    note = Note.objects.create(group=room, title="Minutes", author=member, author_name=member.name)
    upload = SimpleUploadedFile("a", b"x")
    upload._name = name  # type: ignore[attr-defined]
    actions.room_files.store_each(room, Feature.NOTE, [upload], member, note=note)
    page = text_of(client_of(member).get(url("note", room, note)))
    stored = note.files.get()
    assert len(stored.name.encode()) <= 200
    assert not set(stored.name) & set('\0\n/\\<>"\u202e')
    assert "<img src=x>" not in page


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
    assert "A note can have 20 files." in text_of(answer)
    assert "Kept title" in text_of(answer)
    assert not Note.objects.exists()
    assert files_on_disk(media) == 0


def test_files_that_do_not_fit_leave_nothing(room: Group, member: Member, media: Path, settings: Any) -> None:
    settings.ROOM_GROUP_MAX_BYTES = 5
    uploads = [SimpleUploadedFile("a.txt", b"1234"), SimpleUploadedFile("b.txt", b"5678")]
    answer = client_of(member).post(url("note_add", room), {"title": "Minutes", "files": uploads})
    assert answer.status_code == 422
    assert "The space of this group is used up." in text_of(answer)
    assert not Note.objects.exists()
    assert not Message.objects.exists()
    assert files_on_disk(media) == 0


def test_who_changed_last(room: Group, member: Member, master: Member) -> None:
    note = add(client_of(member), room)
    data = {"title": "Other title", "text": "Other text", "version": 1}
    assert client_of(master).post(url("note_edit", room, note), data).status_code == 302
    page = text_of(client_of(member).get(url("note", room, note)))
    assert "changed by" in page
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


# Who may


def test_the_author_and_masters_change_it(
    room: Group, member: Member, teammate: Member, master: Member
) -> None:
    note = add(client_of(member), room)
    for name in ("note_edit", "note_delete"):
        assert client_of(teammate).get(url(name, room, note)).status_code == 403
        data = {"title": "Stolen", "version": 1}
        assert client_of(teammate).post(url(name, room, note), data).status_code == 403
        for person in (member, master):
            assert client_of(person).get(url(name, room, note)).status_code == 200
    note.refresh_from_db()
    assert note.title == "Minutes"
    shown = text_of(client_of(teammate).get(url("note", room, note)))
    assert url("note_edit", room, note) not in shown
    assert url("note_delete", room, note) not in shown
    refused = AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED, actor_id=teammate.pk)
    assert set(refused.values_list("action", flat=True)) == {"note.edit", "note.delete"}


def test_an_administrator_who_is_no_member_reads_nothing(
    room: Group, administrator: Member, member: Member
) -> None:
    """Spec 3.6."""
    note = add(client_of(member), room)
    for address in (url("notes", room), url("note", room, note), url("note_add", room)):
        assert client_of(administrator).get(address).status_code == 403


def test_whoever_has_left_loses_it_at_once(room: Group, member: Member, teammate: Member) -> None:
    """Spec 2.16: what they wrote stays, with their name."""
    note = add(client_of(member), room, files=[picture()])
    stored = note.files.get()
    client = client_of(member)
    Membership.objects.filter(group=room, member=member).delete()
    for address in (url("note", room, note), url("file", room, stored), url("preview", room, stored)):
        assert client.get(address).status_code == 403
    data = {"title": "New", "version": 1}
    assert client.post(url("note_edit", room, note), data).status_code == 403
    assert client.post(url("note_add", room), data).status_code == 403
    assert "Momo Member" in text_of(client_of(teammate).get(url("note", room, note)))
    member.delete()
    assert "Momo Member" in text_of(client_of(teammate).get(url("note", room, note)))
    assert "Momo Member" in text_of(client_of(teammate).get(url("notes", room)))


def test_people_of_other_companies(external_group: Group, guest: Member, member: Member) -> None:
    """Spec 6.4: name, company and photo, as long as they are in the group."""
    Group.objects.filter(pk=external_group.pk).update(message=True, note=True)
    type(guest).objects.filter(pk=guest.pk).update(photo="people/greta.webp")
    note = add(client_of(guest), external_group)
    NoteCommentFactory.create(note=note, author=guest)
    photo = reverse("accounts:member_photo", args=[guest.pk])
    for address in (url("notes", external_group), url("note", external_group, note)):
        page = text_of(client_of(member).get(address))
        assert "Greta Guest" in page
        assert "Nordlicht" in page
        assert photo in page
        assert guest.email not in page
    Membership.objects.filter(group=external_group, member=guest).delete()
    page = text_of(client_of(member).get(url("note", external_group, note)))
    assert "Greta Guest" in page
    assert photo not in page


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
        ("x" * 201, "Kept text", "Use at most 200 characters."),
        ("e" + "\u0301" * 1000, "Kept text", "Use at most 200 characters."),
        ("Kept title", "x" * 50_001, "Use at most 50,000 characters."),
        ("Kept title", "e\u0301" * 50_001, "Use at most 50,000 characters."),
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


# The list


def test_order_and_pages(room: Group, member: Member) -> None:
    """Pinned ones first, the latest pinned at the top; then the newest."""
    notes = [NoteFactory.create(group=room, title=f"Note-{number}-") for number in range(45)]
    for number in (3, 10):
        actions_pin(room, notes[number], member)
    client = client_of(member)
    seen: list[str] = []
    address = url("notes", room)
    while address:
        page = client.get(address).context["listed"]
        seen += [row.note.title for row in (*page.pinned, *page.rows)]
        address = url("notes", room) + page.page.next if page.page.next else ""
    others = [f"Note-{number}-" for number in reversed(range(45)) if number not in (3, 10)]
    assert seen == ["Note-10-", "Note-3-", *others]


def actions_pin(room: Group, note: Note, member: Member, is_pinned: bool = True) -> None:
    answer = client_of(member).post(url("note_pin", room, note), {"pinned": "1" if is_pinned else "0"})
    assert answer.status_code == 302


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
        actions_pin(room, note, teammate, is_pinned)
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
    assert "1 comment goes with it." in asked
    assert "1 file goes with it." in asked
    assert files_on_disk(media) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(master).post(url("note_delete", room, note)).status_code == 302
    assert not Note.objects.exists()
    assert not NoteComment.objects.exists()
    assert not StoredFile.objects.exists()
    assert files_on_disk(media) == 0
    assert Room.objects.get(group=room).bytes_used == 0
    assert news(room)[-1] == ("note.deleted", "Mira Master")
    entry = AuditEntry.objects.get(action="note.delete")
    assert entry.changes == {"note_of": ["Momo Member", None]}, "what stood in it is the room's (3.6)"
    own = add(client_of(member), room)
    client_of(member).post(url("note_delete", room, own))
    assert AuditEntry.objects.filter(action="note.delete").count() == 1


def test_pinned_at_most(room: Group, member: Member) -> None:
    for _number in range(reading.PINNED_AT_MOST):
        NoteFactory.create(group=room, pinned_at=timezone.now())
    note = add(client_of(member), room)
    answer = client_of(member).post(url("note_pin", room, note), {"pinned": "1"}, follow=True)
    assert "At most 20 notes can be pinned." in text_of(answer)
    note.refresh_from_db()
    assert note.pinned_at is None


# Comments


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
    entry = AuditEntry.objects.get(action="note.delete_comment", result="done")
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
    assert "Use at most 2,000 characters." in text_of(wrong)
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


# Ids of others, and features that are off


def test_ids_of_another_room(room: Group, member: Member) -> None:
    """Whoever is in both rooms does not mix them up either."""
    other = GroupFactory.create(company=room.company, message=True, note=True, members=[member])
    MasterFactory.create(group=other, member=member)
    note = NoteFactory.create(group=room, author=member)
    foreign = NoteFactory.create(group=other, author=member)
    comment = NoteCommentFactory.create(note=foreign, author=member)
    stored = StoredFileFactory.create(group=other, feature=Feature.NOTE, note=foreign)
    client = client_of(member)
    data = {"title": "Stolen", "text": "Stolen", "version": 1, "pinned": "1"}
    for name in ("note", "note_edit", "note_delete", "note_pin", "note_comment_add"):
        assert client.get(url(name, room, foreign)).status_code in (404, 405)
        assert client.post(url(name, room, foreign), data).status_code in (404, 405)
    for on in (note, foreign):
        for name in ("note_comment_edit", "note_comment_delete"):
            assert client.post(url(name, room, on, comment), data).status_code == 404
    for name in ("file", "preview"):
        assert client.get(url(name, room, stored)).status_code == 404
    client.post(url("note_edit", room, note), data | {"taken_off": [stored.pk]})
    foreign.refresh_from_db()
    comment.refresh_from_db()
    assert (foreign.title, foreign.pinned_at) == (foreign.title.replace("Stolen", ""), None)
    assert comment.text != "Stolen"
    assert StoredFile.objects.filter(pk=stored.pk).exists()


def everything(room: Group, note: Note, comment: NoteComment, stored: StoredFile) -> list[str]:
    return [
        *(url(name, room) for name in ("notes", "note_add", "note_preview", "notes_seen")),
        *(url(name, room, note) for name in ("note", "note_edit", "note_delete", "note_pin")),
        url("note_comment_add", room, note),
        *(url(f"note_comment_{verb}", room, note, comment) for verb in ("edit", "delete")),
        *(url(name, room, stored) for name in ("file", "preview")),
    ]


def test_switched_off_it_is_gone_and_switched_on_it_is_back(room: Group, member: Member) -> None:
    """Spec 3.3."""
    client = client_of(member)
    note = add(client, room, "Minutes", "We met", files=[picture()])
    comment = NoteCommentFactory.create(note=note, author=member)
    stored = note.files.get()
    Group.objects.filter(pk=room.pk).update(note=False)
    data = {"title": "New", "text": "New", "version": 1, "pinned": "1", "newest": "1"}
    for address in everything(room, note, comment, stored):
        assert client.get(address).status_code in (404, 405), address
        assert client.post(address, data).status_code in (404, 405), address
    assert client.get(url("note", room, note)).status_code == 404
    assert client.post(url("note_add", room), data).status_code == 404
    page = text_of(client.get(url("messages", room)))
    assert url("notes", room) not in page
    assert "Minutes" not in page
    assert Note.objects.count() == 1
    Group.objects.filter(pk=room.pk).update(note=True)
    assert "We met" in text_of(client.get(url("note", room, note)))
    assert client.get(url("preview", room, stored)).status_code == 200
    assert "Minutes" in text_of(client.get(url("messages", room)))
    comment.refresh_from_db()
    note.refresh_from_db()
    assert (note.title, note.pinned_at) == ("Minutes", None)


def test_switched_off_between_page_and_action(room: Group, member: Member, actor_of: ActorOf) -> None:
    """The action asks again, under the room's lock."""
    from django.http import Http404

    Group.objects.filter(pk=room.pk).update(note=False)
    with pytest.raises(Http404):
        actions.add(room, "Minutes", "", actor=actor_of(member))


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
        *(("both", "8"), ("both", "9"), ("theirs", "10"), ("mine", "ten"), ("both", "11"), ("both", "12")),
    ]
    assert reading.difference("a", "a") == []
