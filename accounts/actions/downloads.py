"""Records that lists are downloaded (rules 8.1, 10.11)."""

from django.db.models import Model

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, Company


@audit.action
def record_download(
    action: str, company: Company | None, target: Model | None, filters: dict[str, str], *, actor: Actor
) -> AuditEntry:
    """Adds who has downloaded which list, and what of it. The caller has checked that they may see it."""
    told = "; ".join(f"{name}: {value}" for name, value in filters.items())
    changes: audit.Changes = {"filters": [None, told]} if told else {}
    return audit.record(actor, action, target, changes, company=company)
