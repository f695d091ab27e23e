"""Light or dark, as the device has it until somebody chooses."""

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Member

from .helpers import PageOf


def test_what_django_admin_keeps_changes_nothing_here(page_of: PageOf, superuser: Member) -> None:
    """It keeps "auto" under the same name."""
    page = page_of(superuser, color_scheme="dark")
    page.goto("/admin/")
    assert page.evaluate("localStorage.theme") == "auto"
    page.goto(reverse("accounts:profile"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
