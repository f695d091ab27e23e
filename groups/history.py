"""What happened to a group, in words (rules 2.18, 8.1): read from its audit entries."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.audit import labels
from accounts.audit.reading import CHANGES_AT_MOST, Change, Reader
from accounts.models import AuditEntry, Member
from accounts.permissions import is_foreign, sees_people_of

from .models import Group


def entries_of(group: Group) -> QuerySet[AuditEntry]:
    """The entries of actions on the group.

    Refused attempts are left to the company's administrators, under Audit. What other companies' audits
    say of a group is theirs.
    """
    return AuditEntry.objects.filter(
        company_id=group.company_id, target_kind="group", target_id=group.pk, result=AuditEntry.Result.DONE
    )


def changes_since(group: Group, version: int, *, viewer: Member) -> list[Change]:
    """What others changed since the viewer opened that version of the group, oldest first (rule 2.18)."""
    entries = entries_of(group).filter(target_version__gt=version)
    return describe(group, entries.order_by("target_version", "id")[:CHANGES_AT_MOST], viewer=viewer)


def describe(group: Group, entries: Iterable[AuditEntry], *, viewer: Member) -> list[Change]:
    """Audit entries of the group as the viewer may read them."""
    entries = list(entries)
    reader = Reader(viewer, group.company_id, entries)
    known = _known_actors(group, entries, viewer)
    return [
        Change(
            pk=entry.pk,
            at=entry.at,
            who=_who(group, entry, known),
            what=labels.told(entry.action),
            details=reader.details(entry),
        )
        for entry in entries
    ]


def _known_actors(group: Group, entries: list[AuditEntry], viewer: Member) -> set[int]:
    """The actors whom the viewer may know: of other companies, those in the group (rule 6.4)."""
    acted = {entry.actor_id: entry.actor_company_id for entry in entries if entry.actor_id is not None}
    if sees_people_of(viewer, group.company_id):
        return set(acted)
    known = {pk for pk, company_id in acted.items() if not is_foreign(viewer, company_id)}
    for people in (group.entries, group.masters):
        known |= set(people.filter(member__in=acted).values_list("member_id", flat=True))
    return known


def _who(group: Group, entry: AuditEntry, known: set[int]) -> str:
    """The actor's name, or only their company's."""
    if entry.actor_id is None or entry.actor_id in known:
        return entry.actor_name or _("The system")
    if entry.actor_company_id == group.company_id:
        return group.company.name
    return entry.actor_company_name or _("The system")
