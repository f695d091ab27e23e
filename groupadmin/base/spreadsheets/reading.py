"""Reads any file with a table into rows (rule 4.13)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

from . import encodings
from .delimited import Row, rows_of, separator_of
from .workbook import is_workbook, read_workbook

BYTES_LIMIT = 10 * 1024 * 1024
ROWS_LIMIT = 100_000
CELLS_LIMIT = 1_000
ALL_CELLS_LIMIT = 3_000_000
CELL_LENGTH = 2_000

# Neither text nor a workbook, though somebody may choose it.
FOREIGN = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")

# Many programs write a page with a table, and call it .xls.
PAGE = re.compile(r"[\ufeff\s]*<(?:!doctype|html|head|meta|style|table|\?xml)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """What the caller knows of the tables that it expects."""

    titles: frozenset[str] = frozenset()
    """Titles of columns, as people write them, in lower case."""
    is_title: Callable[[str], bool] = field(default=lambda cell: False)
    is_value: Callable[[str], bool] = field(default=lambda cell: False)
    """Whether a cell has what the table is about, and so does not belong to its header."""


@dataclass(frozen=True)
class Table:
    """The rows of a file, and how it was read."""

    rows: list[Row]
    encoding: str = ""
    """Empty for a workbook."""
    separator: str = ""
    sheets: tuple[str, ...] = ()
    sheet: int = 0


def read_table(
    data: bytes,
    known: Known,
    *,
    encoding: str = "",
    languages: Sequence[str] = (),
    sheet: int | None = None,
) -> Table:
    """Reads a workbook, or text in the encoding given or found. Raises Invalid for what is no table."""
    if len(data) > BYTES_LIMIT or data.startswith(FOREIGN):
        raise Invalid("file", _("This is no spreadsheet. Choose a CSV or XLSX file."))
    limits = {"most_cells": CELLS_LIMIT, "longest": CELL_LENGTH}
    if is_workbook(data):
        workbook = read_workbook(data, sheet, most_rows=ROWS_LIMIT, **limits)
        return Table(_limited(workbook.rows), sheets=workbook.sheets, sheet=workbook.chosen)
    if encoding not in encodings.ENCODINGS:
        encoding = encodings.detect(data, words=known.titles, languages=languages)
    text = encodings.decode(data, encoding)
    if PAGE.match(text):
        raise Invalid(
            "file", _("This file is a web page inside. Open it in Excel, and save it as XLSX or CSV.")
        )
    separator, _is_named = separator_of(text, is_title=known.is_title, is_value=known.is_value)
    rows: list[Row] = []
    cells = 0
    for row in rows_of(text, separator, **limits):
        rows.append(row)
        cells += len(row.cells)
        if len(rows) > ROWS_LIMIT or cells > ALL_CELLS_LIMIT:
            break
    return Table(_limited(rows), encoding=encoding, separator=separator)


def _limited(rows: list[Row]) -> list[Row]:
    if len(rows) > ROWS_LIMIT:
        raise Invalid("file", _("Use at most %(limit)s rows.") % {"limit": f"{ROWS_LIMIT:,}"})
    if sum(len(row.cells) for row in rows) > ALL_CELLS_LIMIT:
        raise Invalid("file", _("This table has too many columns. Keep the names and addresses only."))
    return rows
