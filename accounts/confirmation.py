"""Whether a person has lately proved who they are, as delicate changes need (rule 9.4)."""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from .models import Member

PROOFS = {"password", "mfa"}
BY_PROVIDER = "provider"
"""What the record of a sign-in by an identity provider is called (rule 9.6)."""


class Unconfirmed(Exception):  # noqa: N818  (a question, not a fault)
    """A delicate change needs the password or a second factor again. Nothing has changed.

    accounts/confirming.py answers it with a page that asks, and then carries on.
    """


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person signed in, or confirmed, within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    records = get_authentication_records(request, request.user)
    times = [record["at"] for record in records if record["method"] in PROOFS]
    # There, one may have signed in long ago: only what the provider says of that counts.
    times += [record["proven_at"] for record in records if record["method"] == BY_PROVIDER]
    age = timezone.now().timestamp() - max(times, default=0)
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def record_provider(
    request: HttpRequest,
    member: Member,
    proven_at: float,
    *,
    provider: int,
    signs_in: bool,
    asks_factor: bool,
) -> None:
    """Notes that an identity provider has said who somebody is, and when they last proved it there."""
    record_authentication(
        request,
        member,
        BY_PROVIDER,
        proven_at=proven_at,
        provider=provider,
        signs_in=signs_in,
        asks_factor=asks_factor,
    )


def replaces_factor(request: HttpRequest, member: Member) -> bool:
    """Whether they sign in, or have, by a provider that stands for our second factor too (rule 9.6)."""
    records = get_authentication_records(request, member)
    return any(
        record["method"] == BY_PROVIDER and record["signs_in"] and not record["asks_factor"]
        for record in records
    )
