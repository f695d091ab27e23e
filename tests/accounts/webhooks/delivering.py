"""Delivers webhooks in the test's own thread, and reads what a receiver got."""

from typing import Any

from standardwebhooks import Webhook as Verifier

from accounts.webhooks.claiming import claim, waiting
from accounts.webhooks.sending import send
from accounts.webhooks.settling import settle
from tests.receivers import Receiver, Request

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def deliver() -> int:
    """Sends all that is due now, one after the other. Returns how many attempts."""
    count = 0
    for one in waiting(1000):
        while (parcel := claim(one.webhook)) is not None:
            settle(parcel, send(parcel))
            count += 1
    return count


def read(request: Request, secret: str = SECRET) -> dict[str, Any]:
    """What was sent, verified by the library that receivers use."""
    found: dict[str, Any] = Verifier(secret).verify(request.body, request.headers)
    return found


def types(receiver: Receiver) -> list[str]:
    return [read(request)["type"] for request in receiver.requests]


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]
