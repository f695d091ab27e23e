"""Imports as a worker would leave them, for tests of their pages."""

from collections.abc import Iterable
from typing import Any

from accounts.models import Company
from groups.models import DirectoryImport, ImportFile, ImportRow


def import_of(
    company: Company, rows: Iterable[dict[str, Any]] = (), *, state: str = "ready", **fields: Any
) -> DirectoryImport:
    """An import with these rows; its counts are those of the rows."""
    counts: dict[str, dict[str, int]] = {}
    made = DirectoryImport.objects.create(company=company, door="web", state=state, **fields)
    ImportFile.objects.create(directory_import=made, name="people.csv", content="imports/none")
    out = {"skipped", "left"}
    rows = [{"is_left_out": row.get("state") in out} | row for row in rows]
    staged = [ImportRow(directory_import=made, **{"kind": "member", "verdict": "add"} | row) for row in rows]
    ImportRow.objects.bulk_create(staged)
    for row in staged:
        of_kind = counts.setdefault(row.kind, {})
        of_kind[row.verdict] = of_kind.get(row.verdict, 0) + 1
    made.counts = made.counts or counts
    made.save()
    return made
