"""The visitors' browsers."""

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import PATIENCE, sign_in

from .company import Tour
from .places import Place


class Visits:
    """Each visitor has one window and goes from page to page in it."""

    def __init__(self, tour: Tour, browser: Browser) -> None:
        self._tour = tour
        self._browser = browser
        self._pages: dict[str, Page] = {}
        self.source = ""

    def visit(self, place: Place) -> Page:
        """The page, once it stands in its state."""
        page = self._pages.get(place.visitor) or self._window(place.visitor)
        address = place.address(self._tour.cast)
        answer = page.goto(address)
        assert answer is not None, address
        assert answer.status == place.status, f"{address} answers {answer.status} instead of {place.status}"
        self.source = answer.text()
        if place.enter:
            place.enter(page)
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _window(self, visitor: str) -> Page:
        context: BrowserContext = self._browser.new_context(
            base_url=self._tour.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        member = getattr(self._tour.cast, visitor)
        if member is not None:
            sign_in(context, member, self._tour.url)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        self._pages[visitor] = page
        return page
