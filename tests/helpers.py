"""Short ways for tests to act as somebody."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Protocol

from django.test import Client
from django.utils import timezone

from accounts.actor import Actor, Door
from accounts.audit import items as audit_items
from accounts.models import Member


class ClientOf(Protocol):
    """What the fixture client_of gives."""

    def __call__(self, member: Member | None, *, htmx: bool = False) -> Client: ...


class ActorOf(Protocol):
    """What the fixture actor_of gives."""

    def __call__(self, member: Member, door: Door = Door.WEB) -> Actor: ...


class Clock:
    """What the fixture clock gives."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def forward(self, **how_far: float) -> None:
        self.now += timedelta(**how_far)


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def client_of(member: Member | None, *, htmx: bool = False) -> Client:
    """A test client signed in as the member, or as nobody; it raises what a view raises."""
    client = Client(headers={"HX-Request": "true"} if htmx else None)
    if member is not None:
        client.force_login(member, backend=BACKEND)
    return client


def actor_of(member: Member, door: Door = Door.WEB) -> Actor:
    """The member acting from some address."""
    return Actor(member, door, "192.0.2.7")


def shown(items: Iterable[Any]) -> list[str]:
    """Items of a list in the audit in short: "Name <address>", "team Name", "group Name"."""
    return [str(audit_items.read("", item)) for item in items]
