"""Tokens for an hour, for clients of a company (rule 11.4): the client credentials grant of RFC 6749, 4.4."""

import base64
import binascii
import hmac
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from oauthlib.oauth2 import BackendApplicationServer, OAuth2Error, RequestValidator

from accounts.actions.tokens import ISSUED_FOR, issue
from accounts.models import AccessToken
from accounts.tokens import hash_of, make_token
from groupadmin.base import outage, unavailable

logger = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
LONGEST_BODY = 10_000
MOST_FIELDS = 20


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
        if not client_id or not secret or not client_id.isprintable():
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
def token(request: HttpRequest) -> HttpResponse:
    """Answers as RFC 6749 says, whatever goes wrong: its clients read no page."""
    if request.method != "POST":
        return _error("invalid_request", HTTPStatus.METHOD_NOT_ALLOWED, Allow="POST")
    try:
        headers, content, status = SERVER.create_token_response(
            request.get_full_path(), "POST", _body(request), dict(request.headers)
        )
    except OAuth2Error as error:  # those that its authors would not send on
        return _error(error.error, HTTPStatus(error.status_code))
    except Exception as error:
        return _trouble(error)
    if status == HTTPStatus.UNAUTHORIZED:
        # As the client has tried (RFC 6749, 5.2); oauthlib names the way of the tokens.
        headers["WWW-Authenticate"] = 'Basic realm="groupadmin"'
    return HttpResponse(content, status=status, headers=headers)


# The middleware leaves the body alone: what is too long is never parsed.
token.asks_for_token = True  # type: ignore[attr-defined]


def _body(request: HttpRequest) -> str:
    """The form, without the fields that are empty, which count as not sent (RFC 6749, 3.2). Empty for what
    is none."""
    if request.content_type != FORM or len(sent := request.read(LONGEST_BODY + 1)) > LONGEST_BODY:
        return ""
    try:
        return urlencode(parse_qsl(sent.decode(), max_num_fields=MOST_FIELDS))
    except ValueError:
        return ""


def _trouble(error: Exception) -> HttpResponse:
    trouble = outage.notice(error)
    if trouble is None:
        logger.error("A client's request for a token failed", exc_info=error)
        return _error("server_error", HTTPStatus.INTERNAL_SERVER_ERROR)
    seconds = unavailable.SHOWN[trouble].seconds
    return _error("temporarily_unavailable", HTTPStatus.SERVICE_UNAVAILABLE, **{"Retry-After": str(seconds)})


def _error(kind: str, status: HTTPStatus, **headers: str) -> HttpResponse:
    return JsonResponse({"error": kind}, status=status, headers=headers)
