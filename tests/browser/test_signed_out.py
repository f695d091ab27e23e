"""What is typed into a form outlives the session that ended before it was sent (rule 9.8)."""

from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import PASSWORD
from tests.factors import app_of, codes_of

from .helpers import PageOf

BACK = "What you typed is back in the form."
LOST = "You were signed out, so nothing was saved."


def sign_in(page: Page, member: Member) -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email address").fill(member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def kept(page: Page) -> int:
    return int(
        page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('unsaved')).length")
    )


def test_a_plain_form_and_whoever_signs_in_next(
    page_of: PageOf, administrator: Member, master: Member, other_administrator: Member, company: Company
) -> None:
    """Its writer finds it as it was, and sends it by hand; nobody else finds anything."""
    page, add = page_of(administrator, expected=("403",)), reverse("accounts:member_add")
    page.goto(add)
    page.get_by_label("Name", exact=True).fill("Nora <New>")
    page.locator("#id_local_part").fill("nora")
    page.get_by_label("Administrator").check()
    Session.objects.all().delete()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=LOST)).to_be_visible()
    sign_in(page, other_administrator)
    expect(page.locator("#messages").filter(has_text=LOST)).to_be_visible()
    assert page.get_by_label("Name", exact=True).input_value() == ""
    assert kept(page) == 0
    # Once more, with its writer.
    page.goto(reverse("accounts:profile"))
    page.locator("[data-signs-out]").get_by_role("button").click()
    sign_in(page, administrator)
    page.goto(add)
    page.get_by_label("Name", exact=True).fill("Nora <New>")
    page.locator("#id_local_part").fill("nora")
    page.get_by_label("Administrator").check()
    Session.objects.all().delete()
    page.get_by_role("button", name="Add", exact=True).click()
    assert "Nora" not in page.evaluate("JSON.stringify(sessionStorage)"), "it is sealed"
    sign_in(page, administrator)
    expect(page.locator("#messages").filter(has_text=LOST)).to_contain_text(BACK)
    assert page.url.endswith(add)
    assert page.get_by_label("Name", exact=True).input_value() == "Nora <New>"
    expect(page.get_by_label("Administrator")).to_be_checked()
    assert not Member.objects.filter(name="Nora <New>").exists()
    assert kept(page) == 0


def test_a_dialog_with_people_chosen_in_it(
    page_of: PageOf, administrator: Member, group: Group, outsider: Member
) -> None:
    """htmx has sent it: the dialog's own page has the fields, and the chips of who is chosen."""
    page = page_of(administrator)
    page.goto(reverse("groups:detail", args=[group.pk]))
    page.get_by_role("link", name="Edit Group/Master").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Group Name").fill("Renamed")
    members = page.get_by_role("combobox", name="Member(s)")
    chips = page.locator(".field", has=members).locator(".picker-chip")
    members.fill(outsider.name[:4])
    page.get_by_role("option").first.click()
    expect(chips.filter(has_text=outsider.name)).to_be_visible()
    chosen = chips.all_inner_texts()
    Session.objects.all().delete()
    dialog.get_by_role("button", name="Save").click()
    sign_in(page, administrator)
    expect(page.locator("#messages").filter(has_text=LOST)).to_contain_text(BACK)
    assert page.get_by_label("Group Name").input_value() == "Renamed"
    expect(chips).to_have_count(len(chosen))
    assert sorted(chips.all_inner_texts()) == sorted(chosen)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Renamed")).to_be_visible()


def test_what_an_open_page_asks_by_itself_takes_nothing_away(
    page_of: PageOf, administrator: Member, company: Company
) -> None:
    """Something on it finds out that the session is over while one is still typing; the bell says nothing."""
    page = page_of(administrator)
    page.goto(reverse("accounts:team_add"))
    page.get_by_label("Name", exact=True).fill("Half a")
    Session.objects.all().delete()
    with page.expect_response("**/notifications/bell/"):
        page.evaluate("htmx.ajax('GET', '/notifications/bell/', {source: '#bell', target: '#bell'})")
    assert page.get_by_label("Name", exact=True).input_value() == "Half a"
    page.evaluate("htmx.ajax('GET', '/notifications/bell/', {source: '#messages', target: '#messages'})")
    sign_in(page, administrator)
    expect(page.locator("#messages").filter(has_text=BACK)).to_be_visible()
    assert page.get_by_label("Name", exact=True).input_value() == "Half a"


def test_a_second_step_and_a_second_tab(page_of: PageOf, administrator: Member) -> None:
    """After a code too; and where one has signed in again in another tab, the form is an old one."""
    app_of(administrator)
    code = codes_of(administrator)[0]
    page = page_of(administrator, expected=("403",))
    page.goto(reverse("accounts:team_add"))
    page.get_by_label("Name", exact=True).fill("Atlas")
    Session.objects.all().delete()
    page.get_by_role("button", name="Add", exact=True).click()
    sign_in(page, administrator)
    page.get_by_label("Code").first.fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#messages").filter(has_text=LOST)).to_contain_text(BACK)
    assert page.get_by_label("Name", exact=True).input_value() == "Atlas"
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.locator("#messages").filter(has_text=BACK)).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Atlas").first).to_be_visible()
    assert Team.objects.filter(name="Atlas").count() == 1


def test_without_scripts_the_page_and_the_word_remain(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator, java_script_enabled=False)
    page.goto(reverse("accounts:team_add"))
    page.get_by_label("Name", exact=True).fill("Atlas")
    Session.objects.all().delete()
    page.get_by_role("button", name="Add", exact=True).click()
    sign_in(page, administrator)
    expect(page.locator("#messages").filter(has_text=LOST)).to_be_visible()
    assert page.url.endswith(reverse("accounts:team_add"))
