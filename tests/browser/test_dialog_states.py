"""The dialogs' labels, live help and every state of theirs, in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import GroupFactory

from .dialogs import ADD, ADD_EXTERNAL, choose, fits, open_from_list, send, switch
from .helpers import PageOf, assert_accessible

WRONG = ("422",)
LABELS = {
    "textbox": ["Group Name", "Description"],
    "combobox": ["Master(s)", "Member(s)"],
    "switch": [
        "Message",
        "Note",
        "Event",
        "Task",
        "Folder",
        "Mailing list",
        "Send group notifications to all members",
        "Grant permission for the message room feature to the master",
        "Make visible",
    ],
    "checkbox": ["Continue to add after saving"],
    "button": ["Add"],
    "link": ["Cancel"],
    "group": ["Group information", "Message room features", "Advanced"],
}
LIST_LABELS = {
    "textbox": ["Address", "External contacts"],
    "switch": ["Block emails of external domains"],
    "radio": ["Everyone", "Designate members"],
    "combobox": ["Designate members for sending to the list", "Designate members for sending as the list"],
    "group": ["Set mailing list", "Who can send to the list", "Send as the list"],
}


@pytest.fixture(autouse=True)
def cast(administrator: Member, master: Member, member: Member, outsider: Member, team: Team) -> None:
    """Everybody whom the dialogs find."""


def control(page: Page, role: str, name: str) -> Locator:
    return page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]


def test_the_guides_labels_name_the_controls(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator)
    open_from_list(page)
    expect(page.get_by_role("dialog")).to_have_accessible_name("Add Group")
    expect(page.locator("#id_photo")).to_have_accessible_name("Representative photo")
    for role, names in LABELS.items():
        for name in names:
            expect(control(page, role, name)).to_be_visible()
    for role, names in LIST_LABELS.items():
        for name in names:
            expect(control(page, role, name)).to_be_hidden()
    switch(page, "Mailing list")
    page.get_by_role("radio", name="Designate members").check()
    for role, names in LIST_LABELS.items():
        for name in names:
            expect(control(page, role, name)).to_be_visible()


def test_what_is_shown_stands_in_the_order_of_the_guide(page_of: PageOf, administrator: Member) -> None:
    """Rule 5.6."""
    page = page_of(administrator)
    page.goto(ADD)
    switch(page, "Mailing list")
    names = page.locator("#group-form :is([role=switch], legend)").evaluate_all(
        "all => all.map(one => (one.labels?.[0] ?? one).innerText.trim())"
    )
    assert names == [
        *("Group information", "Message room features"),
        *("Message", "Note", "Event", "Task", "Folder", "Mailing list"),
        *("Advanced", "Send group notifications to all members"),
        *("Grant permission for the message room feature to the master", "Make visible"),
        *("Set mailing list", "Block emails of external domains", "Who can send to the list"),
        "Send as the list",
    ]


@pytest.mark.parametrize("is_modal", [True, False])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_new_list_shows_where_its_address_goes(
    page_of: PageOf, administrator: Member, width: int, is_modal: bool
) -> None:
    """Rule 5.6: the address field has the focus and stands above the footer, which stays in sight."""
    page = page_of(administrator, width=width, viewport={"width": width, "height": 640})
    if is_modal:
        open_from_list(page)
    else:
        page.goto(ADD)
    mailing_list = page.get_by_role("switch", name="Mailing list")
    mailing_list.focus()
    mailing_list.evaluate(
        """one => {
            const edge = document.querySelector(".dialog-foot").getBoundingClientRect().top;
            const scrolled = document.querySelector(".modal .dialog-body") ?? document.scrollingElement;
            scrolled.scrollTop += one.getBoundingClientRect().bottom + 20 - edge;
        }"""
    )
    page.keyboard.press("Space")
    address = page.get_by_role("textbox", name="Address")
    expect(address).to_be_focused()
    for part in (address, page.get_by_text("2 to 40 characters")):
        assert part.evaluate(
            """part => {
                const { left, bottom } = part.getBoundingClientRect();
                return part.contains(document.elementFromPoint(left + 20, bottom - 3));
            }"""
        )
    mailing_list.focus()
    page.keyboard.press("Space")
    expect(mailing_list).to_be_focused()


@pytest.mark.parametrize("url", [ADD, ADD_EXTERNAL])
def test_the_toggles_follow_message(page_of: PageOf, administrator: Member, url: str) -> None:
    """Rule 3.2: by htmx, without a page load, the focus stays where it is."""
    page = page_of(administrator)
    page.goto(url)
    page.evaluate("window.stays = true")
    dependent = ["Note", "Event", "Folder"] + (["Task"] if url == ADD else [])
    for name in dependent:
        expect(page.get_by_role("switch", name=name, exact=True)).to_be_disabled()
    switch(page, "Message")
    for name in dependent:
        expect(page.get_by_role("switch", name=name, exact=True)).to_be_enabled()
    expect(page.get_by_role("switch", name="Message", exact=True)).to_be_focused()
    switch(page, "Event")
    switch(page, "Message")
    for name in dependent:
        expect(page.get_by_role("switch", name=name, exact=True)).to_be_disabled()
        expect(page.get_by_role("switch", name=name, exact=True)).not_to_be_checked()
    expect(page.get_by_role("switch", name="Message", exact=True)).to_be_focused()
    assert page.evaluate("window.stays")


def test_name_and_address_are_checked_while_typed(
    page_of: PageOf, administrator: Member, group: Group
) -> None:
    """Rules 2.4, 4.1, 4.2, and characters are counted as a person does."""
    page = page_of(administrator)
    page.goto(ADD)
    name = page.get_by_role("textbox", name="Group Name")
    name.press_sequentially("PLATFORM guild")
    expect(page.locator("#name-check")).to_contain_text("already has a group with this name")
    expect(page.locator("#id_name_count")).to_have_text("14 / 100")
    name.fill("👩🏽‍🚀" * 100)
    expect(page.locator("#id_name_count")).to_have_text("100 / 100")
    expect(page.locator("#name-check")).to_have_text("")
    name.fill("👩🏽‍🚀" * 101)
    expect(page.locator("#id_name_count")).to_have_class(re.compile("over"))
    expect(page.locator("#name-check")).to_contain_text("at most 100 characters (now 101)")
    page.get_by_role("textbox", name="Description").fill("한" * 301)
    expect(page.locator("#id_description_count")).to_have_text("optional · 301 / 300")
    switch(page, "Mailing list")
    address = page.get_by_role("textbox", name="Address")
    for typed, said in (
        ("Launch", "Use lower-case letters."),
        ("momo", "taken by a member"),
        ("platform", "taken by a group"),
        ("launch", "launch@hanbit.example is available."),
    ):
        address.fill(typed)
        expect(page.locator("#address-check")).to_contain_text(said)
    assert_accessible(page)


def test_the_photo_by_mouse_and_keyboard(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator)
    # With a listener Chromium's own window never opens, which a test could not close.
    page.on("filechooser", lambda chooser: None)
    page.goto(ADD)
    with page.expect_file_chooser():
        page.locator(".photo-choice").click()
    page.reload()
    expect(page.get_by_role("textbox", name="Group Name")).to_be_focused()
    page.locator("#id_photo").focus()
    with page.expect_file_chooser():
        page.keyboard.press("Enter")


def test_a_master_sees_why_features_are_not_theirs(page_of: PageOf, master: Member, group: Group) -> None:
    """Rule 5.2."""
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    page = page_of(master)
    page.goto(reverse("groups:edit", args=[group.pk]))
    expect(page.get_by_text("Only administrators can switch the features")).to_be_visible()
    for name in ("Message", "Note", "Mailing list", "Block emails of external domains"):
        expect(page.get_by_role("switch", name=name, exact=True)).to_be_disabled()
    assert_accessible(page)
    page.get_by_role("textbox", name="Group Name").fill("Renamed")
    send(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Renamed")
    group.refresh_from_db()
    assert group.message
    assert group.address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_state_is_accessible_and_fits(
    page_of: PageOf, company: Company, administrator: Member, group: Group, scheme: str, width: int
) -> None:
    """No violation of axe's rules, nothing to scroll sideways, and the buttons stay in sight."""
    page = page_of(administrator, width=width, color_scheme=scheme, expected=WRONG)
    long = GroupFactory.create(company=company, name="W" * 100, subgroups=[group], masters=[administrator])
    for url in (ADD, ADD_EXTERNAL, reverse("groups:edit", args=[long.pk])):
        page.goto(url)
        assert_accessible(page)
        page.get_by_role("textbox", name="Group Name").fill("")
        send(page, "Save" if "edit" in url else "Add")
        expect(page.get_by_text("Enter a name.")).to_be_visible()
        assert_accessible(page)
        assert fits(page), url
    open_from_list(page)
    assert_accessible(page)
    switch(page, "Mailing list")
    page.get_by_role("radio", name="Designate members").check()
    choose(page, "Designate members for sending to the list", "momo", "Momo Member")
    page.locator(".picker:has([name=members])").get_by_role("button", name="Browse teams").click()
    expect(page.locator(".picker-tree").get_by_role("button").first).to_be_visible()
    assert_accessible(page)
    send(page)
    expect(page.get_by_text("Enter an address.")).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("link", name="Cancel")).to_be_in_viewport()
    assert_accessible(page)
    assert fits(page)
