"""Tokens for an hour, for clients of a company (rule 11.4): the client credentials grant of RFC 6749, 4.4."""

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import unquote_plus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator

from accounts.actions.tokens import ISSUED_FOR, issue
from accounts.models import AccessToken
from accounts.tokens import hash_of, make_token

FORM = "application/x-www-form-urlencoded"
LONGEST_BODY = 10_000
UNKNOWN = 401


class Clients(RequestValidator):  # type: ignore[misc]
    """What oauthlib asks about clients and their tokens. A request's `client` is an AccessToken."""

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        return True

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By `Authorization: Basic` or in the body (RFC 6749, 2.3.1)."""
        client_id, secret = _basic(request.headers.get("Authorization", "")) or (
            request.client_id,
            request.client_secret,
        )
        if not client_id or not secret:
            return False
        clients = AccessToken.objects.usable().select_related("company", "default_master")
        client = clients.filter(client_id=client_id).first()
        if client is None or not hmac.compare_digest(client.token_hash, hash_of(secret)):
            return False
        request.client = client
        return True

    def validate_grant_type(self, *args: Any, **kwargs: Any) -> bool:
        return True  # There is one alone, which the server has asked for.

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(request.client.scopes)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: AccessToken, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return set(scopes) <= set(client.scopes)

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        issue(request.client, token["access_token"], request.scopes)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None


SERVER = BackendApplicationServer(
    Clients(),
    token_generator=lambda request: make_token(),
    token_expires_in=int(ISSUED_FOR.total_seconds()),
)


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Answers as RFC 6749 says, errors too."""
    body = request.body.decode("utf-8", "replace") if _is_form(request) else ""
    headers, content, status = SERVER.create_token_response(
        request.get_full_path(), "POST", body, dict(request.headers)
    )
    if status == UNKNOWN:
        # As the client has tried (RFC 6749, 5.2); oauthlib names the way of the tokens.
        headers["WWW-Authenticate"] = 'Basic realm="groupadmin"'
    return HttpResponse(content, status=status, headers=headers)


def _is_form(request: HttpRequest) -> bool:
    return request.content_type == FORM and int(request.META.get("CONTENT_LENGTH") or 0) <= LONGEST_BODY
