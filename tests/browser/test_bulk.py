"""Many at once, chosen in a list by mouse, keyboard or touch (rule 10.6)."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory

from .helpers import PageOf, assert_accessible


@pytest.fixture
def many(company: Company, master: Member) -> list[Group]:
    """Two pages of groups."""
    return [
        GroupFactory.create(company=company, name=f"Robot {n:02}", masters=[master], message=True)
        for n in range(30)
    ]


def chosen(page: Page) -> int:
    return page.locator('[name="pk"]:checked').count()


def test_chosen_by_keyboard_and_undone(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    """Space chooses a row, Shift and Space all up to it; the bar comes, tells how many, and goes."""
    page = page_of(administrator)
    page.goto("/groups/?sort=name")
    bar = page.get_by_role("form", name="Chosen rows")
    expect(bar).to_be_hidden()
    boxes = page.locator('[name="pk"]')
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    expect(bar.get_by_role("status")).to_have_text("1 chosen")
    boxes.nth(4).focus()
    page.keyboard.press("Shift+Space")
    expect(bar.get_by_role("status")).to_have_text("4 chosen")
    every = page.get_by_role("checkbox", name="Choose all on this page")
    assert every.evaluate("(box) => box.indeterminate")
    assert_accessible(page)
    expect(bar).to_contain_text("Another page begins a new choice.")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    every.press("Space")
    expect(bar.get_by_role("status")).to_have_text("25 chosen")
    every.press("Space")
    expect(bar).to_be_hidden()
    for number in (2, 3):
        boxes.nth(number).press("Space")
    bar.get_by_role("button", name="Make private").press("Enter")
    expect(page.get_by_role("heading", name="Make groups private")).to_be_visible()
    assert Group.objects.filter(is_visible=False).count() == 2
    assert_accessible(page)
    page.get_by_role("link", name="Undo").press("Enter")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("heading", name="Undo: Make groups private")).to_be_visible()
    assert not Group.objects.filter(is_visible=False).exists()


def test_all_that_match(page_of: PageOf, administrator: Member, many: list[Group], group: Group) -> None:
    """Also of other pages, and nothing else; whoever takes one out means this page alone."""
    page = page_of(administrator)
    page.goto("/groups/?q=robot")
    boxes = page.locator('[name="pk"]')
    boxes.first.check()
    every = page.get_by_label("All that match, on every page")
    every.check()
    expect(page.get_by_role("status").filter(has_text="All chosen")).to_be_visible()
    assert chosen(page) == 25
    boxes.nth(3).uncheck()
    expect(every).not_to_be_checked()
    every.check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete 30 groups?")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Type the number").fill("30")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Done · 30")).to_be_visible()
    assert [*Group.objects.live()] == [group]


def test_without_scripts(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    """The bar comes all the same."""
    page = page_of(administrator, java_script_enabled=False, width=390)
    page.goto("/groups/?sort=name")
    bar = page.get_by_role("form", name="Chosen rows")
    expect(bar).to_be_hidden()
    page.locator('[name="pk"]').nth(0).check()
    page.locator('[name="pk"]').nth(2).check()
    expect(bar).to_be_in_viewport()
    bar.get_by_role("button", name="Delete").click()
    page.get_by_label("Type the number").fill("2")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Done · 2")).to_be_visible()
    deleted = Group.objects.deleted().values_list("name", flat=True)
    assert sorted(deleted) == ["Robot 00", "Robot 02"]
