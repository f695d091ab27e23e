"""Whether a person has lately proved who they are, as delicate changes need (rule 9.4)."""

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

PROOFS = {"password", "mfa"}


class Unconfirmed(Exception):  # noqa: N818  (a question, not a fault)
    """A delicate change needs the password or a second factor again. Nothing has changed.

    accounts/confirming.py answers it with a page that asks, and then carries on.
    """


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person signed in, or confirmed, within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    records = get_authentication_records(request, request.user)
    times = [record["at"] for record in records if record["method"] in PROOFS]
    age = timezone.now().timestamp() - max(times, default=0)
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
