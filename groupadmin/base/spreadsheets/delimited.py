"""Rows of a text file with separators, as programs and people write it (rule 4.13)."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

SEPARATORS = (",", ";", "\t", "|")
# A cell may have the addresses of a whole group; the module refuses long ones by itself.
csv.field_size_limit(10_000_000)

TRIED_ROWS = 50
TRIED_LENGTH = 100_000

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++\Z")
_TO_THE_QUOTE = re.compile(r'(?:[^"]++|"")*+"')
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
# Excel is told by these that a cell is text.
_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_APOSTROPHE = re.compile(r"'(?=[=+\-@0-9])")


@dataclass(frozen=True)
class Size:
    """How large a table may be, and how far a cell in quotes may go on."""

    lines: int = 500_000
    line_length: int = 500_000
    lines_of_a_cell: int = 100
    # Where quotation marks are never closed, looking for their end must not take its time for each line.
    looked_for: int = 2_000_000


@dataclass(frozen=True)
class Row:
    """A row of a table, and the line of the file that it begins in, from 1."""

    line: int
    cells: tuple[str, ...]
    is_unclosed: bool = False
    """Whether a quotation mark opens a cell in it that never ends."""


def rows_of(text: str, separator: str, *, most_cells: int, longest: int) -> Iterator[Row]:
    """The rows that have anything in them. What is longer than allowed is cut; wider is Invalid."""
    lines = (found[0] for found in _LINE.finditer(text))
    return rows_of_lines(lines, separator, most_cells=most_cells, longest=longest)


def plain(cell: str) -> str:
    """Without what tells spreadsheet programs to take it as text."""
    cell = without_wrapping(cell)
    return _APOSTROPHE.sub("", cell, count=1) if cell.startswith("'") else cell


def without_wrapping(cell: str) -> str:
    """Without the formula that only says that it is text."""
    cell = cell.strip()
    if cell.startswith("=") and (as_text := _AS_TEXT.fullmatch(cell)):
        return as_text[1].replace('""', '"').strip()
    return cell


def rows_of_lines(
    lines: Iterable[str],
    separator: str,
    *,
    most_cells: int,
    longest: int,
    size: Size | None = None,
    as_meant: Callable[[str], str] = plain,
) -> Iterator[Row]:
    """Like rows_of, of lines with their ends, as a file gives them. `as_meant` makes cells what they mean."""
    for line, record, is_unclosed in _records(lines, separator, size or Size()):
        cells = [as_meant(cell[:longest]) for cell in _cells(record, separator)]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > most_cells:
            message = _("Line %(line)s has more than %(limit)s columns.")
            raise Invalid("file", message % {"line": f"{line:,}", "limit": f"{most_cells:,}"})
        if cells:
            yield Row(line, tuple(cells), is_unclosed)


def separator_of(
    text: str, *, is_title: Callable[[str], bool], is_value: Callable[[str], bool]
) -> tuple[str, bool]:
    """The separator, and whether the file names it itself ("sep=;").

    It is the one by which most titles and whole values come out, then the one by which rows have the same
    number of cells. The csv module's sniffer counts repeating characters, and is misled by names.
    """
    if named := _SEPARATOR_LINE.match(text[:20]):
        return named[1], True

    def fit(separator: str) -> tuple[int, float]:
        rows = _first_rows(text, separator)
        known = sum(is_title(cell) for row in rows[:5] for cell in row.cells)
        values = sum(is_value(cell) for row in rows for cell in row.cells)
        widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
        return known + values, max(widths.values(), default=0) / max(1, len(rows))

    return max(SEPARATORS, key=fit), False


def _first_rows(text: str, separator: str) -> list[Row]:
    found = rows_of(text[:TRIED_LENGTH], separator, most_cells=TRIED_LENGTH, longest=1_000)
    return list(islice(found, TRIED_ROWS))


class _Lines:
    """The lines of a text, which can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.ahead = iter(lines)
        self.back: list[str] = []

    def take(self) -> str | None:
        return self.back.pop() if self.back else next(self.ahead, None)


def _records(given: Iterable[str], separator: str, size: Size) -> Iterator[tuple[int, str, bool]]:
    """Lines, joined where a cell in quotes goes on: the number of the first, and whether it does not end."""
    lines = _Lines(line.replace("\0", " ") for line in given)
    looked_for = size.looked_for
    number = 0
    while (line := lines.take()) is not None:
        number += 1
        if number == 1 and _SEPARATOR_LINE.fullmatch(line):
            continue
        if number > size.lines:
            raise Invalid("file", _("This file has too many lines. Remove the empty ones."))
        if len(line) > size.line_length:
            raise Invalid("file", _("Line %(line)s is too long.") % {"line": f"{number:,}"})
        if '"' not in line or not _is_open(line, separator):
            yield number, line, False
            continue
        most = size.lines_of_a_cell if looked_for > 0 else 1
        joined, taken = _joined(line, lines, separator, most, size.line_length)
        # One that never ends is no such cell: the quotation mark belongs to the text.
        yield number, "".join(joined) or line.replace('"', ""), not joined
        number += max(0, len(joined) - 1)
        looked_for -= 0 if joined else taken


def _joined(first: str, lines: _Lines, separator: str, most: int, length: int) -> tuple[list[str], int]:
    """The lines up to the one where the open cell ends, none if it does not; and how many were looked at."""
    joined, size = [first], len(first)
    while len(joined) < most and size < length and (more := lines.take()) is not None:
        joined.append(more)
        size += len(more)
        if '"' not in more:
            continue
        goes_on = _goes_on(more, separator)
        if goes_on is None:
            break
        if not goes_on:
            return joined, len(joined)
    lines.back.extend(reversed(joined[1:]))
    return [], len(joined)


@cache
def _quoted(separator: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    end = re.escape(separator)
    return (
        re.compile(rf'(?:^|(?<={end}))[ ]*+"(?:[^"]|"")*+"'),
        re.compile(rf'(?:^|{end})[ ]*+"'),
        re.compile(rf"[ ]*+(?:{end}|[\r\n]|\Z)"),
    )


def _is_open(record: str, separator: str) -> bool:
    """Whether a cell in quotes goes on after the end."""
    whole, beginning, _end = _quoted(separator)
    return beginning.search(whole.sub("", record)) is not None


def _goes_on(line: str, separator: str) -> bool | None:
    """Whether a line that begins inside a cell in quotes ends inside one.

    None if what closes the cell is no end of one: then a later cell's beginning was taken for it, and what
    stands between would be swallowed.
    """
    closing = _TO_THE_QUOTE.match(line)
    if closing is None:
        return True
    if not _quoted(separator)[2].match(line, closing.end()):
        return None
    return _is_open(line[closing.end() :], separator)


def _cells(record: str, separator: str) -> list[str]:
    record = record.rstrip("\r\n")
    if '"' not in record:
        return record.split(separator)
    try:
        return next(csv.reader([record], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return record.replace('"', "").split(separator)
