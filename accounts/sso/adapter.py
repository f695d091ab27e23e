"""How allauth's OpenID Connect reaches the providers of companies, and no other (rule 9.6).

allauth keeps the state of a sign-in in the session, makes the PKCE challenge and gets the token. Ours are
where requests may go, the discovery document, and that every token is checked: signature, issuer, audience,
nonce.
"""

from collections.abc import Mapping
from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from requests.adapters import BaseAdapter

from accounts.models import IdentityProvider
from groupadmin.base import public_http

from .discovery import LIMITS, Metadata, metadata_of
from .turns import Busy, turn


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Knows no provider by itself, and signs nobody up: accounts/sso/flow.py says whom to ask."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        return False

    def list_apps(self, request: HttpRequest, provider: object = None, client_id: object = None) -> list[Any]:
        return []

    def get_requests_session(self) -> requests.Session:
        """Goes only to public addresses, and follows no redirects."""
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        for scheme in ("https://", "http://"):
            session.mount(scheme, PublicTransport())
        return session


class PublicTransport(BaseAdapter):
    """Carries what `requests` sends by groupadmin.base.public_http, with its limits."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        headers = {name: str(value) for name, value in request.headers.items() if name in SENT}
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        if not isinstance(content, bytes):
            raise requests.ConnectionError("streams are not sent")
        url = request.url or ""
        try:
            with turn(url):
                if request.method == "POST":
                    answer = public_http.post(url, content, headers=headers, limits=LIMITS)
                else:
                    answer = public_http.get(url, headers=headers, limits=LIMITS)
        except (public_http.Unreachable, Busy) as problem:
            raise requests.ConnectionError(str(problem)) from problem
        if answer.is_cut or 300 <= answer.status < 400:
            raise requests.ConnectionError(f"{url} answered {answer.status}, or too much")
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status, url, request
        response.headers.update({"content-type": "", **answer.headers})
        response._content = answer.body
        return response

    def close(self) -> None:
        """Nothing stays open."""


SENT = ("Accept", "Authorization", "Content-Type")


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """A company's provider, as allauth sees it."""

    pkce_enabled_default = True

    def __init__(self, request: HttpRequest, provider: IdentityProvider) -> None:
        self.provider = provider
        app = SocialApp(
            provider=self.id,
            provider_id=provider.key,
            name=provider.name[:40],
            client_id=provider.client_id,
            secret=provider.open_secret(),
            settings={"server_url": provider.discovery_url},
        )
        super().__init__(request, app=app)

    def get_default_scope(self) -> list[str]:
        return ["openid", "email"]


class CompanyOAuth2Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Where a company's provider is, and how it wants to be asked."""

    def __init__(self, request: HttpRequest, provider: CompanyProvider) -> None:
        self._provider = provider
        super().__init__(request, provider.provider.key)

    def get_provider(self) -> CompanyProvider:
        return self._provider

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self._provider.provider.discovery_url)

    @property
    def openid_config(self) -> Mapping[str, Any]:
        found = self.metadata
        return {
            "authorization_endpoint": found.authorization_endpoint,
            "token_endpoint": found.token_endpoint,
            "userinfo_endpoint": found.userinfo_endpoint,
        }

    @property
    def basic_auth(self) -> bool:
        return "client_secret_post" not in self.metadata.auth_methods

    def get_callback_url(self, request: HttpRequest, app: object) -> str:
        """By the configured address: what a browser claims as its host must not decide where codes go."""
        site: str = settings.SITE_URL
        return site + reverse("sso_back", args=[self.provider_id])
