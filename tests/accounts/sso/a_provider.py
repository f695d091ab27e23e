"""An identity provider in memory, which says whatever a test wants it to say, signed well or badly."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from accounts.models import IdentityProvider
from accounts.sso.signed import LOGOUT_EVENT
from groupadmin.base import public_http
from groupadmin.base.public_http import Answer
from tests.factories import IdentityProviderFactory

ISSUER = "https://sign-in.example"
CLIENT_ID, SECRET = "groupadmin", "s3cret"
# Made once: it takes as long as many tests.
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class FakeProvider:
    """Answers requests for its document, its keys and tokens."""

    issuer: str = ISSUER
    claims: dict[str, Any] = field(default_factory=dict)
    """What its ID tokens say, besides what they have to."""
    document: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] | None = None
    """What it says at its userinfo endpoint."""
    key: Any = KEY
    algorithm: str = "RS256"
    kid: str = "one"
    redirect_uri: str = ""
    asked: list[str] = field(default_factory=list)
    challenge: str = ""
    nonce: str = ""

    def answer(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """As the network would bring it."""
        self.asked.append(url)
        path = url.removeprefix(self.issuer)
        if path == "/.well-known/openid-configuration":
            return _json(self.metadata())
        if path == "/keys":
            return _json({"keys": [public(KEY, "one")]})
        if path == "/person" and self.person is not None:
            return _json(self.person)
        if path == "/token":
            return self._token(body)
        raise AssertionError(f"nobody should ask {url}")

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/person",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "backchannel_logout_supported": True,
            **self.document,
        }

    def _token(self, body: bytes) -> Answer:
        sent = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        verifier = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        wanted = (self.challenge, self.redirect_uri, SECRET, "a-code")
        if (challenge, sent["redirect_uri"], sent["client_secret"], sent["code"]) != wanted:
            return _json({"error": "invalid_grant"}, 400)
        return _json({"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token()})

    def id_token(self, **claims: Any) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
        }
        return self.signed({**said, **self.claims, **claims})

    def logout_token(self, **claims: Any) -> str:
        """Claims that are None are left out."""
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 120,
            "jti": f"jti-{len(self.asked)}",
            "events": {LOGOUT_EVENT: {}},
        }
        return self.signed({name: value for name, value in {**said, **claims}.items() if value is not None})

    def signed(self, claims: dict[str, Any]) -> str:
        key = "" if self.algorithm == "none" else self.key
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.kid})

    def visit(self, client: Client, provider: IdentityProvider, start: Any = None) -> dict[str, str]:
        """Goes from our sign-in page to its own, and notes what we asked for; what we wanted is returned."""
        answer = start or client.post(reverse("sso_start", args=[provider.key]))
        assert answer.status_code == 200, answer.content
        url = answer.context["url"]
        assert url.startswith(f"{self.issuer}/authorize?")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        self.challenge, self.nonce = asked["code_challenge"], asked["nonce"]
        self.redirect_uri = asked["redirect_uri"]
        return asked

    def come_back(
        self, client: Client, provider: IdentityProvider, asked: dict[str, str], **answer: str
    ) -> Any:
        """From there to us again."""
        sent = {"code": "a-code", "state": asked["state"], **answer}
        return client.get(reverse("sso_back", args=[provider.key]), sent)

    def sign_in(self, client: Client, provider: IdentityProvider, **answer: str) -> Any:
        """The whole way."""
        return self.come_back(client, provider, self.visit(client, provider), **answer)


def public(key: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**found, "kid": name, "use": "sig", "alg": "RS256"}


def _json(document: object, status: int = 200) -> Answer:
    headers = {"content-type": "application/json"}
    return Answer(status, headers, json.dumps(document).encode(), is_cut=False, seconds=0.0)


def reach(patch: pytest.MonkeyPatch, *providers: FakeProvider) -> None:
    """Has requests to these providers answered by them, and all others refused."""

    def ask(url: str, body: bytes = b"", *, headers: Any = None, limits: Any = None) -> Answer:
        for provider in providers:
            if url.startswith(f"{provider.issuer}/"):
                return provider.answer(url, body, dict(headers or {}))
        raise public_http.Unreachable(public_http.Reason.UNKNOWN, "nobody is there")

    patch.setattr(public_http, "get", ask)
    patch.setattr(public_http, "post", ask)


def provider_of(company: Any, **values: Any) -> IdentityProvider:
    """A company's row for the provider in memory."""
    found: IdentityProvider = IdentityProviderFactory.create(
        company=company, **{"name": "Hanbit ID", "issuer": ISSUER, "client_id": CLIENT_ID, **values}
    )
    return found
