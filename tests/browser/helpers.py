from typing import Any, Protocol

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

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
