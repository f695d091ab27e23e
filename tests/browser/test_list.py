"""The lists of groups as a person uses them (rule 5.5)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Company, Member
from groups import actions
from groups.models import Group
from tests.factories import GroupFactory
from tests.helpers import actor_of

from .helpers import PageOf, assert_accessible


def rows(page: Page) -> list[str]:
    """The names in the list, in order."""
    return page.locator("tbody .thing-title").all_inner_texts()


@pytest.fixture
def many(company: Company, master: Member, member: Member) -> list[Group]:
    """Thirty groups, one a day, the last one the newest."""
    groups = [
        GroupFactory.create(
            company=company,
            name=f"로봇 {n:02}",
            masters=[master],
            members=[member],
            message=True,
            private=n % 10 == 0,
            description="For all who build it.",
        )
        for n in range(30)
    ]
    for n, group in enumerate(groups):
        Group.objects.filter(pk=group.pk).update(created_at=timezone.now() - timedelta(days=30 - n))
    return groups


def test_search_as_one_types(page_of: PageOf, administrator: Member, many: list[Group], group: Group) -> None:
    """Without pressing anything; the address can be shared, and clearing brings everything back."""
    page = page_of(administrator)
    page.goto("/groups/")
    search = page.get_by_role("searchbox", name="Name, address or master")
    search.press_sequentially("plat")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=plat$"))
    expect(page.get_by_role("status").filter(has_text="1 group shown")).to_be_attached()
    expect(search).to_be_focused()
    page.reload()
    assert rows(page) == ["Platform guild"]
    search.fill("")
    expect(page.locator("tbody tr")).to_have_count(25)
    search.fill("nothing of this name")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Clear search").click()
    expect(page.locator("tbody tr")).to_have_count(25)


def test_filters_and_search_add_up(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    page = page_of(administrator)
    page.goto("/groups/")
    page.get_by_role("link", name="Private", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("searchbox").fill("20")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert rows(page) == ["로봇 20"]
    page.get_by_role("link", name="All", exact=True).click()
    expect(page).to_have_url(re.compile(r"/groups/\?q=20$"))
    page.get_by_role("searchbox").fill("")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("button", name="Feature").click()
    page.get_by_role("link", name="Note").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("tbody tr")).to_have_count(25)


def test_pages_and_order(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    """The browser's own way back works too."""
    page = page_of(administrator)
    page.goto("/groups/")
    assert rows(page)[0] == "로봇 29"
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    assert rows(page)[-1] == "로봇 00"
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("Name"))
    assert rows(page)[0] == "로봇 00"
    page.go_back()
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("Created"))
    expect(page.locator("tbody .thing-title").first).to_have_text("로봇 29")


def test_a_row_leads_to_its_group(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    """Wherever in the row one clicks."""
    page = page_of(administrator)
    page.goto("/groups/")
    page.locator("tbody tr").first.locator("td.created").click(force=True)
    expect(page).to_have_url(re.compile(rf"/groups/{many[-1].pk}/$"))


def test_what_can_be_added(page_of: PageOf, administrator: Member, company: Company) -> None:
    """Rule 2.3: the choice that needs Core is there, disabled, with the reason."""
    Company.objects.filter(pk=company.pk).update(has_core=False)
    page = page_of(administrator)
    page.goto("/groups/")
    page.get_by_role("button", name="Add Group").click()
    expect(page.get_by_role("link", name="Group Members of your company only")).to_have_attribute(
        "href", "/groups/add/"
    )
    external = page.get_by_role("link", name=re.compile("^External group"))
    expect(external).to_be_disabled()
    expect(external).to_contain_text("External groups need Core")
    assert_accessible(page)


def test_on_a_narrow_screen(page_of: PageOf, administrator: Member, many: list[Group], group: Group) -> None:
    """Rows say in their second line what the columns say elsewhere, and nothing sticks out."""
    page = page_of(administrator, width=390)
    page.goto("/groups/")
    row = page.locator("tbody tr").filter(has_text="Platform guild")
    expect(row).to_contain_text("2 people · Mira Master")
    expect(row.locator("td.created")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Sort").click()
    page.get_by_role("link", name="Name, Z to A").click()
    expect(page.locator("tbody .thing-title").first).to_have_text("로봇 29")
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", ["administrator", "guest"])
def test_accessible(
    scheme: str, who: str, page_of: PageOf, many: list[Group], request: pytest.FixtureRequest
) -> None:
    """With every mark that there is, in both colours."""
    for name in ("group", "external_group"):
        request.getfixturevalue(name)
    GroupFactory.create(company=many[0].company, name="Neither master nor members")
    page = page_of(request.getfixturevalue(who), color_scheme=scheme)
    page.goto(f"/groups/?new={many[-1].pk}")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
    assert_accessible(page)
    if who == "administrator":
        page.get_by_role("button", name="Feature").click()
        assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_delete_and_restore(scheme: str, page_of: PageOf, administrator: Member, group: Group) -> None:
    """A name that is taken meanwhile is asked for anew (rule 2.17)."""
    actions.delete_group(group, actor=actor_of(administrator))
    GroupFactory.create(company=group.company, name="platform GUILD")
    page = page_of(administrator, color_scheme=scheme, expected=("422",))
    page.goto("/groups/")
    page.get_by_role("link", name="Recently deleted").click()
    expect(page.get_by_role("row", name="Platform guild")).to_contain_text("30 days left")
    assert_accessible(page)
    page.get_by_role("link", name="Restore").click()
    assert_accessible(page)
    name = page.get_by_label("Group Name")
    page.get_by_role("button", name="Restore").click()
    expect(name).to_have_value("Platform guild")
    expect(page.get_by_text("already has a group with this name")).to_be_visible()
    name.fill("Platform guild again")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="Platform guild again")).to_be_visible()


def test_without_scripts(page_of: PageOf, administrator: Member, many: list[Group]) -> None:
    """Search, filters, menus and pages are plain forms and links."""
    page = page_of(administrator, java_script_enabled=False)
    page.goto("/groups/")
    page.get_by_role("link", name="Private", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("searchbox").fill("20")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert rows(page) == ["로봇 20"]
    page.goto("/groups/")
    page.get_by_role("link", name="Message", exact=True).click()
    expect(page).to_have_url(re.compile("feature=message"))
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(page.get_by_role("link", name=re.compile("^External group"))).to_be_visible()


def test_add_group_opens_ready_to_type(page_of: PageOf, administrator: Member, group: Group) -> None:
    """The dialog over the list has the focus on the name; closed, the list is there as before."""
    page = page_of(administrator)
    page.goto("/groups/")
    page.get_by_role("button", name="Add Group").click()
    page.get_by_role("link", name="Members of your company only").click()
    dialog = page.get_by_role("dialog", name="Add Group")
    expect(dialog.get_by_label("Group Name")).to_be_focused()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/groups/$"))
