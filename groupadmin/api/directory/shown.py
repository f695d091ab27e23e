"""What imports look like in the API, and how one is found."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from pydantic import Field

from accounts.models import Scope
from groups.directory.imports import undoing
from groups.directory.imports.summary import number_in, summary_of, warnings_of
from groups.directory.imports.undoing import dry_run
from groups.models import DirectoryImport

from ..callers import Call
from ..fields import Moment, Out, row_of

SCOPE = Scope.IMPORTS
ACT = "directory.import"
MEANINGS = ("people", "mail", "rooms", "contacts")

ImportState = Literal["reading", "ready", "running", "done", "cancelled", "failed", "undoing", "undone"]
Verdict = Literal["add", "change", "remove", "same", "refused"]


class FileOut(Out):
    """A file of an import."""

    name: str
    size: int


class CountsOut(Out):
    """How many rows of a kind have which verdict."""

    kind: str = Field(examples=["member"])
    add: int
    change: int
    remove: int
    same: int
    refused: int


class MovementOut(Out):
    """How many gain and lose something."""

    gained: int
    lost: int


class MeaningOut(Out):
    """What it means for people (rule 10.2)."""

    people: MovementOut = Field(description="Join or leave groups.")
    mail: MovementOut = Field(description="Get or miss the mail of lists.")
    rooms: MovementOut = Field(description="Enter or leave rooms.")
    contacts: MovementOut = Field(description="External contacts who get or miss mail.")
    warnings: list[str]


class UndoOut(Out):
    """What undoing would do: rows by kind (rule 10.3)."""

    taken_back: dict[str, int]
    left: dict[str, int] = Field(description="They stay, as somebody has touched them since.")


class ImportOut(Out):
    """An import. Ask again until its state is none of reading, running and undoing."""

    id: int
    state: ImportState
    format: str = Field(description="Which system wrote the files; `import` is our own form.")
    files: list[FileOut]
    default_master: str = Field(description="The address of who runs groups for which nobody is named.")
    removes_missing: bool
    done: int = Field(description="How many rows the present step is through with.")
    total: int = Field(description="Of how many; 0 while that is unknown.")
    problem: str = Field(description="Why it failed; empty if it did not.")
    counts: list[CountsOut] = Field(description="The verdicts, once it is ready.")
    meaning: MeaningOut | None = Field(description="Once it is ready.")
    can_undo: bool | None = Field(description="Whether something of it is in. Null in lists.")
    undo: UndoOut | None = Field(description="Once undoing was looked at.")
    created_at: Moment
    finished_at: Moment | None


def import_of(call: Call, ref: str) -> DirectoryImport:
    """The import of the caller's company. Raises Refused or Http404."""
    company = call.check_administers(ACT)
    own = DirectoryImport.objects.filter(company=company).select_related("job", "company")
    return row_of(own.prefetch_related("files"), ref)


def shown_import(found: DirectoryImport, *, alone: bool = True) -> ImportOut:
    """The import; alone also whether it can be undone, which takes a query."""
    job, options, looked = found.job, found.options, dry_run.found(found)
    return ImportOut(
        id=found.pk,
        state=cast(ImportState, found.state),
        format=found.source,
        files=[FileOut(name=file.name, size=file.size) for file in found.files.all()],
        default_master=str(options.get("default_master", "")),
        removes_missing=options.get("removes_missing") is True,
        done=job.done if job else 0,
        total=job.total if job else 0,
        problem=found.problem,
        counts=[
            CountsOut(kind=line.kind, **{str(verdict): number for verdict, number in line.cells})
            for line in summary_of(found.counts).lines
        ],
        meaning=_meaning(found.meaning),
        can_undo=undoing.may_be_undone(found) if alone else None,
        undo=None if looked is None else _undo(looked),
        created_at=found.created_at,
        finished_at=found.finished_at,
    )


def _meaning(stored: Any) -> MeaningOut | None:
    if not isinstance(stored, dict) or not any(key in stored for key in MEANINGS):
        return None
    moved = {
        key: MovementOut(gained=number_in(stored.get(key), "gained"), lost=number_in(stored.get(key), "lost"))
        for key in MEANINGS
    }
    return MeaningOut(**moved, warnings=list(warnings_of(stored)))


def _undo(looked: Mapping[str, dict[str, int]]) -> UndoOut:
    return UndoOut(taken_back=looked.get("taken_back", {}), left=looked.get("left", {}))
