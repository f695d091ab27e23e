"""Clients get tokens for an hour by their secret (RFC 6749, 4.4; rule 11.4)."""

import base64
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import tokens
from accounts.actions.tokens import MadeToken, TokenSettings, create_company_token, revoke_token
from accounts.actor import Door
from accounts.models import AccessToken, Member, Scope
from accounts.tokens import caller_of
from accounts.views import oauth
from groupadmin.base.outage import Away
from tests.helpers import Clock, actor_of

from .test_callers import presenting

pytestmark = pytest.mark.django_db

URL, FORM = "/oauth/token", "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def made(administrator: Member) -> MadeToken:
    scopes = frozenset({Scope.DIRECTORY_READ, Scope.AUDIT_READ})
    wanted = TokenSettings("Payroll", scopes, 30, source="payroll", is_client=True)
    assert administrator.company is not None
    return create_company_token(administrator.company, wanted, actor=actor_of(administrator))


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def form(data: dict[str, str], **headers: str) -> Any:
    body = "&".join(f"{name}={value}" for name, value in data.items())
    return Client().post(URL, body, content_type=FORM, headers=headers)


def test_a_client_gets_a_token_for_an_hour(made: MadeToken, clock: Clock) -> None:
    answer = form(GRANT, Authorization=basic(made.token.client_id, made.secret))
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 3600)
    assert "no-store" in answer["Cache-Control"]
    assert set(told["scope"].split()) == {"directory:read", "audit:read"}
    caller = caller_of(presenting(told["access_token"]), Door.API)
    assert caller is not None
    assert caller.actor.service is not None
    assert (caller.actor.service.name, caller.actor.source) == ("Payroll", "payroll")
    made.token.refresh_from_db()
    assert made.token.uses == 1
    clock.forward(hours=1, seconds=1)
    assert caller_of(presenting(told["access_token"]), Door.API) is None


def test_credentials_in_the_body_and_fewer_scopes(made: MadeToken) -> None:
    answer = form(
        {**GRANT, "client_id": made.token.client_id, "client_secret": made.secret, "scope": "directory:read"}
    )
    caller = caller_of(presenting(answer.json()["access_token"]), Door.API)
    assert caller is not None
    assert caller.token.scopes == ["directory:read"]


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        ({"grant_type": "client_credentials", "scope": "members:write"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
    ],
)
def test_errors_are_those_of_the_standard(
    made: MadeToken, data: dict[str, str], status: int, error: str
) -> None:
    answer = form(data, Authorization=basic(made.token.client_id, made.secret))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not AccessToken.objects.filter(issued_to=made.token).exists()


@pytest.mark.parametrize("header", ["", "Basic !", "Basic bm9ib2R5", "Basic \x00"])
def test_no_client_no_token(made: MadeToken, header: str) -> None:
    answer = form(GRANT, Authorization=header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic ")


def test_a_wrong_secret_or_one_of_another_client(made: MadeToken) -> None:
    for client_id, secret in ((made.token.client_id, "gadm_wrong"), ("client_unknown", made.secret)):
        assert form(GRANT, Authorization=basic(client_id, secret)).status_code == 401


def test_the_secret_is_no_token(made: MadeToken) -> None:
    assert caller_of(presenting(made.secret), Door.API) is None


def test_revoking_a_client_ends_what_it_has_got(made: MadeToken, administrator: Member) -> None:
    got = form(GRANT, Authorization=basic(made.token.client_id, made.secret)).json()["access_token"]
    revoke_token(made.token, actor=actor_of(administrator))
    assert caller_of(presenting(got), Door.API) is None
    assert form(GRANT, Authorization=basic(made.token.client_id, made.secret)).status_code == 401


def test_no_token_outlives_its_client(made: MadeToken) -> None:
    AccessToken.objects.filter(pk=made.token.pk).update(expires_at=timezone.now() + timedelta(minutes=5))
    form(GRANT, Authorization=basic(made.token.client_id, made.secret))
    issued = AccessToken.objects.get(issued_to=made.token)
    assert issued.expires_at <= timezone.now() + timedelta(minutes=5)


def test_a_client_that_asks_again_and_again_fills_no_table(
    made: MadeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "ISSUED_AT_MOST", 2)
    got = [
        form(GRANT, Authorization=basic(made.token.client_id, made.secret)).json()["access_token"]
        for _each in range(4)
    ]
    assert [caller_of(presenting(one), Door.API) is not None for one in got] == [False, False, True, True]
    assert AccessToken.objects.filter(issued_to=made.token).count() == 2


@pytest.mark.parametrize(
    "body",
    [
        "grant_type=%ff",
        "a" * 20_000,
        "grant_type=client_credentials&grant_type=x",
        "&".join(f"f{number}=1" for number in range(2000)),
    ],
    ids=len,
)
def test_whatever_is_sent(made: MadeToken, body: str) -> None:
    given = basic(made.token.client_id, made.secret)
    answer = Client().post(URL, body, content_type=FORM, headers={"Authorization": given})
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize(("client_id", "secret"), [("%00", "x"), ("x", "%00"), ("%ed%a0%80", "%ed%a0%80")])
def test_what_no_database_takes_is_no_client(client_id: str, secret: str) -> None:
    for answer in (
        form(GRANT, Authorization=basic(client_id, secret)),
        form({**GRANT, "client_id": client_id, "client_secret": secret}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_scope_that_is_empty_is_none_that_is_asked_for(made: MadeToken) -> None:
    """RFC 6749, 3.2: a field without a value counts as not sent."""
    answer = form({**GRANT, "scope": ""}, Authorization=basic(made.token.client_id, made.secret))
    assert set(answer.json()["scope"].split()) == {"directory:read", "audit:read"}


def test_no_secret_in_an_address(made: MadeToken) -> None:
    """RFC 6749, 2.3.1: addresses are written down on the way."""
    query = f"?grant_type=client_credentials&client_id={made.token.client_id}&client_secret={made.secret}"
    answer = Client().post(URL + query, content_type=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_every_error_is_the_standards(made: MadeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Client().get(URL)
    assert (answer.status_code, answer["Allow"], answer.json()["error"]) == (405, "POST", "invalid_request")
    for error, status, said in (
        (Away(), 503, "temporarily_unavailable"),
        (KeyError("no"), 500, "server_error"),
    ):
        monkeypatch.setattr(oauth, "issue", Mock(side_effect=error))
        answer = form(GRANT, Authorization=basic(made.token.client_id, made.secret))
        assert (answer.status_code, answer.json()) == (status, {"error": said})
        assert answer.has_header("Retry-After") == (status == 503)
