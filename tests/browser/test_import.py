"""A company brings what it has, sees what that means, imports it, and takes it back (rules 10.2, 10.3)."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Company, Member, Team
from groups.models import CompanyExport, Group

from .helpers import PageOf, assert_accessible

# An answer to a mistake, which Chromium logs.
MISTAKES = (r"status of 422",)

# As organizations of many repositories are kept: several values in a column, groups before what they contain.
MEMBERS = (
    "email,name,teams\n"
    "bea@hanbit.example,Bea Builder,sig-build sig-docs\n"
    "cai@hanbit.example,,sig-build\n"
    "dan@elsewhere.example,Dan,sig-docs\n"
)
GROUPS = (
    "name,description,visibility,masters,members,subgroups\n"
    "tools,All tools,public,,,tools-admins\n"
    "tools-admins,Who may merge,private,bea@hanbit.example,cai@hanbit.example,\n"
)
DROP = """(files) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) transfer.items.add(new File([text], name));
    const place = document.querySelector("[data-drop]");
    for (const kind of ["dragenter", "dragover", "drop"]) {
        place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
}"""


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_whole_way(page_of: PageOf, administrator: Member, width: int) -> None:
    page = page_of(administrator, width=width)
    page.goto("/imports/")
    page.evaluate(DROP, [["members.csv", MEMBERS], ["groups.csv", GROUPS]])
    expect(page.get_by_text("members.csv")).to_be_visible()
    page.get_by_role("combobox", name="Default master").fill(administrator.email)
    page.get_by_role("combobox", name="Default master").press("Enter")
    assert_accessible(page)
    fits(page)
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_role("heading", name="2 rows cannot be imported")).to_be_visible()
    expect(page.get_by_role("heading", name="What it means")).to_be_visible()
    page.get_by_label("Verdict").select_option("refused")
    expect(page.locator(".verdict-name")).to_have_count(2)
    expect(page).to_have_url(page.url.split("?")[0] + "?verdict=refused&kind=&file=&q=")
    assert_accessible(page)
    fits(page)
    assert not Group.objects.filter(name="tools").exists()
    page.get_by_role("button", name="Import the").click()

    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    assert Group.objects.get(name="tools-admins").is_visible is False
    assert Team.objects.filter(name="sig-build").exists()
    assert_accessible(page)
    page.get_by_role("button", name="Undo…").click()
    expect(page.get_by_role("heading", name="can be undone")).to_be_visible()
    assert_accessible(page)
    fits(page)
    page.get_by_role("button", name="Undo ").click()
    expect(page.get_by_role("heading", name="This import was undone")).to_be_visible()
    assert not Group.objects.live().filter(name="tools").exists()
    assert not Member.objects.filter(email="bea@hanbit.example").exists()


def test_files_stay_chosen_when_something_else_is_wrong(
    page_of: PageOf, administrator: Member, tmp_path: Path
) -> None:
    """And what is too large is not sent at all."""
    file = tmp_path / "members.csv"
    file.write_text(MEMBERS, encoding="utf-8")
    page = page_of(administrator, expected=MISTAKES)
    page.goto("/imports/")
    page.locator("input[data-files]").set_input_files(file)
    page.get_by_role("combobox", name="Default master").fill("nobody@hanbit.example")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Not found")).to_be_visible()
    expect(page.get_by_text("members.csv")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-files]').files.length") == 1
    page.evaluate("document.querySelector('[data-files]').dataset.mostBytes = '10'")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("The files can have at most")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_exported_fits_the_screen(
    page_of: PageOf, administrator: Member, company: Company, width: int
) -> None:
    """Rule 10.7: each with its buttons beside or below it."""
    CompanyExport.objects.create(
        company=company,
        started_by=administrator,
        has_rooms=True,
        size=452_000,
        file="exports/all.zip",
        finished_at=timezone.now(),
    )
    page = page_of(administrator, width=width)
    page.goto("/export/")
    button = page.get_by_role("button", name="Download")
    expect(button).to_be_visible()
    section = page.locator("section", has=button).bounding_box()
    delete = page.get_by_role("link", name="Delete").bounding_box()
    assert section is not None
    assert delete is not None
    assert delete["x"] + delete["width"] <= section["x"] + section["width"]
    fits(page)
