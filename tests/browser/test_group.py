"""A group's and a person's page in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory

from .helpers import PageOf, assert_accessible


@pytest.fixture
def launch(company: Company, team: Team, member: Member, group: Group) -> Group:
    """A group with people directly, by team, and by the cast's group."""
    return GroupFactory.create(
        company=company, name="Launch", members=[member], teams=[team], subgroups=[group], message=True
    )


def address(group: Group, name: str = "detail") -> str:
    return reverse(f"groups:{name}", args=[group.pk])


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_every_way_is_shown_and_found_as_one_types(
    page_of: PageOf, administrator: Member, launch: Group, team: Team
) -> None:
    """Beside each person why they are there, with links to what would end it (rule 2.10)."""
    page = page_of(administrator)
    page.goto(address(launch))
    row = page.get_by_role("row", name=re.compile("Tae Teammate"))
    expect(row).to_contain_text("through team Platform")
    expect(row).to_contain_text("through group Platform guild › through team Platform")

    page.get_by_role("searchbox", name="Find a person").press_sequentially("momo")

    expect(row).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("Momo Member"))).to_contain_text("directly")
    expect(page).to_have_url(re.compile("q=momo"))
    page.get_by_role("link", name="Momo Member").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Momo Member")
    expect(page.get_by_role("row", name=re.compile("Launch"))).to_contain_text("directly")
    page.get_by_role("row", name=re.compile("Launch")).get_by_role("link", name="Platform guild").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Platform guild")


def test_the_bell_keeps_its_corner(page_of: PageOf, master: Member, external_group: Group) -> None:
    """However many buttons a master has, and however narrow the window is."""
    page = page_of(master)
    page.goto(address(external_group))
    actions = page.locator(".titleline-actions")
    for width in (1280, 1024, 800):
        page.set_viewport_size({"width": width, "height": 900})
        bell = page.locator("#bell").bounding_box()
        box = actions.bounding_box()
        assert bell is not None
        assert box is not None
        assert bell["y"] < 60
        assert bell["x"] >= box["x"] + box["width"]
        assert no_sideways_scrolling(page)


def test_taking_somebody_out_can_be_undone(
    page_of: PageOf, administrator: Member, member: Member, launch: Group
) -> None:
    """Rule 10.13."""
    page = page_of(administrator)
    page.goto(address(launch) + "?show=direct")
    button = page.get_by_role("button", name=re.compile("Remove .*Momo Member.* from the group"))

    button.click()
    said = page.locator("#messages")
    expect(said).to_contain_text(re.compile("Momo Member.? was removed from the group."))
    expect(page.get_by_role("row", name=re.compile("Momo Member"))).to_have_count(0)
    assert not launch.entries.filter(member=member).exists()
    # Said to those who listen as well.
    expect(page.locator("body > [role=status]").last).to_contain_text("was removed from the group. Undo")

    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("are as before")
    expect(button).to_be_visible()
    assert launch.entries.filter(member=member).exists()


def test_editing_members_by_keyboard(
    page_of: PageOf, administrator: Member, outsider: Member, launch: Group
) -> None:
    """Find, choose and save without a mouse (rule 2.18)."""
    page = page_of(administrator)
    page.goto(address(launch))
    page.get_by_role("link", name="Edit Members").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="Member(s)")
    field.focus()
    page.keyboard.type("otto")
    expect(page.get_by_role("option", name=re.compile("Otto Outsider"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".picker-chip", has_text="Otto Outsider")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#messages").get_by_text("The members were saved.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Otto Outsider"))).to_be_visible()
    assert launch.entries.filter(member=outsider).exists()


def test_two_people_at_once(
    page_of: PageOf, administrator: Member, insider: Member, outsider: Member, launch: Group
) -> None:
    """The later one sees what changed and what saving would do, and chooses (rule 2.18)."""
    page = page_of(administrator, expected=("409",))
    page.goto(address(launch, "edit_members"))
    launch.entries.create(member=insider)
    launch.version += 1
    launch.save()

    page.get_by_role("combobox", name="Member(s)").press_sequentially("otto")
    page.get_by_role("option", name=re.compile("Otto Outsider")).click()
    page.get_by_role("button", name="Save").click()

    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("Someone else changed this group while you were editing")
    expect(conflict).to_contain_text("Otto Outsider")
    expect(page.locator(".picker-chip", has_text="Otto Outsider")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save anyway").click()
    expect(page.locator("#messages").get_by_text("The members were saved.")).to_be_visible()
    assert set(launch.entries.filter(member__in=[insider, outsider]).values_list("member", flat=True)) == {
        outsider.pk
    }


def test_deleting_asks_and_leads_to_recently_deleted(
    page_of: PageOf, administrator: Member, launch: Group, group: Group
) -> None:
    """Named are people, address and what contains the group (rule 2.17)."""
    page = page_of(administrator)
    page.goto(address(group))
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("link", name="Delete group").click()

    question = page.get_by_role("main")
    expect(question).to_contain_text("2 people lose access to this group.")
    expect(question).to_contain_text("platform@hanbit.example")
    expect(question.get_by_role("link", name="Launch")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Type the name").fill(group.name)
    page.get_by_role("button", name="Delete group").click()

    expect(page.locator("#messages").filter(has_text="Platform guild")).to_be_visible()
    group.refresh_from_db()
    assert group.deleted_at is not None
    page.get_by_role("status").get_by_role("link", name="Recently deleted").click()
    expect(page.get_by_role("main")).to_contain_text("Platform guild")


def test_the_dialog_opens_over_the_page(page_of: PageOf, administrator: Member, group: Group) -> None:
    """ "Edit Group/Master", the other door (rule 2.18)."""
    page = page_of(administrator)
    page.goto(address(group))
    page.get_by_role("link", name="Edit Group/Master").click()

    expect(page.get_by_role("dialog").get_by_label("Group Name")).to_have_value("Platform guild")
    expect(page).to_have_url(re.compile(reverse("groups:edit", args=[group.pk])))


def test_a_master_joins_with_one_click(page_of: PageOf, master: Member, group: Group) -> None:
    """Rule 2.12."""
    page = page_of(master)
    page.goto(address(group))
    page.get_by_role("button", name=re.compile("Add as member")).click()

    expect(page.locator("#messages").get_by_text("can enter the message room")).to_be_visible()
    assert group.entries.filter(member=master).exists()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_pages_are_accessible_and_fit(
    page_of: PageOf,
    company: Company,
    administrator: Member,
    member: Member,
    launch: Group,
    group: Group,
    external_group: Group,
    scheme: str,
    width: int,
) -> None:
    """Each page, light on a phone and dark on a desk: no violation, nothing to scroll sideways."""
    long = MemberFactory.create(company=company, name="W" * 100, email=f"{'long' * 12}@hanbit.example")
    launch.masters.create(member=administrator)
    launch.masters.create(member=long)
    launch.entries.create(member=long)
    page = page_of(administrator, width=width, color_scheme=scheme)
    empty = GroupFactory.create(company=company, name="—" * 100)
    pages = [
        *(address(launch) + f"?show={show}" for show in ("everyone", "direct", "masters")),
        *(address(group, name) for name in ("settings_of", "part_of", "history", "edit_members")),
        address(launch, "name_master"),
        address(launch, "delete"),
        address(external_group),
        address(empty),
        reverse("groups:member", args=[member.pk]),
        reverse("groups:member", args=[long.pk]),
    ]
    for one in pages:
        page.goto(one)
        assert_accessible(page)
        assert no_sideways_scrolling(page), one


def test_works_without_scripts(page_of: PageOf, administrator: Member, member: Member, launch: Group) -> None:
    """Search, removal and editing are ordinary links and forms underneath."""
    page = page_of(administrator, java_script_enabled=False)
    page.goto(address(launch) + "?show=direct")
    page.get_by_role("searchbox").fill("momo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Remove .*Momo Member.* from the group")).click()

    expect(page.locator("#messages")).to_contain_text("was removed from the group.")
    assert not launch.entries.filter(member=member).exists()
    page.locator("#messages").get_by_role("button", name="Undo").click()
    expect(page.locator("#messages")).to_contain_text("are as before")
    assert launch.entries.filter(member=member).exists()
