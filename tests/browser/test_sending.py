"""What one writes while something is sent, what could not be sent, and what was only begun (rule 3.13)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import Member
from groups.models import Group, Message, NoteComment, Task
from tests.factories import MembershipFactory, MessageFactory, NoteFactory
from tests.helpers import client_of

from .helpers import PageOf, assert_accessible

BROKEN = (r"Failed to load resource", r"ERR_", r"htmx:(afterRequest|sendError|sendAbort)")
Place = tuple[Page, Locator, Callable[[], list[str]]]


class Line:
    """The way to the server: what is posted waits on it, or breaks off."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self.is_broken = False
        self.holds = True
        page.route("**/*", self.take)

    def take(self, route: Route) -> None:
        if route.request.method != "POST" or "/seen/" in route.request.url:
            route.fallback()
        elif self.is_broken:
            route.abort()
        elif self.holds:
            self.held.append(route)
        else:
            route.fallback()

    def let_go(self, page: Page) -> None:
        with page.expect_response(lambda response: response.request.method == "POST"):
            self.held.pop(0).continue_()


@pytest.fixture
def room(group: Group, master: Member) -> Group:
    Group.objects.filter(pk=group.pk).update(note=True, task=True)
    MembershipFactory.create(group=group, member=master)
    return group


def messages(page: Page, room: Group) -> Place:
    page.goto(reverse("room:messages", args=[room.pk]))
    field = page.get_by_label("Message", exact=True)
    return page, field, lambda: [one.text for one in Message.objects.filter(kind="text").order_by("pk")]


def comments(page: Page, room: Group) -> Place:
    page.goto(reverse("room:note", args=[room.pk, NoteFactory.create(group=room).pk]))
    return (
        page,
        page.locator("#comment-text"),
        lambda: [one.text for one in NoteComment.objects.order_by("pk")],
    )


def tasks(page: Page, room: Group) -> Place:
    page.goto(reverse("room:tasks", args=[room.pk]))
    return page, page.locator("#quick-title"), lambda: [one.title for one in Task.objects.order_by("pk")]


def send(field: Locator, text: str) -> None:
    field.fill(text)
    field.locator("xpath=ancestor::form").evaluate("form => form.requestSubmit()")
    expect(field).to_have_value("")


PLACES = pytest.mark.parametrize("place", [messages, comments, tasks])


@PLACES
def test_what_is_typed_meanwhile_stays_and_order_too(
    page_of: PageOf, room: Group, member: Member, place: Callable[[Page, Group], Place]
) -> None:
    page, field, there = place(page_of(member), room)
    line = Line(page)
    with page.expect_request(lambda request: request.method == "POST" and "/seen/" not in request.url):
        send(field, "둘")
    send(field, "셋")
    field.fill("둘째")
    expect(field).to_be_focused()
    line.let_go(page)
    expect(page.get_by_text("둘", exact=True)).to_be_visible()
    expect(field).to_have_value("둘째")
    expect(field).to_be_focused()
    line.holds = False
    while line.held:
        line.let_go(page)
    expect(page.get_by_text("셋", exact=True)).to_be_visible()
    expect(field).to_have_value("둘째")
    send(field, "둘째")
    expect(page.get_by_text("둘째", exact=True)).to_be_visible()
    assert there() == ["둘", "셋", "둘째"]


@PLACES
def test_what_could_not_be_sent(
    page_of: PageOf, room: Group, member: Member, place: Callable[[Page, Group], Place]
) -> None:
    page, field, there = place(page_of(member, expected=BROKEN), room)
    line = Line(page)
    line.is_broken, line.holds = True, False
    field.fill("One")
    field.press("Enter") if place is not comments else page.get_by_role("button", name="Comment").click()
    expect(field).to_have_value("One")
    expect(page.get_by_text("Not sent. Check your connection").first).to_be_visible()
    expect(page.locator("#failures")).to_be_empty()

    line.is_broken, line.holds = False, True
    with page.expect_request(lambda request: request.method == "POST" and "/seen/" not in request.url):
        send(field, "One")
    field.fill("Typed meanwhile")
    line.is_broken = True
    line.held.pop().abort()
    expect(page.get_by_role("button", name="Put back")).to_be_visible()
    expect(field).to_have_value("Typed meanwhile")
    assert_accessible(page)
    line.is_broken, line.holds = False, False
    send(field, "Two")
    expect(page.get_by_text("Two", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Put back")).to_be_hidden()
    assert there() == ["One", "Two"]


def test_files_and_answers_belong_to_what_they_were_chosen_for(
    page_of: PageOf, room: Group, member: Member, master: Member
) -> None:
    asked = MessageFactory.create(group=room, author=master, text="Who comes?")
    page, field, there = messages(page_of(member), room)
    line = Line(page)
    with page.expect_request(lambda request: request.method == "POST" and "/seen/" not in request.url):
        send(field, "One")
    picture: Any = {"name": "sea.txt", "mimeType": "text/plain", "buffer": b"sea"}
    page.locator("#message-files").set_input_files(picture)
    page.locator(f"#message-{asked.pk}").hover()
    page.locator(f"#message-{asked.pk}").get_by_role("link", name="Reply").click()
    expect(page.locator(".replying")).to_be_visible()
    line.let_go(page)
    expect(page.locator(".line-text", has_text="One")).to_be_visible()
    expect(page.locator("#chosen-files li")).to_have_count(1)
    expect(page.locator(".replying")).to_be_visible()
    line.holds = False
    send(field, "Two")
    expect(page.locator(".line-file", has_text="sea.txt")).to_be_visible()
    assert there() == ["Who comes?", "One", "Two"]
    one, two = Message.objects.filter(author=member).order_by("pk")
    assert (one.files.count(), one.reply_to_id) == (0, None)
    assert (two.files.count(), two.reply_to_id) == (1, asked.pk)


def become(page: Page, somebody: Member) -> None:
    """Another account in the same browser, without signing out."""
    session = client_of(somebody).cookies[settings.SESSION_COOKIE_NAME]
    here = "/".join(page.url.split("/")[:3])
    page.context.add_cookies([{"name": session.key, "value": session.value, "url": here, "httpOnly": True}])


@PLACES
def test_a_draft(
    page_of: PageOf,
    room: Group,
    member: Member,
    master: Member,
    place: Callable[[Page, Group], Place],
) -> None:
    """It is there again when one comes back, sealed meanwhile; not for others, nor after signing out."""
    page, field, _there = place(page_of(member), room)
    address = page.url
    field.press_sequentially("Secret plans")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('draft '))")
    assert "Secret" not in page.evaluate("JSON.stringify(localStorage)")
    page.goto("/groups/")
    page.goto(address)
    expect(field).to_have_value("Secret plans")

    become(page, master)
    page.goto(address)
    expect(field).to_have_value("")
    become(page, member)
    page.goto(address)
    expect(field).to_have_value("Secret plans")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-?in/|login|/$"))
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft '))") == []
