"""The template to download: our form, an example row in each table, and what columns mean (rule 10.1)."""

import io
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.translation import gettext as _

from groupadmin.base.spreadsheets.writing import Sheet, csv_lines, workbook_file

from .columns import FORM, TABLES, VERSION
from .definition import Column, Table, Type

TITLE = f"{FORM}, version {VERSION}"
"""Begins the sheet that explains the others, which is not read."""
README = "README.txt"


def template_workbook() -> bytes:
    """The template as XLSX: a sheet for each table, and one that explains them."""
    sheets = [
        Sheet(_("About"), _explained()),
        *(Sheet(table.name, _rows(table)) for table in TABLES.values()),
    ]
    with workbook_file(sheets) as file:
        return file.read()


def template_archive() -> bytes:
    """The template as a zip file of CSV files, and a text that explains them."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for table in TABLES.values():
            archive.writestr(f"{table.name}.csv", "".join(csv_lines(_rows(table))))
        lines = ("  ".join(filter(None, cells)).rstrip() for cells in _explained())
        archive.writestr(README, "\n".join(lines) + "\n")
    return buffer.getvalue()


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    yield tuple(column.name for column in table.offered)
    yield table.example


def _explained() -> Iterator[tuple[str, str, str, str]]:
    yield (TITLE, _("Column"), _("What it means"), _("How it is written"))
    yield (_("Leave out tables and columns that you do not need."), "", "", "")
    for table in TABLES.values():
        yield ("", "", "", "")
        yield (table.name, "", str(table.help), "")
        for column in table.offered:
            yield ("", column.name, str(column.help), how_written(column))


def how_written(column: Column) -> str:
    """What cells of a column look like."""
    if column.choices:
        return " / ".join(column.choices)
    match column.type:
        case Type.FLAG:
            return _("yes / no")
        case Type.DAY:
            return _("a day, as 2024-03-31")
        case Type.TEXT:
            return _("text")
        case Type.PAIRS:
            return _("several: Name <address>")
    return _("several")
