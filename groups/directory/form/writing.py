"""Writes directories in our form: CSV files, a workbook, a JSON document; in constant memory (rule 10.1).

What is written here is read again as the same records.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO, Any

from groupadmin.base.spreadsheets.writing import Sheet, csv_lines, workbook_file
from groups.directory.records import Record

from .columns import FORM, VERSION
from .definition import Column, Table

Tables = Iterable[tuple[Table, Iterable[Record]]]
"""Tables, and what is in each; the records of one are gone through before the next."""

AT_ONCE = 500


def csv_file(table: Table, records: Iterable[Record]) -> Iterator[bytes]:
    """A table as CSV in UTF-8, with a header."""
    return (lines.encode("utf-8", "replace") for lines in csv_lines(_rows(table, records)))


def csv_files(tables: Tables) -> Iterator[tuple[str, Iterator[bytes]]]:
    """A CSV file for each table: its name and its content."""
    return ((f"{table.name}.csv", csv_file(table, records)) for table, records in tables)


def workbook(tables: Tables) -> IO[bytes]:
    """An XLSX file with a sheet for each table, to be read and closed."""
    return workbook_file(Sheet(table.name, _rows(table, records)) for table, records in tables)


def document(tables: Tables) -> Iterator[bytes]:
    """A JSON document with a list for each table, an object a line."""
    yield f'{{"form": {json.dumps(FORM)}, "version": {VERSION}'.encode()
    for table, records in tables:
        yield f',\n"{table.name}": ['.encode()
        before = "\n"
        for record in records:
            values = {
                column.name: _plain(column, record.values[column.record_field])
                for column in table.written
                if column.record_field in record.values
            }
            yield (before + json.dumps(values, ensure_ascii=False)).encode("utf-8", "replace")
            before = ",\n"
        yield b"\n]"
    yield b"\n}\n"


def _rows(table: Table, records: Iterable[Record]) -> Iterator[list[str]]:
    yield [column.name for column in table.written]
    for record in records:
        yield [_cell(column, record.values.get(column.record_field)) for column in table.written]


def _cell(column: Column, value: Any) -> str:
    plain = _plain(column, value)
    if isinstance(plain, list):
        return " ".join(plain)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    return plain or ""


def _plain(column: Column, value: Any) -> Any:
    if isinstance(value, bool) and column.choices:
        return column.choices[0] if value else column.choices[1]
    return value.isoformat() if isinstance(value, date) else value
