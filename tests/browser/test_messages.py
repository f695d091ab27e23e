"""Two people in one room, each in a browser of their own (rule 3.5)."""

import io
import re
from typing import Any, Protocol

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from accounts.models import Member
from groups.models import Group, Message, Room, RoomVisit
from tests.factories import MessageFactory

from .helpers import PageOf, assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)


class Enter(Protocol):
    """Opens the room's messages as a member."""

    def __call__(self, member: Member, query: str = "", **options: Any) -> Page: ...


@pytest.fixture
def enter(page_of: PageOf, group: Group) -> Enter:
    def open_room(member: Member, query: str = "", **options: Any) -> Page:
        page = page_of(member, **options)
        page.goto(f"/rooms/{group.pk}/messages/{query}")
        return page

    return open_room


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


def line(page: Page, text: str) -> Locator:
    return page.locator(".line", has_text=text)


def test_a_talk(enter: Enter, member: Member, teammate: Member) -> None:
    """What one says, edits and takes back, the other sees without a reload."""
    momo, tae = enter(member), enter(teammate)
    say(momo, "Shall we meet?\nAt ten")
    expect(line(tae, "Shall we meet?")).to_be_visible()
    say(tae, "Gladly")
    expect(line(momo, "Gladly")).to_be_visible()
    expect(momo.locator(".line-own")).to_have_count(1)

    line(momo, "Shall we meet?").hover()
    line(momo, "Shall we meet?").get_by_role("link", name="Edit").click()
    expect(momo.locator(".line-edit textarea")).to_be_focused()
    momo.locator(".line-edit textarea").fill("Shall we meet at eleven?")
    momo.get_by_role("button", name="Save").click()
    expect(line(tae, "meet at eleven?")).to_contain_text("edited")

    line(tae, "meet at eleven?").hover()
    line(tae, "meet at eleven?").get_by_role("link", name="Reply").click()
    expect(tae.locator(".replying")).to_contain_text("meet at eleven?")
    say(tae, "Better")
    expect(line(momo, "Better").locator(".quote")).to_contain_text("meet at eleven?")

    momo.locator(f"#message-{Message.objects.earliest('pk').pk}").hover()
    momo.get_by_role("link", name="Take back").click()
    momo.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(tae.locator(".line", has_text="Momo Member took back a message")).to_be_visible()
    expect(line(tae, "Better").locator(".quote")).to_contain_text("Taken back")
    expect(tae.locator("body")).not_to_contain_text("eleven")
    expect(momo.locator("body")).not_to_contain_text("eleven")
    assert_accessible(momo)


def test_a_picture_with_progress(enter: Enter, member: Member, teammate: Member) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((900, 600), 90).save(buffer, "PNG")
    momo, tae = enter(member), enter(teammate)
    momo.evaluate(
        """() => {
            window.bars = [];
            document.addEventListener("htmx:xhr:progress", () =>
                window.bars.push(document.getElementById("message-progress").value));
        }"""
    )
    sea: FilePayload = {"name": "sea.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    minutes: FilePayload = {"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"We met."}
    momo.locator("#message-files").set_input_files([sea, minutes])
    expect(momo.locator("#chosen-files li")).to_have_count(2)
    assert_accessible(momo)
    momo.get_by_role("button", name="Send").click()
    shown = tae.get_by_role("img", name=re.compile("sea.png"))
    expect(shown).to_be_visible()
    expect(momo.locator("#chosen-files li")).to_have_count(0)
    assert momo.evaluate("window.bars.at(-1)") == 100
    assert shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 640
    with tae.expect_download() as download:
        tae.get_by_role("link", name=re.compile("minutes.txt")).click()
    assert download.value.suggested_filename == "minutes.txt"


def test_what_is_too_large_is_said_and_nothing_is_lost(enter: Enter, member: Member) -> None:
    page = enter(member)
    page.get_by_label("Message", exact=True).fill("Look at this")
    page.locator("#composer").evaluate("(form) => (form.dataset.most = '5')")
    page.locator("#message-files").set_input_files(
        {"name": "big.txt", "mimeType": "text/plain", "buffer": b"x" * 6}
    )
    expect(page.locator("#message-problem")).to_contain_text("Larger than")
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator("#message-problem")).to_contain_text("Larger than")
    page.get_by_role("button", name="Remove attachment").click()
    expect(page.locator("#message-problem")).to_be_empty()
    page.get_by_label("Message", exact=True).press("Enter")
    expect(line(page, "Look at this")).to_be_visible()


def test_speaking_to_somebody_with_the_keys(enter: Enter, member: Member, teammate: Member) -> None:
    momo, tae = enter(member), enter(teammate)
    momo.get_by_label("Message", exact=True).press_sequentially("Well done @ta")
    option = momo.get_by_role("option", name="Tae Teammate")
    expect(option).to_have_attribute("aria-selected", "true")
    assert_accessible(momo)
    momo.keyboard.press("Enter")
    expect(momo.get_by_label("Message", exact=True)).to_have_value("Well done @Tae Teammate ")
    momo.keyboard.press("Enter")
    expect(tae.locator(".mention-me")).to_have_text("@Tae Teammate")
    tae.goto("/notifications/")
    tae.get_by_role("main").get_by_role("link", name="Platform guild").click()
    expect(tae.locator(".found-here")).to_contain_text("Well done")
    # Behind a Korean word, and with the sign of a Japanese keyboard; but not inside addresses.
    field = momo.get_by_label("Message", exact=True)
    for typed in ("momo@ta", "https://a.example/@ta"):
        field.fill("")
        field.press_sequentially(typed)
        expect(momo.get_by_role("option")).to_have_count(0)
    for typed in ("부탁@ta", "부탁＠ta"):
        field.fill("")
        field.press_sequentially(typed)
        expect(option).to_be_visible()


def test_nothing_is_lost_or_doubled_when_the_connection_drops(
    enter: Enter, member: Member, teammate: Member, page_of: PageOf
) -> None:
    """The answer to a message that has arrived is lost; it is sent again, and stands there once."""
    expected = (r"Failed to load resource", r"ERR_", r"htmx:(afterRequest|sendError)")
    momo, tae = enter(member, expected=expected), enter(teammate)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    momo.route("**/messages/**", lose)
    momo.get_by_label("Message", exact=True).fill("Do you hear me?")
    momo.get_by_label("Message", exact=True).press("Enter")
    expect(momo.locator("#message-problem")).to_contain_text("Not sent")
    expect(momo.locator("#talk-problem")).to_contain_text("You are offline")
    expect(line(tae, "Do you hear me?")).to_be_visible()
    say(tae, "Loud and clear")
    momo.unroute("**/messages/**")
    momo.get_by_label("Message", exact=True).press("Enter")
    expect(line(momo, "Loud and clear")).to_have_count(1)
    expect(line(momo, "Do you hear me?")).to_have_count(1)
    expect(line(tae, "Do you hear me?")).to_have_count(1)
    expect(momo.locator("#talk-problem")).to_be_hidden()
    assert Message.objects.count() == 2


def test_earlier_messages_come_as_one_scrolls_up(
    enter: Enter, group: Group, member: Member, teammate: Member
) -> None:
    for number in range(130):
        MessageFactory.create(group=group, author=teammate, text=f"Said {number};")
    newest = Message.objects.latest("pk")
    page = enter(member)
    expect(line(page, "Said 129;")).to_be_in_viewport()
    expect(page.locator("#talk-lines .line")).to_have_count(50)
    oldest = line(page, "Said 80;")
    oldest.scroll_into_view_if_needed()
    expect(page.locator("#talk-lines .line")).not_to_have_count(50)
    expect(oldest).to_be_in_viewport()  # it has not moved away
    line(page, "Said 30;").scroll_into_view_if_needed()
    expect(page.locator("#talk-lines .line")).to_have_count(130)
    expect(page.locator("#older")).to_have_count(0)
    numbers = page.locator(".line-text").all_inner_texts()
    assert numbers == [f"Said {number};" for number in range(130)]

    # What is new meanwhile does not take one away from what one reads.
    page.locator("#talk-scroll").evaluate("(scroll) => (scroll.scrollTop = -2000)")
    before = page.locator("#talk-scroll").evaluate(
        "(scroll) => document.elementFromPoint(700, 500).closest('.line')?.id"
    )
    MessageFactory.create(group=group, author=teammate, text="Brand new")
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    after = page.locator("#talk-scroll").evaluate(
        "(scroll) => document.elementFromPoint(700, 500).closest('.line')?.id"
    )
    assert before == after
    with page.expect_response("**/seen/"):
        page.get_by_role("button", name="New messages").click()
    expect(line(page, "Brand new")).to_be_in_viewport()
    page.goto("/rooms/")
    expect(page.locator(".unread-dot")).to_have_count(0)
    assert RoomVisit.objects.filter(member=member, seen_id__gt=newest.pk).exists()


def test_from_what_was_found_down_to_the_newest(
    enter: Enter, group: Group, member: Member, teammate: Member
) -> None:
    for number in range(130):
        MessageFactory.create(group=group, author=teammate, text=f"Said {number};")
    page = enter(member, "?q=said+5%3B")
    page.get_by_role("link", name=re.compile("Said 5;")).click()
    expect(page.locator(".found-here")).to_be_in_viewport()
    MessageFactory.create(group=group, author=teammate, text="Brand new")
    expect(page.get_by_role("button", name="New messages")).to_be_hidden()
    for number in (29, 79, 129):
        line(page, f"Said {number};").scroll_into_view_if_needed()
    line(page, "Brand new").scroll_into_view_if_needed()
    texts = page.locator(".line-text").all_inner_texts()
    assert texts == [*(f"Said {number};" for number in range(130)), "Brand new"]


def test_who_is_removed_is_told_and_sees_nothing_any_more(
    enter: Enter, group: Group, member: Member, teammate: Member
) -> None:
    """Rule 2.16."""
    MessageFactory.create(group=group, author=teammate, text="Among us")
    page = enter(member, expected=(r"403",))
    expect(line(page, "Among us")).to_be_visible()
    group.entries.filter(member=member).delete()
    expect(page.locator("#talk-problem")).to_contain_text("You no longer have access to this room")
    expect(page.locator("body")).not_to_contain_text("Among us")
    expect(page.locator("#composer")).to_have_count(0)
    expect(page.get_by_text("No messages yet")).to_have_count(0)


def test_on_a_phone_in_the_dark(enter: Enter, group: Group, member: Member, teammate: Member) -> None:
    MessageFactory.create(group=group, author=teammate, text="A long word: " + "x" * 300)
    page = enter(member, width=390, color_scheme="dark", has_touch=True)
    expect(page.locator(".line")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page)
    page.goto("/rooms/")
    assert_accessible(page)
    assert Room.objects.count() == 1
