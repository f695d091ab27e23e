"""Questions before many people are lost at once (rule 10.5): nothing that was typed is lost."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory, TeamFactory

from .dialogs import fits, settled
from .helpers import PageOf, assert_accessible

CONFLICT = ("status of 409",)


@pytest.fixture
def sales(company: Company, master: Member, member: Member, settings: object) -> Group:
    """Five people, four of whom are in it by their team."""
    settings.LOSS_ASKS_FROM = 3  # type: ignore[attr-defined]
    crew = TeamFactory.create(
        company=company, name="Crew", people=MemberFactory.create_batch(4, company=company)
    )
    return GroupFactory.create(
        company=company, name="Sales", masters=[master], members=[member], teams=[crew]
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_a_dialog_over_the_list_asks_below_its_buttons(
    page_of: PageOf, master: Member, sales: Group, width: int
) -> None:
    """Enter stands for "Save", not for the answer; what is typed goes along with it."""
    page = page_of(master, width=width, expected=CONFLICT)
    page.goto(f"/groups/{sales.pk}/")
    page.get_by_role("link", name="Edit Group/Master").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="Group Name")
    name.fill("Sales 2")
    dialog.get_by_role("button", name=re.compile("Remove .*Crew")).click()
    dialog.get_by_role("button", name="Save").click()
    question = dialog.get_by_role("alert")
    expect(question).to_contain_text("4 of 5 people from")
    expect(question).to_be_focused()
    assert fits(page)
    assert_accessible(page)
    name.press("Enter")
    settled(page)
    expect(question).to_have_count(1)
    expect(name).to_have_value("Sales 2")
    assert sales.entries.count() == 2
    question.get_by_role("button", name="Remove 4 people").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sales 2")
    assert sales.entries.count() == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_an_entry_of_the_list_of_people(page_of: PageOf, master: Member, sales: Group, width: int) -> None:
    page = page_of(master, width=width, expected=CONFLICT)
    page.goto(f"/groups/{sales.pk}/?show=direct")
    remove = page.get_by_role("button", name=re.compile("Remove .*Crew"))
    remove.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 of 5 people from")
    assert_accessible(page)
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    remove.click()
    dialog.get_by_role("button", name="Remove 4 people").click()
    expect(page.locator("#messages")).to_contain_text("was removed from the group.")
    assert sales.entries.count() == 1
