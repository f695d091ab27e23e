from typing import Any, Protocol

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from accounts.models import Member

_axe = Axe()


class PageOf(Protocol):
    """Opens a page signed in as a member. `width=390` is a phone; `expected` patterns may be logged."""

    def __call__(
        self, member: Member | None, *, width: int = 1280, expected: tuple[str, ...] = (), **context: Any
    ) -> Page: ...


def assert_accessible(page: Page) -> None:
    """Fails with axe's report if the page, as it stands now, breaks any of axe's rules."""
    results = _axe.run(page)
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def tab_to(page: Page, target: Locator, most: int = 40) -> int:
    """Presses the tab key until the target has the focus, and says how often; the focus is never nowhere."""
    for presses in range(most + 1):
        if target.count() and target.evaluate("element => element === document.activeElement"):
            return presses
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by {most} presses of the tab key")


def assert_focus(page: Page) -> None:
    """Fails if the focus is lost: whoever uses the keyboard would begin at the top of the page again."""
    # It goes to what has come only once that stands.
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    page.wait_for_function("() => ![document.body, null].includes(document.activeElement)")
