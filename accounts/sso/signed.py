"""Checks what providers sign: ID tokens, and logout tokens (rule 9.6)."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from accounts.models import IdentityProvider
from accounts.models.identity_provider import SUBJECT_LENGTH

from .discovery import Metadata, keys_of
from .trouble import BROKEN, Trouble

ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
"""With public keys alone: a secret that both sides know, or none at all, proves nothing."""
PUBLIC_KINDS = frozenset(("RSA", "EC", "OKP"))
LEEWAY_SECONDS = 60
TOKEN_LENGTH = 32 * 1024
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, AttributeError, RecursionError)
"""What reading a token, or a key, of somebody who means no good may end in."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE_SECONDS = 5 * 60
LAST_SECOND = 2**40


@dataclass(frozen=True)
class Said:
    """What a provider says of somebody who has signed in there."""

    subject: str
    email: str
    """Empty unless the provider says that it is verified."""
    sid: str
    auth_time: int | None
    """When they proved who they are; not when the token was made."""


@dataclass(frozen=True)
class LoggedOut:
    """Whose sessions a provider ends: those of a session of its own, or all of somebody."""

    jti: str
    subject: str
    sid: str


def claims_of(token: str, provider: IdentityProvider, metadata: Metadata) -> dict[str, Any]:
    """The claims of a token that the provider has signed for us, and that is still good. Raises Trouble."""
    if metadata.issuer != provider.issuer:
        raise Trouble(BROKEN, f"the issuer is now {metadata.issuer!r}, not {provider.issuer!r}")
    if len(token) > TOKEN_LENGTH:
        raise Trouble(BROKEN, "the token is too long")
    try:
        claims = jwt.decode(
            token,
            key=_key_for(token, metadata),
            algorithms=sorted(ALGORITHMS),
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat"], "enforce_minimum_key_length": True},
        )
    except UNREADABLE as problem:
        raise Trouble(BROKEN, f"a token of {provider.issuer}: {problem}") from problem
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise Trouble(BROKEN, "the token is for several, and does not say who asked for it")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise Trouble(BROKEN, "somebody else asked for the token")
    if _seconds(claims, "iat") is None:
        raise Trouble(BROKEN, "the token does not say when it was made")
    return claims


def _key_for(token: str, metadata: Metadata) -> jwt.PyJWK:
    """The public key that the token says it is signed with, for that way of signing."""
    header = jwt.get_unverified_header(token)
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Trouble(BROKEN, f"the token is signed by {algorithm!r}")
    keys = [key for key in keys_of(metadata, wanted=name) if may_sign(key, algorithm)]
    fitting = [key for key in keys if name is None or key.get("kid") == name]
    if len(fitting) != 1:
        raise Trouble(BROKEN, f"{len(fitting)} keys of the provider are called {name!r}")
    return jwt.PyJWK.from_dict(fitting[0], algorithm=algorithm)


def may_sign(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether it is a public key that is meant for that."""
    return (
        key.get("kty") in tuple(PUBLIC_KINDS)
        and "d" not in key
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def read_id_token(token: str, provider: IdentityProvider, metadata: Metadata, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that answers the request with this nonce. Raises Trouble."""
    claims = claims_of(token, provider, metadata)
    if "exp" not in claims or not _subject(claims):
        raise Trouble(BROKEN, "the token lacks a subject or an end")
    if not constant_time_compare(_name(claims, "nonce"), nonce):
        raise Trouble(BROKEN, "the token answers another request")
    return claims


def said_by(claims: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Said:
    """What an ID token says, and perhaps the document about its person (`more`)."""
    source = claims if "email" in claims or more is None else more
    at, now = _seconds(claims, "auth_time"), int(time.time())
    # Who says that somebody will prove it would have them never asked again.
    is_past = at is not None and at <= now + LEEWAY_SECONDS
    return Said(
        subject=_subject(claims),
        email=_verified_email(source),
        sid=_name(claims, "sid"),
        auth_time=min(int(at), now) if at is not None and is_past else None,
    )


def _subject(claims: Mapping[str, Any]) -> str:
    return _name(claims, "sub")


def _name(claims: Mapping[str, Any], claim: str) -> str:
    """A name that can be stored; empty if it is none."""
    name = claims.get(claim)
    return name if isinstance(name, str) and len(name) <= SUBJECT_LENGTH and name.isprintable() else ""


def _seconds(claims: Mapping[str, Any], claim: str) -> int | float | None:
    """A time; None if it is none."""
    at = claims.get(claim)
    if isinstance(at, bool) or not isinstance(at, (int, float)):
        return None
    return at if 0 <= at < LAST_SECOND else None


def _verified_email(claims: Mapping[str, Any]) -> str:
    """The address, if the provider vouches for it: Microsoft does so by a claim of its own."""
    email = claims.get("email")
    verified = claims.get("email_verified")
    vouched = (
        verified is True
        or verified == "true"
        or ("email_verified" not in claims and claims.get("xms_edov") in (True, 1, "1", "true", "True"))
    )
    # Other characters could look like an address, or become one in lower case, that is somebody else's.
    if not vouched or not isinstance(email, str) or not email.isascii() or len(email) > 320:
        return ""
    is_one = email.count("@") == 1 and email.isprintable() and " " not in email
    return email if is_one else ""


def read_logout_token(token: str, provider: IdentityProvider, metadata: Metadata) -> LoggedOut:
    """Whom the provider signs out (OpenID Connect Back-Channel Logout 1.0). Raises Trouble."""
    claims = claims_of(token, provider, metadata)
    kind = ""
    with suppress(*UNREADABLE):
        kind = str(jwt.get_unverified_header(token).get("typ", "")).lower()
    if kind not in ("", "jwt", "logout+jwt", "application/logout+jwt"):
        raise Trouble(BROKEN, f"the token is a {kind!r}")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
        raise Trouble(BROKEN, "the token is no logout token")
    if time.time() - claims["iat"] > LOGOUT_AGE_SECONDS:
        raise Trouble(BROKEN, "the logout token is too old")
    jti, sid = _name(claims, "jti"), _name(claims, "sid")
    if not jti:
        raise Trouble(BROKEN, "the logout token lacks its own id")
    if not sid and claims.get("sid", "") != "":
        # Not all sessions of somebody instead of one.
        raise Trouble(BROKEN, "the logout token names no session that there could be")
    if not sid and not _subject(claims):
        raise Trouble(BROKEN, "the logout token names nobody")
    return LoggedOut(jti, _subject(claims), sid)
