"""What a dry run tells: the changes that the audit would have recorded, as the caller may read them."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from accounts.audit.reading import Reader
from accounts.models import AuditEntry

from .callers import Call
from .entries import ChangeOut, changes_of
from .fields import Out
from .replies import Reply

TOLD_AT_MOST = 100


class EffectOut(Out):
    """One thing that would change."""

    action: str = Field(examples=["member.update"])
    target_kind: str = Field(examples=["member"])
    target_id: int | None
    target_name: str
    reason: str
    changes: list[ChangeOut]


class DryRunOut(Out):
    """Nothing has happened. New things have no id yet: those in `would_answer` mean nothing."""

    dry_run: Literal[True] = True
    status: int = Field(description="With which status the change would be answered.", examples=[200])
    would_answer: dict[str, Any] | None
    effects: list[EffectOut]
    more_effects: int = Field(description="How many more effects there are than are listed.")


def told(call: Call, reply: Reply, entries: Sequence[AuditEntry]) -> DryRunOut:
    """The reply and the entries of a change, before both are taken back."""
    own = [entry for entry in entries if entry.company_id == call.company.pk]
    shown = own[:TOLD_AT_MOST]
    reader = Reader(call.reader, call.company.pk, shown)
    return DryRunOut(
        status=reply.status,
        would_answer=None if reply.body is None else reply.body.model_dump(mode="json"),
        effects=[_effect(reader, entry) for entry in shown],
        more_effects=len(own) - len(shown),
    )


def _effect(reader: Reader, entry: AuditEntry) -> EffectOut:
    return EffectOut(
        action=entry.action,
        target_kind=entry.target_kind,
        target_id=entry.target_id,
        target_name=reader.plain("target", entry.target_name),
        reason=entry.reason,
        changes=changes_of(reader, entry),
    )
