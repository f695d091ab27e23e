"""Second factors with a real browser and a virtual security key (rules 9.2, 9.4)."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Company, Domain, Member
from tests.factories import PASSWORD
from tests.factors import app_of, code
from tests.helpers import sign_in_again

from .helpers import PageOf, assert_accessible

SIGN_IN, FACTORS = reverse("account_login"), reverse("mfa_index")
# What Chromium says of the page that asks: a change was not made.
ASKED = r"403 \(Forbidden\)"


@pytest.fixture(autouse=True)
def counts() -> None:
    """Attempts and used codes are counted anew in each test."""
    cache.clear()


def plug_in_key(page: Page) -> None:
    """A security key in software, which consents to everything."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_alone_signs_in(page_of: PageOf, member: Member) -> None:
    page = page_of(member)
    plug_in_key(page)
    page.goto(FACTORS)
    assert_accessible(page)
    page.get_by_role("link", name="Add passkey").click()
    assert_accessible(page)
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    assert_accessible(page)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("My laptop", exact=True)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(SIGN_IN))
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(reverse("groups:list")))


def test_a_passkey_as_the_second_step(page_of: PageOf, member: Member) -> None:
    """After the password; whoever has no key at hand is told so."""
    page = page_of(member)
    plug_in_key(page)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_label("Sign in with it alone").uncheck()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(FACTORS)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert_accessible(page)
    expect(page.get_by_text("Your passkey was not used.")).to_be_hidden()
    page.evaluate("void (navigator.credentials.get = () => Promise.reject(new Error('closed')))")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Your passkey was not used.")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(reverse("groups:list")))


def test_an_app_that_is_required(page_of: PageOf, company: Company, member: Member) -> None:
    """Its QR code may be shown, and everything is open as soon as the app is added."""
    Company.objects.filter(pk=company.pk).update(second_factor="everybody")
    page = page_of(member, width=390)
    page.goto("/groups/")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Add authenticator app").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    assert_accessible(page)
    page.get_by_text("Enter the key by hand").click()
    page.get_by_label("code", exact=False).fill(code(page.locator(".secret").inner_text()))
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Done").click()
    page.goto("/groups/")
    expect(page).to_have_url(re.compile(r"/groups/$"))


def test_a_delicate_change_carries_on(page_of: PageOf, administrator: Member) -> None:
    """A domain is typed, the proof is too old: a code later, the domain is there."""
    secret = app_of(administrator)
    page = page_of(administrator, expected=(ASKED,))
    let_time_pass(page, administrator)
    page.goto(reverse("accounts:company"))
    page.get_by_label("New domain").fill("new.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert not Domain.objects.filter(name="new.example").exists()
    assert_accessible(page)
    page.get_by_text("Use a code instead").click()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#messages").get_by_text("new.example was added.")).to_be_visible()


def test_a_passkey_confirms(page_of: PageOf, administrator: Member) -> None:
    page = page_of(administrator, expected=(ASKED,))
    plug_in_key(page)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    let_time_pass(page, administrator)
    page.goto(reverse("mfa_view_recovery_codes"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)


def let_time_pass(page: Page, member: Member) -> None:
    """As if they had signed in an hour ago."""
    [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    browser = Client()
    browser.cookies["sessionid"] = cookie["value"]
    sign_in_again(browser, member, timezone.now() - timedelta(hours=1))
