"""Where the browser's time zone goes (rule 12.3)."""

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Member
from tests.factories import PASSWORD

from .helpers import PageOf, assert_accessible


def test_the_zone_comes_with_the_sign_in_and_is_asked_about_elsewhere(
    page_of: PageOf, member: Member
) -> None:
    page = page_of(None, timezone_id="Europe/Berlin")
    page.goto(reverse("account_login"))
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    member.refresh_from_db()
    assert member.browser_zone == "Europe/Berlin"

    page = page_of(member, timezone_id="Asia/Calcutta", width=390)
    for _ in range(2):
        page.goto(reverse("accounts:profile"))
    offer = page.locator("#zone-offer")
    expect(offer).to_contain_text("Your computer is in Asia/Kolkata.")
    assert_accessible(page)
    page.get_by_label("Language").select_option("en-gb")
    offer.get_by_role("button", name="Keep Europe/Berlin").click()
    expect(offer).to_have_count(0)
    # What was being filled in is still there.
    expect(page.get_by_label("Language")).to_have_value("en-gb")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#messages").get_by_text("Your profile was saved.")).to_be_visible()
    expect(offer).to_have_count(0)
