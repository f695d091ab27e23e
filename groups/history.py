"""What happened to a group, in words (spec 2.18, 8.1): read from its audit entries."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEntry, Domain, Member
from accounts.models.named import name_key

from . import permissions
from .models import Feature, Group, MailingList

NAMED_AT_MOST = 20
CHANGES_AT_MOST = 50

_ACTIONS = {
    "group.create": gettext_lazy("added the group"),
    "group.edit": gettext_lazy("changed the group"),
    "group.edit_members": gettext_lazy("changed the members"),
    "group.add_masters": gettext_lazy("named masters"),
    "group.remove_master": gettext_lazy("removed a master"),
    "group.give_up_master": gettext_lazy("gave up the master role"),
    "group.leave_by_rule": gettext_lazy("took out people who may no longer be in external groups"),
    "group.delete": gettext_lazy("deleted the group"),
    "group.restore": gettext_lazy("restored the group"),
}

_LABELS = {
    "name": gettext_lazy("Group Name"),
    "description": gettext_lazy("Description"),
    "photo": gettext_lazy("Representative photo"),
    "masters": gettext_lazy("Master(s)"),
    "members": gettext_lazy("Member(s)"),
    "members_added": gettext_lazy("Member(s)"),
    "members_removed": gettext_lazy("Member(s)"),
    "is_visible": gettext_lazy("Make visible"),
    "notifies": gettext_lazy("Send group notifications to all members"),
    "grants_features": gettext_lazy("Grant permission for the message room feature to the master"),
    "address": gettext_lazy("Address"),
    "blocks_external_domains": gettext_lazy("Block emails of external domains"),
    "who_can_send": gettext_lazy("Who can send to the list"),
    "senders": gettext_lazy("Designated to send to the list"),
    "send_as": gettext_lazy("Designated to send as the list"),
    "contacts": gettext_lazy("External contacts"),
    "contained_in": gettext_lazy("Part of"),
}

# The order in which changes are told; a database keeps none.
_ORDER = [
    "name", "description", "photo", "masters", "members", "members_added", "members_removed",
    *Feature.values, *_LABELS,
]  # fmt: skip

# Entries are written as "Name <address>", "team Name" and "group Name" (groups.actions.choices.entry_names).
_ADDRESS = re.compile(r" <[^<>]*>$")
_GROUP = "group "


@dataclass(frozen=True)
class Detail:
    """One thing that changed: either a value before and after, or what was added and removed."""

    label: str
    before: str = ""
    after: str = ""
    is_new: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    more: int = 0

    @property
    def is_list(self) -> bool:
        return bool(self.added or self.removed)


@dataclass(frozen=True)
class Change:
    """One change by one person."""

    pk: int
    at: datetime
    who: str
    what: str
    details: tuple[Detail, ...]


def entries_of(group: Group) -> QuerySet[AuditEntry]:
    """The audit entries of what was done to the group, without attempts that were refused."""
    done = AuditEntry.objects.filter(target_kind="group", target_id=group.pk, result=AuditEntry.Result.DONE)
    # What another company's audit has of it as well is the same once more.
    return done.filter(company_id=group.company_id)


def changes_since(group: Group, version: int, *, viewer: Member) -> list[Change]:
    """What others changed since the viewer opened the group at that version, oldest first (spec 2.18)."""
    entries = entries_of(group).filter(target_version__gt=version)
    return in_words(group, entries.order_by("target_version", "id")[:CHANGES_AT_MOST], viewer=viewer)


def in_words(group: Group, entries: Iterable[AuditEntry], *, viewer: Member) -> list[Change]:
    """Audit entries of the group as the viewer may read them.

    Names of groups that the viewer may not see are left out (spec 2.21), and addresses of other companies'
    people (spec 6.4).
    """
    entries = list(entries)
    reader = _Reader(group, entries, viewer)
    return [
        Change(
            pk=entry.pk,
            at=entry.at,
            who=entry.actor_name or _("The system"),
            what=str(_ACTIONS.get(entry.action, _ACTIONS["group.edit"])),
            details=tuple(
                detail
                for key, values in sorted(entry.changes.items(), key=_place)
                if (detail := reader.detail(key, values))
            ),
        )
        for entry in entries
    ]


class _Reader:
    """Turns values of the audit into words for one reader."""

    def __init__(self, group: Group, entries: list[AuditEntry], viewer: Member) -> None:
        self.sees_all_groups = permissions.is_administrator_of(viewer, group.company_id) or viewer.is_staff
        self.known_groups = set() if self.sees_all_groups else _visible_names(entries, viewer)
        self.domains: set[str] | None = None
        if group.is_external:
            own = Domain.objects.filter(company=viewer.company_id)
            self.domains = set(own.values_list("name", flat=True))

    def detail(self, key: str, values: list[Any]) -> Detail | None:
        before, after = (*values, None, None)[:2]
        label = _label(key)
        if isinstance(before, list) or isinstance(after, list):
            return self._list_detail(key, label, before or [], after or [])
        if before is None and after in (None, "", False):
            return None  # what a new group does not have is not worth a line
        return Detail(label, _value(key, before), _value(key, after), is_new=before is None)

    def _list_detail(self, key: str, label: str, before: list[str], after: list[str]) -> Detail | None:
        removed = [item for item in before if item not in set(after)]
        added = [item for item in after if item not in set(before)]
        if key == "members_removed":
            removed, added = added, removed
        if not added and not removed:
            return None
        return Detail(
            label,
            added=tuple(self._item(key, item) for item in added[:NAMED_AT_MOST]),
            removed=tuple(self._item(key, item) for item in removed[:NAMED_AT_MOST]),
            more=max(0, len(added) - NAMED_AT_MOST) + max(0, len(removed) - NAMED_AT_MOST),
        )

    def _item(self, key: str, item: str) -> str:
        if (group_name := _group_named(key, item)) is not None:
            known = self.sees_all_groups or name_key(group_name) in self.known_groups
            return _("group %(name)s") % {"name": group_name} if known else _("a private group")
        if self.domains is not None and item.rstrip(">").rpartition("@")[2] not in self.domains:
            return _ADDRESS.sub("", item)
        return item


def _visible_names(entries: list[AuditEntry], viewer: Member) -> set[str]:
    """The keys of those group names in the entries that belong to groups that the viewer may see."""
    keys = {
        name_key(group_name)
        for entry in entries
        for key, values in entry.changes.items()
        for value in values
        if isinstance(value, list)
        for item in value[: 2 * NAMED_AT_MOST]
        if (group_name := _group_named(key, str(item))) is not None
    }
    if not keys:
        return set()
    seen = permissions.visible_groups(viewer).filter(name_key__in=keys)
    return set(seen.values_list("name_key", flat=True))


def _group_named(key: str, item: str) -> str | None:
    """The name, if the item of a list stands for a group."""
    if key == "contained_in":
        return item
    return item.removeprefix(_GROUP) if item.startswith(_GROUP) else None


def _place(change: tuple[str, list[Any]]) -> int:
    return _ORDER.index(change[0]) if change[0] in _ORDER else len(_ORDER)


def _label(key: str) -> str:
    if key in _LABELS:
        return str(_LABELS[key])
    return str(Feature(key).label) if key in Feature.values else key.replace("_", " ")


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if key == "who_can_send" and value in MailingList.Senders.values:
        return str(MailingList.Senders(value).label)
    if key == "photo" and value:
        return _("a photo")
    return "" if value is None else str(value)
