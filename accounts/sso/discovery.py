"""What a provider says about itself: its discovery document and its keys (rule 9.6).

Both are read from where an administrator says, so only from public addresses, and within limits
(groupadmin.base.public_http). They are kept for a while: a sign-in needs them, and so does each token that
says it comes from there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from django.core.cache import cache
from django.utils.translation import gettext_lazy

from groupadmin.base import public_http
from groupadmin.base.public_http import Limits, Unreachable, target_of

from .trouble import BROKEN, UNREACHABLE, Trouble
from .turns import Busy, turn

WELL_KNOWN = "/.well-known/openid-configuration"
LIMITS = Limits(connect=4.0, total=8.0, body=512 * 1024)
KEPT_SECONDS = 10 * 60
ANEW_SECONDS = 60
"""Unknown keys are looked for no more often: anybody may send a token with a made-up one."""
LEFT_ALONE_SECONDS = 15
KEYS_AT_MOST = 100

WRONG_ISSUER = gettext_lazy(
    "The document names another issuer: %(issuer)s. Enter the address of your own tenant, as your provider "
    "shows it."
)
INCOMPLETE = gettext_lazy("The document does not name “%(name)s”. Check the discovery address.")
NO_CODE_FLOW = gettext_lazy("This provider does not offer the authorization code flow.")
NO_DOCUMENT = gettext_lazy("There is no discovery document at this address.")
NO_KEYS = gettext_lazy("The provider publishes no keys that its answers could be checked with.")


@dataclass(frozen=True)
class Metadata:
    """A discovery document, as far as we need it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    auth_methods: tuple[str, ...]
    names_issuer: bool
    """Whether its answers say from whom they are, against mixed-up providers (RFC 9207)."""
    takes_claims: bool
    ends_sessions: bool
    """Whether it says when somebody signs out there (back-channel logout)."""


def discovery_address(typed: str) -> str:
    """The address of the document; people also enter the issuer."""
    typed = typed.strip()
    return typed if "/.well-known/" in typed else typed.rstrip("/") + WELL_KNOWN


def metadata_of(discovery_url: str) -> Metadata:
    """The provider's document, from the cache. Raises Trouble."""
    key = _cached("metadata", discovery_url)
    document = cache.get(key)
    if document is None:
        document = fetch(discovery_url)
        cache.set(key, document, KEPT_SECONDS)
    return read(document, discovery_url)


def fetch(url: str) -> Mapping[str, Any]:
    """A document of the provider's, which has to be a JSON object. Raises Trouble.

    What does not answer is left alone for a moment: anybody may have it asked, and each would wait.
    """
    try:
        with turn(url):
            document = _fetch(url)
    except Busy as problem:
        raise Trouble(UNREACHABLE, f"{url}: {problem}") from problem
    if not isinstance(document, dict):
        raise Trouble(BROKEN, f"{url} is no JSON object")
    return document


def _fetch(url: str) -> Any:
    failed = _cached("failed", url)
    if (detail := cache.get(failed)) is not None:
        raise Trouble(UNREACHABLE, detail)
    try:
        answer = public_http.get(url, headers={"Accept": "application/json"}, limits=LIMITS)
        if not answer.is_good:
            # Redirects are not followed: they could lead where only we can reach.
            raise Trouble(NO_DOCUMENT, f"{url} answered {answer.status}")
        return answer.json()
    except Unreachable as problem:
        cache.set(failed, f"{url}: {problem}", LEFT_ALONE_SECONDS)
        raise Trouble(UNREACHABLE, f"{url}: {problem}") from problem


def read(document: Mapping[str, Any], discovery_url: str) -> Metadata:
    """Checks a discovery document. Raises Trouble with words for whoever sets the provider up."""
    issuer = _text(document, "issuer")
    if issuer.rstrip("/") + WELL_KNOWN != discovery_url:
        shown = {"issuer": issuer[:200]}
        raise Trouble(WRONG_ISSUER % shown, f"{discovery_url} names the issuer {issuer!r}")
    if "code" not in (_list(document, "response_types_supported") or ["code"]):
        raise Trouble(NO_CODE_FLOW)
    methods = _list(document, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_address(document, "authorization_endpoint"),
        token_endpoint=_address(document, "token_endpoint"),
        jwks_uri=_address(document, "jwks_uri"),
        userinfo_endpoint=_address(document, "userinfo_endpoint", optional=True),
        auth_methods=tuple(str(method) for method in methods),
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        takes_claims=document.get("claims_parameter_supported") is True,
        ends_sessions=document.get("backchannel_logout_supported") is True,
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise Trouble(INCOMPLETE % {"name": name})
    return value


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    """Empty if it is none."""
    value = document.get(name)
    return value if isinstance(value, list) else []


def _address(document: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    if optional and document.get(name) is None:
        return ""
    url = _text(document, name)
    try:
        target_of(url)
    except Unreachable as problem:
        raise Trouble(INCOMPLETE % {"name": name}, f"{name} is {url!r}: {problem}") from problem
    return url


def keys_of(metadata: Metadata, *, wanted: str | None = None) -> list[dict[str, Any]]:
    """The provider's public keys, as JWKs.

    If none is called `wanted`, they may be new, and are asked for again from time to time. Raises Trouble.
    """
    key = _cached("keys", metadata.jwks_uri)
    known = cast("list[dict[str, Any]] | None", cache.get(key))
    is_there = known is not None and (wanted is None or any(one.get("kid") == wanted for one in known))
    if known is not None and (is_there or not cache.add(f"{key}-asked", True, ANEW_SECONDS)):
        return known
    found = fetch(metadata.jwks_uri).get("keys")
    if not isinstance(found, list):
        raise Trouble(NO_KEYS, f"{metadata.jwks_uri} has no keys")
    keys = [one for one in found[:KEYS_AT_MOST] if isinstance(one, dict)]
    cache.set(key, keys, KEPT_SECONDS)
    return keys


def forget(discovery_url: str) -> None:
    """Has the document read anew, after somebody has changed something there."""
    key = _cached("metadata", discovery_url)
    document = cache.get(key)
    if document is not None:
        keys = str(document.get("jwks_uri"))
        cache.delete_many([_cached("keys", keys), _cached("failed", keys)])
    cache.delete_many([key, _cached("failed", discovery_url)])


def _cached(what: str, url: str) -> str:
    return f"sso-{what}-{hashlib.sha256(url.encode()).hexdigest()}"


def host_of(url: str) -> str:
    """The name of a provider's server, to show it."""
    return urlsplit(url).hostname or ""
