"""Reads all sheets of a workbook, row by row. Runs in a process of its own: see groupadmin/base/confined.py.

Calamine reads a workbook whole, quickly. An XLSX file of hundreds of thousands of rows is read as it comes by
openpyxl, thirty times slower, in memory that does not grow with its rows but for the texts that Excel keeps
apart. Formulas have the values saved with them.
"""

import datetime
import encodings.cp437
import json
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

import openpyxl
import openpyxl.worksheet._read_only
import python_calamine

# Loaded now: nothing can be imported once the process may open no file.
LOADED = (openpyxl.worksheet._read_only, python_calamine, datetime, encodings.cp437)

SHEETS = 100
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MERGED_AT_MOST = 200_000

# First and last row, first and last column, all from 1.
Area = tuple[int, int, int, int]


def write_answer(
    source: IO[bytes], answer: IO[bytes], most_rows: str, most_cells: str, longest: str, most_whole: str
) -> None:
    """Writes JSON, a line each: the name of a sheet as text, and below it its rows, [number, [cells]].

    An XLSX file is read whole if it is of no more than `most_whole` bytes unpacked.
    """
    warnings.simplefilter("ignore")
    read = _as_it_comes if _size_of_xlsx(source) > int(most_whole) else _whole
    source.seek(0)
    for name, rows, areas in read(source):
        _write(answer, name)
        filled = _filled(rows, areas)
        for number, cells in islice(filled, int(most_rows)):
            texts = [_text(cell)[: int(longest)].strip() for cell in cells[: int(most_cells)]]
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                _write(answer, [number, texts])


def _write(answer: IO[bytes], line: object) -> None:
    answer.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def _size_of_xlsx(source: IO[bytes]) -> int:
    """How large it is unpacked; zero for other workbooks."""
    if not zipfile.is_zipfile(source):
        return 0
    source.seek(0)
    with zipfile.ZipFile(source) as archive:
        is_xlsx = "xl/workbook.xml" in archive.namelist()
        return sum(part.file_size for part in archive.infolist()) if is_xlsx else 0


Sheets = Iterator[tuple[str, Iterable[tuple[int, Sequence[Any]]], list[Area]]]


def _as_it_comes(source: IO[bytes]) -> Sheets:
    with zipfile.ZipFile(source) as archive:
        workbook = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
        sheets: list[Any] = workbook.worksheets[:SHEETS]
        for sheet in sheets:
            areas = _merged(archive, sheet._worksheet_path)
            # What it says of its size may be wrong, and would fill each row up to it.
            sheet.reset_dimensions()
            yield sheet.title, enumerate(sheet.iter_rows(values_only=True), start=1), areas


def _whole(source: IO[bytes]) -> Sheets:
    workbook = python_calamine.CalamineWorkbook.from_filelike(source)
    for name in workbook.sheet_names[:SHEETS]:
        sheet = workbook.get_sheet_by_name(name)
        ranges = sheet.merged_cell_ranges or []
        areas = [(top + 1, bottom + 1, left + 1, right + 1) for (top, left), (bottom, right) in ranges]
        yield name, enumerate(sheet.iter_rows(), start=1), areas


def _merged(archive: zipfile.ZipFile, path: str) -> list[Area]:
    """The merged cells of a sheet. They stand behind all rows, so that the file is gone through for them."""
    found: list[Area] = []
    with archive.open(path) as sheet:
        rest = b""
        while len(found) < _MERGED_AT_MOST and (chunk := sheet.read(1 << 20)):
            text = rest + chunk
            end = 0
            if b"mergeCell" in text:
                for match in _MERGED.finditer(text):
                    left, top, right, bottom = match.groups()
                    found.append((int(top), int(bottom), _number(left), _number(right)))
                    end = match.end()
            rest = text[max(end, len(text) - 200) :]
    return found


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _filled(rows: Iterable[tuple[int, Sequence[Any]]], areas: list[Area]) -> Iterator[tuple[int, list[Any]]]:
    """The rows, with cells that are merged downwards having their value in each row, as a person sees it."""
    starting: dict[int, list[Area]] = {}
    for area in areas:
        if area[1] > area[0]:
            starting.setdefault(area[0], []).append(area)
    open_now: list[tuple[Area, Any]] = []
    for number, given in rows:
        cells = list(given)
        open_now = [(area, value) for area, value in open_now if area[1] >= number]
        has_content = any(cell not in (None, "") for cell in cells)
        for area, value in open_now if has_content else ():
            place = area[2] - 1
            cells += [None] * (place + 1 - len(cells))
            if cells[place] in (None, ""):
                cells[place] = value
        for area in starting.get(number, ()):
            if area[2] <= len(cells) and cells[area[2] - 1] not in (None, ""):
                open_now.append((area, cells[area[2] - 1]))
        yield number, cells


def _text(cell: object) -> str:
    """As a person would type it: whole numbers without a fraction, days without a time."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return str(cell.date())
    return str(cell)
