"""What somebody else deleted while one was editing it: nothing that was typed is lost (as in rule 2.18)."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from groups.models import Event, Group, Message, Note, NoteComment, Task
from groups.room.messages.actions import recall
from tests.factories import (
    EventFactory,
    MembershipFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    TaskFactory,
)
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
EVENT = {"title": "Typed & kept", "start_date": "2027-03-01", "start_time": "12:00", "version": "1"}


@pytest.fixture
def room(group: Group, master: Member) -> Group:
    """The group with everything on; its master is in it too."""
    group.note = group.event = group.task = True
    group.save()
    MembershipFactory.create(group=group, member=master)
    return group


@pytest.fixture
def mine(member: Member, client_of: ClientOf) -> Client:
    return client_of(member)


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def assert_kept(answer: Any, said: str, leads_to: str) -> str:
    """The answer says what happened, holds what was typed, and its form makes a new thing of it."""
    page = str(answer.content.decode())
    assert answer.status_code == 409
    assert said in page
    assert "Typed &amp; kept" in page
    assert f'action="{leads_to}"' in page
    return page


def gone(thing: Any) -> int:
    """Deletes it; its id, as it stands in a page that was opened before."""
    pk: int = thing.pk
    thing.delete()
    return pk


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_task(room: Group, member: Member, mine: Client, headers: dict[str, str]) -> None:
    pk = gone(TaskFactory.create(group=room, author=member))
    typed = {"title": "Typed & kept", "notes": "More", "version": "3", "assignees": f"member:{member.pk}"}
    answer = mine.post(url("task_edit", room, pk), typed, headers=headers)
    page = assert_kept(answer, "Someone deleted this task while you were editing", url("task_add", room))
    assert "More</textarea>" in page
    assert f"member:{member.pk}" in page
    assert "Add as new task" in page
    assert mine.post(url("task_add", room), typed, headers=headers).status_code in (200, 302)
    assert [one.title for one in Task.objects.all()] == ["Typed & kept"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_event(room: Group, member: Member, mine: Client, headers: dict[str, str]) -> None:
    pk = gone(EventFactory.create(group=room, author=member))
    answer = mine.post(url("event_edit", room, pk), EVENT | {"place": "Roof"}, headers=headers)
    page = assert_kept(answer, "Someone deleted or moved this event", url("event_add", room))
    assert 'value="Roof"' in page
    assert 'value="2027-03-01"' in page
    assert mine.post(url("event_add", room), EVENT).status_code == 302
    assert [one.title for one in Event.objects.all()] == ["Typed & kept"]


def test_one_date_of_an_event_that_repeats(room: Group, member: Member, mine: Client) -> None:
    """Deleted by itself: the others stay, and so does what was typed."""
    event = EventFactory.create(group=room, author=member, repeats="FREQ=DAILY")
    typed = EVENT | {"which": "one", "at": "19700101T000000Z"}
    answer = mine.post(url("event_edit", room, event), typed)
    assert_kept(answer, "or moved this event", url("event_add", room))


def test_a_note(room: Group, member: Member, mine: Client) -> None:
    pk = gone(NoteFactory.create(group=room, author=member))
    typed = {"title": "Typed & kept", "text": "More", "version": "3"}
    answer = mine.post(url("note_edit", room, pk), typed)
    page = assert_kept(answer, "Someone deleted this note while you were editing", url("note_add", room))
    assert "More</textarea>" in page
    assert "Save as new note" in page
    mine.post(url("note_add", room), typed)
    assert [one.title for one in Note.objects.all()] == ["Typed & kept"]


def test_a_note_in_the_browser_keeps_its_form(room: Group, member: Member, mine: Client) -> None:
    """Only what is said of it comes, with a button that saves what stands in the form as a new note."""
    pk = gone(NoteFactory.create(group=room, author=member))
    answer = mine.post(url("note_edit", room, pk), {"title": "Typed"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone deleted this note while you were editing" in page
    assert f'hx-post="{url("note_add", room)}"' in page
    assert "<textarea" not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_comment(room: Group, member: Member, mine: Client, headers: dict[str, str]) -> None:
    comment = NoteCommentFactory.create(note=NoteFactory.create(group=room), author=member)
    note, pk = comment.note, gone(comment)
    typed = {"text": "Typed & kept"}
    answer = mine.post(url("note_comment_edit", room, note, pk), typed, headers=headers)
    assert_kept(answer, "Someone deleted this comment in the meantime", url("note_comment_add", room, note))
    mine.post(url("note_comment_add", room, note), typed)
    assert [one.text for one in NoteComment.objects.all()] == ["Typed & kept"]


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_comment_on_a_note_that_is_gone(
    room: Group, member: Member, mine: Client, is_new: bool, headers: dict[str, str]
) -> None:
    comment = NoteCommentFactory.create(note=NoteFactory.create(group=room), author=member)
    args = (room, comment.note_id) if is_new else (room, comment.note_id, comment.pk)
    comment.note.delete()
    address = url("note_comment_add" if is_new else "note_comment_edit", *args)
    answer = mine.post(address, {"text": "Typed & kept"}, headers=headers)
    page = assert_kept(answer, "Your comment is still below", url("note_add", room))
    assert "<html" in page
    assert is_new or not headers or answer["HX-Retarget"] == "body"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_message_that_a_master_took_back(
    room: Group, member: Member, master: Member, mine: Client, actor_of: ActorOf, headers: dict[str, str]
) -> None:
    message = MessageFactory.create(group=room, author=member)
    recall(room, message.pk, actor=actor_of(master))
    typed = {"text": "Typed & kept"}
    answer = mine.post(url("message_edit", room, message), typed, headers=headers)
    assert_kept(answer, "This message was taken back in the meantime", url("messages", room))
    if headers:
        assert answer["HX-Retarget"] == f"#message-{message.pk} .line-edit"
    # "Cancel" shows it as it is now.
    assert mine.get(url("message_edit", room, message), {"as": "line"}, headers=HTMX).status_code == 200
    message.refresh_from_db()
    assert (message.text, message.recalled_at is None) == ("", False)
    mine.post(url("messages", room), typed)
    assert Message.objects.latest("pk").text == "Typed & kept"


def test_a_mistake_in_a_message_leaves_its_line(room: Group, member: Member, mine: Client) -> None:
    """The form comes in the place of the form: sent again it still has a line to be put in."""
    message = MessageFactory.create(group=room, author=member)
    answer: HttpResponse = mine.post(url("message_edit", room, message), {"text": " "}, headers=HTMX)  # type: ignore[assignment]
    assert (answer.status_code, answer["HX-Retarget"]) == (422, f"#message-{message.pk} .line-edit")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_another_room_s_looks_as_if_it_were_gone(
    room: Group, private_group: Group, member: Member, mine: Client, headers: dict[str, str]
) -> None:
    """Ids of another room (rule 5.3): the answer is the same as for what never was, and nothing changes."""
    note, task = NoteFactory.create(group=private_group), TaskFactory.create(group=private_group)
    event = EventFactory.create(group=private_group)
    for name, thing in (("note_edit", note), ("task_edit", task), ("event_edit", event)):
        data = EVENT | {"title": "Typed", "text": "Typed"}
        there = mine.post(url(name, room, thing), data, headers=headers)
        nowhere = mine.post(url(name, room, thing.pk + 1000), data, headers=headers)
        assert there.status_code == nowhere.status_code == 409
        assert thing.title not in there.content.decode()
        thing.refresh_from_db()
        assert thing.title != "Typed"
        assert mine.get(url(name, room, thing)).status_code == 404


@pytest.mark.parametrize("name", ["note_edit", "task_edit", "event_edit"])
def test_not_where_the_feature_is_off_nor_for_who_has_left(
    room: Group, member: Member, mine: Client, name: str
) -> None:
    """Rules 2.16, 3.3: the page that htmx keeps is theirs, the room is not."""
    Group.objects.filter(pk=room.pk).update(note=False, task=False, event=False)
    assert mine.post(url(name, room, 5), EVENT).status_code == 403
    Group.objects.filter(pk=room.pk).update(note=True, task=True, event=True)
    room.entries.filter(member=member).delete()
    assert mine.post(url(name, room, 5), EVENT).status_code == 403
