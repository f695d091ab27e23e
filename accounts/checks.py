"""Checks of the settings, before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

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
