"""The rows of an import: each with its verdict, and what it changes (rule 10.2)."""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from groups.directory.imports.summary import VERDICTS
from groups.models import ImportRow
from groups.views.imports.shown import facts_of

from ..callers import call_of
from ..fields import Flag, Out, RowRef
from ..groups.series import Part, page_of_parts
from ..operations import operation
from ..paging import BY_ID, PageWish, replied
from ..replies import Reply
from .shown import SCOPE, Verdict, import_of

router = Router(tags=["Imports"])

Kind = Literal["team", "member", "place", "group", "master", "entry", "list", "sender", "contact"]


class FactOut(Out):
    """A field that changes."""

    label: str
    before: str
    after: str


class RowOut(Out):
    """A row."""

    id: int
    kind: str = Field(examples=["member"])
    name: str
    verdict: str = Field(description="add, change, remove, same or refused; empty while it is not judged.")
    reason: str = Field(description="Why it is refused, could not be brought in, or cannot be taken back.")
    state: str = Field(description="Empty, done, skipped, undone or left.")
    file: str
    row: int
    changes: list[FactOut]


class RowsOut(Out):
    """A page of rows: those that are refused first, then what removes, changes, adds, and stays the same."""

    items: list[RowOut]
    next_cursor: str | None


class RowFilter(BaseModel):
    """Which rows are listed."""

    verdict: Verdict | None = None
    kind: Kind | None = None
    left_out: Flag = Field(False, description="Only what was good, and yet could not be done or undone.")


@operation(router, "GET", "/imports/{ref}/rows", SCOPE, answers=RowsOut, summary="List the rows of an import")
def list_import_rows(
    request: HttpRequest, ref: RowRef, wanted: Annotated[RowFilter, Query(...)], page: PageWish
) -> Reply:
    """Each with its verdict and what it changes."""
    rows = ImportRow.objects.filter(directory_import=import_of(call_of(request), ref))
    if wanted.kind is not None:
        rows = rows.filter(kind=wanted.kind)
    if wanted.left_out:
        rows = rows.left_out()
    verdicts = [*VERDICTS] if wanted.verdict is None else [wanted.verdict]
    found = page_of_parts([Part(verdict, rows.filter(verdict=verdict), BY_ID) for verdict in verdicts], page)
    return replied(request, found, RowsOut, [_shown(row) for row in found.rows])


def _shown(row: ImportRow) -> RowOut:
    facts = [FactOut(label=fact.label, before=fact.before, after=fact.after) for fact in facts_of(row)]
    return RowOut(
        id=row.pk,
        kind=row.kind,
        name=row.name,
        verdict=row.verdict,
        reason=row.touched or row.reason,
        state=row.state,
        file=row.file,
        row=row.row,
        changes=facts,
    )
