"""What has the focus is in sight (WCAG 2.4.11)."""

import pytest

from accounts.models import Member

from .helpers import PageOf


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_that_has_the_focus_is_behind_the_buttons(
    page_of: PageOf, administrator: Member, width: int
) -> None:
    """Through the whole dialog by keyboard, forth and back: its buttons stay in sight and cover nothing."""
    page = page_of(administrator, width=width)
    page.goto("/groups/add/")
    page.get_by_role("switch", name="Mailing list").check()
    page.get_by_label("Group Name").focus()
    seen = set()
    for key in ["Tab"] * 25 + ["Shift+Tab"] * 25:
        page.keyboard.press(key)
        focused = page.locator("*:focus")
        if not focused.count() or not page.locator(".dialog-body *:focus").count():
            continue
        name = focused.evaluate("e => e.name || e.innerText")
        box, foot = focused.bounding_box(), page.locator(".dialog-foot").bounding_box()
        assert box is not None
        assert foot is not None
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= foot["y"], name
        seen.add(name)
    assert {"list-contacts", "grants_features"} <= seen
