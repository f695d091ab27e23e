"""The main menu, which may be longer than the window."""

import pytest
from django.urls import reverse

from accounts.models import Member

from .helpers import PageOf, assert_accessible

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_s_own_entry_is_in_sight(administrator: Member, page_of: PageOf, width: int) -> None:
    page = page_of(administrator, width=width)
    page.set_viewport_size({"width": width, "height": 420})
    page.goto(reverse("scim_page"))
    assert_accessible(page)
    if width == 390:
        page.get_by_role("button", name="Menu").click()
    # Waits until the menu stands, and is in sight without scrolling.
    page.wait_for_function(
        """() => {
          const place = document.querySelector(".menu-body [aria-current]").getBoundingClientRect();
          const frame = document.querySelector(".menu-body").getBoundingClientRect();
          return place.height && place.top >= frame.top && place.bottom <= frame.bottom;
        }"""
    )
