"""An import in lines for a terminal: numbers, meaning, and the first rows that are refused (rule 10.2)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groupadmin.base.text import clean_line
from groups.models import DirectoryImport, ImportRow

from .summary import KINDS, VERDICTS, Line, number_in, summary_of, warnings_of

REFUSED_SHOWN = 20
CUT_AT = 100
COLUMN = 9


def lines_of(directory_import: DirectoryImport) -> Iterator[str]:
    """What the command prints of a judged import."""
    summary = summary_of(directory_import.counts)
    labels = [str(label) for label in VERDICTS.values()]
    first = max([len(line.label) for line in summary.lines], default=0)
    yield _in_columns("", labels, first)
    for line in [*summary.lines, Line("", _("All"), summary.totals)]:
        yield _in_columns(line.label, [f"{line.counts[verdict]:,}" for verdict in VERDICTS], first)
    yield from _meaning(directory_import)
    yield from _refused(directory_import, summary.refused)


def _in_columns(label: str, cells: list[str], first: int) -> str:
    return label.ljust(first) + "".join(cell.rjust(COLUMN) for cell in cells)


def _meaning(directory_import: DirectoryImport) -> Iterator[str]:
    stored = directory_import.meaning
    if not stored:
        return
    yield ""
    for key, text in (
        ("people", _("%(gained)s people join groups, %(lost)s leave groups.")),
        ("mail", _("%(gained)s people get more mail of lists, %(lost)s get less.")),
        ("rooms", _("%(gained)s people enter rooms, %(lost)s leave rooms.")),
    ):
        if key in stored:
            gained, lost = number_in(stored[key], "gained"), number_in(stored[key], "lost")
            yield text % {"gained": f"{gained:,}", "lost": f"{lost:,}"}
    yield from warnings_of(stored)


def _refused(directory_import: DirectoryImport, count: int) -> Iterator[str]:
    rows = ImportRow.objects.filter(directory_import=directory_import, verdict=ImportRow.Verdict.REFUSED)
    first: list[ImportRow] = []
    # Members before the groups that are refused because of them.
    for kind in ("", *KINDS):
        first += rows.filter(kind=kind).order_by("pk")[: REFUSED_SHOWN - len(first)]
    if not first:
        return
    yield ""
    yield _("Refused:")
    for row in first:
        place = _("%(file)s, row %(row)s") % {"file": row.file, "row": row.row} if row.row else row.file
        named = [text for text in (place, clean_line(row.name)[:CUT_AT]) if text]
        yield f"  {': '.join(named)}: {row.reason}"
    if (more := count - len(first)) > 0:
        text = ngettext("  and %(count)s more row", "  and %(count)s more rows", more)
        yield text % {"count": f"{more:,}"}
