"""Short ways for tests to act as somebody."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.test import Client
from django.utils import timezone

from accounts.actor import Actor, Door
from accounts.audit import items as audit_items
from accounts.models import Member
from groups.actions import GroupSettings
from groups.models import Feature
from groups.models.switches import SWITCHES


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


BACKEND = "accounts.sign_in.backend.MemberBackend"


def client_of(member: Member | None, *, htmx: bool = False) -> Client:
    """A test client signed in as the member just now, or as nobody; it raises what a view raises."""
    client = Client(headers={"HX-Request": "true"} if htmx else None)
    if member is not None:
        client.force_login(member, backend=BACKEND)
        sign_in_again(client, member, timezone.now())
    return client


def sign_in_again(client: Client, member: Member, at: datetime) -> None:
    """As if they had last entered their password at that time (rule 9.4)."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": at.timestamp()}]
    session["account_authentication_methods_user"] = str(member.pk)
    session.save()


def actor_of(member: Member, door: Door = Door.WEB) -> Actor:
    """The member acting from some address."""
    return Actor(member, door, "192.0.2.7")


def shown(items: Iterable[Any]) -> list[str]:
    """Items of a list in the audit in short: "Name <address>", "team Name", "group Name"."""
    return [str(audit_items.read("", item)) for item in items]


def changed(
    settings: GroupSettings, *, features: frozenset[Feature] | None = None, **values: Any
) -> GroupSettings:
    """The settings with other values, switches by their names. Of the features, exactly these are on."""
    switches = {switch.name: values.pop(switch.name) for switch in SWITCHES if switch.name in values}
    if features is not None:
        switches |= {feature.value: feature in features for feature in Feature}
    return replace(settings.with_switches(**switches), **values)
