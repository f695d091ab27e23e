"""The report of an import as CSV: each row's verdict, what it is about, and where it stood (rule 10.2)."""

from collections.abc import Iterator

from groupadmin.base.spreadsheets.writing import Cells, csv_lines
from groups.models import DirectoryImport, ImportRow

from .summary import VERDICTS

HEAD = ["verdict", "kind", "name", "reason", "file", "row"]
ROWS_AT_ONCE = 2_000
REFUSED = ImportRow.Verdict.REFUSED


def report_of(directory_import: DirectoryImport) -> Iterator[str]:
    """The table, some lines at a time: what is refused first, each verdict in the order of the files.

    Verdicts and kinds are the words of records: programs read them too. What was good, but could not be
    brought in, was refused on the way. Memory stays the same for a million rows, and no transaction is open
    while somebody downloads.
    """
    return csv_lines(_rows(directory_import))


def _rows(directory_import: DirectoryImport) -> Iterator[Cells]:
    yield HEAD
    own = ImportRow.objects.filter(directory_import=directory_import)
    for verdict in (*VERDICTS, ""):
        last = 0
        rows = own.filter(verdict=verdict).order_by("pk")
        while batch := list(rows.filter(pk__gt=last).values_list("pk", "state", *HEAD)[:ROWS_AT_ONCE]):
            last = batch[-1][0]
            for _pk, state, found, *cells in batch:
                yield [REFUSED.value if state == ImportRow.State.SKIPPED else found, *cells]
