"""What an entry of the audit shows to one reader: the fields that changed, as text that they may read.

Names of groups that the reader may not see are left out (rule 2.21), and email addresses of other companies'
people (rule 6.4).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from django.utils.translation import gettext as _

from accounts import consequences
from accounts.models import AuditEntry, Domain, Member, name_key
from accounts.permissions import is_administrator_of, sees_people_of

from . import items as audit_items
from . import labels
from .items import Read

NAMED_AT_MOST = 20
CHANGES_AT_MOST = 50

_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
# Recipients that the company itself added to its list (rule 4.8), not people of another company.
_OWN_WORDS = {"contacts"}


@dataclass(frozen=True)
class Detail:
    """One field that changed: either its value before and after, or what was added and removed."""

    label: str
    before: str = ""
    after: str = ""
    is_new: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    more_added: int = 0
    more_removed: int = 0
    key: str = ""
    """The field's name in the entry."""

    @property
    def is_list(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def more(self) -> int:
        return self.more_added + self.more_removed


@dataclass(frozen=True)
class Change:
    """One person's change of an object, as the object's page shows it."""

    pk: int
    at: datetime
    who: str
    what: str
    details: tuple[Detail, ...]


class Reader:
    """Turns audited values of a company into text for one reader, who may be of another company."""

    def __init__(
        self,
        viewer: Member,
        company_id: int | None,
        entries: Iterable[AuditEntry],
        *,
        named_at_most: int | None = NAMED_AT_MOST,
    ) -> None:
        self.viewer = viewer
        self.named_at_most = named_at_most
        self.sees_all_groups = is_administrator_of(viewer, company_id) or viewer.is_staff
        self._fact = cache(labels.fact)
        self._entries = [] if self.sees_all_groups else list(entries)

    def details(self, entry: AuditEntry) -> tuple[Detail, ...]:
        """What changed, without empty values of new objects."""
        found = (
            self._detail(key, self._fact(key, entry.target_kind), values)
            for key, values in labels.in_order(entry.changes)
        )
        return tuple(detail for detail in found if detail)

    def is_own_address(self, address: str) -> bool:
        """Whether it is at a domain of the reader's company, so that they may read it (rule 6.4)."""
        return self.viewer.is_staff or address.rpartition("@")[2].lower() in self._domains

    def plain(self, key: str, raw: Any) -> str:
        """A single value as text; other companies' addresses are not shown."""
        text = labels.value(key, raw)
        if key not in _OWN_WORDS and _ADDRESS.fullmatch(text) and not self.is_own_address(text):
            return _("an address of another company")
        return text

    def _detail(self, key: str, label: str, values: list[Any]) -> Detail | None:
        before, after = (*values, None, None)[:2]
        if isinstance(before, list) or isinstance(after, list):
            return self._list_detail(key, label, _list(before), _list(after))
        if before is None and after in (None, "", False):
            return None  # empty values of new objects are not worth a line
        told = self.plain(key, before), self.plain(key, after)
        return Detail(label, *told, is_new=before is None, key=key)

    def _list_detail(self, key: str, label: str, before: list[Any], after: list[Any]) -> Detail | None:
        removed, added = _without(before, after), _without(after, before)
        if key.endswith("_removed"):
            removed, added = added, removed
        if not added and not removed:
            return None
        most = self.named_at_most
        return Detail(
            label,
            added=tuple(self._item(key, item) for item in added[:most]),
            removed=tuple(self._item(key, item) for item in removed[:most]),
            more_added=len(added[most:]) if most else 0,
            more_removed=len(removed[most:]) if most else 0,
            key=key,
        )

    def _item(self, key: str, raw: Any) -> str:
        item = audit_items.read(key, raw)
        if item.kind == "group":
            return _("group %(name)s") % {"name": item.name} if self._sees(item) else _("a private group")
        if item.kind == "team":
            return _("team %(name)s") % {"name": item.name}
        if not item.email:
            return self.plain(key, item.name)
        return f"{item.name} <{item.email}>" if self._reads_address(key, item) else item.name

    def _reads_address(self, key: str, item: Read) -> bool:
        if self.viewer.is_staff or key in _OWN_WORDS:
            return True
        if item.company is not None:
            return sees_people_of(self.viewer, item.company)
        return self.is_own_address(item.email)

    def _sees(self, group: Read) -> bool:
        if self.sees_all_groups:
            return True
        ids, keys = self._visible
        return group.id in ids if group.id is not None else name_key(group.name) in keys

    @cached_property
    def _domains(self) -> set[str]:
        if self.viewer.company_id is None:
            return set()
        return set(
            Domain.objects.usable().filter(company=self.viewer.company_id).values_list("name", flat=True)
        )

    @cached_property
    def _visible(self) -> tuple[set[int], set[str]]:
        """The entries' groups that the reader may see: ids, and for older entries the keys of their names."""
        found = [
            item
            for entry in self._entries
            for key, values in entry.changes.items()
            for value in values
            for raw in _list(value)
            if (item := audit_items.read(key, raw)).kind == "group"
        ]
        if not found:
            return set(), set()
        ids = {item.id for item in found if item.id is not None}
        keys = {name_key(item.name) for item in found if item.id is None}
        visible = consequences.in_groups().visible_groups(self.viewer)
        return (
            set(visible.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set(),
            set(visible.filter(name_key__in=keys).values_list("name_key", flat=True)) if keys else set(),
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _without(items: list[Any], others: list[Any]) -> list[Any]:
    """The items that are not among the others, in order."""
    there = {_same(other) for other in others}
    return [item for item in items if _same(item) not in there]


def _same(item: Any) -> str:
    """Equal for two items that mean the same object: a person stays the same after a rename or a move."""
    if isinstance(item, dict) and item.get("id") is not None:
        return f"{item.get('kind')} {item['id']}"
    return json.dumps(item, sort_keys=True)
