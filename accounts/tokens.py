"""Tokens, by which programs come in (rule 11.4): how they look, how one is found, and as whom it acts."""

import hashlib
import secrets
from dataclasses import dataclass

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from groupadmin.base.request_log import say_who

from .actor import Actor, Door, Service
from .factors import lacks_factor
from .models import AccessToken, Member, Scope

PREFIX = "gadm_"
"""By which programs that look for leaked secrets know ours."""
SECRET_BYTES = 32


def make_token() -> str:
    """A new token: 256 random bits, so that a plain hash is enough to store."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(token: str) -> str:
    """What is stored of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hint_of(token: str) -> str:
    """The beginning of a token, which gives nothing away."""
    return token[: len(PREFIX) + 6]


@dataclass(frozen=True)
class Caller:
    """A program that was let in by a token."""

    token: AccessToken
    actor: Actor

    def may_use(self, *scopes: Scope) -> bool:
        return self.token.has(scopes)


def caller_of(request: HttpRequest, door: Door) -> Caller | None:
    """Who calls, by the request's `Authorization: Bearer`; None without a token that counts.

    Its use is counted (rule 11.4).
    """
    scheme, _space, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not presented.strip():
        return None
    tokens = AccessToken.objects.usable().filter(client_id="")
    tokens = tokens.select_related("company", "member__company", "default_master")
    token = tokens.filter(token_hash=hash_of(presented.strip())).first()
    if token is None or (token.member is not None and lacks_factor(token.member)):
        # Who lacks a second factor that is required sets it up before anything else (rule 9.2).
        return None
    ip = request.META.get("REMOTE_ADDR") or None
    # What a client has got is not shown by itself: its uses are the client's.
    AccessToken.objects.filter(pk=token.lasting_id).update(
        uses=F("uses") + 1, last_used_at=timezone.now(), last_used_ip=ip
    )
    say_who(token=token.pk, user=token.member_id)
    return Caller(token, actor_of(token, door, ip))


def revoke_tokens_of(member: Member) -> None:
    """Ends all tokens of a person who is deactivated: activating them again brings none back."""
    AccessToken.objects.filter(member=member, revoked_at=None).update(revoked_at=timezone.now())


def actor_of(token: AccessToken, door: Door, ip: str | None) -> Actor:
    """The person whose token it is, or a service of its company.

    Delicate changes need a scope of their own, since a program cannot prove again who it is (rule 9.4).
    """
    service = None
    if token.member is None:
        assert token.company is not None  # noqa: S101  (the database holds it)
        service = Service(token.company, token.name, token.lasting_id)
    return Actor(
        token.member,
        door,
        ip,
        must_confirm=not token.has([Scope.DELICATE]),
        service=service,
        source=token.source,
        accepts_loss=token.accepts_loss,
    )
