"""Providers that mean no good, or are broken: nobody gets in by them, and no page fails (rule 9.6)."""

import base64
import json
from contextlib import nullcontext
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse
from jwt.algorithms import RSAAlgorithm

from accounts.actions import identities
from accounts.models import Identity, IdentityProvider, Member
from accounts.sso import turns
from groupadmin.base.public_http import Answer
from tests.accounts.sign_in.pages import is_in, sign_in
from tests.factories import MemberFactory
from tests.factors import app_of, code
from tests.helpers import ClientOf

from .a_provider import ISSUER, KEY, FakeProvider, public
from .test_logout import tell

pytestmark = pytest.mark.django_db

SURROGATE = "\ud800"


def sign(self: FakeProvider, claims: dict[str, Any]) -> str:
    """Signs whatever it is: the library refuses some of it."""
    parts = [_part({"alg": "RS256", "kid": "one"}), _part(claims)]
    message = b".".join(parts)
    return b".".join((*parts, _encoded(RSAAlgorithm(RSAAlgorithm.SHA256).sign(message, KEY)))).decode()


def _part(value: object) -> bytes:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def each(claim: str, *values: object) -> list[tuple[str, object]]:
    return [(claim, value) for value in values]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *each("sub", SURROGATE, "\0", "a\nb", "a" * 256, 1),
        *each("nonce", SURROGATE, None, 1),
        *each("iat", "1796061600", float("inf"), float("nan"), 10**400, True),
        *each("exp", float("inf"), "x", []),
        *each("aud", {}, [[]], 1),
    ],
)
def test_claims_that_are_none_let_nobody_in(
    there: FakeProvider,
    provider: IdentityProvider,
    monkeypatch: pytest.MonkeyPatch,
    claim: str,
    value: object,
) -> None:
    monkeypatch.setattr(FakeProvider, "signed", sign)
    there.claims[claim] = value
    client = Client()
    assert there.sign_in(client, provider).status_code == 302
    assert "_auth_user_id" not in client.session
    assert not Identity.objects.exists()


@pytest.mark.parametrize("shape", ["{0} ", "\t{0}", "{0}\n", "{0}\0", "<{0}>", "{0},b", "x@{0}", "\u212b{0}"])
def test_what_only_looks_like_an_address_is_none(
    there: FakeProvider, provider: IdentityProvider, member: Member, shape: str
) -> None:
    there.claims["email"] = shape.format(member.email)
    client = Client()
    there.sign_in(client, provider)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("value", [SURROGATE, float("inf"), float("nan"), 10**400, 4102444800, "1", True])
def test_a_proof_at_an_impossible_time_is_none(
    there: FakeProvider,
    provider: IdentityProvider,
    administrator: Member,
    monkeypatch: pytest.MonkeyPatch,
    value: object,
) -> None:
    """Rule 9.4: one in the future would count for ever. They are let in, and have to confirm."""
    monkeypatch.setattr(FakeProvider, "signed", sign)
    there.claims |= {"email": administrator.email, "auth_time": value, "sid": "\0"}
    client = Client()
    there.sign_in(client, provider)
    assert "_auth_user_id" in client.session
    assert client.post(reverse("accounts:domain_add"), {"name": "new.example"}).status_code == 403


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *each("jti", SURROGATE, "", 1),
        *each("sid", SURROGATE, "\0", "a" * 256, 1, []),
        *each("sub", SURROGATE, "\0"),
        *each("iat", "1796061600", float("nan")),
    ],
)
def test_logout_tokens_that_are_none_end_nothing(
    there: FakeProvider,
    provider: IdentityProvider,
    member: Member,
    monkeypatch: pytest.MonkeyPatch,
    claim: str,
    value: object,
) -> None:
    browser = Client()
    there.sign_in(browser, provider)
    monkeypatch.setattr(FakeProvider, "signed", sign)
    answer = tell(provider, there.logout_token(**{claim: value}))
    assert answer.status_code == 400
    assert "_auth_user_id" in browser.session


KEYS: dict[str, dict[str, Any]] = {
    "secret": {"kty": "oct", "k": "AAAA", "kid": "one"},
    "private": {**json.loads(RSAAlgorithm.to_jwk(KEY)), "kid": "one"},
    "short": public(rsa.generate_private_key(public_exponent=65537, key_size=1024), "one"),
    "kind": {**public(KEY, "one"), "kty": ["RSA"]},
    "empty": {**public(KEY, "one"), "n": ""},
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_that_are_not_public_sign_nothing(
    there: FakeProvider,
    provider: IdentityProvider,
    administrator: Member,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    real = FakeProvider.answer

    def answer(self: FakeProvider, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        if url.endswith("/keys"):
            return Answer(200, {}, json.dumps({"keys": [KEYS[name]]}).encode(), is_cut=False, seconds=0.0)
        return real(self, url, body, headers)

    monkeypatch.setattr(FakeProvider, "answer", answer)
    client = Client()
    there.sign_in(client, provider)
    assert "_auth_user_id" not in client.session
    tried = client_of(administrator).post(reverse("accounts:provider_try"), {"discovery_url": ISSUER})
    assert tried.status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "is_good"),
    [
        *((*one, True) for one in each("response_types_supported", None, 5, True, "code")),
        *((*one, True) for one in each("token_endpoint_auth_methods_supported", 5, True)),
        ("issuer", SURROGATE, False),
    ],
)
def test_documents_that_are_none(
    there: FakeProvider,
    provider: IdentityProvider,
    administrator: Member,
    client_of: ClientOf,
    name: str,
    value: object,
    *,
    is_good: bool,
) -> None:
    there.document[name] = value
    tried = client_of(administrator).post(reverse("accounts:provider_try"), {"discovery_url": ISSUER})
    assert (tried.status_code, bool(tried.context["trial"].problem)) == (200, not is_good)
    assert Client().post(reverse("sso_start", args=[provider.key])).status_code == (200 if is_good else 422)


def test_two_people_with_one_subject_at_once(
    there: FakeProvider, provider: IdentityProvider, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is second is the first, as they would be a moment later; or nobody, if they no longer are."""
    first = MemberFactory.create(company=member.company)
    found = identities._by_address

    def meanwhile(provider: IdentityProvider, person: identities.Person) -> Member:
        Identity.objects.create(provider=provider, member=first, subject=person.subject)
        return found(provider, person)

    monkeypatch.setattr(identities, "_by_address", meanwhile)
    client = Client()
    assert there.sign_in(client, provider).status_code == 302
    assert client.session["_auth_user_id"] == str(first.pk)
    assert Identity.objects.get().member == first


@pytest.mark.parametrize("change", [{"client_id": "another"}, {"use": IdentityProvider.Use.OFF}])
def test_a_provider_that_is_changed_meanwhile_joins_nobody(
    there: FakeProvider,
    provider: IdentityProvider,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    """What it said was of the one before."""
    found = identities._by_address

    def meanwhile(provider: IdentityProvider, person: identities.Person) -> Member:
        IdentityProvider.objects.filter(pk=provider.pk).update(**change)
        return found(provider, person)

    monkeypatch.setattr(identities, "_by_address", meanwhile)
    client = Client()
    there.sign_in(client, provider)
    assert "_auth_user_id" not in client.session
    assert not Identity.objects.exists()


def test_the_code_after_a_password_does_not_count_once_a_provider_is_required(
    provider: IdentityProvider, member: Member, administrator: Member
) -> None:
    secret = app_of(member)
    client = sign_in(member.email).client
    IdentityProvider.objects.update(use=IdentityProvider.Use.REQUIRED, emergency_administrator=administrator)
    answer = client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert answer.status_code == 422
    assert answer.context["providers"] == [provider]
    assert not is_in(answer)


def test_nor_does_the_code_after_a_provider_that_is_no_longer_in_use(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    secret = app_of(member)
    IdentityProvider.objects.update(asks_factor=True)
    client = Client()
    there.sign_in(client, provider)
    IdentityProvider.objects.update(use=IdentityProvider.Use.OFF)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert "_auth_user_id" not in client.session


def test_a_provider_that_is_slow_keeps_no_more_than_one_thread_busy(
    there: FakeProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do slow ones together keep more than two; then one is told to try again."""
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)
    start = reverse("sso_start", args=[provider.key])
    for first, second in ((ISSUER, None), ("https://one.example", "https://two.example")):
        with turns.turn(first), turns.turn(second) if second else nullcontext():
            answer = Client().post(start)
            assert (answer.status_code, there.asked) == (422, [])
            assert "does not answer" in answer.content.decode()
    there.visit(Client(), provider)
