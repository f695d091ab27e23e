"""Checks of the settings, before anything starts, and of what is in the database from before a rule."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.db.models import Q

from .models import Address, Member
from .models.address import own_senders

AUDIT_KEPT_DAYS_AT_LEAST = 30
"""The database refuses to delete younger entries (accounts, migration 0002)."""


@register()
def check_audit_retention(**kwargs: Any) -> list[CheckMessage]:
    """Rule 8.3."""
    if settings.AUDIT_KEPT_DAYS >= AUDIT_KEPT_DAYS_AT_LEAST:
        return []
    return [
        Error(
            f"AUDIT_KEPT_DAYS is {settings.AUDIT_KEPT_DAYS}.",
            hint=f"The audit is kept for at least {AUDIT_KEPT_DAYS_AT_LEAST} days.",
            id="accounts.E001",
        )
    ]


LISTED_AT_MOST = 20


@register(Tags.database)
def check_reserved_addresses(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """What was taken before rule 1.10: it stays, but somebody should choose another address."""
    if not databases:
        return []
    try:
        before = Address.objects.filter(
            Q(predates_rule=True) | Q(email__in=own_senders(), domain__isnull=False)
        )
        reserved = [str(address) for address in before[:LISTED_AT_MOST]]
        superusers = Member.objects.filter(company=None).exclude(addresses__kind=Address.Kind.SUPERUSER)
        unheld = list(superusers.values_list("email", flat=True)[:LISTED_AT_MOST])
    except DatabaseError:
        # Before the first migration.
        return []
    found: list[CheckMessage] = []
    if reserved:
        text = f"These addresses are reserved, but were taken before: {', '.join(reserved)}."
        found.append(Warning(text, hint="Give their owners other ones.", id="accounts.W001"))
    if unheld:
        text = f"Somebody else has the addresses of these superusers: {', '.join(unheld)}."
        hint = "They get no link to set a password. Change one of the two addresses in Django admin."
        found.append(Warning(text, hint=hint, id="accounts.W002"))
    return found
