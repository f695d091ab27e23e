"""Reads a workbook of Excel or OpenDocument. Runs in a process of its own: see groupadmin/base/confined.py.

A small file can name millions of cells, each a gigabyte of text: what that takes ends this process, not ours.
Formulas are not computed: cells have the values that were saved with them.
"""

import datetime
import io
import json

import python_calamine
from python_calamine import CalamineWorkbook

# Loaded now: nothing can be imported once the process may open no file.
LOADED = (python_calamine, datetime)


def answer(source: bytes, sheet: str, most_rows: str, most_cells: str, longest: str) -> bytes:
    """A JSON object with the names of the `sheets`, which is `chosen`, and its `rows`: numbers and cells.

    Without a number of a sheet, the first one that has anything in it is read.
    """
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(source))
    names = list(workbook.sheet_names)
    chosen, rows = 0, []
    for number in [int(sheet)] if sheet else range(min(len(names), 50)):
        rows = _rows(workbook, number, int(most_rows), int(most_cells), int(longest))
        chosen = number
        if rows:
            break
    # Within what the confined process may answer, also where every character takes several bytes.
    return json.dumps({"sheets": names[:200], "chosen": chosen, "rows": rows}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def _rows(
    workbook: CalamineWorkbook, number: int, most_rows: int, most_cells: int, longest: int
) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    table = workbook.get_sheet_by_index(number)
    for line, cells in enumerate(table.iter_rows(), start=1):
        texts = [_text(cell)[:longest].strip() for cell in cells[:most_cells]]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            found.append((line, texts))
            if len(found) > most_rows:
                break
    return found


def _text(cell: object) -> str:
    """As a person would type it: whole numbers without a fraction, days without a time."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return str(cell.date())
    return str(cell) if cell is not None else ""
