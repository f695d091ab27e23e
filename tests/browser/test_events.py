"""Two people and a room's calendar in a real browser (rule 3.5)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Member
from groups.models import Event, Group
from tests.factories import EventFactory

from .helpers import PageOf, assert_accessible

REFUSED = ("status of 4(09|22)",)
"""What the browser logs of an answer that shows what is wrong."""


@pytest.fixture
def room(group: Group) -> Group:
    """The group of the cast with Event on."""
    group.event = True
    group.save()
    return group


def url(name: str, *args: object) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_one_adds_and_another_comes(page_of: PageOf, room: Group, member: Member, teammate: Member) -> None:
    """From the empty month to an event with a mistake on the way; the other one sees it, and answers."""
    today = timezone.localdate()
    one = page_of(member, expected=REFUSED)
    one.goto(url("events", room))
    assert_accessible(one)
    one.get_by_role("link", name="Add event").click()
    one.get_by_label("Title").fill("Lunch <b>together</b>")
    one.get_by_label("Starts", exact=True).fill(today.isoformat())
    one.get_by_label("Start time").fill("12:00")
    one.get_by_label("Ends", exact=True).fill((today - timedelta(days=1)).isoformat())
    one.get_by_label("End time").fill("13:00")
    one.get_by_label("Location").fill("Roof")
    one.get_by_role("button", name="Add").click()
    expect(one.get_by_text("An event cannot end before it starts.")).to_be_visible()
    expect(one.get_by_label("Location")).to_have_value("Roof")
    assert_accessible(one)
    one.get_by_label("Ends", exact=True).fill(today.isoformat())
    one.get_by_role("button", name="Add").click()
    expect(one.get_by_role("heading", name="Lunch <b>together</b>")).to_be_visible()
    assert_accessible(one)

    other = page_of(teammate)
    other.goto(url("messages", room))
    expect(other.get_by_text("added the event")).to_be_visible()
    other.get_by_role("link", name=re.compile(r"^Event.*\(new\)")).click()
    cell = other.locator("td.is-today")
    expect(cell.get_by_role("link", name="Lunch <b>together</b>")).to_be_visible()
    # What one has seen is not new on the next page.
    other.wait_for_load_state("networkidle")
    cell.get_by_role("link", name="Lunch <b>together</b>").click()
    other.get_by_role("button", name="Yes").click()
    expect(other.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    expect(other.get_by_role("button", name="Yes")).to_be_focused()
    expect(other.locator("#attendance")).to_contain_text("Tae Teammate")
    assert_accessible(other)

    one.reload()
    expect(one.locator("#attendance")).to_contain_text("Tae Teammate")
    other.get_by_role("link", name="Message", exact=False).first.click()
    expect(other.get_by_role("link", name="Event", exact=True)).to_be_visible()


def test_periods_by_keyboard_without_a_reload(page_of: PageOf, room: Group, member: Member) -> None:
    EventFactory.create(group=room, title="Standing", repeats="FREQ=DAILY")
    page = page_of(member)
    page.goto(url("events", room) + "?view=month&date=2027-03-10")
    expect(page.get_by_role("table", name="March 2027")).to_be_visible()
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Later").press("Enter")
    expect(page.get_by_role("table", name="April 2027")).to_be_visible()
    page.get_by_role("link", name="Week", exact=True).press("Enter")
    expect(page.get_by_role("columnheader", name="Thursday")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="List", exact=True).press("Enter")
    expect(page.get_by_role("link", name="Standing").first).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("window.stays")
    page.go_back()
    expect(page.get_by_role("columnheader", name="Thursday")).to_be_visible()


def test_phones_get_the_list(page_of: PageOf, room: Group, member: Member) -> None:
    EventFactory.create(group=room, starts_at=timezone.now(), title="x" * 200)
    page = page_of(member, width=390)
    page.goto(url("events", room))
    expect(page.locator(".agenda")).to_be_visible()
    expect(page.locator("table.month")).to_be_hidden()
    assert no_sideways_scrolling(page)
    assert_accessible(page)
    for address in (url("events", room) + "?view=month", url("event_add", room), url("events_feed", room)):
        page.goto(address)
        assert no_sideways_scrolling(page)
    page.goto(url("events", room) + "?view=month")
    expect(page.locator("table.month")).to_be_visible()


def test_only_what_applies_is_asked(page_of: PageOf, room: Group, member: Member) -> None:
    page = page_of(member)
    page.goto(url("event_add", room))
    page.get_by_label("Title").fill("Stand-up")
    expect(page.get_by_label("Every", exact=True)).to_be_hidden()
    page.get_by_label("Repeats", exact=True).select_option("weekly")
    page.get_by_label("Monday").check()
    page.get_by_label("Stop repeating").select_option("count")
    page.get_by_label("Number of times", exact=True).fill("3")
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_label("All day").check()
    expect(page.get_by_label("Start time")).to_be_hidden()
    assert_accessible(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Every week on Monday, 3 times")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("link", name="Only this event").click()
    page.get_by_label("Title").fill("Late stand-up")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Late stand-up")).to_be_visible()
    assert Event.objects.count() == 2


def test_a_file_is_looked_at_and_imported(
    page_of: PageOf, room: Group, member: Member, tmp_path: Path
) -> None:
    events = (
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Kick-off\nDTSTART:20270301T090000Z\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:2\nSUMMARY:Odd\nDTSTART;TZID=Mars/Base:20270301T090000\nEND:VEVENT\n"
    )
    file = tmp_path / "plan.ics"
    file.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")
    page = page_of(member, width=390)
    page.goto(url("events_import", room))
    page.get_by_label("Calendar file").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("is not known")).to_be_visible()
    assert no_sideways_scrolling(page)
    assert_accessible(page)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#messages").get_by_text("1 event was added.")).to_be_visible()


def test_this_and_all_later_ones(page_of: PageOf, room: Group, member: Member, teammate: Member) -> None:
    """One changes a series from a day on while the other has it open; who then deletes what comes later."""
    event = EventFactory.create(group=room, title="Standing", repeats="FREQ=DAILY")
    at = "?at=20270303T120000Z"
    one, other = page_of(member, width=390), page_of(teammate, expected=REFUSED)
    other.goto(url("event_edit", room, event) + at + "&which=following")
    expect(other.get_by_role("heading", name="Edit this and all later events")).to_be_visible()

    one.goto(url("event", room, event) + at)
    one.get_by_role("button", name="Edit").click()
    one.get_by_role("link", name="This and all later events").click()
    expect(one.get_by_label("Starts", exact=True)).to_have_value("2027-03-03")
    assert no_sideways_scrolling(one)
    assert_accessible(one)
    one.get_by_label("Title").fill("Sitting")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("heading", name="Sitting")).to_be_visible()

    other.get_by_label("Title").fill("Lying")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("while you were editing")).to_be_visible()
    expect(other.get_by_label("Title")).to_have_value("Lying")
    other.goto(url("events", room) + "?view=month&date=2027-03-01")
    expect(other.get_by_role("link", name="Standing")).to_have_count(2)
    other.get_by_role("link", name="Sitting").nth(4).click()
    other.get_by_role("link", name="Delete").click()
    other.get_by_label("This and all later events").check()
    assert_accessible(other)
    other.get_by_role("button", name="Delete event").click()
    expect(other.locator("#messages").get_by_text("The event was deleted.")).to_be_visible()
    other.goto(url("events", room) + "?view=month&date=2027-03-01")
    expect(other.get_by_role("link", name="Sitting")).to_have_count(4)
