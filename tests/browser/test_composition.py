"""Words that are composed (rule 5.7): their keys send nothing, and nobody writes into their field."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import CDPSession, Locator, Page, Route, expect

from accounts.models import Member, Team
from groups.models import Group, Message
from tests.factories import MemberFactory, MembershipFactory

from .dialogs import ADD, chips, open_from_list
from .helpers import PageOf

WRONG = ("422",)
COMPOSITION_KEY = 229


class Composition:
    """Chromium's own: what an input method tells it while somebody types into the focused field."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def show(self, text: str) -> None:
        at = len(text)
        self.session.send("Input.imeSetComposition", {"text": text, "selectionStart": at, "selectionEnd": at})

    def key(self, key: str) -> None:
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": COMPOSITION_KEY}
        for kind in ("rawKeyDown", "keyUp"):
            self.session.send("Input.dispatchKeyEvent", {"type": kind, **pressed})

    def take(self, text: str) -> None:
        self.session.send("Input.insertText", {"text": text})


def press_as_safari(field: Locator, key: str) -> None:
    """The composition has ended; then comes the key that ended it, of which nothing but its code says so."""
    field.evaluate(
        """(field, [key, keyCode]) => {
            const options = { bubbles: true, cancelable: true, composed: true };
            field.dispatchEvent(new CompositionEvent("compositionstart", options));
            field.dispatchEvent(new CompositionEvent("compositionend", options));
            const pressed = new KeyboardEvent("keydown", { ...options, key, keyCode, isComposing: false });
            if (!field.dispatchEvent(pressed)) throw new Error("The key was taken.");
        }""",
        [key, COMPOSITION_KEY],
    )


@pytest.fixture
def kim(group: Group) -> Member:
    kim = MemberFactory.create(company=group.company, name="김하늘")
    MembershipFactory.create(group=group, member=kim)
    return kim


def composer(page: Page, group: Group) -> Locator:
    page.goto(f"/rooms/{group.pk}/messages/")
    return page.get_by_label("Message", exact=True)


def test_the_key_that_ends_a_word_sends_no_message(page_of: PageOf, group: Group, member: Member) -> None:
    page = page_of(member)
    field = composer(page, group)
    field.fill("오늘 어때")
    press_as_safari(field, "Enter")
    expect(field).to_have_value("오늘 어때")
    field.fill("")

    composition = Composition(page)
    field.focus()
    for text in ("ㅎ", "하", "한"):
        composition.show(text)
    composition.key("Enter")
    expect(field).to_have_value("한")
    composition.take("한")
    assert not Message.objects.exists()
    page.keyboard.press("Enter")
    expect(page.locator(".line-text")).to_have_text(["한"])


def test_it_picks_nobody(page_of: PageOf, group: Group, member: Member, kim: Member) -> None:
    page = page_of(member)
    field = composer(page, group)
    field.press_sequentially("@")
    Composition(page).show("김")
    expect(page.get_by_role("option", name="김하늘")).to_be_visible()
    press_as_safari(field, "Enter")
    expect(field).to_have_value("@김")
    page.get_by_role("option", name="김하늘").click()
    expect(field).to_have_value("@김하늘 ")


def test_it_chooses_nobody_and_closes_nothing(
    page_of: PageOf, administrator: Member, group: Group, kim: Member
) -> None:
    page = page_of(administrator)
    open_from_list(page)
    picker = page.get_by_role("combobox", name="Member(s)", exact=True)
    picker.focus()
    composition = Composition(page)
    composition.show("김")
    expect(page.get_by_role("option", name="김하늘")).to_be_visible()
    composition.key("Enter")
    press_as_safari(picker, "Enter")
    press_as_safari(picker, "Escape")
    assert chips(page, "members") == []
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("option", name="김하늘")).to_be_visible()

    # By mouse the word is taken as it stands, and nothing of it comes back into the emptied field.
    composition.take("김")
    picker.fill("")
    composition.show("김")
    picker.evaluate("one => one.addEventListener('compositionend', () => (window.taken = one.value))")
    page.get_by_role("option", name="김하늘").click()
    assert chips(page, "members") == ["김하늘"]
    assert page.evaluate("window.taken") == "김"
    composition.take("둘")
    expect(picker).to_have_value("둘")


def test_an_answer_waits_until_the_word_is_there(page_of: PageOf, administrator: Member) -> None:
    """The form comes back with what is wrong while somebody composes in it already."""
    page = page_of(administrator, expected=WRONG)
    page.goto(ADD)
    held: list[Route] = []
    page.route(
        f"**{ADD}", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.get_by_role("textbox", name="Group Name").press("Enter")
    field = page.get_by_role("textbox", name="Description")
    field.focus()
    composition = Composition(page)
    composition.show("한")
    page.evaluate("document.addEventListener('htmx:afterRequest', () => (window.isAnswered = true))")
    with page.expect_response(f"**{ADD}"):
        held.pop().continue_()
    composition.show("한ㄱ")
    expect(field).to_have_value("한ㄱ")
    assert not page.evaluate("window.isAnswered")
    composition.take("한글")
    expect(page.get_by_role("textbox", name="Group Name")).to_have_attribute("aria-invalid", "true")


def test_what_is_found_does_not_wait(page_of: PageOf, administrator: Member, group: Group) -> None:
    """Nobody ends a word in Hangul to look for it."""
    page = page_of(administrator)
    page.goto("/groups/")
    expect(page.get_by_role("row", name=re.compile(group.name))).to_be_visible()
    field = page.get_by_role("searchbox")
    field.focus()
    composition = Composition(page)
    composition.show("핳")
    expect(page.get_by_role("row", name=re.compile(group.name))).to_have_count(0)
    composition.show("핳하")
    expect(field).to_have_value("핳하")
    expect(field).to_be_focused()


def test_every_script_that_hears_keys_leaves_those_of_a_word(team: Team) -> None:
    """By one module. Who asks for `isComposing` alone sends what Safari's Enter ends."""
    folder = Path(settings.BASE_DIR) / "static" / "groupadmin"
    scripts = {path.name: path.read_text() for path in folder.glob("*.js") if path.name != "keys.js"}
    hears = {name for name, text in scripts.items() if re.search(r"""["']key(down|up|press)["']""", text)}
    assert hears
    assert {name for name in hears if '"./keys.js"' not in scripts[name]} == set()
    assert [name for name, text in scripts.items() if "isComposing" in text or "keyCode" in text] == []
