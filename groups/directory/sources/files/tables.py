"""Rows of CSV files of any size, as programs write them: any encoding, any separator (rule 10.1).

groupadmin.base.spreadsheets finds the encoding and the separator from a sample; the rows are read one by one.
Workbooks have limits, and are read by it as a whole.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from typing import BinaryIO

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets import Known, encodings, read_table
from groupadmin.base.spreadsheets.delimited import separator_of
from groupadmin.base.spreadsheets.workbook import is_workbook
from groups.directory.records import Problem
from groups.directory.sources import SourceFile
from groups.directory.sources.files.text import buffered

HEAD_BYTES = 64 * 1024
SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
CELLS_LIMIT = 5_000
_LINE_END = re.compile(r"[\r\n]")
CELL_LENGTH = 16 * 1024 * 1024
"""All members of a large group may stand in one cell."""

ROW_LENGTH = 2 * CELL_LENGTH

csv.field_size_limit(CELL_LENGTH)

Line = tuple[int, dict[str, str]]
"""The line that a row begins in, from 1, and its cells by their titles, as these are written."""


def head_of(file: SourceFile) -> bytes:
    """The beginning of a file."""
    with closing(file.open()) as content:
        return content.read(HEAD_BYTES)


def text_head(file: SourceFile, words: Collection[str] = ()) -> str:
    """The beginning of a text file, in whatever encoding; empty for what is no text."""
    head = head_of(file)
    encoding = encodings.detect(head, words=words)
    return "" if b"\0" in head and "16" not in encoding else encodings.decode(head, encoding)


def titles_of(file: SourceFile, known: Collection[str], *, workbooks: bool = False) -> tuple[str, ...]:
    """The titles of a table; none for what is no table. `known` are some that it may have, in lower case.

    Opening a workbook takes its time, so only who expects one should ask for it.
    """
    head = head_of(file)
    if is_workbook(head):
        return _titles_of_workbook(file, known) if workbooks else ()
    first = _LINE_END.split(text_head(file, known), maxsplit=1)[0].strip()
    if not first or first[0] in "{[<":
        return ()
    separator, _is_named = separator_of(first, is_title=_is_known(known), is_value=lambda cell: False)
    try:
        cells = next(csv.reader([first], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return ()
    return tuple(cell.strip() for cell in cells)


def rows_of(file: SourceFile, known: Collection[str] = ()) -> Iterator[Line | Problem]:
    """The rows below the titles. What cannot be read is a Problem, and ends the file."""
    head = head_of(file)
    if is_workbook(head):
        try:
            yield from _of_workbook(file, known)
        except Invalid as invalid:
            yield Problem(invalid.message, file=file.name)
        return
    encoding = encodings.detect(_sample(file), words=known)
    first = encodings.decode(head, encoding)
    separator, is_named = separator_of(first, is_title=_is_known(known), is_value=lambda cell: False)
    with closing(file.open()) as content:
        text = io.TextIOWrapper(buffered(content), encoding, errors="replace", newline="")
        if is_named:
            text.readline()
        yield from _of_text(text, separator, file.name, first_line=1 + is_named)


def _of_text(text: io.TextIOBase, separator: str, name: str, first_line: int) -> Iterator[Line | Problem]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator)
    titles: list[str] = []
    line = first_line
    while True:
        lines.length = 0
        try:
            cells = next(reader, None)
        except csv.Error:
            # A quotation mark that never ends: what follows cannot be told from the cell.
            yield Problem(_("The table cannot be read from this line on."), file=name, row=line)
            return
        if cells is None:
            return
        begins, line = line, first_line + reader.line_num
        if not any(cells):
            continue
        if titles:
            yield begins, dict(zip(titles, (cell.strip() for cell in cells), strict=False))
        else:
            titles = [cell.strip() for cell in cells[:CELLS_LIMIT]]


class _Lines:
    """The lines of a table. One row may have many, but not all of a file: quotation marks may never end."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text
        self.length = 0
        """Of what has been read for the row."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if not (line := self.text.readline(CELL_LENGTH)):
            raise StopIteration
        self.length += len(line)
        if self.length > ROW_LENGTH:
            raise csv.Error
        return line.replace("\0", " ").lstrip("\ufeff")


def _of_workbook(file: SourceFile, known: Collection[str]) -> Iterator[Line]:
    """All sheets, each with its titles."""
    with closing(file.open()) as content:
        data = content.read()
    expected = Known(titles=frozenset(known), is_title=_is_known(known))
    sheets = read_table(data, expected).sheets
    for sheet in range(len(sheets)):
        titles: list[str] = []
        for row in read_table(data, expected, sheet=sheet).rows:
            if titles:
                yield row.line, dict(zip(titles, row.cells, strict=False))
            else:
                titles = list(row.cells)


def _titles_of_workbook(file: SourceFile, known: Collection[str]) -> tuple[str, ...]:
    try:
        with closing(file.open()) as content:
            rows = read_table(content.read(), Known(is_title=_is_known(known))).rows
    except Invalid:
        return ()
    return rows[0].cells if rows else ()


def _is_known(known: Collection[str]) -> Callable[[str], bool]:
    return lambda cell: cell.strip().casefold() in known


def _sample(file: SourceFile) -> bytes:
    """The titles, and the first lines that are not ASCII, wherever they stand: they decide the encoding."""
    with closing(file.open()) as content:
        head = content.read(HEAD_BYTES)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
            return head
        whole = head.rfind(b"\n") + 1 or len(head)
        return head[:whole] + b"".join(_others(content, head[whole:]))


def _others(content: BinaryIO, rest: bytes) -> Iterator[bytes]:
    size = 0
    while size < SAMPLE_BYTES and (chunk := content.read(CHUNK_BYTES)):
        if chunk.isascii() and rest.isascii():
            rest = b""
            continue
        *lines, rest = (rest + chunk).split(b"\n")
        # Only the beginning of a line counts, which may be as long as the file.
        rest = rest[:SAMPLE_BYTES]
        for line in lines:
            if not line.isascii():
                size += len(line)
                yield line[:SAMPLE_BYTES] + b"\n"
    if not rest.isascii():
        yield rest[:SAMPLE_BYTES]
