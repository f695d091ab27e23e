"""Adding and editing groups in a real browser: by keyboard, by mouse, and without scripts."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import Member, Team
from groups import actions
from groups.actions import GroupSettings
from groups.models import Group
from tests.helpers import actor_of

from .dialogs import ADD, chips, choose, fill_in, open_from_list, send, settled, switch
from .helpers import PageOf, assert_accessible

WRONG = ("422",)


@pytest.fixture(autouse=True)
def cast(administrator: Member, master: Member, member: Member, outsider: Member, team: Team) -> None:
    """Everybody whom the dialogs find."""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (300, 200), "teal").save(path)
    return path


def test_from_the_list_with_the_mouse(page_of: PageOf, administrator: Member) -> None:
    """A modal over the list with an address of its own; the list then shows the group (rule 2.13)."""
    page = page_of(administrator)
    open_from_list(page)
    expect(page).to_have_url(re.compile(ADD))
    assert_accessible(page)
    fill_in(page)
    send(page)
    expect(page.locator("#messages").filter(has_text="was added")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Launch"))).to_be_visible()
    group = Group.objects.get()
    assert group.is_visible
    assert not group.message


def test_cancel_goes_back_and_adds_nothing(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator)
    open_from_list(page)
    page.get_by_role("textbox", name="Group Name").fill("Never")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("/groups/$"))
    page.goto(ADD)
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile("/groups/$"))
    assert not Group.objects.exists()


def test_escape_loses_nothing(page_of: PageOf, administrator: Member) -> None:
    """It closes a dialog in which nothing was typed yet; in a picker it takes back what was typed there."""
    page = page_of(administrator)
    open_from_list(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("/groups/$"))
    open_from_list(page)
    members = page.get_by_role("combobox", name="Member(s)")
    members.press_sequentially("momo")
    expect(page.get_by_role("option")).to_have_count(1)
    for value in ("momo", ""):
        page.keyboard.press("Escape")
        expect(members).to_have_value(value)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(members).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_by_keyboard_alone(page_of: PageOf, administrator: Member) -> None:
    """From the list's button through every control to "Add"."""
    page = page_of(administrator)
    page.goto("/groups/")
    page.get_by_role("button", name="Add Group").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("textbox", name="Group Name")).to_be_focused()
    page.keyboard.type("Launch")
    tab_to(page, "combobox", "Master(s)")
    pick_by_keyboard(page, "mira")
    tab_to(page, "combobox", "Member(s)")
    pick_by_keyboard(page, "tae")
    tab_to(page, "switch", "Message")
    page.keyboard.press("Space")
    expect(page.get_by_role("switch", name="Note")).to_be_enabled()
    tab_to(page, "switch", "Note")
    page.keyboard.press("Space")
    tab_to(page, "switch", "Mailing list")
    page.keyboard.press("Space")
    expect(page.get_by_role("textbox", name="Address")).to_be_focused()
    page.keyboard.type("launch")
    expect(page.get_by_text("launch@hanbit.example is available.")).to_be_visible()
    tab_to(page, "radio", "Everyone")
    page.keyboard.press("ArrowDown")
    tab_to(page, "combobox", "Designate members for sending to the list")
    pick_by_keyboard(page, "momo")
    tab_to(page, "textbox", "External contacts")
    page.keyboard.type("client@outside.example")
    tab_to(page, "button", "Add")
    page.keyboard.press("Enter")

    expect(page.get_by_role("row", name=re.compile("Launch"))).to_be_visible()
    group = Group.objects.get()
    assert (group.message, group.note, group.address) == (True, True, "launch@hanbit.example")
    assert group.mailing_list is not None
    assert group.mailing_list.who_can_send == "designated"
    assert group.mailing_list.external_contacts.get().email == "client@outside.example"


def tab_to(page: Page, role: str, name: str) -> None:
    target = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(25):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by the tab key")


def pick_by_keyboard(page: Page, typed: str) -> None:
    page.keyboard.type(typed)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)


def test_the_photo(page_of: PageOf, administrator: Member, picture: Path, tmp_path: Path) -> None:
    """Rule 2.6: chosen, shown, a bad file keeps the choice, removed, and chosen again."""
    page = page_of(administrator)
    open_from_list(page)
    fill_in(page)
    file = page.locator("#id_photo")
    camera = page.locator(".photo-camera")
    expect(camera).to_have_count(0)
    file.set_input_files(picture)
    shown = page.locator("#photo-field img")
    expect(shown).to_have_js_property("naturalWidth", 512)
    expect(file).to_have_accessible_description("Photo chosen.")
    expect(camera).to_be_visible()
    settled(page)
    fake = tmp_path / "fake.png"
    fake.write_text("<script>")
    file.set_input_files(fake)
    expect(page.get_by_role("alert")).to_contain_text("not a picture we can read")
    settled(page)
    expect(shown).to_have_js_property("naturalWidth", 512)
    assert_accessible(page)
    page.get_by_role("button", name="Remove photo").click()
    expect(shown).to_have_count(0)
    settled(page)
    huge = tmp_path / "huge.png"
    with huge.open("wb") as nothing:
        nothing.truncate(20_000_000)
    file.set_input_files(huge)
    expect(page.get_by_role("alert")).to_contain_text("too large")
    expect(file).to_have_value("")
    file.set_input_files(picture)
    expect(shown).to_have_js_property("naturalWidth", 512)
    expect(page.get_by_role("textbox", name="Group Name")).to_have_value("Launch")
    send(page)
    expect(page.get_by_role("row", name=re.compile("Launch")).locator("img").first).to_be_visible()
    assert Group.objects.get().photo


def test_a_mistake_keeps_all_and_takes_one_there(
    page_of: PageOf, administrator: Member, picture: Path
) -> None:
    page = page_of(administrator, expected=WRONG)
    open_from_list(page)
    page.locator("#id_photo").set_input_files(picture)
    expect(page.locator("#photo-field img")).to_be_visible()
    page.get_by_role("textbox", name="Description").fill("Kept")
    choose(page, "Member(s)", "momo", "Momo Member")
    switch(page, "Message")
    expect(page.get_by_role("switch", name="Folder")).to_be_enabled()
    switch(page, "Folder")
    switch(page, "Mailing list")
    page.get_by_role("textbox", name="Address").fill("UPPER")
    page.get_by_role("radio", name="Designate members").check()
    page.get_by_role("textbox", name="External contacts").fill("nonsense")
    send(page)

    expect(page.get_by_text("Enter a name.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Group Name")).to_be_focused()
    expect(page.locator("#group-form")).to_have_count(1)
    expect(page.get_by_text("Choose at least one master.")).to_be_visible()
    expect(page.get_by_text("Not a valid email address:")).to_be_visible()
    expect(page.locator("#photo-field img")).to_be_visible()
    expect(page.get_by_role("textbox", name="Description")).to_have_value("Kept")
    assert chips(page, "members") == ["Momo Member"]
    expect(page.get_by_role("switch", name="Folder")).to_be_checked()
    expect(page.get_by_role("radio", name="Designate members")).to_be_checked()
    expect(page.get_by_role("textbox", name="Address")).to_have_value("UPPER")
    assert_accessible(page)

    page.get_by_role("textbox", name="Group Name").fill("Launch")
    expect(page.get_by_text("Enter a name.")).to_have_count(0)
    send(page)
    expect(page.get_by_role("combobox", name="Master(s)")).to_be_focused()
    choose(page, "Master(s)", "mira", "Mira Master")
    send(page)
    expect(page.get_by_role("textbox", name="Address")).to_be_focused()
    page.get_by_role("textbox", name="Address").fill("launch")
    page.get_by_role("textbox", name="External contacts").fill("Kim <kim@client.example>")
    send(page)
    closing = page.get_by_role("alert").filter(has_text="This closes the list to everyone.")
    expect(closing).to_be_focused()
    assert_accessible(page)
    send(page, "Add anyway")
    expect(page.get_by_role("row", name=re.compile("Launch"))).to_be_visible()
    group = Group.objects.get()
    assert group.photo
    assert group.folder


def test_continue_to_add(page_of: PageOf, administrator: Member, picture: Path) -> None:
    """Rule 2.13: twice, then "Done"; the list shows both."""
    page = page_of(administrator)
    open_from_list(page)
    page.get_by_role("checkbox", name="Continue to add after saving").check()
    for number, name in ((1, "One"), (2, "Two")):
        fill_in(page, name)
        page.locator("#id_photo").set_input_files(picture)
        expect(page.locator("#photo-field img")).to_be_visible()
        send(page)
        added = page.get_by_role("dialog").get_by_role("status").filter(has_text="was added")
        expect(added).to_contain_text(f"{number} group{'s' if number > 1 else ''} added so far")
        expect(page.get_by_role("textbox", name="Group Name")).to_have_value("")
        expect(page.get_by_role("textbox", name="Group Name")).to_be_focused()
        expect(page.locator("#photo-field img")).to_have_count(0)
        expect(page.get_by_role("checkbox", name="Continue to add after saving")).to_be_checked()
        assert chips(page, "masters") == []
    assert_accessible(page)
    expect(page.get_by_role("link", name="Cancel")).to_have_count(0)
    page.get_by_role("link", name="Done").click()
    for name in ("One", "Two"):
        expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()


def test_an_external_group(page_of: PageOf, administrator: Member) -> None:
    """Rules 2.9, 3.1, 4.9, 5.4, 5.6."""
    page = page_of(administrator)
    open_from_list(page, "External group")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Add external group")
    for name in ("Task", "Mailing list"):
        expect(dialog.get_by_role("switch", name=name, exact=True)).to_have_count(0)
    expect(dialog.get_by_text("Set mailing list")).to_have_count(0)
    visible = dialog.get_by_role("switch", name="Make visible")
    expect(visible).to_be_disabled()
    expect(visible).not_to_be_checked()
    expect(visible).to_have_accessible_description(re.compile("External groups are always private"))
    assert_accessible(page)
    page.get_by_role("combobox", name="Member(s)").press_sequentially("platform")
    options = page.get_by_role("option")
    expect(options).to_have_count(1)  # the teammate by the team's name, not the team
    expect(options).to_have_text(re.compile("Tae Teammate"))
    page.get_by_role("combobox", name="Member(s)").fill("")
    page.get_by_role("textbox", name="Group Name").fill("Venture")
    choose(page, "Master(s)", "mira", "Mira Master")
    send(page)
    expect(page.get_by_role("row", name=re.compile("Venture"))).to_be_visible()
    assert Group.objects.get().is_external


def test_editing_while_somebody_else_does(
    page_of: PageOf, administrator: Member, master: Member, group: Group
) -> None:
    """Rule 2.18: from the group's page; what changed is said, what was typed is kept, saving again works."""
    page = page_of(administrator, expected=("409",))
    page.goto(reverse("groups:detail", args=[group.pk]))
    page.get_by_role("link", name="Edit Group/Master").click()
    expect(page.get_by_role("dialog")).to_have_accessible_name("Edit Group/Master")
    assert_accessible(page)
    page.get_by_role("textbox", name="Group Name").fill("By the administrator")
    changed = replace(GroupSettings.of(group), description="By the master")
    actions.update_group(group, changed, group.version, actor=actor_of(master))
    send(page, "Save")

    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("Someone else changed this group")
    expect(conflict).to_contain_text("Mira Master")
    expect(conflict).to_contain_text("By the master")
    expect(conflict).to_be_focused()
    expect(page.get_by_role("textbox", name="Group Name")).to_have_value("By the administrator")
    assert_accessible(page)
    send(page, "Save anyway")
    expect(page.get_by_role("heading", level=1)).to_contain_text("By the administrator")
    group.refresh_from_db()
    assert (group.name, group.address) == ("By the administrator", "platform@hanbit.example")


def test_works_without_scripts(page_of: PageOf, administrator: Member, master: Member, team: Team) -> None:
    """Addresses for people, ordinary boxes, and a file in the form."""
    page = page_of(administrator, java_script_enabled=False, expected=WRONG)
    page.goto("/groups/")
    page.get_by_role("link", name=re.compile("^Group Members")).click()
    page.get_by_label("Group Name").fill("Launch")
    page.get_by_label("Master(s)").fill("mira@hanbit.example")
    page.get_by_label("Message", exact=True).check()
    page.get_by_label("Note").check()
    file = io.BytesIO()
    Image.new("RGB", (30, 30), "teal").save(file, "PNG")
    content = {"name": "photo.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.get_by_label("Representative photo").set_input_files(content)  # type: ignore[arg-type]
    page.get_by_label("Mailing list").check()
    page.get_by_label("Address").fill("launch")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_text("Choose at least one member, team or group.")).to_be_visible()
    expect(page.locator("#photo-field img")).to_be_visible()
    page.get_by_label("Member(s)").fill("momo@hanbit.example\notto@hanbit.example")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_role("row", name=re.compile("Launch"))).to_be_visible()
    group = Group.objects.get()
    assert (group.message, group.note, group.address) == (True, True, "launch@hanbit.example")
    assert group.photo
    assert group.masters.get().member == master
    assert group.entries.count() == 2
