"""What is laid out badly is found, whatever it is called, and what is good is not (rule 5.11)."""

import pytest
from playwright.sync_api import Page

from .layout import faults_at, spoken

DOTS = "width: 60px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap"
BAD = {
    "scrolls sideways": '<div style="width: 700px">Wide</div>',
    "beyond the edge": '<p style="position: absolute; left: -50px">Where it begins is not to be seen</p>',
    "cut off": '<p style="width: 60px; overflow: hidden; white-space: nowrap">Some longer words</p>',
    "cut without a title": f'<p style="{DOTS}">Some longer words</p>',
    "address cut": f'<p style="{DOTS}">somebody@somewhere.example</p>',
    "scrolls without a sign": '<ul style="width: 60px; overflow: auto; white-space: nowrap">More words</ul>',
    "narrower than its text": '<select style="width: 60px"><option>Whatever there is</option></select>',
    "word in letters": '<dl><dd style="width: 9px; overflow-wrap: anywhere">Off</dd></dl>',
    "line too long": f"<p style='width: 380px; font-size: 3px'>{'Words upon words. ' * 20}</p>",
    "upon each other": '<h1 style="height: 0">Heading</h1><button>Add Group</button>',
    "icon alone in a line": '<div style="display: flex; flex-wrap: wrap; width: 100px"><button>Add a group'
    "</button><button style='width: 30px'>…</button></div>",
    "picture out of shape": "<img width='90' height='30' alt='' "
    "src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/%3E\">",
    "little room left": '<div style="position: fixed; inset: 0 0 auto; height: 500px">Menu</div>',
    "covers the focus": '<div style="position: sticky; bottom: 0; height: 70px">Save</div>',
}
GOOD = (
    '<p style="width: 90px">Some longer words than those</p>',
    f'<p title="Some longer words" style="{DOTS}">Some longer words</p>',
    "<p style='width: 60px; overflow-wrap: anywhere'>somebody@somewhere.example</p>",
    '<div style="display: flex; flex-wrap: wrap; width: 300px"><h1>Groups</h1><button>…</button></div>',
)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_bad_is_found(page: Page, kind: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.set_content(f"<!doctype html><body style='font: 16px sans-serif'>{BAD[kind]}")
    assert kind in {fault.kind for fault in faults_at(page, [400])}


@pytest.mark.parametrize("html", GOOD)
def test_what_is_good_is_left_alone(page: Page, html: str) -> None:
    page.set_content(f"<!doctype html><body style='font: 16px sans-serif'>{html}")
    assert not faults_at(page, [400, 1280])


def test_widths_are_told_as_ranges() -> None:
    assert spoken([340, 320, 360, 768], step=20) == "320–360, 768"
