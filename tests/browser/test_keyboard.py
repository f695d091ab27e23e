"""What people come for, by keyboard alone; and the shortcuts (rule 5.9)."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import Member
from groups.models import Group, Message, Task

from .helpers import PageOf, assert_accessible, assert_focus, tab_to

PASSWORD = "long enough 4 me"


def one(page: Page, role: str, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]


def pick(page: Page, field: str, typed: str) -> None:
    tab_to(page, one(page, "combobox", field))
    page.keyboard.type(typed)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)


def enter(page: Page, role: str, name: str | re.Pattern[str], most: int = 40) -> None:
    tab_to(page, one(page, role, name), most)
    page.keyboard.press("Enter")


def skip_to_content(page: Page, heading: str = "") -> None:
    """From the top of the page that has this heading."""
    if heading:
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def shortcut(page: Page, key: str) -> None:
    """Once the page hears keys."""
    page.wait_for_load_state()
    page.keyboard.press(key)


@pytest.mark.usefixtures("master", "outsider")
def test_from_signing_in_to_deleting_a_group(
    page_of: PageOf, administrator: Member, member: Member, teammate: Member
) -> None:
    """Added, edited, one of them taken out, a message, a task, and away with it: no mouse."""
    administrator.set_password(PASSWORD)
    administrator.save()
    page = page_of(None)
    page.goto(reverse("account_login"))
    tab_to(page, page.locator("[name=login]"), 5)
    page.keyboard.type(administrator.email)
    tab_to(page, page.locator("[name=password]"), 5)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/groups/$"))

    # From "Skip to content": the search, and what one comes for.
    skip_to_content(page, "Groups")
    opener = page.get_by_role("button", name="Add Group")
    assert tab_to(page, opener) <= 3
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(one(page, "textbox", "Group Name")).to_be_focused()
    page.keyboard.type("Launch")
    pick(page, "Master(s)", administrator.name)
    pick(page, "Member(s)", administrator.name)
    pick(page, "Member(s)", "momo")
    pick(page, "Member(s)", "tae")
    tab_to(page, one(page, "switch", "Message"))
    page.keyboard.press("Space")
    expect(one(page, "switch", "Task")).to_be_enabled()
    assert_focus(page)
    enter(page, "button", "Add")
    expect(page.get_by_role("row", name=re.compile("Launch"))).to_be_visible()

    shortcut(page, "j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Launch")).to_be_visible()
    shortcut(page, "e")
    expect(one(page, "textbox", "Group Name")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" day")
    tab_to(page, one(page, "switch", "Task"))
    page.keyboard.press("Space")
    enter(page, "button", "Save")
    expect(page.get_by_role("heading", level=1, name="Launch day")).to_be_visible()
    shortcut(page, "e")
    expect(one(page, "textbox", "Group Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(one(page, "link", "Edit Group/Master")).to_be_focused()

    shortcut(page, "m")
    skip_to_content(page, "Edit Members")
    tab_to(page, one(page, "combobox", "Member(s)"))
    page.keyboard.press("Backspace")
    assert_focus(page)
    enter(page, "button", "Save")
    expect(page.get_by_role("heading", level=1, name="Launch day")).to_be_visible()
    group = Group.objects.get()
    assert {entry.member for entry in group.entries.all()} == {administrator, member}

    shortcut(page, "o")
    expect(page).to_have_url(re.compile(reverse("room:messages", args=[group.pk])))
    skip_to_content(page, "Launch day")
    assert tab_to(page, one(page, "textbox", "Message")) <= 10
    page.keyboard.type("Hello ? /")
    page.keyboard.press("Enter")
    expect(page.locator(".line", has_text="Hello ? /")).to_be_visible()
    assert_focus(page)
    assert Message.objects.filter(text="Hello ? /").exists()

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="New task")).to_be_visible()
    shortcut(page, "c")
    page.keyboard.type("Sweep")
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_count(1)
    page.keyboard.press("Escape")
    tab_to(page, page.locator(".task-check"))
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_count(0)
    assert_focus(page)
    assert Task.objects.get().done_at

    page.goto(reverse("groups:detail", args=[group.pk]))
    tab_to(page, page.get_by_role("button", name="More actions"), 60)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/delete/$"))
    expect(page.get_by_label("Type the name")).to_be_focused()
    page.keyboard.type("Launch day")
    enter(page, "button", "Delete group")
    expect(page.locator("#messages").get_by_text("was deleted")).to_be_visible()


def test_shortcuts(page_of: PageOf, administrator: Member, group: Group) -> None:
    """They are what the page shows, and nothing while one types, asks something else, or wants none."""
    page = page_of(administrator)
    page.goto("/groups/")
    shown = page.get_by_role("dialog", name="Keyboard shortcuts")
    row, search = page.get_by_role("link", name=group.name), page.get_by_role("searchbox")
    page.keyboard.press("?")
    expect(shown).to_contain_text(re.compile(r"c\s*Add Group"))
    expect(shown).to_contain_text(re.compile(r"g\s*t\s*Teams"))
    assert_accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(row).not_to_be_focused()
    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("tbody input[type=checkbox]")).to_be_checked()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("jx?/c")
    expect(search).to_have_value("jx?/c")
    search.fill("")
    row.focus()

    # By the place of the key where it writes Hangul; not while a word is composed, nor with others held down.
    def press(**key: object) -> None:
        page.evaluate(
            """key => document.activeElement.dispatchEvent(
                new KeyboardEvent("keydown", { bubbles: true, ...key }))""",
            key,
        )

    opener = page.get_by_role("button", name="Add Group")
    press(key="ㅊ", code="KeyC", isComposing=True)
    press(key="Process", code="KeyC", keyCode=229)
    press(key="c", code="KeyC", ctrlKey=True)
    press(key="c", code="KeyC", altKey=True)
    expect(opener).to_have_attribute("aria-expanded", "false")
    press(key="C", code="KeyC", shiftKey=True)
    expect(opener).to_have_attribute("aria-expanded", "false")
    press(key="ㅊ", code="KeyC")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    # As a German keyboard writes it.
    press(key="/", code="Digit7", shiftKey=True)
    expect(search).to_be_focused()
    row.focus()

    page.keyboard.press("?")
    page.get_by_role("switch", name="Use single-key shortcuts").press("Space")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.keyboard.press("/")
    expect(search).not_to_be_focused()
    expect(search).not_to_have_attribute("aria-keyshortcuts", "/")
    page.locator("#menu").get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_role("switch", name="Use single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile("/teams/$"))
