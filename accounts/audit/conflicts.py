"""What a page shows after somebody else has changed the same object (rule 2.18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import AuditEntry, Company, Member, Team

from . import difference, labels
from .reading import CHANGES_AT_MOST, Change, Detail, Reader


@dataclass(frozen=True)
class EditConflict:
    """What others changed since the page was opened, and what saving it would change now."""

    changes: list[Change]
    saving: tuple[Detail, ...]

    @classmethod
    def of(
        cls,
        thing: Company | Member | Team,
        seen: int,
        typed: Mapping[str, Any],
        now: Mapping[str, Any],
        *,
        viewer: Member,
    ) -> "EditConflict":
        """`typed` and `now` are the values as the audit records them; `seen` is the version of the page.

        A change through another object, such as adding a person to a team on the team's page, has no entry
        here; but what saving would change shows the difference.
        """
        company_id = thing.pk if isinstance(thing, Company) else thing.company_id
        reader = Reader(viewer, company_id, [])
        kind = thing._meta.model_name or ""
        entries = AuditEntry.objects.filter(
            company_id=company_id,
            target_kind=kind,
            target_id=thing.pk,
            target_version__gt=seen,
            result=AuditEntry.Result.DONE,
        )
        changes = [
            Change(
                pk=entry.pk,
                at=entry.at,
                who=entry.actor_name or _("The system"),
                what=labels.told(entry.action),
                details=reader.details(entry),
            )
            for entry in entries.order_by("target_version", "id")[:CHANGES_AT_MOST]
        ]
        saving = AuditEntry(target_kind=kind, changes=difference(dict(now), dict(typed)))
        return cls(changes, reader.details(saving))
