"""Writes what webhooks are told, beside the audit and in the same transaction (rule 11.5).

Called by accounts/audit/write.py alone, through which every change goes: no door can forget it, and what is
rolled back is told to nobody.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from accounts.models import AuditEntry, Webhook, WebhookDelivery
from groupadmin.base.bulk import insert

from .events import TEST, type_of

NAMED_AT_MOST = 100
"""How many of those who were added, and of those who were removed, stand in an event itself."""
MANY = 100
CONTACTS = "contacts"
"""The field of a list's external contacts, who have neither id nor page."""
PATHS = {"member": "members", "team": "teams", "group": "groups"}
"""Kinds of things that REST has, and below what."""


@dataclass(frozen=True)
class Told:
    """An entry of the audit, and whether its target belongs to the company whose audit it is in."""

    entry: AuditEntry
    is_own: bool


def add(told: Sequence[Told]) -> None:
    """Adds what these entries tell to the outbox of the webhooks that want it.

    One query where nobody does, and none for what nobody can subscribe to.
    """
    types = [(one, name) for one in told if (name := _type(one.entry)) is not None]
    if not types:
        return
    webhooks = _webhooks({one.entry.company_id for one, _name in types if one.entry.company_id is not None})
    if not webhooks:
        return
    rows: list[WebhookDelivery] = []
    for one, name in types:
        wanting = [
            pk for pk, wanted in webhooks.get(one.entry.company_id, ()) if not wanted or name in wanted
        ]
        if wanting:
            body, event_id = _body(name, one.entry.at, _data(one)), uuid4()
            rows.extend(
                _delivery(pk, name, _thing(one.entry), body, one.entry.at, event_id) for pk in wanting
            )
    if len(rows) > MANY:
        insert(WebhookDelivery, rows)
    elif rows:
        WebhookDelivery.objects.bulk_create(rows)


def add_test(webhook: Webhook, at: datetime) -> WebhookDelivery:
    """Adds an event that tells nothing, to see whether it arrives."""
    body = _body(TEST, at, {"webhook": webhook.pk})
    delivery = _delivery(webhook.pk, TEST, "test", body, at, uuid4())
    delivery.save(force_insert=True)
    return delivery


def _type(entry: AuditEntry) -> str | None:
    return type_of(entry.action) if entry.result == AuditEntry.Result.DONE else None


def _webhooks(companies: Collection[int]) -> dict[int | None, list[tuple[int, list[str]]]]:
    """By company, those that are told, and of what."""
    found: dict[int | None, list[tuple[int, list[str]]]] = {}
    rows = Webhook.objects.told().filter(company_id__in=companies).order_by()
    for pk, company, types in rows.values_list("pk", "company_id", "event_types"):
        found.setdefault(company, []).append((pk, types))
    return found


def _delivery(
    webhook: int, name: str, thing: str, body: str, at: datetime, event_id: UUID
) -> WebhookDelivery:
    return WebhookDelivery(
        webhook_id=webhook,
        event_id=event_id,
        event_type=name,
        thing=thing,
        body=body,
        created_at=at,
        due_at=at,
    )


def _thing(entry: AuditEntry) -> str:
    """What changed: its events arrive one after the other."""
    if entry.target_id is None:
        return f"company-{entry.company_id}"
    return f"{entry.target_kind}-{entry.target_id}"


def _body(name: str, at: datetime, data: dict[str, Any]) -> str:
    """As Standard Webhooks has it. Readable, as people look at it too."""
    time = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": name, "timestamp": time, "data": data}, ensure_ascii=False)


def _data(told: Told) -> dict[str, Any]:
    """Ids and names, never values: whoever wants to know more asks for it by REST, with a token."""
    entry = told.entry
    added, removed, is_cut = _people_and_things(entry, is_own=told.is_own)
    return {
        "action": entry.action,
        "target": _target(told),
        "changed": sorted({_field(key) for key, values in entry.changes.items() if any(values)}),
        "added": added,
        "removed": removed,
        "is_cut": is_cut,
        "actor": _actor(entry),
        "door": entry.door,
        "audit_entry": entry.pk,
    }


def _target(told: Told) -> dict[str, Any]:
    entry = told.entry
    folder = PATHS.get(entry.target_kind)
    is_there = folder and told.is_own and not entry.action.endswith((".delete", ".purge"))
    return {
        "kind": entry.target_kind,
        "id": entry.target_id,
        "name": entry.target_name,
        "version": entry.target_version,
        "path": f"/api/v1/{folder}/{entry.target_id}" if is_there else None,
    }


def _actor(entry: AuditEntry) -> dict[str, Any]:
    """Who did it; of another company's people their names, or only the company's (rules 1.1, 6.4)."""
    is_own = entry.actor_company_id == entry.company_id
    if entry.actor_id is not None:
        kind = "member"
    elif entry.actor_name:
        kind = "program" if is_own else "company"
    else:
        return {"kind": "system"}
    actor: dict[str, Any] = {"kind": kind, "name": entry.actor_name}
    if is_own and entry.actor_id is not None:
        actor["id"] = entry.actor_id
    if entry.actor_company_name:
        actor["company"] = entry.actor_company_name
    return actor


def _field(key: str) -> str:
    return key.removesuffix("_added").removesuffix("_removed")


def _people_and_things(
    entry: AuditEntry, *, is_own: bool
) -> tuple[dict[str, list[Any]], dict[str, list[Any]], bool]:
    """Who and what was added and removed, by field, and whether there are more than are named."""
    found: tuple[dict[str, list[Any]], dict[str, list[Any]]] = ({}, {})
    is_cut = False
    for key, values in entry.changes.items():
        before, after = (_list(value) for value in (*values, None, None)[:2])
        added, removed = _without(after, before), _without(before, after)
        if key.endswith("_removed"):
            added, removed = removed, added
        for place, items in zip(found, (added, removed), strict=True):
            told = [item for item in items if _is_told(item, _field(key), is_own=is_own)]
            if told:
                place.setdefault(_field(key), []).extend(map(_named, told[:NAMED_AT_MOST]))
            is_cut |= len(told) > NAMED_AT_MOST
    return *found, is_cut


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _without(items: list[Any], others: list[Any]) -> list[Any]:
    there = {_same(other) for other in others}
    return [item for item in items if _same(item) not in there]


def _same(item: Any) -> Any:
    if isinstance(item, dict) and item.get("id") is not None:
        return item.get("kind"), item["id"]
    return json.dumps(item, sort_keys=True)


def _is_told(item: Any, field: str, *, is_own: bool) -> bool:
    """People and things; of another company's group only the people, who are one's own.

    Texts are values, such as somebody's aliases. Only external contacts are nothing else.
    """
    if not isinstance(item, dict):
        return is_own and field == CONTACTS
    return is_own or item.get("kind") == "member"


def _named(item: Any) -> Any:
    """A thing by its kind, id and name; what is only text, such as an external contact, as it is."""
    if isinstance(item, dict):
        return {name: item.get(name) for name in ("kind", "id", "name")}
    return item
