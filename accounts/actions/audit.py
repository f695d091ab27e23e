"""Changes to the audit itself: downloads are recorded, and old entries are deleted (rules 8.1, 8.3)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, Company
from accounts.permissions import check_administers, check_rules_installation

PURGED_AT_ONCE = 10_000


@audit.action
def export_audit(company: Company, filters: dict[str, str], *, actor: Actor) -> AuditEntry:
    """Records that the audit is downloaded, and which part of it. Raises Refused."""
    check_administers(actor, company, "audit.export")
    actor.check_confirmed()
    told = [f"{name}: {value}" for name, value in filters.items()]
    return audit.record(actor, "audit.export", company, {"filters": [None, "; ".join(told)]}, company=company)


def purge_audit(*, actor: Actor) -> int:
    """Deletes entries older than the settings say (rule 8.3), and records that. Returns how many."""
    until = timezone.now() - timedelta(days=settings.AUDIT_KEPT_DAYS)
    old = AuditEntry.objects.filter(at__lt=until).order_by()
    purged = 0
    for company_id in list(old.values_list("company_id", flat=True).distinct()):
        while gone := _purge(company_id, until, actor=actor):
            purged += gone
    return purged


@audit.action
def _purge(company_id: int | None, until: datetime, *, actor: Actor) -> int:
    """Deletes one company's oldest entries, one batch at a time. Raises Refused."""
    check_rules_installation(actor, "audit.purge")
    old = AuditEntry.objects.filter(company_id=company_id, at__lt=until).order_by("at", "id")
    ids = list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE])
    if not ids:
        return 0
    _say_purge("on")
    # Raw delete: nothing refers to an entry.
    gone = AuditEntry.objects.filter(pk__in=ids)._raw_delete("default")
    _say_purge("off")
    changes: audit.Changes = {"entries": [None, gone], "until": [None, until.isoformat(timespec="seconds")]}
    audit.record(actor, "audit.purge", None, changes, company=company_id)
    return int(gone)


def _say_purge(value: str) -> None:
    """The database refuses deletions in a transaction without this setting (accounts, migration 0002)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('groupadmin.audit_purge', %s, true)", [value])
