"""Reads tables of any size row by row, in constant memory (rule 10.1): all sheets of a workbook, or text.

What `read_table` holds as a list is read here as it comes. Whoever reads takes the rows of a table before the
next table.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import IO, BinaryIO

from django.utils.translation import gettext as _

from groupadmin.base import confined
from groupadmin.base.errors import Invalid

from . import encodings
from .delimited import TRIED_LENGTH, Row, Size, plain, rows_of_lines, separator_of
from .reading import FOREIGN, PAGE, Known
from .workbook import is_workbook

READER = Path(__file__).with_name("sheets_reader.py")
# The memory is for texts that Excel keeps apart, the time for a million rows.
LIMITS = confined.Limits(memory=2_000_000_000, seconds=600, answer=4_000_000_000)
SIZE = Size(lines=20_000_000, line_length=5_000_000, lines_of_a_cell=100_000)
CELLS_LIMIT = 1_000
CELL_LENGTH = 5_000_000
ALL_ROWS = 10_000_000
# Unpacked, an XLSX file of 300,000 rows; then it takes as much memory.
READ_WHOLE = 200_000_000

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Open = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Stream:
    """A table: its rows can be gone through once."""

    rows: Iterator[Row]
    sheet: str = ""
    """The name of the sheet; empty for text."""
    encoding: str = ""
    separator: str = ""


def stream_tables(
    open_file: Open,
    known: Known,
    *,
    encoding: str = "",
    languages: Sequence[str] = (),
    most_rows: int = ALL_ROWS,
    as_meant: Callable[[str], str] = plain,
) -> Iterator[Stream]:
    """The tables of a file; of each, that many rows. Raises Invalid for what is none.

    `as_meant` makes of a cell of text what it means.
    """
    with open_file() as file:
        head = file.read(64 * 1024)
    if head.startswith(FOREIGN):
        raise Invalid("file", _("This is no spreadsheet. Choose a CSV or XLSX file."))
    if is_workbook(head):
        if _ENCRYPTED in head:
            raise Invalid("file", _("This workbook is protected by a password. Save it without one."))
        yield from _sheets(open_file, most_rows)
    else:
        if encoding not in encodings.ENCODINGS:
            with open_file() as file:
                encoding = encodings.detect_file(file, words=known.titles, languages=languages)
        yield from _text(open_file, known, encoding, most_rows, as_meant)


def _sheets(open_file: Open, most_rows: int) -> Iterator[Stream]:
    arguments = map(str, (most_rows, CELLS_LIMIT, 32_767, READ_WHOLE))
    try:
        with (
            open_file() as file,
            confined.run_to_file(READER, file, *arguments, limits=LIMITS) as answer,
        ):
            yield from _streams(answer)
    except confined.TooMuch:
        raise Invalid("file", _("This workbook is too large. Save its sheets as CSV.")) from None
    except (confined.Failed, OSError):
        raise Invalid("file", _("This workbook cannot be read. Save it again, or as CSV.")) from None


def _streams(answer: IO[bytes]) -> Iterator[Stream]:
    """The lines that the reader writes: the name of a sheet, and behind it its rows."""
    lines = map(json.loads, answer)
    name = next(lines, None)
    while name is not None:
        following: list[str] = []

        def is_row(line: object, following: list[str] = following) -> bool:
            if isinstance(line, str):
                following.append(line)
            return not isinstance(line, str)

        rows = takewhile(is_row, lines)
        yield Stream((Row(number, tuple(cells)) for number, cells in rows), sheet=name)
        for _row in rows:
            pass
        name = following[0] if following else None


def _text(
    open_file: Open, known: Known, encoding: str, most_rows: int, as_meant: Callable[[str], str]
) -> Iterator[Stream]:
    with open_file() as file:
        lines = _lines(file, encoding)
        first: list[str] = []
        length = 0
        for line in lines:
            first.append(line)
            length += len(line)
            if length > TRIED_LENGTH:
                break
        beginning = "".join(first)
        if PAGE.match(beginning):
            raise Invalid(
                "file", _("This file is a web page inside. Open it in Excel, and save it as XLSX or CSV.")
            )
        separator, _is_named = separator_of(beginning, is_title=known.is_title, is_value=known.is_value)
        rows = rows_of_lines(
            chain(first, lines),
            separator,
            most_cells=CELLS_LIMIT,
            longest=CELL_LENGTH,
            size=SIZE,
            as_meant=as_meant,
        )
        yield Stream(islice(rows, most_rows), encoding=encoding, separator=separator)


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines with their ends; one that has none for too long comes in pieces, and is refused."""
    text = TextIOWrapper(file, encoding, errors="replace", newline="")
    is_first = True
    while line := text.readline(SIZE.line_length + 1):
        yield line.removeprefix("\ufeff") if is_first else line
        is_first = False
