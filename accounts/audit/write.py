"""Writes the audit (rule 8.1). The only module that creates AuditEntry rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts import outbox
from accounts.actor import Actor, NotVisible, Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.bulk import insert

from . import items

Changes = dict[str, list[Any]]
"""What changed: a field's name, and its values before and after."""


@dataclass(frozen=True)
class Entry:
    """One of a change's many entries: whose audit it belongs to, and why it happened."""

    target: models.Model
    changes: Changes
    company: int
    reason: str | Promise = ""


_HEARD: ContextVar[list[AuditEntry] | None] = ContextVar("heard", default=None)


@contextmanager
def heard() -> Iterator[list[AuditEntry]]:
    """All entries that are written within, for somebody who takes them back and tells of them (rule 11.3)."""
    entries: list[AuditEntry] = []
    before = _HEARD.set(entries)
    try:
        yield entries
    finally:
        _HEARD.reset(before)


_BECAUSE: ContextVar[str | Promise] = ContextVar("because", default="")


@contextmanager
def because(reason: str | Promise) -> Iterator[None]:
    """Gives all entries that are written within, and have no reason of their own, this one (rule 10.13)."""
    before = _BECAUSE.set(reason)
    try:
        yield
    finally:
        _BECAUSE.reset(before)


P = ParamSpec("P")
R = TypeVar("R")


def record(
    actor: Actor,
    action: str,
    target: models.Model | None,
    changes: Changes | None = None,
    *,
    company: Company | int | None = None,
    result: str = AuditEntry.Result.DONE,
    reason: str | Promise = "",
) -> AuditEntry:
    """Adds one entry. Call it inside the transaction of the change that it records."""
    entry = _entry(actor, action, target, changes, company=company, result=result, reason=reason)
    entry.save(force_insert=True)
    _tell([(entry, target)])
    return entry


def record_each(
    actor: Actor, action: str, targets: Iterable[models.Model], changes: Changes | None = None
) -> None:
    """Adds an entry for each of many objects that one change affects, in bulk."""
    rows = [(_entry(actor, action, target, changes), target) for target in targets]
    AuditEntry.objects.bulk_create([entry for entry, _target in rows], batch_size=1000)
    _tell(rows)


def record_in_bulk(actor: Actor, action: str, entries: Iterable[Entry]) -> None:
    """Adds entries to the audits of several companies, for a change made by somebody of one of them.

    The others read which company made it, not who or from which IP address (rules 1.1, 6.4).
    """
    reader = actor.reader
    home = None if reader is None or actor.rules_everything else reader.company
    rows: list[tuple[AuditEntry, models.Model | None]] = []
    for entry in entries:
        row = _entry(actor, action, entry.target, entry.changes, company=entry.company, reason=entry.reason)
        if home is not None and home.pk != entry.company:
            row.actor_id, row.actor_name, row.actor_email, row.ip = None, home.name, "", None
            row.actor_company_name = ""
            searched = items.searched(_items(row, entry.target), entry.company)
            row.people_folded, row.groups_folded = searched
        rows.append((row, entry.target))
    insert(AuditEntry, [row for row, _target in rows])
    _tell(rows)


def _tell(rows: Sequence[tuple[AuditEntry, models.Model | None]]) -> None:
    """Has webhooks told of it, in the same transaction (rule 11.5)."""
    outbox.add([outbox.Told(row, _owner(target) in (None, row.company_id)) for row, target in rows])


def _owner(target: models.Model | None) -> int | None:
    """The id of the company to which a thing belongs."""
    if isinstance(target, Company):
        return target.pk
    owner = getattr(target, "company_id", None)
    return int(owner) if owner is not None else None


def _entry(
    actor: Actor,
    action: str,
    target: models.Model | None,
    changes: Changes | None,
    *,
    company: Company | int | None = None,
    result: str = AuditEntry.Result.DONE,
    reason: str | Promise = "",
) -> AuditEntry:
    member, reader = actor.member, actor.reader
    company_id = _company_id(company, target, reader)
    entry = AuditEntry(
        company_id=company_id,
        actor_id=member.pk if member else None,
        actor_name=actor.name[:1000],
        actor_email=member.email if member else "",
        actor_company_id=reader.company_id if reader else None,
        actor_company_name=_other_company(reader, company_id),
        ip=actor.ip,
        door=actor.door,
        action=action,
        target_kind=target._meta.model_name or "" if target else "",
        target_id=target.pk if target else None,
        target_name=str(getattr(target, "name", target))[:1000] if target else "",
        target_version=getattr(target, "version", None),
        changes=changes or {},
        result=result,
        reason=_for_any_reader(reason or _BECAUSE.get())[:1000],
    )
    entry.people_folded, entry.groups_folded = items.searched(_items(entry, target), company_id)
    if (told := _HEARD.get()) is not None:
        told.append(entry)
    return entry


def _for_any_reader(reason: str | Promise) -> str:
    """The reason to store: untranslated, so that labels.reason can translate it for each reader.

    One that is already text, such as with a name in it, stays as it is.
    """
    with translation.override(None):
        return str(reason)


def _other_company(member: Member | None, company_id: int | None) -> str:
    """The name of the actor's company, if the entry belongs to another company."""
    if member is None or member.company is None or member.company_id == company_id:
        return ""
    return member.company.name


def _items(entry: AuditEntry, target: models.Model | None) -> Iterator[items.Read]:
    """All people and groups in an entry: actor, target, and those in the changes."""
    if entry.actor_id is not None:
        yield items.Read("member", entry.actor_name, email=entry.actor_email, company=entry.actor_company_id)
    if isinstance(target, Member):
        yield items.Read("member", target.name, email=target.email, company=target.company_id)
    elif entry.target_kind == "group":
        yield items.Read("group", entry.target_name)
    yield from items.items_of(entry.changes)


def _company_id(
    company: Company | int | None, target: models.Model | None, member: Member | None
) -> int | None:
    if isinstance(company, Company):
        return company.pk
    if company is not None:
        return company
    return _owner(target) or (member.company_id if member else None)


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function one transaction; a refusal is audited after its transaction is rolled back.

    The function takes a keyword argument `actor`.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except Refused as refusal:
            actor = kwargs["actor"]
            if isinstance(actor, Actor) and not refusal.audited:
                record_refusal(actor, refusal)
            raise

    return wrapper


ATTEMPTS_COUNTED_FOR = timedelta(hours=1)
REFUSALS_AT_MOST = 10
"""Of one person, for one action and target. More say nothing new, and nobody can delete them."""


def record_refusal(actor: Actor, refusal: Refused) -> None:
    """Adds the entry of a refused attempt, and marks the refusal, so that nobody adds it again.

    Who tries the same again and again cannot flood the audit, not even that of another company.
    """
    target = refusal.target if isinstance(refusal.target, models.Model) else None
    same = _attempts(actor, target).filter(action=refusal.action)
    if same[:REFUSALS_AT_MOST].count() < REFUSALS_AT_MOST:
        record(
            actor,
            refusal.action,
            target,
            company=refusal.company,
            result=AuditEntry.Result.REFUSED,
            reason=refusal.audited_reason,
        )
    refusal.audited = True


NOT_VISIBLE = gettext_lazy("The person who asked cannot see this.")


def record_not_visible(actor: Actor, attempt: NotVisible) -> None:
    """Records an attempt to reach an object that the person may not know of, at most once an hour for each.

    The entry is in the audit of the object's company: going through ids is noticed, and cannot flood the
    audit.
    """
    if not _attempts(actor, attempt.target).exists():
        record(
            actor,
            attempt.action,
            attempt.target,
            result=AuditEntry.Result.REFUSED,
            reason=NOT_VISIBLE,
        )


def _attempts(actor: Actor, target: models.Model | None) -> models.QuerySet[AuditEntry]:
    """What this person was lately refused with this target."""
    return AuditEntry.objects.filter(
        actor_id=actor.member.pk if actor.member else None,
        target_kind=target._meta.model_name or "" if target else "",
        target_id=target.pk if target else None,
        result=AuditEntry.Result.REFUSED,
        at__gte=timezone.now() - ATTEMPTS_COUNTED_FOR,
    )


def difference(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """The values that differ, as the audit records them."""
    return {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}
