"""Audit › Admin as a person uses it (rules 8.1, 8.3)."""

import re

import pytest
from playwright.sync_api import expect

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, Member
from groups import actions
from groups.actions import Entries
from groups.models import Group
from tests.helpers import actor_of

from .helpers import PageOf, assert_accessible


@pytest.fixture
def happened(
    administrator: Member, member: Member, external_group: Group, group: Group, guest: Member
) -> None:
    remove = Entries(members=frozenset({member.pk}))
    actions.edit_entries(group, Entries(), remove, actor=actor_of(administrator))
    audit.record(actor_of(guest), "group.edit", external_group, {"name": ["Old", "Joint venture"]})
    refused = AuditEntry.Result.REFUSED
    audit.record(Actor.system(), "group.delete", group, result=refused, reason="No.")


@pytest.mark.usefixtures("happened")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_find_and_open(scheme: str, page_of: PageOf, administrator: Member) -> None:
    """Filters answer while one types and chooses; the way back leads to them."""
    page = page_of(administrator, color_scheme=scheme)
    page.goto("/groups/")
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Admin", exact=True).click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    assert_accessible(page)
    page.get_by_label("Person").fill("momo@")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("person=momo"))
    expect(page.locator("#found")).to_contain_text("1 entry shown")
    page.get_by_label("Person").fill("")
    page.get_by_label("Result").select_option("Refused")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Delete group")
    page.get_by_label("Action").select_option("Add team")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Clear filters").click()
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Edit group members").click()
    expect(page.get_by_role("row", name=re.compile("Member"))).to_contain_text(
        "Momo Member <momo@hanbit.example>"
    )
    assert_accessible(page)
    page.get_by_role("link", name="All activity on Platform guild").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name=re.compile("Remove filter")).click()
    expect(rows).to_have_count(3)


@pytest.mark.usefixtures("happened")
def test_days_of_ones_own(page_of: PageOf, administrator: Member) -> None:
    """The days are asked for only where the period is one's own; what is wrong stands beside them."""
    page = page_of(administrator, expected=("422",))
    page.goto("/audit/")
    since, until = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(since).to_be_hidden()
    page.get_by_label("Period").select_option("Custom range")
    expect(since).to_be_visible()
    since.fill("2026-02-02")
    until.fill("2026-02-01")
    expect(page.get_by_text("Choose a day on or after the “From” day.")).to_be_visible()
    expect(page.get_by_role("heading", name="Search not run")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Search").click()
    expect(until).to_have_value("2026-02-01")
    until.fill("2026-02-03")
    expect(page.get_by_role("heading", name="No activity in this period")).to_be_visible()
    expect(page.get_by_text("Choose a day on or after the “From” day.")).to_be_hidden()


@pytest.mark.usefixtures("happened")
def test_download(page_of: PageOf, administrator: Member) -> None:
    """What is listed is what is downloaded, also after the filters were changed."""
    page = page_of(administrator)
    page.goto("/audit/")
    page.get_by_label("Result").select_option("Refused")
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
        page.get_by_role("button", name="CSV").click()
    assert re.fullmatch(r"audit-Hanbit-[0-9-]{21}\.csv", download.value.suggested_filename)
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Delete group" in lines[1]


@pytest.mark.usefixtures("happened")
def test_on_a_phone_and_without_scripts(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator, width=390)
    page.goto("/audit/")
    expect(page.get_by_text("Nordlicht")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("^Edit group ?,")).click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)
    plain = page_of(administrator, java_script_enabled=False)
    plain.goto("/audit/")
    plain.get_by_label("Group").fill("joint")
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator("tbody tr")).to_have_count(1)
