"""Nothing that was typed goes without a question, and the focus goes back to where one was (rule 5.9)."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Dialog, Locator, Page, expect

from accounts.models import Member
from groups.models import Group
from tests.factories import MessageFactory

from .dialogs import open_from_list
from .helpers import PageOf, assert_accessible

LIST = re.compile("/groups/$")


def question(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name="Discard what you typed?")


def answer(page: Page, button: str) -> None:
    question(page).get_by_role("button", name=button).click()
    expect(question(page)).to_have_count(0)


def type_into(page: Page) -> Locator:
    name = page.get_by_role("textbox", name="Group Name")
    name.fill("Begun")
    return name


@pytest.mark.usefixtures("team")
def test_a_dialog_closes_in_every_way_alike(page_of: PageOf, administrator: Member) -> None:
    """At once while nothing is typed; else it asks. Its opener has the focus again, and "Back" is as was."""
    page = page_of(administrator)
    page.goto(reverse("accounts:profile"))

    def back() -> None:
        page.evaluate("history.back()")

    def outside() -> None:
        page.mouse.click(5, 300)

    ways = {
        "Esc": lambda: page.keyboard.press("Escape"),
        "Cancel": lambda: page.get_by_role("link", name="Cancel").click(),
        "cross": lambda: page.get_by_role("dialog").get_by_role("button", name="Close").click(),
        "outside": outside,
        "Back": back,
    }
    dialog, opener = page.locator(".modal"), page.get_by_role("button", name="Add Group")
    open_from_list(page)
    length = page.evaluate("history.length")
    page.evaluate("window.isSame = true")
    for way in ways.values():
        if not dialog.is_visible():
            opener.click()
            page.locator(".add-group").get_by_role("link", name=re.compile("^Group")).click()
        expect(page).to_have_url(re.compile("/groups/add/$"))
        expect(page.get_by_role("textbox", name="Group Name")).to_be_focused()
        name = type_into(page)
        way()
        expect(question(page).get_by_role("button", name="Keep editing")).to_be_focused()
        page.keyboard.press("Escape")
        expect(question(page)).to_have_count(0)
        expect(name).to_be_focused()
        expect(name).to_have_value("Begun")
        expect(page).to_have_url(re.compile("/groups/add/$"))
        way()
        answer(page, "Discard")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
        expect(page).to_have_url(LIST)

        opener.press("Enter")
        page.locator(".add-group").get_by_role("link", name=re.compile("^Group")).press("Enter")
        # Typed, and taken back: nothing would be lost.
        type_into(page).fill("")
        way()
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
        expect(page).to_have_url(LIST)
    assert page.evaluate("window.isSame"), "the page was loaded anew"
    assert page.evaluate("history.length") == length
    opener.click()
    page.locator(".add-group").get_by_role("link", name=re.compile("^Group")).click()
    type_into(page)
    page.keyboard.press("Escape")
    assert_accessible(page)


def test_a_page_is_left_in_every_way_alike(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator, expected=("422",))
    form = reverse("accounts:member_add")
    page.goto(reverse("accounts:profile"))
    page.goto(form)

    def back() -> None:
        page.evaluate("history.back()")

    ways = {
        "menu": lambda: page.locator("#menu").get_by_role("link", name="Teams", exact=True).click(),
        "Cancel": lambda: page.get_by_role("link", name="Cancel").click(),
        "Esc": lambda: page.get_by_role("textbox", name="Name", exact=True).press("Escape"),
        "other form": lambda: page.locator("[data-signs-out] button").click(),
        "Back": back,
    }
    for way in ways.values():
        page.get_by_role("textbox", name="Name", exact=True).fill("Begun")
        way()
        answer(page, "Keep editing")
        expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Begun")
        expect(page).to_have_url(re.compile(form))
    back()
    answer(page, "Discard")
    expect(page).to_have_url(re.compile(reverse("accounts:profile")))

    # Nothing typed: at once.
    page.goto(form)
    page.get_by_role("textbox", name="Name", exact=True).fill("Begun")
    page.get_by_role("textbox", name="Name", exact=True).fill("")
    back()
    expect(page).to_have_url(re.compile(reverse("accounts:profile")))

    # What came back with a mistake is not saved either; closing a tab the browser asks about itself.
    page.goto(form)
    page.get_by_role("textbox", name="Name", exact=True).fill("Begun")
    page.locator(".form-page[method=post]").evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    answer(page, "Keep editing")
    page.get_by_role("textbox", name="Name", exact=True).press("x")
    asked = []

    def on_dialog(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", on_dialog)
    page.reload()
    assert asked == ["beforeunload"]


def test_what_is_kept_is_left_freely(page_of: PageOf, member: Member, group: Group) -> None:
    """A message that one writes waits in its room; one that one edits does not, and neither do files."""
    MessageFactory.create(group=group, author=member, text="First words")
    page = page_of(member)
    room, elsewhere = reverse("room:messages", args=[group.pk]), reverse("accounts:profile")
    page.goto(room)
    page.locator("#message-text").fill("Not finished")
    page.locator(".menu-person").click()
    expect(page).to_have_url(re.compile(elsewhere))
    page.go_back()
    expect(page.locator("#message-text")).to_have_value("Not finished")
    page.locator("#message-files").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}
    )
    page.locator(".menu-person").click()
    answer(page, "Keep editing")
    page.get_by_role("button", name="Remove attachment").click()

    page.locator(".line").hover()
    page.get_by_role("link", name="Edit").click()
    edited = page.locator(".line-edit textarea")
    edited.fill("Other words")

    def esc() -> None:
        edited.press("Escape")

    def menu() -> None:
        page.locator(".menu-person").click()

    for leave in (esc, menu):
        leave()
        answer(page, "Keep editing")
        expect(edited).to_be_focused()
    edited.press("Escape")
    answer(page, "Discard")
    expect(page.locator(".line")).to_contain_text("First words")
    expect(edited).to_have_count(0)
    expect(page.locator("#message-text")).to_be_focused()
