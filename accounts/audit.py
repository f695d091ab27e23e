"""Writes the audit (spec 8.1). The one place that creates AuditEntry rows."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction

from .actor import Actor, Refused
from .models import AuditEntry, Company, Member

Changes = dict[str, list[Any]]
"""What changed: a name, and the values before and after."""

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
    reason: str = "",
) -> AuditEntry:
    """Adds one entry. Call it inside the transaction of the change that it tells of."""
    entry = _entry(actor, action, target, changes, company=company, result=result, reason=reason)
    entry.save(force_insert=True)
    return entry


def record_each(
    actor: Actor, action: str, targets: Iterable[models.Model], changes: Changes | None = None
) -> None:
    """Adds an entry for each of many things that one change touches, in bulk."""
    entries = (_entry(actor, action, target, changes) for target in targets)
    AuditEntry.objects.bulk_create(entries, batch_size=1000)


def _entry(
    actor: Actor,
    action: str,
    target: models.Model | None,
    changes: Changes | None,
    *,
    company: Company | int | None = None,
    result: str = AuditEntry.Result.DONE,
    reason: str = "",
) -> AuditEntry:
    member = actor.member
    return AuditEntry(
        company_id=_company_id(company, target, member),
        actor_id=member.pk if member else None,
        actor_name=member.name if member else "",
        actor_email=member.email if member else "",
        ip=actor.ip,
        door=actor.door,
        action=action,
        target_kind=target._meta.model_name or "" if target else "",
        target_id=target.pk if target else None,
        target_name=str(getattr(target, "name", target))[:1000] if target else "",
        target_version=getattr(target, "version", None),
        changes=changes or {},
        result=result,
        reason=reason[:1000],
    )


def _company_id(
    company: Company | int | None, target: models.Model | None, member: Member | None
) -> int | None:
    if isinstance(company, Company):
        return company.pk
    if company is not None:
        return company
    if isinstance(target, Company):
        return target.pk
    owner = getattr(target, "company_id", None) or (member.company_id if member else None)
    return int(owner) if owner is not None else None


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function one transaction; a refusal is audited after its transaction is undone.

    The function takes a keyword argument `actor`.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except Refused as refusal:
            actor = kwargs["actor"]
            if isinstance(actor, Actor) and not getattr(refusal, "audited", False):
                record_refusal(actor, refusal)
            raise

    return wrapper


def record_refusal(actor: Actor, refusal: Refused) -> None:
    """Adds the entry of a refused attempt, once however many hands the refusal passes through."""
    target = refusal.target if isinstance(refusal.target, models.Model) else None
    record(
        actor,
        refusal.action,
        target,
        company=refusal.company,
        result=AuditEntry.Result.REFUSED,
        reason=refusal.reason,
    )
    refusal.audited = True  # type: ignore[attr-defined]


def difference(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """The values that differ, as the audit keeps them."""
    return {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}
