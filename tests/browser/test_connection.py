"""Who connects with other companies, as administrators settle it in a real browser (rules 1.4, 2.15, 6.1)."""

import re

from playwright.sync_api import Page, expect

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import GroupFactory

from .helpers import PageOf, assert_accessible


def names(page: Page) -> list[str]:
    return page.locator("tbody .thing-title").all_inner_texts()


def choose(page: Page, label: str, typed: str, name: str) -> None:
    field = page.get_by_role("combobox", name=label)
    field.press_sequentially(typed)
    page.get_by_role("option", name=re.compile(name)).click()


def test_people_are_chosen_and_taken_out_again(
    page_of: PageOf,
    administrator: Member,
    company: Company,
    member: Member,
    guest: Member,
    team: Team,
    external_group: Group,
) -> None:
    """By name and by team; who leaves groups by a withdrawal is asked for first."""
    company.connecting = Company.Connecting.CHOSEN
    company.save()
    external_group.masters.all().delete()  # who is not permitted
    page = page_of(administrator)
    page.goto("/groups/")
    page.get_by_role("link", name="Connection").click()
    expect(page.get_by_role("heading", name="No one chosen yet")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Add people").first.click()
    choose(page, "People or teams", "momo", "Momo Member")
    choose(page, "People or teams", "plat", "^Team .*Platform")
    assert_accessible(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#messages").get_by_text("2 people were added.")).to_be_visible()
    assert names(page) == ["Momo Member", "Tae Teammate"]
    assert_accessible(page)

    page.get_by_role("searchbox").press_sequentially("tae")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name=re.compile("Remove .*Tae Teammate")).click()
    expect(page.locator("#messages").get_by_text("1 person was removed.")).to_be_visible()
    assert names(page) == ["Momo Member"]

    page.get_by_role("checkbox", name="Momo Member").check()
    page.get_by_role("button", name="Remove selected").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Remove the permission of .*Momo"))
    expect(page.get_by_text("1 external group")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Remove permission").click()
    expect(page.get_by_role("heading", name="No one chosen yet")).to_be_visible()
    assert not external_group.entries.filter(member=member).exists()


def test_companies_are_named_and_people_taken_out_of_their_groups(
    page_of: PageOf, administrator: Member, member: Member, other_company: Company, guest: Member
) -> None:
    GroupFactory.create(
        company=other_company, name="Northern lights", external=True, masters=[guest], members=[member]
    )
    page = page_of(administrator, width=390, expected=("status of 422",))
    page.goto("/connection/")
    page.get_by_role("link", name="Companies", exact=True).click()
    field = page.get_by_role("textbox", name="Email domain of the other company")
    field.fill("hanbit.example")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("This domain belongs to your own company.")).to_be_visible()
    expect(field).to_have_value("hanbit.example")
    assert_accessible(page)
    field.fill("nordlicht.example")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#messages").get_by_text("nordlicht.example was added.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Remove nordlicht.example").click()
    expect(page.locator("#messages").get_by_text("nordlicht.example was removed.")).to_be_visible()

    page.get_by_role("link", name="In other companies' groups").click()
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("Remove.*Momo Member")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Northern lights")
    assert_accessible(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#messages").get_by_text("was removed from")).to_be_visible()
    expect(page.get_by_role("heading", name="No one is in another company's group")).to_be_visible()


def test_a_master_is_named_above_the_list_of_groups(
    page_of: PageOf, administrator: Member, company: Company, outsider: Member
) -> None:
    """Rule 2.15: in one step, without leaving the list."""
    group = GroupFactory.create(company=company, name="Orphaned")
    GroupFactory.create(company=company, name="Forgotten")
    page = page_of(administrator)
    page.goto("/groups/")
    above = page.get_by_role("region", name="Groups without a master")
    for name in ("Forgotten", "Orphaned"):
        above.get_by_role("link", name=re.compile(f"Add master for .*{name}")).click()
        expect(above.get_by_role("combobox")).to_have_count(1 if name == "Forgotten" else 2)
    assert_accessible(page)
    above.get_by_role("combobox").first.press_sequentially("otto")
    page.get_by_role("option", name=re.compile("Otto Outsider")).click()
    above.get_by_role("button", name="Save").first.click()
    expect(
        page.locator("#messages").get_by_text(re.compile("The masters of .*Orphaned.* were saved"))
    ).to_be_visible()
    expect(above.get_by_role("link", name="Orphaned", exact=True)).to_have_count(0)
    assert group.masters.get().member == outsider
