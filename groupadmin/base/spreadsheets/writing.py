"""Tables that go out, for spreadsheet programs: CSV and XLSX of any length, in constant memory (rule 10.11).

A text that a program would run as a formula is neutralised; `restored` gives it back as it was.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

import regex
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | int
Cells = Sequence[Cell]

BYTE_ORDER_MARK = "\ufeff"
LINES_AT_ONCE = 1_000
CHUNK = 64 * 1024

# What XLSX can hold: longer texts are cut, further rows go into a further sheet.
LONGEST_TEXT = 32_767
ROWS_OF_SHEET = 1_048_576
LONGEST_TITLE = 31
WIDTHS = 8, 60

# What spreadsheets take for the start of a formula, including East Asian full-width forms: at the start of a
# cell, and inside it after what another country's spreadsheet splits lines at, since it then reads our
# quotation marks as part of a longer cell. Spaces and quotation marks in between do not help.
_FORMULA = regex.compile(r"""(?:^|(?<=[;؛；|\t\r\n]))([\p{Zs}\p{Cf}"']*+)(?=[=+\-@＝＋－＠])""")
_SPLIT = regex.compile(r"'*[\t\r\n]")
_NOT_IN_TITLES = regex.compile(r"[\[\]:*?/\\\p{C}]")


def neutralised(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would read on as a formula, or split the line."""
    escaped = _FORMULA.sub(r"\1'", text)
    return f"'{escaped}" if _SPLIT.match(text) else escaped


def restored(text: str) -> str:
    """What was neutralised, as it was before. Any other text stays as it is."""
    if text.startswith("'") and _SPLIT.match(text):
        text = text[1:]
    return _FORMULA.sub(lambda found: found[1].removesuffix("'"), text)


class _Echo:
    """A file that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Cells]) -> Iterator[str]:
    """A table as CSV for spreadsheets, some lines at a time: UTF-8 by its mark, neutralised."""
    writer, mark = csv.writer(_Echo()), BYTE_ORDER_MARK
    waiting = iter(rows)
    while batch := list(islice(waiting, LINES_AT_ONCE)):
        yield mark + "".join(writer.writerow([_plain(cell) for cell in row]) for row in batch)
        mark = ""


def _plain(cell: Cell) -> Cell:
    return neutralised(cell) if isinstance(cell, str) else cell


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: the first of its rows are the titles of the columns."""

    title: str
    rows: Iterable[Cells]


def workbook_file(sheets: Iterable[Sheet]) -> IO[bytes]:
    """An XLSX file of these sheets, to be read and closed. The system removes it then.

    Nothing in it is a formula, whatever it begins with: texts are cells of the kind "text". What `restored`
    would change is neutralised, so that everything that is read from it may be restored.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    try:
        with Workbook(file, {"constant_memory": True}) as workbook:
            _write_sheets(workbook, sheets)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def file_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The content of a file, which is closed at the end."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _write_sheets(workbook: Workbook, sheets: Iterable[Sheet]) -> None:
    bold, plain = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "@"})
    # As if the reader had typed an apostrophe before it: it stays a text when its cell is edited.
    quoted = workbook.add_format({"num_format": "@", "quote_prefix": True})
    titles: set[str] = set()
    for sheet in sheets:
        rows = iter(sheet.rows)
        head = next(rows, ())
        while True:
            target = workbook.add_worksheet(_free_title(sheet.title, titles))
            target.freeze_panes(1, 0)
            for column, title in enumerate(head):
                target.set_column(column, column, min(max(len(str(title)) + 4, WIDTHS[0]), WIDTHS[1]))
            _write_row(target, 0, head, bold, bold)
            line = 0
            for line, row in enumerate(islice(rows, ROWS_OF_SHEET - 1), start=1):
                _write_row(target, line, row, plain, quoted)
            if line < ROWS_OF_SHEET - 1:
                break


def _write_row(target: Worksheet, line: int, row: Cells, plain: Format, quoted: Format) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            target.write_number(line, column, cell)
        elif cell:
            text = neutralised(cell) if restored(cell) != cell else cell
            if len(text) > LONGEST_TEXT:
                text = f"{text[: LONGEST_TEXT - 1]}…"
            target.write_string(line, column, text, quoted if neutralised(cell) != cell else plain)


def _free_title(wanted: str, taken: set[str]) -> str:
    """A title that a sheet may have, and no other one has."""
    base = _NOT_IN_TITLES.sub(" ", wanted).strip(" '") or "1"
    number, title = 1, base[:LONGEST_TITLE]
    while title.casefold() in taken:
        number += 1
        end = f" {number}"
        title = f"{base[: LONGEST_TITLE - len(end)]}{end}"
    taken.add(title.casefold())
    return title
