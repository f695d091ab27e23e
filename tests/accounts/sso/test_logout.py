"""A provider ends the sessions that it has begun (OpenID Connect Back-Channel Logout 1.0, rule 9.6)."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, IdentityProvider, Member, ProviderSession
from accounts.sso.signed import LOGOUT_EVENT
from tests.factories import MemberFactory
from tests.helpers import ClientOf

from .a_provider import ISSUER, OTHER_KEY, FakeProvider, provider_of

pytestmark = pytest.mark.django_db

PROFILE = reverse("accounts:profile")


def is_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


def tell(provider: IdentityProvider, token: str, **headers: str) -> Any:
    # As the provider's server, which has no cookies.
    browser = Client(enforce_csrf_checks=True)
    return browser.post(reverse("sso_logout", args=[provider.key]), {"logout_token": token}, headers=headers)


@pytest.fixture
def client(there: FakeProvider, provider: IdentityProvider) -> Client:
    """A browser in which the member is signed in by the provider's session one."""
    browser = Client()
    there.claims["sid"] = "one"
    there.sign_in(browser, provider)
    assert is_in(browser)
    return browser


def test_all_of_somebody(
    there: FakeProvider, provider: IdentityProvider, client: Client, member: Member, client_of: ClientOf
) -> None:
    """But not what they began with their password, nor others' sessions."""
    by_password = client_of(member)
    there.claims |= {"sid": "two"}
    second = Client()
    there.sign_in(second, provider)
    someone = MemberFactory.create(company=member.company)
    there.claims |= {"sub": "subject-2", "email": someone.email}
    others = Client()
    there.sign_in(others, provider)
    answer = tell(provider, there.logout_token())
    assert (answer.status_code, answer.content) == (200, b"")
    assert "no-store" in answer["Cache-Control"]
    assert [is_in(one) for one in (client, second, by_password, others)] == [False, False, True, True]
    entry = AuditEntry.objects.get(action="session.end_by_provider")
    assert (entry.target_id, entry.company_id) == (member.pk, member.company_id)
    assert entry.changes == {"provider": [None, "Hanbit ID"], "sessions": [2, 0]}


def test_one_session(there: FakeProvider, provider: IdentityProvider, client: Client) -> None:
    there.claims["sid"] = "two"
    second = Client()
    there.sign_in(second, provider)
    assert tell(provider, there.logout_token(sub=None, sid="two")).status_code == 200
    assert [is_in(client), is_in(second)] == [True, False]
    # Both have to fit, if both are there.
    assert tell(provider, there.logout_token(sub="somebody", sid="one", jti="x")).status_code == 200
    assert is_in(client)
    assert tell(provider, there.logout_token(sid="one", jti="y")).status_code == 200
    assert not is_in(client)
    assert ProviderSession.objects.count() == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"events": None},
        {"events": {"another": {}}},
        {"events": [LOGOUT_EVENT]},
        {"events": {LOGOUT_EVENT: "yes"}},
        {"nonce": "a-nonce"},
        {"jti": None},
        {"jti": ""},
        {"sub": None, "sid": None},
        {"sid": 7},
        {"iat": None},
        {"iat": 1},
        {"exp": 1},
    ],
)
def test_tokens_that_end_nothing(
    there: FakeProvider, provider: IdentityProvider, client: Client, claims: dict[str, Any]
) -> None:
    answer = tell(provider, there.logout_token(**claims))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert is_in(client)


def test_tokens_that_it_has_not_signed(
    there: FakeProvider, provider: IdentityProvider, client: Client
) -> None:
    there.key = OTHER_KEY
    assert tell(provider, there.logout_token()).status_code == 400
    there.algorithm = "none"
    assert tell(provider, there.logout_token()).status_code == 400
    assert tell(provider, "rubbish").status_code == 400
    assert tell(provider, "").status_code == 400
    assert is_in(client)


def test_an_id_token_is_none(there: FakeProvider, provider: IdentityProvider, client: Client) -> None:
    assert tell(provider, there.id_token(jti="x")).status_code == 400
    assert is_in(client)


def test_each_token_counts_once(there: FakeProvider, provider: IdentityProvider, client: Client) -> None:
    token = there.logout_token()
    assert tell(provider, token).status_code == 200
    there.sign_in(client, provider)
    assert tell(provider, token).status_code == 400
    assert is_in(client)


def test_another_companys_provider_ends_nothing(
    there: FakeProvider, provider: IdentityProvider, client: Client, other_administrator: Member
) -> None:
    """Not even with a good token of the same issuer, for the other company's row of it."""
    theirs = provider_of(other_administrator.company, issuer=ISSUER)
    assert tell(theirs, there.logout_token()).status_code == 200
    assert is_in(client)


def test_it_needs_no_clock_that_is_exact(
    there: FakeProvider, provider: IdentityProvider, client: Client
) -> None:
    now = int(time.time())
    assert tell(provider, there.logout_token(iat=now + 30, exp=now + 60)).status_code == 200
    assert not is_in(client)
