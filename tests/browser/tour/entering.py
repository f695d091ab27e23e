"""Ways from a page into a state of it."""

from collections.abc import Callable
from typing import Any

from django.template.loader import render_to_string
from playwright.sync_api import Page, Route, expect

from tests.factories import PASSWORD

Enter = Callable[[Page], Any]


def send_emptied(page: Page) -> None:
    """Sends the page's own form with nothing in it, whatever the browser itself would ask for."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 422):
        page.evaluate(
            """() => {
              const forms = [...document.querySelectorAll("form[method=post]")].filter((form) =>
                form.querySelector("input:not([type=hidden]), textarea, select") || form.closest("main"));
              const here = location.origin + location.pathname;
              const own = forms.filter((form) => form.action.split("?")[0] === here);
              const form = own.at(-1) ?? forms.at(-1);
              form.noValidate = true;
              for (const field of form.elements) {
                if (["checkbox", "radio"].includes(field.type)) field.checked = false;
                else if (!["hidden", "submit", "button", "fieldset"].includes(field.type)) field.value = "";
              }
              form.requestSubmit();
            }"""
        )
    settled(page)


def send_too_late(page: Page) -> None:
    """Sends another name as if somebody else had saved meanwhile."""
    form = page.locator("form[method=post]:has([name=version])").first
    form.locator("input[type=text]:visible, textarea:visible").first.fill("Another")
    form.locator("[name=version]").evaluate("(field) => { field.value = '999'; }")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 409):
        form.evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
    settled(page)


def settled(page: Page) -> None:
    """Waits until what comes has come."""
    page.wait_for_load_state("load")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def click(selector: str, shows: str) -> Enter:
    """Clicks there, and waits for what is shown."""

    def enter(page: Page) -> None:
        page.locator(selector).first.click()
        expect(page.locator(shows).first).to_be_visible()
        settled(page)

    return enter


def dialog(selector: str) -> Enter:
    """Opens what a link brings into the dialog."""
    return click(selector, "#dialog [role=dialog]")


def menu(selector: str) -> Enter:
    return click(selector, ".dropdown-menu.show")


def tick_two(page: Page) -> None:
    for place in (0, 1):
        page.locator('[name="pk"]').nth(place).check()
    expect(page.get_by_role("form", name="Chosen rows")).to_be_visible()


def unfold(page: Page) -> None:
    """Opens all that is folded away in the page."""
    page.locator("main details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    settled(page)


def typed(label: str, text: str, shows: str = "[role=option]") -> Enter:
    """Types into a picker, and waits for what it finds."""

    def enter(page: Page) -> None:
        page.get_by_role("combobox", name=label, exact=True).press_sequentially(text)
        expect(page.locator(shows).first).to_be_visible()
        settled(page)

    return enter


def pressed(key: str, shows: str) -> Enter:
    """Presses that key, and waits for what is shown."""

    def enter(page: Page) -> None:
        page.keyboard.press(key)
        expect(page.locator(shows).first).to_be_visible()

    return enter


def filled(shows: str, button: str, **fields: str) -> Enter:
    """Fills fields in by their names, ticks the first box of each that is called "tick", and sends."""

    def enter(page: Page) -> None:
        for name, value in fields.items():
            field = page.locator(f"main [name='{name.replace('__', '-')}']").first
            field.check() if value == "tick" else field.fill(value)
        page.locator("main").get_by_role("button", name=button, exact=True).first.click()
        expect(page.locator(shows).first).to_be_visible()
        settled(page)

    return enter


def narrow(then: Enter) -> Enter:
    """The same on a phone; the checks widen the window again."""

    def enter(page: Page) -> None:
        page.set_viewport_size({"width": 390, "height": 844})
        then(page)

    return enter


def without_token(page: Page) -> None:
    """Sends a form as if it came from elsewhere."""
    with page.expect_navigation():
        page.evaluate(
            """() => {
              const form = document.createElement("form");
              form.method = "post";
              document.body.append(form);
              form.submit();
            }"""
        )


def in_place_of_it(template: str, **context: Any) -> Enter:
    """Shows a page that nobody can ask for, such as that for a fault of ours."""

    def enter(page: Page) -> None:
        body = render_to_string(template, context)

        def answer(route: Route) -> None:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

        page.route(page.url, answer)
        page.goto(page.url)
        page.unroute(page.url)

    return enter


def second_step(page: Page) -> None:
    """Signs in as somebody with a second factor, up to it."""
    page.get_by_label("Email address").fill("otto@hanbit.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Code").first).to_be_visible()
