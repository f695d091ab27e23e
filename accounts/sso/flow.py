"""The way to a provider and back (rule 9.6): PKCE, nonce, and a state that is used once, in its session."""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.fernet import InvalidToken
from django.http import HttpRequest
from requests import RequestException

from accounts.models import IdentityProvider

from . import trouble
from .adapter import CompanyOAuth2Adapter, CompanyProvider
from .discovery import Metadata
from .signed import Said, read_id_token, said_by
from .trouble import Trouble

NONCE_BYTES = 24
CANCELLED = ("access_denied", "login_required", "consent_required", "interaction_required")
HINT_LENGTH = 320


@dataclass(frozen=True)
class Asked:
    """What a way to a provider was begun for."""

    next: str
    confirms: int
    """The id of the signed-in person who confirms who they are (rule 9.4); 0 for signing in."""
    at: float


def begin(
    request: HttpRequest, provider: IdentityProvider, *, next_url: str = "", hint: str = "", confirms: int = 0
) -> str:
    """The address at the provider where the person signs in. Raises Trouble.

    Who confirms has to prove it there again, and the provider to say that they just have (rule 9.4).
    """
    known, adapter = _allauths(request, provider)
    metadata = adapter.metadata
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    pkce = known.get_pkce_params()
    state = known.stash_redirect_state(
        request,
        "login",
        next_url,
        {"nonce": nonce, "confirms": confirms, "at": time.time(), "issuer": provider.issuer},
        pkce_code_verifier=pkce.pop("code_verifier"),
    )
    parameters = {
        "client_id": provider.client_id,
        "redirect_uri": adapter.get_callback_url(request, known.app),
        "response_type": "code",
        "scope": " ".join(known.get_default_scope()),
        "state": state,
        "nonce": nonce,
        **pkce,
    }
    if confirms:
        parameters |= {"prompt": "login", "max_age": "0"}
    if metadata.takes_claims:
        wanted = {"auth_time": {"essential": bool(confirms)}, "email": None, "email_verified": None}
        parameters["claims"] = json.dumps({"id_token": wanted})
    if hint:
        parameters["login_hint"] = hint[:HINT_LENGTH]
    joiner = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{joiner}{urlencode(parameters)}"


def finish(request: HttpRequest, provider: IdentityProvider) -> tuple[Asked, Said]:
    """What the provider says of the person who comes back from it. Raises Trouble."""
    known, adapter = _allauths(request, provider)
    state = statekit.unstash_state(request, state_id=request.GET.get("state", ""), provider_id=known.sub_id)
    if state is None or state["data"]["issuer"] != provider.issuer:
        # Somebody else's browser began it, or this one long ago, or at another provider.
        # Who does not want to is told so, also by providers that leave the state out then.
        words = trouble.CANCELLED if request.GET.get("error") in CANCELLED else trouble.STALE
        raise Trouble(words, "no such state in this session")
    metadata = adapter.metadata
    _check_answer(request, metadata)
    tokens = _tokens(request, adapter, state["pkce_code_verifier"])
    given, data = tokens.get("id_token"), state["data"]
    if not isinstance(given, str):
        raise Trouble(trouble.BROKEN, "there is no ID token in the answer")
    claims = read_id_token(given, provider, metadata, data["nonce"])
    more = None if "email" in claims else _person(adapter, metadata, claims, tokens)
    asked = Asked(state.get("next") or "", data["confirms"], data["at"])
    return asked, said_by(claims, more)


def _allauths(
    request: HttpRequest, provider: IdentityProvider
) -> tuple[CompanyProvider, CompanyOAuth2Adapter]:
    try:
        known = CompanyProvider(request, provider)
    except InvalidToken:
        raise Trouble(trouble.BROKEN, "its secret's SECRET_KEY is not in SECRET_KEY_FALLBACKS") from None
    return known, CompanyOAuth2Adapter(request, known)


def _check_answer(request: HttpRequest, metadata: Metadata) -> None:
    """Whether it is an answer, from the provider that was asked (RFC 9207)."""
    issuer = request.GET.get("iss")
    if (issuer is None and metadata.names_issuer) or (issuer is not None and issuer != metadata.issuer):
        raise Trouble(trouble.BROKEN, f"the answer is of {issuer!r}, not of {metadata.issuer!r}")
    if error := request.GET.get("error", ""):
        words = trouble.CANCELLED if error in CANCELLED else trouble.REFUSED
        raise Trouble(words, f"the provider answered {error[:100]!r}")
    if not request.GET.get("code"):
        raise Trouble(trouble.BROKEN, "there is no code in the answer")


def _tokens(request: HttpRequest, adapter: CompanyOAuth2Adapter, verifier: str) -> dict[str, Any]:
    client = adapter.get_client(request, adapter.get_provider().app)
    try:
        tokens: dict[str, Any] = adapter.get_access_token_data(
            request, adapter.get_provider().app, client, pkce_code_verifier=verifier
        )
    except OAuth2Error as problem:
        # Its answer may hold anything.
        raise Trouble(trouble.REFUSED, f"no token: {str(problem)[:300]!r}") from problem
    except RequestException as problem:
        raise Trouble(trouble.UNREACHABLE, f"no token: {problem}") from problem
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise Trouble(trouble.BROKEN, f"the token's answer cannot be read: {problem!r}") from problem
    return tokens


def _person(
    adapter: CompanyOAuth2Adapter, metadata: Metadata, claims: dict[str, Any], tokens: dict[str, Any]
) -> dict[str, Any] | None:
    """The document about the person, for providers that put no address into the token."""
    if not metadata.userinfo_endpoint:
        return None
    try:
        person = adapter._fetch_user_info(str(tokens["access_token"]))
    except (RequestException, ValueError, RecursionError) as problem:
        raise Trouble(trouble.UNREACHABLE, f"nothing about the person: {problem}") from problem
    if not isinstance(person, dict) or person.get("sub") != claims["sub"]:
        raise Trouble(trouble.BROKEN, "the document is about somebody else")
    return person
