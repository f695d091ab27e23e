from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, Company
from accounts.permissions import check_administers


@audit.action
def export_mail(company: Company, filters: dict[str, str], *, actor: Actor) -> AuditEntry:
    """Notes that Audit › Mail is downloaded, and which part of it (spec 8.1). Raises Refused."""
    check_administers(actor, company, "audit.export_mail")
    told = [f"{name}: {value}" for name, value in filters.items()]
    changes: audit.Changes = {"filters": [None, "; ".join(told)]}
    return audit.record(actor, "audit.export_mail", company, changes, company=company)
