"""How the dialogs are opened and filled in, in a browser."""

import re

from playwright.sync_api import Page, expect

ADD = "/groups/add/"
ADD_EXTERNAL = "/groups/add-external/"


def open_from_list(page: Page, choice: str = "Group") -> None:
    page.goto("/groups/")
    page.get_by_role("button", name="Add Group").click()
    page.locator(".add-group").get_by_role("link", name=re.compile(f"^{choice}")).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def switch(page: Page, name: str) -> None:
    page.get_by_role("switch", name=name, exact=True).click()


def choose(page: Page, field: str, typed: str, name: str) -> None:
    page.get_by_role("combobox", name=field, exact=True).press_sequentially(typed)
    page.get_by_role("option", name=re.compile(name)).click()


def fill_in(page: Page, name: str = "Launch") -> None:
    page.get_by_role("textbox", name="Group Name").fill(name)
    choose(page, "Master(s)", "mira", "Mira Master")
    choose(page, "Member(s)", "momo", "Momo Member")


def chips(page: Page, field: str) -> list[str]:
    labels = page.locator(f".picker:has([name={field}]) .picker-chips .picker-label").all_inner_texts()
    return [re.sub("[\u2066-\u2069]", "", label) for label in labels]


def send(page: Page, button: str = "Add") -> None:
    page.get_by_role("button", name=button, exact=True).click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def settled(page: Page) -> None:
    """Waits until htmx listens to what it has swapped in."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
