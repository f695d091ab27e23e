"""Choosing by keyboard, by pasting and from the organization chart, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import MemberFactory, TeamFactory

from .helpers import PageOf, assert_accessible

pytestmark = [pytest.mark.urls("tests.browser.picker_page")]


@pytest.fixture
def page(page_of: PageOf, administrator: Member, master: Member, member: Member, group: Group) -> Page:
    page = page_of(administrator)
    page.goto("/pickers/")
    return page


def paste(page: Page, text: str) -> None:
    """Pastes into what has the focus."""
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const options = { clipboardData: data, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )


def chips(page: Page, field: str = "members") -> list[str]:
    return page.locator(f".picker:has([name={field}]) .picker-chips .picker-label").all_inner_texts()


def plain(text: str) -> str:
    return re.sub("[\u2066-\u2069]", "", text)


def test_by_keyboard_alone(page: Page, group: Group, member: Member, team: Team) -> None:
    page.keyboard.press("Tab")  # skip link
    box = page.get_by_role("combobox", name="Member(s)")
    while not box.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type("pl")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)  # the team, the group, and the teammate by the team's name
    expect(box).to_have_attribute("aria-expanded", "true")
    first = options.nth(0).get_attribute("id")
    assert first
    expect(box).to_have_attribute("aria-activedescendant", first)
    page.keyboard.press("End")
    expect(options.nth(2)).to_have_class(re.compile("active"))
    page.keyboard.press("Home")
    expect(options.nth(0)).to_have_class(re.compile("active"))
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".picker:has([name=members]) .picker-live")).to_have_text(re.compile("Added: "))

    page.keyboard.type("momo")
    expect(options).to_have_count(1)
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("momo")
    page.keyboard.press("ArrowDown")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    assert [plain(chip) for chip in chips(page)] == ["Platform · 1 person", "Momo Member"]

    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name=re.compile("Remove .*Momo"))).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name=re.compile("Remove .*Platform"))).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(".picker:has([name=members]) .picker-live")).to_have_text(
        re.compile("Removed: .*Platform")
    )
    expect(page.get_by_role("button", name=re.compile("Remove .*Momo"))).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(box).to_be_focused()
    page.keyboard.press("Backspace")
    assert chips(page) == []
    assert_accessible(page)


def test_what_is_chosen_is_saved(page: Page, member: Member) -> None:
    page.get_by_label("Member(s)").fill("momo")
    page.get_by_role("option", name=re.compile("Momo")).click()
    page.get_by_label("Member(s)").fill("momo")
    option = page.get_by_role("option", name=re.compile("Momo"))
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    page.get_by_label("Member(s)").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("output")).to_contain_text(f"members=frozenset({{{member.pk}}})")


def test_what_was_only_typed_is_not_lost(page: Page) -> None:
    page.get_by_label("Member(s)").fill("Nobody Such")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_contain_text("Nobody Such")
    expect(page.get_by_label("Member(s)")).to_have_value("Nobody Such")


def test_several_typed_addresses_are_looked_up_again(
    page_of: PageOf, administrator: Member, member: Member
) -> None:
    """What a form came back with is sorted into what is found and what is not."""
    page = page_of(administrator)
    page.goto("/pickers/")
    text = f"{member.email}\nnobody@hanbit.example"
    page.locator("[name=members]").evaluate(
        "(area, text) => { area.value = text; area.form.submit(); }", text
    )
    expect(page.locator(".errorlist")).to_contain_text("nobody@hanbit.example")
    report = page.get_by_role("group", name="1 of 2 addresses were not found")
    expect(report.get_by_role("textbox")).to_have_value("nobody@hanbit.example")
    assert [plain(chip) for chip in chips(page)] == ["Momo Member"]
    expect(report).not_to_be_focused()


def test_late_answers_are_dropped(page: Page) -> None:
    """Whoever types on sees the results for what stands there now."""
    held: list[Route] = []
    page.route(re.compile("/pick/.*q=mo$"), lambda route: held.append(route))
    box = page.get_by_role("combobox", name="Member(s)")
    with page.expect_request(re.compile("q=mo$")):
        box.fill("mo")
    box.fill("mira")
    expect(page.get_by_role("option")).to_have_text(re.compile("Mira Master"))
    held[0].fulfill(body='<ul data-said="late"><li role="option" data-token="member:1">Late</li></ul>')
    page.evaluate("fetch('/pickers/').then(answer => answer.text())")  # comes after the late answer
    expect(page.get_by_role("option")).to_contain_text("Mira Master")


def test_no_connection(page_of: PageOf, administrator: Member) -> None:
    """Said, and what was pasted is still there."""
    page = page_of(administrator, expected=("ERR_FAILED",))
    page.goto("/pickers/")
    page.route("**/pick/**", lambda route: route.abort())
    box = page.get_by_role("combobox", name="Member(s)")
    box.fill("momo")
    expect(page.locator(".picker:has([name=members]) .picker-said")).to_have_text(
        "That did not work. Try again."
    )
    box.fill("")
    box.focus()
    paste(page, "a@hanbit.example, b@hanbit.example")
    report = page.get_by_role("group", name="These addresses could not be looked up")
    expect(report.get_by_role("textbox")).to_have_value("a@hanbit.example, b@hanbit.example")


def test_a_refusal_is_said_where_the_tree_would_stand(page_of: PageOf, outsider: Member) -> None:
    """Only administrators may create groups here (rule 1.5)."""
    page = page_of(outsider, expected=("403",))
    page.goto("/pickers/")
    why = "Only administrators of your company can create groups."
    picker = page.locator(".picker:has([name=members])")
    picker.get_by_role("button", name="Browse teams").click()
    expect(picker.locator(".picker-tree")).to_have_text(why)
    picker.get_by_role("combobox").fill("momo")
    expect(picker.locator(".picker-said")).to_have_text(why)


def test_a_pasted_list(page: Page, company: Company, administrator: Member, member: Member) -> None:
    people = MemberFactory.create_batch(260, company=company)
    box = page.get_by_role("combobox", name="Member(s)")
    box.focus()
    lines = [f"{person.name} <{person.email}>" for person in people]
    paste(page, "\n".join(["nobody@hanbit.example", *lines, "Sten <sten@nordlicht.example>"]))
    report = page.get_by_role("group", name="2 of 262 addresses were not found")
    expect(report).to_be_focused()
    missing = report.get_by_role("textbox")
    expect(missing).to_have_value("nobody@hanbit.example\nsten@nordlicht.example")
    expect(page.locator(".picker-chips .picker-chip")).to_have_count(200)
    expect(page.get_by_role("button", name="and 60 more")).to_be_visible()
    assert_accessible(page)

    missing.fill("momo@hanbit.example")
    report.get_by_role("button", name="Look up again").click()
    expect(report).to_be_hidden()
    page.get_by_role("button", name="and 61 more").click()
    expect(page.locator(".picker-chips .picker-chip")).to_have_count(261)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("output")).to_contain_text(str(member.pk))
    expect(page.locator("output")).to_contain_text(str(people[-1].pk))


def test_one_address_pasted_with_a_name(page: Page, member: Member) -> None:
    """Rule 1.11: it needs reading, so it is read at once; one alone can be searched for."""
    page.get_by_role("combobox", name="Member(s)").focus()
    paste(page, "모모/영업팀/momo＠hanbit.example。")
    expect(page.locator(".picker-chips .picker-chip")).to_contain_text("Momo Member")


def test_browsing_teams(page: Page, company: Company, team: Team, teammate: Member) -> None:
    below = TeamFactory.create(company=company, name="SRE", parent=team)
    picker = page.locator(".picker:has([name=members])")
    browse = picker.get_by_role("button", name="Browse teams")
    browse.focus()
    page.keyboard.press("Enter")
    expect(browse).to_have_attribute("aria-expanded", "true")
    picker.get_by_role("button", name=re.compile("Show what is in .*Platform")).press("Enter")
    sre = picker.get_by_role("button", name=re.compile("^SRE"))
    sre.press("Enter")
    expect(sre).to_have_attribute("aria-pressed", "true")
    picker.get_by_role("button", name=re.compile("^Tae")).press("Enter")
    assert [plain(chip) for chip in chips(page)] == ["Platform › SRE · 0 people", "Tae Teammate"]
    assert_accessible(page)
    sre.press("Enter")
    expect(sre).to_have_attribute("aria-pressed", "false")
    assert f"team:{below.pk}" not in page.locator("[name=members]").input_value()


def test_people_only_for_masters(page: Page, group: Group) -> None:
    page.get_by_role("combobox", name="Master(s)").fill("platform")
    options = page.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("Tae Teammate")


def test_nasty_names_stay_text(page: Page, company: Company) -> None:
    """Rule 2.4."""
    name = '<img src=x onerror="alert(1)"> {{ 7 }} "quoted" \u202e'
    MemberFactory.create(company=company, name=name, email="nasty@hanbit.example")
    page.get_by_role("combobox", name="Member(s)").fill("<img")
    page.get_by_role("option").click()
    assert '<img src=x onerror="alert(1)"> {{ 7 }} "quoted"' in plain(chips(page)[0])
    expect(page.locator("img[src=x]")).to_have_count(0)


def test_without_javascript(page_of: PageOf, administrator: Member, member: Member) -> None:
    page = page_of(administrator, java_script_enabled=False)
    page.goto("/pickers/")
    page.get_by_label("Member(s)").fill(f"{member.email}\n{administrator.email}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("output")).to_contain_text(str(member.pk))
