"""What an import took out of groups and teams, kept with its row: undoing brings it back (rule 10.3)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import TeamMembership
from groups.directory.records import Kind
from groups.models import Designation, Group, Master, Membership

from .rows import Row

TABLES: dict[str, type[Model]] = {
    Kind.ENTRY: Membership,
    Kind.MASTER: Master,
    Kind.PLACE: TeamMembership,
}
_KEPT = {
    Kind.ENTRY: ("group_id", "member_id", "team_id", "subgroup_id", "added_by_id", "added_at"),
    Kind.MASTER: ("group_id", "member_id", "since"),
    Kind.PLACE: ("team_id", "member_id", "since"),
}
KEPT_AS = "thing"
"""Pages do not show it: the row's name says what it is."""


def keep(batch: Iterable[Row], things: dict[int, Any]) -> None:
    """Keeps with the rows what they remove."""
    for row in batch:
        if (thing := things.get(row.target or 0)) is not None:
            facts = {name: getattr(thing, name) for name in _KEPT[Kind(row.kind)]}
            row.before, row.after = {KEPT_AS: {name: _plain(one) for name, one in facts.items() if one}}, {}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def keep_around(row: Row, group: Group) -> None:
    """Keeps what a group was in, and designated for, as deleting it takes that away (rule 2.22)."""
    kept = _KEPT[Kind.ENTRY]
    entries = [
        {name: _plain(one) for name, one in zip(("id", "source", *kept), line, strict=True) if one}
        for line in Membership.objects.filter(subgroup=group).values_list("id", "source", *kept)
    ]
    designated = Designation.objects.filter(group=group).values("mailing_list_id", "purpose")
    row.before, row.after = {KEPT_AS: {"entries": entries, "designated": list(designated)}}, {}


def facts_of(row: Row) -> dict[str, Any]:
    """What a row has removed; empty if it had nothing to remove."""
    kept: dict[str, Any] = (row.before or {}).get(KEPT_AS) or {}
    return kept


def add_again(kind: str, batch: Sequence[Row], source: str) -> list[Any]:
    """Puts it back as it was, ids and days included."""
    model, when = TABLES[kind], _KEPT[Kind(kind)][-1]
    days = {row.target: datetime.fromisoformat(facts_of(row)[when]) for row in batch}
    things: list[Any] = [
        model(
            pk=row.target, source=source, **{name: one for name, one in facts_of(row).items() if name != when}
        )
        for row in batch
    ]
    model._default_manager.bulk_create(things, batch_size=1_000)
    for thing in things:
        setattr(thing, when, days[thing.pk])
    model._default_manager.bulk_update(things, [when], batch_size=1_000)
    return things
