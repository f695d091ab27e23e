"""The main menu, which may be longer than the window (rule 1.13)."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Member
from tests.factories import GroupFactory, MembershipFactory

from .helpers import PageOf, assert_accessible

pytestmark = pytest.mark.one_database

IN_SIGHT = """(selector) => [...document.querySelectorAll(selector)].every((line) => {
  const place = line.getBoundingClientRect();
  const frame = document.querySelector(".menu-body").getBoundingClientRect();
  return place.height && place.top >= frame.top && place.bottom <= frame.bottom;
})"""


def rooms_of(administrator: Member, count: int) -> None:
    for number in range(count):
        group = GroupFactory.create(company=administrator.company, name=f"Room {number}", message=True)
        MembershipFactory.create(group=group, member=administrator)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_s_own_entry_is_in_sight(administrator: Member, page_of: PageOf, width: int) -> None:
    page = page_of(administrator, width=width)
    page.set_viewport_size({"width": width, "height": 420})
    page.goto(reverse("scim_page"))
    assert_accessible(page)
    if width == 390:
        page.get_by_role("button", name="Menu").click()
    # Waits until the menu stands, and is in sight without scrolling.
    page.wait_for_function(IN_SIGHT, arg=".menu-body [aria-current]")


def test_all_administration_is_in_sight_on_a_small_notebook(administrator: Member, page_of: PageOf) -> None:
    """With eight rooms, which stand below."""
    rooms_of(administrator, 8)
    page = page_of(administrator, width=1366)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(reverse("accounts:audit"))
    menu = page.get_by_role("navigation", name="Main menu")
    for line in ("Members", "Webhooks", "Company"):
        expect(menu.get_by_role("link", name=line, exact=True)).to_be_visible()
    page.wait_for_function(IN_SIGHT, arg=".menu-body li > a:not(details:not([open]) a)")
    assert page.evaluate("document.querySelector('.menu-body').scrollTop") == 0


def test_what_is_folded_stays_folded(administrator: Member, page_of: PageOf) -> None:
    """With the keyboard; and on a page below it, it is open."""
    rooms_of(administrator, 1)
    page = page_of(administrator)
    page.goto(reverse("groups:list"))
    press(page, "Audit")
    press(page, "Rooms")
    page.goto(reverse("accounts:member_list"))
    menu = page.get_by_role("navigation", name="Main menu")
    expect(menu.get_by_role("link", name="All rooms")).to_be_visible()
    expect(menu.get_by_role("link", name="Admin", exact=True)).to_be_hidden()
    page.goto(reverse("accounts:audit"))
    expect(menu.get_by_role("link", name="Admin", exact=True)).to_be_visible()
    assert_accessible(page)


def press(page: Page, section: str) -> None:
    page.locator("summary", has_text=section).focus()
    page.keyboard.press("Enter")
