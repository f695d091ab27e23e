"""A room by keys and by ears: the focus goes on where one was, and is seen; news is said once."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Member
from groups.models import Feature, Group
from tests.factories import MessageFactory, NoteCommentFactory, NoteFactory, TaskFactory

from .helpers import PageOf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(group: Group) -> Group:
    for feature in Feature:
        setattr(group, feature.value, True)
    group.save()
    return group


def press(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Enter on a control that has the focus, of which there is one."""
    expect(page.get_by_role(role, name=name)).to_be_visible()  # type: ignore[arg-type]
    # What has just come is no plain link or form any more.
    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
    page.get_by_role(role, name=name).focus()  # type: ignore[arg-type]
    page.keyboard.press("Enter")


def test_after_a_message_was_edited_one_goes_on_writing(room: Group, member: Member, page_of: PageOf) -> None:
    MessageFactory.create(group=room, author=member, text="First words")
    page = page_of(member)
    page.goto(reverse("room:messages", args=[room.pk]))
    write = page.locator("#message-text")
    press(page, "link", "Edit")
    expect(page.locator(".line-edit textarea")).to_be_focused()
    press(page, "link", "Cancel")
    expect(write).to_be_focused()
    press(page, "link", "Edit")
    page.locator(".line-edit textarea").fill("Other words")
    press(page, "button", "Save")
    expect(page.locator(".line")).to_contain_text("Other words")
    expect(write).to_be_focused()
    press(page, "link", "Take back")
    press(page, "button", "Take back")
    expect(page.locator(".line-gone")).to_be_visible()
    expect(write).to_be_focused()


def test_after_a_comment_was_edited_one_is_at_it(room: Group, member: Member, page_of: PageOf) -> None:
    note = NoteFactory.create(group=room)
    NoteCommentFactory.create(note=note, author=member)
    page = page_of(member)
    page.goto(reverse("room:note", args=[room.pk, note.pk]))
    for role, name in (("link", "Cancel"), ("button", "Save")):
        press(page, "link", "Edit comment")
        press(page, role, name)
        expect(page.get_by_role("link", name="Edit comment")).to_be_focused()
    press(page, "link", "Delete comment")
    press(page, "button", "Delete comment")
    expect(page.locator("#comment-text")).to_be_focused()


@pytest.mark.parametrize("page_name", ["tasks", "my_tasks"])
def test_tasks_are_ticked_one_after_the_other(
    room: Group, member: Member, page_of: PageOf, page_name: str
) -> None:
    for title in ("one", "two", "three"):
        TaskFactory.create(group=room, title=title, assignees=[member])
    page = page_of(member)
    page.goto(reverse(f"room:{page_name}", args=[room.pk] if page_name == "tasks" else []))
    rows = page.locator(".task")
    titles = [row.locator(".task-title").inner_text() for row in rows.all()]
    page.locator(".task-check").first.focus()
    for left in (2, 1, 0):
        page.keyboard.press("Enter")
        expect(rows).to_have_count(left)
        if left:
            following = page.get_by_role("checkbox", name=re.compile(titles[3 - left]))
            expect(following).to_be_focused()


def test_the_calendar_keeps_the_place_in_its_bar(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member)
    page.goto(reverse("room:events", args=[room.pk], query={"view": "month", "date": "2027-03-01"}))
    press(page, "link", "Later")
    expect(page.get_by_role("heading", name="April 2027")).to_be_visible()
    expect(page.get_by_role("link", name="Later")).to_be_focused()
    press(page, "link", "Week")
    expect(page.get_by_role("link", name="Week")).to_be_focused()


def test_every_button_shows_that_it_has_the_focus(room: Group, member: Member, page_of: PageOf) -> None:
    """Bootstrap draws no outline, but a shadow, which kinds of buttons of our own do not have."""
    page = page_of(member)
    for name in ("note_add", "task_add", "event_add", "events_import", "folder"):
        page.goto(reverse(f"room:{name}", args=[room.pk]))
        page.locator("#content").focus()
        shown = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.locator("main .btn:focus")
            if focused.count():
                shown.add(focused.evaluate("one => getComputedStyle(one).outlineStyle"))
        assert shown == {"solid"}, name


def test_new_messages_are_said_once(room: Group, member: Member, teammate: Member, page_of: PageOf) -> None:
    """Those of others with who says them; not one's own, nor what was there already."""
    MessageFactory.create(group=room, author=teammate, text="Old")
    page, theirs = page_of(member), page_of(teammate)
    for one in (page, theirs):
        one.goto(reverse("room:messages", args=[room.pk]))
    said = page.locator("#talk-said")
    expect(said).to_have_text("")
    said.evaluate(
        """(place) => {
            window.heard = [];
            const hear = () => window.heard.push(place.textContent);
            new MutationObserver(hear).observe(place, { childList: true });
        }"""
    )
    page.locator("#message-text").fill("Assigned to me")
    page.locator("#message-text").press("Enter")
    expect(theirs.locator(".line", has_text="Assigned to me")).to_be_visible()
    theirs.locator("#message-text").fill("Hello")
    theirs.locator("#message-text").press("Enter")
    expect(page.locator(".line", has_text="Hello")).to_be_visible()
    theirs.locator("#message-text").fill("Bye")
    theirs.locator("#message-text").press("Enter")
    expect(page.locator(".line", has_text="Bye")).to_be_visible()
    heard = [" ".join(text.split()) for text in page.evaluate("window.heard")]
    assert heard == [f"{teammate.name} Hello", f"{teammate.name} Bye"]
