"""The audit (rules 8.1, 8.3): who did what, for administrators."""

from collections.abc import Sequence
from typing import Annotated, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.audit.rows import Book, Row
from accounts.models import AuditEntry, Scope

from .callers import Call, call_of
from .entries import ChangeOut, changes_of
from .fields import IN_PLACE, Id, Moment, Out, RowRef, Text, When, row_of
from .operations import operation
from .paging import BY_TIME, LATEST, PageWish, page_of, replied
from .replies import Reply

router = Router(tags=["Audit"])


class DoerOut(Out):
    """Who did something: a person, a program, or nobody for the system itself."""

    id: int | None = Field(description="Of a person.")
    name: str
    email: str
    company: str = Field(description="The name of their company, if it is another one.")


class TargetOut(Out):
    """What was changed. It need not be there any more."""

    kind: str = Field(examples=["member"])
    id: int | None
    name: str


class AuditEntryOut(Out):
    """One change, made or refused. It is written once and never changes."""

    id: int
    at: Moment
    action: str = Field(examples=["member.update"])
    label: str = Field(description="The action in words.")
    result: Annotated[AuditEntry.Result, IN_PLACE]
    reason: str = Field(description="Why it was refused, or done.")
    door: Annotated[AuditEntry.Door, IN_PLACE]
    actor: DoerOut
    ip: str | None
    target: TargetOut
    changes: list[ChangeOut] = Field(description="At most 20 added or removed things a field are named.")


class AuditOut(Out):
    """A page of entries."""

    items: list[AuditEntryOut]
    next_cursor: str | None


class AuditFilter(BaseModel):
    """Which entries are listed, and in which order."""

    since: When | None = Field(None, description="At this moment or later.")
    until: When | None = Field(None, description="Before this moment.")
    action: Annotated[Text, Field(max_length=40)] = ""
    door: Annotated[AuditEntry.Door, IN_PLACE] | None = None
    result: Annotated[AuditEntry.Result, IN_PLACE] | None = None
    actor_id: Id | None = Field(None, description="Done by this person.")
    target_kind: Annotated[Text, Field(max_length=20)] = ""
    target_id: Id | None = None
    order: Literal["newest", "oldest"] = Field(
        "newest", description="`oldest` to read on: ask again from the `at` of the last entry."
    )


@operation(router, "GET", "/audit", Scope.AUDIT_READ, answers=AuditOut, summary="List audit entries")
def list_audit(request: HttpRequest, wanted: Annotated[AuditFilter, Query(...)], page: PageWish) -> Reply:
    """Entries of the company's audit. For administrators."""
    call = call_of(request)
    entries = _found(_entries(call), wanted)
    found = page_of(entries, LATEST if wanted.order == "newest" else BY_TIME, page)
    return replied(request, found, AuditOut, _shown(call, found.rows))


@operation(
    router, "GET", "/audit/{ref}", Scope.AUDIT_READ, answers=AuditEntryOut, summary="Get an audit entry"
)
def get_audit_entry(request: HttpRequest, ref: RowRef) -> AuditEntryOut:
    """One entry of the company's audit. For administrators."""
    call = call_of(request)
    return _shown(call, [row_of(_entries(call), ref)])[0]


def _entries(call: Call) -> QuerySet[AuditEntry]:
    company = call.check_administers("audit.see")
    # Without the columns that are only for searching.
    return AuditEntry.objects.filter(company_id=company.pk).defer("people_folded", "groups_folded")


def _found(entries: QuerySet[AuditEntry], wanted: AuditFilter) -> QuerySet[AuditEntry]:
    exact = {
        "at__gte": wanted.since,
        "at__lt": wanted.until,
        "action": wanted.action or None,
        "door": wanted.door,
        "result": wanted.result,
        "actor_id": wanted.actor_id,
        "target_kind": wanted.target_kind or None,
        "target_id": wanted.target_id,
    }
    return entries.filter(**{name: value for name, value in exact.items() if value is not None})


def _shown(call: Call, entries: Sequence[AuditEntry]) -> list[AuditEntryOut]:
    """As the page shows them to administrators (rule 6.4)."""
    book = Book(call.reader, call.company)
    return [_one(book, row) for row in book.rows(entries, linked=False)]


def _one(book: Book, row: Row) -> AuditEntryOut:
    entry = row.entry
    is_stranger = bool(row.company)
    return AuditEntryOut(
        id=entry.pk,
        at=entry.at,
        action=entry.action,
        label=row.task,
        result=AuditEntry.Result(entry.result),
        reason=row.reason,
        door=AuditEntry.Door(entry.door),
        actor=DoerOut(
            id=None if is_stranger else entry.actor_id, name=row.who, email=row.email, company=row.company
        ),
        ip=row.ip or None,
        target=TargetOut(kind=entry.target_kind, id=entry.target_id, name=row.target),
        changes=changes_of(book.reader, entry),
    )
