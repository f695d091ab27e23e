"""Tasks of a room in Chromium: added, done, ordered by dragging and by keys, filtered (rule 3.5)."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Member
from groups.models import Group, Task
from tests.factories import TaskFactory

from .dialogs import choose, settled
from .helpers import PageOf, assert_accessible


@pytest.fixture
def room(group: Group) -> Group:
    group.task = True
    group.save()
    return group


def row_of(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def expect_order(page: Page, *titles: str) -> None:
    """The tasks stand there in this order, and htmx listens to them."""
    expect(page.locator(".task-title")).to_have_text(list(titles))
    settled(page)


def test_added_and_done(page_of: PageOf, room: Group, member: Member) -> None:
    page = page_of(member)
    page.goto(f"/rooms/{room.pk}/tasks/")
    expect(page.get_by_role("heading", name="No tasks")).to_be_visible()
    field = page.get_by_role("textbox", name="New task")
    field.fill("Sweep <the> yard")
    field.press("Enter")
    expect_order(page, "Sweep <the> yard")
    # Ready for the next one.
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.fill("Mop")
    field.press("Enter")
    expect_order(page, "Mop", "Sweep <the> yard")
    assert_accessible(page)

    page.get_by_role("checkbox", name=re.compile("^Done:\\W+Mop")).click()
    expect_order(page, "Sweep <the> yard")
    expect(page.get_by_role("status").filter(has_text="is done.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect_order(page, "Mop", "Sweep <the> yard")
    page.get_by_role("checkbox", name=re.compile("^Done:\\W+Mop")).click()
    expect_order(page, "Sweep <the> yard")

    page.get_by_role("link", name="Done", exact=True).click()
    expect_order(page, "Mop")
    expect(page.get_by_role("link", name="Done", exact=True)).to_have_attribute("aria-current", "page")
    expect(page).to_have_url(re.compile("show=done"))
    assert_accessible(page)


def test_what_is_too_long_stays_in_the_field(page_of: PageOf, room: Group, member: Member) -> None:
    page = page_of(member, expected=(r"status of 422",))
    page.goto(f"/rooms/{room.pk}/tasks/")
    field = page.get_by_role("textbox", name="New task")
    field.fill("x" * 201)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at most 200 characters")
    expect(field).to_have_value("x" * 201)


def test_ordered_by_dragging(page_of: PageOf, room: Group, member: Member) -> None:
    for title in ("one", "two", "three"):
        TaskFactory.create(group=room, title=title)
    page = page_of(member)
    page.goto(f"/rooms/{room.pk}/tasks/")
    grip = page.get_by_role("button", name=re.compile("^Move\\W+one")).bounding_box()
    last = row_of(page, "three").bounding_box()
    assert grip
    assert last
    x = grip["x"] + grip["width"] / 2
    page.mouse.move(x, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, last["y"] + last["height"] / 2 - 20, steps=4)
    page.mouse.move(x, last["y"] + last["height"] - 2, steps=4)
    expect_order(page, "two", "three", "one")
    with page.expect_response(re.compile("/move/")):
        page.mouse.up()
    page.reload()
    expect_order(page, "two", "three", "one")

    # The escape key leaves everything where it was.
    page.get_by_role("button", name=re.compile("^Move\\W+one")).hover()
    page.mouse.down()
    page.mouse.move(x, 0, steps=3)
    expect_order(page, "one", "two", "three")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect_order(page, "two", "three", "one")
    assert [task.title for task in Task.objects.all()] == ["two", "three", "one"]


def test_ordered_by_keys_and_buttons(page_of: PageOf, room: Group, member: Member) -> None:
    for title in ("one", "two", "three"):
        TaskFactory.create(group=room, title=title)
    page = page_of(member)
    page.goto(f"/rooms/{room.pk}/tasks/")
    grip = page.get_by_role("button", name=re.compile("^Move\\W+three"))
    grip.focus()
    page.keyboard.press("ArrowUp")
    expect_order(page, "one", "three", "two")
    expect(grip).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect_order(page, "three", "one", "two")
    page.keyboard.press("ArrowDown")
    expect_order(page, "one", "three", "two")
    down = page.get_by_role("button", name=re.compile("^Move down:\\W+one"))
    down.focus()
    page.keyboard.press("Enter")
    expect_order(page, "three", "one", "two")
    expect(down).to_be_focused()


def test_without_javascript(page_of: PageOf, room: Group, member: Member) -> None:
    for title in ("one", "two"):
        TaskFactory.create(group=room, title=title)
    page = page_of(member, java_script_enabled=False)
    page.goto(f"/rooms/{room.pk}/tasks/")
    page.get_by_role("textbox", name="New task").fill("new")
    page.get_by_role("button", name="Add", exact=True).click()
    expect_order(page, "new", "one", "two")
    page.get_by_role("button", name=re.compile("^Move down:\\W+new")).click()
    expect_order(page, "one", "new", "two")
    page.get_by_role("checkbox", name=re.compile("^Done:\\W+one")).click()
    expect_order(page, "new", "two")
    page.get_by_role("link", name="Add details").click()
    page.get_by_role("textbox", name="Title").fill("ticked")
    page.get_by_role("checkbox", name=re.compile("Tae Teammate")).check()
    page.get_by_role("button", name="Add", exact=True).click()
    assert [one.member.name for one in Task.objects.get(title="ticked").assignees.all()] == ["Tae Teammate"]


def test_with_details_for_two_people(page_of: PageOf, room: Group, member: Member, teammate: Member) -> None:
    """One gives the other a task; the other is told, finds it among their own, and does it."""
    page = page_of(member)
    page.goto(f"/rooms/{room.pk}/tasks/")
    page.get_by_role("link", name="Add details").click()
    page.get_by_role("textbox", name="Title").fill("Sweep")
    page.get_by_label("Due date").fill("2030-01-02")
    choose(page, "Assigned to", "tae", "Tae Teammate")
    page.get_by_role("textbox", name="Notes").fill("Behind the shed, see https://example.com/map")
    assert_accessible(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect_order(page, "Sweep")
    assert_accessible(page)

    other = page_of(teammate, width=390)
    other.goto("/notifications/")
    other.get_by_role("link", name="Platform guild").last.click()
    expect(other.get_by_role("heading", name="Sweep")).to_be_visible()
    expect(other.get_by_role("link", name="https://example.com/map")).to_be_visible()
    assert_accessible(other)
    other.goto("/rooms/tasks/")
    expect(other.get_by_role("heading", name="Later")).to_be_visible()
    assert_accessible(other)
    other.get_by_role("checkbox", name=re.compile("^Done:\\W+Sweep")).click()
    expect(other.get_by_role("heading", name="No tasks for you")).to_be_visible()

    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("link", name="Sweep", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    assert_accessible(page)
    page.get_by_role("button", name="Delete task").click()
    expect(page.locator("#messages").filter(has_text="was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="No tasks")).to_be_visible()


def test_two_people_change_one_task(page_of: PageOf, room: Group, member: Member, teammate: Member) -> None:
    task = TaskFactory.create(group=room, title="Old")
    mine, theirs = page_of(member, expected=(r"status of 409",)), page_of(teammate)
    for page in (mine, theirs):
        page.goto(f"/rooms/{room.pk}/tasks/{task.pk}/edit/")
    theirs.get_by_role("textbox", name="Title").fill("Theirs")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("heading", name="Theirs")).to_be_visible()
    mine.get_by_role("textbox", name="Title").fill("Assigned to me")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_role("alert")).to_contain_text("Theirs")
    expect(mine.get_by_role("textbox", name="Title")).to_have_value("Assigned to me")
    assert_accessible(mine)
    mine.get_by_role("button", name="Save anyway").click()
    expect(mine.get_by_role("heading", name="Assigned to me")).to_be_visible()
