"""What changed, in an entry of the audit, as the API tells it (rules 2.21, 6.4, 8.1)."""

from accounts.audit.reading import Detail, Reader
from accounts.models import AuditEntry

from .fields import Out


class ChangeOut(Out):
    """One field that changed: as text before and after, or what was added to it and removed."""

    field: str
    label: str
    before: str
    after: str
    added: list[str]
    removed: list[str]
    more: int
    """How many more were added or removed than are listed."""


def changes_of(reader: Reader, entry: AuditEntry) -> list[ChangeOut]:
    """The changes as this reader may read them."""
    return [_change(detail) for detail in reader.details(entry)]


def _change(detail: Detail) -> ChangeOut:
    return ChangeOut(
        field=detail.key,
        label=str(detail.label),
        before=detail.before,
        after=detail.after,
        added=list(detail.added),
        removed=list(detail.removed),
        more=detail.more,
    )
