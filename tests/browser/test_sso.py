"""Single sign-on in a real browser, by a provider on another site (rule 9.6)."""

import re
import time
from collections.abc import Iterator
from typing import Any

import oidc_provider_mock
import pytest
from django.core.cache import cache
from django.urls import reverse
from oidc_provider_mock import _storage
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Domain, IdentityProvider, Member
from tests.factories import IdentityProviderFactory

from .helpers import PageOf, assert_accessible

# The provider uses an older way of a library of its own.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SIGN_IN, GROUPS = reverse("account_login"), reverse("groups:list")
# What Chromium says of pages that ask, or say no.
ASKED, INVALID = r"403 \(Forbidden\)", r"422 \(Unprocessable"


@pytest.fixture
def issuer(
    member: Member, administrator: Member, live_server: LiveServer, settings: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a provider that knows two people. To the browser it is another site than ours."""
    cache.clear()
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]  # type: ignore[attr-defined]
    settings.OUTGOING_PLAIN_HTTP = True  # type: ignore[attr-defined]
    settings.SITE_URL = live_server.url  # type: ignore[attr-defined]
    people = [
        oidc_provider_mock.User(sub=sub, claims={"email": person.email, "email_verified": True})
        for sub, person in (("momo", member), ("ada", administrator))
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def provider(issuer: str, member: Member) -> IdentityProvider:
    found: IdentityProvider = IdentityProviderFactory.create(
        company=member.company, name="Hanbit ID", issuer=issuer
    )
    return found


@pytest.fixture
def open_page(page_of: PageOf) -> PageOf:
    """As page_of, but the provider's page gets no style sheet from elsewhere."""

    def opened(member: Member | None, **options: Any) -> Page:
        page = page_of(member, **options)
        page.context.route(
            re.compile("^https://"), lambda route: route.fulfill(body="", content_type="text/css")
        )
        return page

    return opened


def sign_in(page: Page, email: str, sub: str) -> None:
    page.goto(SIGN_IN)
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Use single sign-on").click()
    page.get_by_role("button", name=sub).click()


def test_by_typing_ones_address(open_page: PageOf, provider: IdentityProvider, member: Member) -> None:
    """The provider's page comes after a form of ours, which `form-action` keeps from leading elsewhere."""
    page = open_page(None, expected=(INVALID,))
    page.goto(SIGN_IN)
    assert_accessible(page)
    page.get_by_role("button", name="Use single sign-on").click()
    expect(page.get_by_role("heading", name="Single sign-on")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Email address").fill("somebody@elsewhere.example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("no single sign-on for this address")
    assert_accessible(page)
    page.get_by_label("Email address").fill(member.email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    page.get_by_role("button", name="Deny").click()
    expect(page).to_have_url(re.compile(f"{SIGN_IN}$"))
    expect(page.get_by_text("You did not finish signing in.")).to_be_visible()
    # Back leads to their page, not through ours again and again.
    page.go_back()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    sign_in(page, member.email, "momo")
    expect(page).to_have_url(re.compile(GROUPS))
    expect(page.get_by_role("button", name="Sign out")).to_be_attached()


def test_without_scripts(open_page: PageOf, provider: IdentityProvider, member: Member) -> None:
    page = open_page(None, java_script_enabled=False)
    sign_in(page, member.email, "momo")
    expect(page).to_have_url(re.compile(GROUPS))


def test_where_it_is_required(
    open_page: PageOf, provider: IdentityProvider, member: Member, administrator: Member
) -> None:
    """A password leads to the provider."""
    provider.use, provider.emergency_administrator = IdentityProvider.Use.REQUIRED, administrator
    provider.save()
    page = open_page(None, width=390, expected=(INVALID,))
    page.goto(f"{SIGN_IN}?next={reverse('accounts:profile')}")
    page.get_by_label("Email address").fill(member.email)
    page.get_by_label("Password").fill("whatever")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Your company requires its own sign-in.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Sign in with").click()
    page.get_by_role("button", name="momo").click()
    expect(page).to_have_url(re.compile(reverse("accounts:profile")))


@pytest.mark.parametrize("width", [1280, 390])
def test_setting_one_up(page_of: PageOf, issuer: str, administrator: Member, width: int) -> None:
    page = page_of(administrator, width=width)
    page.goto(reverse("accounts:providers"))
    assert_accessible(page)
    page.get_by_role("link", name="Add identity provider").click()
    page.get_by_label("Name", exact=True).fill("Hanbit ID")
    page.get_by_label("Discovery address").fill("https://127.0.0.1/")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no answer")
    page.get_by_label("Discovery address").fill(issuer)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It answers as it should.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Client ID").fill("groupadmin")
    page.get_by_label("Client secret").fill("s3cret")
    page.get_by_label("hanbit.example").check()
    page.get_by_role("button", name="Add identity provider").click()
    expect(page.get_by_role("heading", name="Hanbit ID", level=1)).to_be_visible()
    assert_accessible(page)
    page.goto(reverse("accounts:providers"))
    expect(page.get_by_text("Offered, besides the password")).to_be_visible()
    assert_accessible(page)


def test_confirming_in_a_tab_of_its_own(
    open_page: PageOf, provider: IdentityProvider, administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 9.4: what was typed stays in the first one."""
    administrator.set_unusable_password()
    administrator.save()
    # They have entered their password there this morning.
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda code: int(time.time()) - 9999)
    page = open_page(None, expected=(ASKED,))
    sign_in(page, administrator.email, "ada")
    expect(page).to_have_url(re.compile(GROUPS))
    page.goto(reverse("accounts:company"))
    page.locator("#domains").get_by_role("textbox").fill("new.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert_accessible(page)
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda code: int(time.time()))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Confirm with").click()
    tab = opened.value
    tab.get_by_role("button", name="ada").click()
    expect(tab.get_by_role("heading", name="Confirmed")).to_be_visible()
    assert_accessible(tab)
    tab.close()
    page.get_by_role("button", name="I have confirmed there").click()
    expect(page.locator("h1")).to_have_text("new.example")
    assert Domain.objects.filter(name="new.example").exists()
