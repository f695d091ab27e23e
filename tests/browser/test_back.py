"""Nothing private comes back from a browser's memory once its session is over (rule 9.3)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import BrowserType, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member
from groupadmin import middleware
from groups.models import Group

from .conftest import PATIENCE, sign_in

GROUPS, SIGN_IN = reverse("groups:list"), reverse("account_login")
ASKED_TO_SIGN_IN = re.compile(r"/sign-in/\?next=/groups/$")
OpenKept = Callable[[Member], Page]


@pytest.fixture
def kept_page(
    transactional_db: None,
    live_server: LiveServer,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
) -> Iterator[OpenKept]:
    """Pages of a browser that keeps pages in memory as browsers of people do, and those of tests do not."""
    options = browser_type_launch_args | {"ignore_default_args": ["--disable-back-forward-cache"]}
    options["args"] = [*options["args"], "--enable-features=BackForwardCache"]
    with browser_type.launch(**options) as browser:

        def open_page(member: Member) -> Page:
            context = browser.new_context(base_url=live_server.url)
            sign_in(context, member, live_server.url)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            return page

        yield open_page


@pytest.fixture
def kept_whatever_we_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chrome may keep pages that say "no-store"; this Chromium does not, so they do not say it."""
    monkeypatch.setattr(middleware, "patch_cache_control", lambda *_response, **_directives: None)


def go_away(page: Page) -> None:
    page.goto(GROUPS)
    page.evaluate("window.isKept = true")
    page.goto(reverse("accounts:profile"))


def back(page: Page) -> None:
    """A page out of memory says nothing of loading, for which page.go_back would wait."""
    page.evaluate("history.back()")


def sign_out(page: Page) -> None:
    page.evaluate("document.querySelector('form[action$=\"/out/\"]').submit()")
    expect(page).to_have_url(SIGN_IN)


@pytest.mark.usefixtures("kept_whatever_we_say")
def test_back_shows_a_kept_page_only_in_its_session(
    group: Group, member: Member, kept_page: OpenKept
) -> None:
    page = kept_page(member)
    go_away(page)
    back(page)
    expect(page).to_have_url(re.compile(f"{GROUPS}$"))
    assert page.evaluate("window.isKept"), "else this tests nothing"
    expect(page.locator("html")).not_to_have_attribute("style", re.compile("hidden"))
    expect(page.get_by_role("heading", name="All groups")).to_be_visible()

    sign_out(page)
    back(page)
    expect(page).to_have_url(ASKED_TO_SIGN_IN)
    assert group.name not in page.content()


@pytest.mark.usefixtures("kept_whatever_we_say")
def test_nor_after_it_was_ended_elsewhere(group: Group, member: Member, kept_page: OpenKept) -> None:
    page = kept_page(member)
    go_away(page)
    Session.objects.all().delete()
    back(page)
    expect(page).to_have_url(ASKED_TO_SIGN_IN)
    assert group.name not in page.content()


@pytest.mark.usefixtures("kept_whatever_we_say")
def test_nor_where_the_server_cannot_be_asked(group: Group, member: Member, kept_page: OpenKept) -> None:
    page = kept_page(member)
    go_away(page)
    page.context.set_offline(True)
    back(page)
    # It is loaded anew, instead of shown.
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.wait_for_url(ASKED_TO_SIGN_IN)


def test_a_page_says_that_it_is_not_to_be_kept(group: Group, member: Member, kept_page: OpenKept) -> None:
    page = kept_page(member)
    page.goto(GROUPS)
    sign_out(page)
    back(page)
    expect(page).to_have_url(ASKED_TO_SIGN_IN)
