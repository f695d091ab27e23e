"""What is asked of every page on the tour. A check gets the page and names its faults (rule 5.13).

To ask something else, write a function `(page) -> list of faults` and add it to CHECKS: it is asked of every
page in every state. It may change the size, colours or scrolling of the page, and puts them back.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.forced_colours import said_without_own_colours
from tests.browser.layout import laid_out

Check = Callable[[Page], list[str]]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

_AXE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]


def accessible(page: Page) -> list[str]:
    """What axe finds by the WCAG up to 2.2 AA, and by best practices."""
    return _axe(page, {"type": "tag", "values": TAGS}, {"target-size": {"enabled": False}})


def readable_in_the_dark(page: Page) -> list[str]:
    """What has too little contrast in dark colours."""
    page.emulate_media(color_scheme="dark")
    try:
        return [f"dark: {fault}" for fault in _axe(page, {"type": "rule", "values": COLOURS})]
    finally:
        page.emulate_media(color_scheme="light")


def large_enough_to_touch(page: Page) -> list[str]:
    """What is too small, or too near to something else, at a desk and on a phone (WCAG 2.5.8)."""
    only = {"type": "rule", "values": ["target-size"]}
    found = _axe(page, only)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    try:
        return found + [f"390 px: {fault}" for fault in _axe(page, only)]
    finally:
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def named(page: Page) -> list[str]:
    """Ids that stand twice or nowhere, tables without a name, and links of one name to several places."""
    _have_axe(page)
    found: list[str] = page.evaluate(NAMES)
    return found


NAMES = (Path(__file__).parent / "names.js").read_text()


# While something lies over the page, what shines through below it is touched by nobody. What sticks to an
# edge covers things only until one scrolls.
RUN = """async (options) => {
  const over = document.querySelector(".dropdown-menu.show, .modal.show, dialog[open]");
  const touched = options.runOnly.values[0] === "target-size";
  const sticks = (element) => getComputedStyle(element).position === "sticky";
  const stuck = touched ? [...document.querySelectorAll("body *")].filter(sticks) : [];
  for (const element of stuck) element.style.position = "static";
  const { violations } = await axe.run(touched && over ? over : document, options);
  for (const element of stuck) element.style.position = "";
  return violations;
}"""
# Of each kind on a page: the others are like these.
SHOWN = 4

CHECKS: list[Check] = [
    accessible,
    readable_in_the_dark,
    large_enough_to_touch,
    named,
    laid_out,
    said_without_own_colours,
]


def _have_axe(page: Page) -> None:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_AXE)


def _axe(page: Page, only: dict[str, Any], rules: dict[str, Any] | None = None) -> list[str]:
    _have_axe(page)
    options = {"runOnly": only, "rules": rules or {}, "resultTypes": ["violations"]}
    found = page.evaluate(RUN, options)
    return [
        f"{rule['id']}: {node['html'][:200]} ({'; '.join(_said(node))})"
        for rule in found
        for node in rule["nodes"][:SHOWN]
    ]


def _said(node: dict[str, Any]) -> list[str]:
    return [check["message"] for check in (*node["any"], *node["all"], *node["none"])][:2]
