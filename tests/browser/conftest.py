"""A real Chromium in front of the live server. A test fails if a page logs an error or breaks the policy.

A test takes the fixture page_of, opens `page = page_of(administrator)`, calls `page.goto("/groups/")`
and, once the page stands, helpers.assert_accessible(page).
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member
from tests.helpers import client_of

from .helpers import PageOf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# In milliseconds, for a busy machine; what is fast enough is for the benchmarks to say.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)

# Playwright's event loop runs in the test's thread, where Django would else refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.one_database)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of pytest-base-url's, at whose declaration newer versions of pytest warn."""
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture
def page_of(
    transactional_db: None, live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> Iterator[PageOf]:
    """Pages of people who are signed in already; what they log as errors fails the test at its end."""
    complaints: list[str] = []

    def open_page(
        member: Member | None, *, width: int = 1280, expected: tuple[str, ...] = (), **context: Any
    ) -> Page:
        options = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"} | context
        browser_context = new_context(base_url=live_server.url, **options)
        if member is not None:
            sign_in(browser_context, member, live_server.url)
        page = browser_context.new_page()
        page.set_default_timeout(PATIENCE)
        _listen(page, expected, complaints)
        return page

    yield open_page
    assert not complaints, "\n".join(complaints)


def sign_in(context: BrowserContext, member: Member, url: str) -> None:
    """Gives the browser the cookie of a session of that person."""
    session = client_of(member).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": url, "httpOnly": True}])


def _listen(page: Page, expected: tuple[str, ...], complaints: list[str]) -> None:
    """Collects console errors, broken policies among them, and uncaught exceptions."""

    # Browsers ask for it by themselves on pages that name no icon, such as Django admin's.
    ignored = (*expected, r"/favicon\.ico")

    def complain(text: str) -> None:
        if not any(re.search(pattern, text) for pattern in ignored):
            complaints.append(f"{page.url}: {text}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complain(f"{message.text} ({message.location.get('url', '')})")

    def on_error(error: Error) -> None:
        complain(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
