"""Imports for tests: records in, rows out."""

from collections.abc import Iterable

from accounts.actor import Actor
from accounts.models import Company
from groups.directory.imports import lifecycle
from groups.directory.imports.options import Options
from groups.directory.records import Kind, Problem, Record
from groups.models import DirectoryImport, ImportRow

SYSTEM = Actor.system()


def member(email: str, **values: object) -> Record:
    return Record(Kind.MEMBER, {"member": email, **values}, "members.csv", 2)


def group(name: str, **values: object) -> Record:
    return Record(Kind.GROUP, {"group": name, **values}, "groups.csv", 2)


def master(group: str, email: str) -> Record:
    return Record(Kind.MASTER, {"group": group, "member": email}, "masters.csv", 2)


def entry(group: str, **thing: str) -> Record:
    return Record(Kind.ENTRY, {"group": group, **thing}, "entries.csv", 2)


def place(team: str, email: str) -> Record:
    return Record(Kind.PLACE, {"team": team, "member": email}, "places.csv", 2)


def whole_group(name: str, run_by: str, *people: str, **values: object) -> list[Record]:
    """A group with a master and people."""
    return [group(name, **values), master(name, run_by), *(entry(name, member=one) for one in people)]


def judged(
    company: Company,
    records: Iterable[Record | Problem],
    actor: Actor = SYSTEM,
    source: str = "import",
    **options: object,
) -> DirectoryImport:
    """An import of these records, looked at."""
    chosen = Options(**options)  # type: ignore[arg-type]
    opened = lifecycle.open_import(company, [], chosen, source=source, actor=actor)
    return lifecycle.judge_now(opened, records, actor=actor)


def brought_in(
    company: Company,
    records: Iterable[Record | Problem],
    actor: Actor = SYSTEM,
    source: str = "import",
    **options: object,
) -> DirectoryImport:
    """An import of these records, with its good rows brought in."""
    return lifecycle.run_now(judged(company, records, actor, source, **options), only_good=True, actor=actor)


def verdicts(directory_import: DirectoryImport) -> dict[str, str]:
    """The verdict on each row, by its name, with the reason of a refused one."""
    rows = ImportRow.objects.filter(directory_import=directory_import).order_by("id")
    return {
        f"{row.kind} {row.name}": row.verdict + (f": {row.reason}" if row.verdict == "refused" else "")
        for row in rows
    }
