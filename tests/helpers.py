"""Short ways for tests to act as somebody."""

from typing import Protocol

from django.test import Client

from accounts.actor import Actor, Door
from accounts.models import Member


class ClientOf(Protocol):
    """What the fixture client_of gives."""

    def __call__(self, member: Member | None, *, htmx: bool = False) -> Client: ...


class ActorOf(Protocol):
    """What the fixture actor_of gives."""

    def __call__(self, member: Member, door: Door = Door.WEB) -> Actor: ...


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
