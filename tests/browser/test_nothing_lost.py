"""What people type and send in a room is not lost: deleted meanwhile, broken off, before their time."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, Route, expect

from accounts.models import Member
from groups.models import FolderFile, Group, Message, Note, Task, Upload
from tests.factories import (
    MemberFactory,
    MembershipFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    TaskFactory,
)

from .helpers import PageOf, assert_accessible

PIECE = 256 * 1024
CONTENT = bytes(range(256)) * (PIECE // 256) + b"the rest" * 10_000
REFUSED = (r"status of 4(04|09|22)", r"Status Error Code 404", r"ERR_FAILED")


@pytest.fixture
def room(group: Group, master: Member, settings: Any) -> Group:
    """The group with everything on, its master in it; files are sent in pieces of a quarter of a megabyte."""
    settings.ROOM_PIECE_BYTES = PIECE
    group.note = group.task = group.folder = True
    group.save()
    MembershipFactory.create(group=group, member=master)
    return group


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def large(name: str = "large.bin") -> list[FilePayload]:
    return [FilePayload(name=name, mimeType="application/octet-stream", buffer=CONTENT)]


def breaking(page: Page, at: int) -> list[int]:
    """The connection breaks at that piece. Returns the list of pieces that are sent."""
    sent: list[int] = []

    def go_on_or_break(route: Route) -> None:
        sent.append(1)
        if len(sent) == at:
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/upload/[0-9a-f-]{36}/$"), go_on_or_break)
    return sent


def test_a_task_that_was_deleted_meanwhile(room: Group, member: Member, page_of: PageOf) -> None:
    task = TaskFactory.create(group=room, author=member, assignees=[member])
    page = page_of(member, expected=REFUSED)
    page.goto(url("task_edit", room, task))
    page.get_by_label("Title").fill("Typed for long")
    task.delete()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Someone deleted this task while you were editing")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Add as new task").click()
    expect(page.get_by_role("link", name="Typed for long")).to_be_visible()
    assert [person.member for person in Task.objects.get().assignees.all()] == [member]


def test_a_task_where_they_were_switched_off(room: Group, member: Member, page_of: PageOf) -> None:
    """Rule 3.3: the page stays with what was typed, and the refusal is said."""
    page = page_of(member, expected=("status of 403", "Status Error Code 403"))
    page.goto(url("task_add", room))
    page.get_by_label("Title").fill("Typed for long")
    Group.objects.filter(pk=room.pk).update(task=False)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#failures")).to_contain_text("Task is switched off in this group.")
    expect(page.get_by_label("Title")).to_have_value("Typed for long")
    Group.objects.filter(pk=room.pk).update(task=True)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Typed for long")).to_be_visible()


def test_a_note_and_a_comment_that_were_deleted_meanwhile(
    room: Group, member: Member, page_of: PageOf
) -> None:
    note = NoteFactory.create(group=room, author=member)
    page = page_of(member, expected=REFUSED)
    page.goto(url("note_edit", room, note))
    page.get_by_role("textbox", name="Text").fill("Typed for long")
    page.get_by_label("Photos and files").set_input_files(large())
    note.delete()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Someone deleted this note while you were editing")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save as new note").click()
    expect(page.get_by_role("link", name="large.bin")).to_be_visible()
    expect(page.locator(".post-text")).to_have_text("Typed for long")

    comment = NoteCommentFactory.create(note=Note.objects.get(), author=member)
    page.reload()
    page.get_by_role("link", name="Edit comment").click()
    page.locator(".comment-text textarea").fill("Said for long")
    comment.delete()
    page.locator(".comment-text").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Add as new comment").click()
    expect(page.locator(".comment")).to_contain_text("Said for long")


def test_a_message_that_is_taken_back_while_it_is_edited(
    room: Group, member: Member, master: Member, page_of: PageOf
) -> None:
    """The news of it does not take away what is being typed."""
    message = MessageFactory.create(group=room, author=member, text="First")
    mine, theirs = page_of(member, expected=REFUSED), page_of(master)
    mine.goto(url("messages", room))
    theirs.goto(url("messages", room))
    line = mine.locator(f"#message-{message.pk}")
    line.hover()
    line.get_by_role("link", name="Edit").click()
    line.get_by_role("textbox").fill("Typed for long")
    theirs.locator(f"#message-{message.pk}").hover()
    theirs.locator(f"#message-{message.pk}").get_by_role("link", name="Take back").click()
    theirs.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(theirs.locator(f"#message-{message.pk}")).to_contain_text("took back")
    # What comes after it has come here too.
    theirs.get_by_label("Message", exact=True).fill("Next")
    theirs.get_by_label("Message", exact=True).press("Enter")
    expect(mine.locator(".line", has_text="Next")).to_be_visible()
    expect(line.get_by_role("textbox")).to_have_value("Typed for long")
    line.get_by_role("button", name="Save").click()
    line.get_by_role("button", name="Send as new message").click()
    expect(theirs.locator(".line-text", has_text="Typed for long")).to_be_visible()


def note_with(page: Page, room: Group) -> Callable[[], None]:
    page.goto(url("note_add", room))
    page.get_by_label("Title").fill("With a film")
    page.get_by_label("Photos and files").set_input_files(large())
    row = page.locator(".upload-row")
    expect(row).to_contain_text("Connection lost")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Some files were not uploaded")).to_be_visible()
    assert_accessible(page)

    def again() -> None:
        row.get_by_role("button", name="Retry").click()
        # At once: it is saved as soon as the file is there.
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="large.bin")).to_be_visible()

    return again


def message_with(page: Page, room: Group) -> Callable[[], None]:
    page.goto(url("messages", room))
    page.locator("#composer").evaluate("(form) => (form.dataset.mostBytes = '5')")
    page.locator("#message-files").set_input_files(large())
    page.get_by_label("Message", exact=True).fill("Look at this")
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator("#message-problem")).to_contain_text("Connection lost")

    def again() -> None:
        page.get_by_label("Message", exact=True).press("Enter")
        expect(page.locator(".line-file", has_text="large.bin")).to_be_visible()
        expect(page.locator("#chosen-files")).to_be_hidden()

    return again


@pytest.mark.parametrize("begin", [note_with, message_with])
def test_a_file_goes_on_where_it_stopped(
    room: Group, member: Member, page_of: PageOf, begin: Callable[[Page, Group], Callable[[], None]]
) -> None:
    page = page_of(member, expected=REFUSED)
    sent = breaking(page, at=2)
    again = begin(page, room)
    assert Upload.objects.get().file.size == PIECE
    again()
    assert len(sent) == 3, "what had arrived was not sent again"
    holder = Note if begin is note_with else Message
    stored = holder.objects.latest("pk").files.get()
    assert stored.file.read() == CONTENT
    assert not Upload.objects.exists()


def test_a_file_that_is_not_wanted_after_all(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member, expected=REFUSED)
    breaking(page, at=2)
    page.goto(url("note_add", room))
    page.get_by_label("Photos and files").set_input_files(large())
    row = page.locator(".upload-row")
    expect(row).to_contain_text("Connection lost")
    with page.expect_response(re.compile("/upload/[0-9a-f-]{36}/")):
        row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0)
    assert not Upload.objects.exists()


def test_one_version_is_deleted(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member)
    page.goto(url("folder", room))
    for content in (b"old", b"newer"):
        page.set_input_files("#files", [FilePayload(name="plan.txt", mimeType="text/plain", buffer=content)])
        expect(page.locator(".upload-row.done")).to_have_count(1)
        page.reload()
    page.get_by_role("link", name="plan.txt", exact=True).click()
    page.get_by_role("link", name="Delete version 1").click()
    expect(page.get_by_role("heading", name="Delete version 1 of plan.txt?")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Delete this version").click()
    expect(page.locator("#messages").get_by_text("was deleted")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Delete version"))).to_have_count(0)
    assert [version.number for version in FolderFile.objects.get().versions.all()] == [2]


def test_who_comes_later_begins_where_they_come(room: Group, member: Member, page_of: PageOf) -> None:
    """Rule 3.7: two people, one of whom comes later; then the master shares what was said before."""
    MessageFactory.create(group=room, author=member, text="Secret of before", text_folded="secret of before")
    late = MemberFactory.create(company=room.company, name="Lou Late")
    MembershipFactory.create(group=room, member=late)
    old, new = page_of(member), page_of(late)
    new.goto(url("list"))
    expect(new.locator("main .unread-dot, main .room-unread")).to_have_count(0)
    old.goto(url("messages", room))
    new.goto(url("messages", room))
    old.get_by_label("Message", exact=True).fill("Welcome")
    old.get_by_label("Message", exact=True).press("Enter")
    expect(new.locator(".line", has_text="Welcome")).to_be_visible()
    expect(new.get_by_text("Secret of before")).to_have_count(0)
    expect(old.get_by_text("Secret of before")).to_have_count(1)
    room.room.shares_history = True
    room.room.save(update_fields=["shares_history"])
    new.reload()
    expect(new.get_by_text("Secret of before")).to_have_count(1)
