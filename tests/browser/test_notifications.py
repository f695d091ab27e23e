"""The bell and the page of notifications as a person meets them (rule 5.1)."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from accounts.models import Member
from groups import notices
from groups.models import Group, Notice, Notification

from .helpers import PageOf, assert_accessible


def tell(member: Member, group: Group) -> None:
    notices.tell(Notice.Kind.JOINED, [member.pk], actor=Actor.system(), group=group)


def bell(page: Page, says: str) -> None:
    expect(page.locator("#bell")).to_have_accessible_name(says)


def test_from_the_bell_to_the_group(page_of: PageOf, member: Member, group: Group) -> None:
    """Looking at the page is reading: the bell is quiet afterwards."""
    tell(member, group)
    page = page_of(member)
    page.goto("/groups/")
    bell(page, "Notifications, 1 unread")
    page.locator("#bell").click()
    expect(page.get_by_role("heading", name="Notifications", level=1)).to_be_visible()
    expect(page.locator(".told.is-unread")).to_have_count(1)
    assert_accessible(page)
    bell(page, "Notifications")
    assert not Notification.objects.filter(read_at=None).exists()
    page.get_by_role("main").get_by_role("link", name="Platform guild").click()
    expect(page).to_have_url(re.compile(rf"/groups/{group.pk}/$"))


def test_mark_all_as_read(page_of: PageOf, member: Member, group: Group) -> None:
    for _n in range(30):
        tell(member, group)
    page = page_of(member)
    page.goto("/notifications/")
    page.get_by_role("button", name="Mark all as read").click()
    bell(page, "Notifications")
    expect(page.locator(".told.is-unread")).to_have_count(0)
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".told")).to_have_count(5)


def test_the_bell_asks_for_news(page_of: PageOf, member: Member, group: Group) -> None:
    page = page_of(member)
    page.goto("/groups/")
    bell(page, "Notifications")
    tell(member, group)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    bell(page, "Notifications, 1 unread")


def test_the_bell_leads_nowhere_by_itself(page_of: PageOf, member: Member, group: Group) -> None:
    """Signed out elsewhere, one's page stays as it is until one does something."""
    page = page_of(member)
    page.goto("/groups/")
    page.context.clear_cookies()
    with page.expect_response("**/notifications/bell/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    bell(page, "Notifications")
    expect(page).to_have_url(re.compile("/groups/$"))


def test_the_bell_says_nothing_of_a_server_that_is_away(
    page_of: PageOf, member: Member, group: Group
) -> None:
    page = page_of(member, expected=("Failed to load resource", "htmx:sendError", "htmx:afterRequest"))
    page.goto("/groups/")
    page.route("**/notifications/bell/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#failures .alert")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_can_be_used_by_all(page_of: PageOf, member: Member, group: Group, width: int, scheme: str) -> None:
    tell(member, group)
    page = page_of(member, width=width, color_scheme=scheme)
    page.goto("/notifications/")
    expect(page.locator(".told")).to_have_count(1)
    assert_accessible(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.goto("/profile/#notifications")
    expect(page.get_by_role("radio", name="Bell and email")).to_be_checked()
    page.get_by_role("radio", name="Email only").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages").get_by_text("Your profile was saved.")).to_be_visible()
    expect(page.get_by_role("radio", name="Email only")).to_be_checked()
    assert_accessible(page)
