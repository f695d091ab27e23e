"""Rows of a text file with separators, as programs and people write it (rule 4.13)."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

SEPARATORS = (",", ";", "\t", "|")
TRIED_ROWS = 50
TRIED_LENGTH = 100_000
LINES_OF_A_CELL = 100
LINE_LENGTH = 500_000
LINES_LIMIT = 500_000

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++\Z")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
# Excel is told by these that a cell is text.
_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_APOSTROPHE = re.compile(r"'(?=[=+\-@0-9])")


@dataclass(frozen=True)
class Row:
    """A row of a table, and the line of the file that it begins in, from 1."""

    line: int
    cells: tuple[str, ...]


def rows_of(text: str, separator: str, *, most_cells: int, longest: int) -> Iterator[Row]:
    """The rows that have anything in them. What is longer than allowed is cut; wider is Invalid."""
    for line, record in _records(text, separator):
        cells = [_plain(cell[:longest]) for cell in _cells(record, separator)]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > most_cells:
            message = _("Line %(line)s has more than %(limit)s columns.")
            raise Invalid("file", message % {"line": f"{line:,}", "limit": f"{most_cells:,}"})
        if cells:
            yield Row(line, tuple(cells))


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

    def __init__(self, text: str) -> None:
        self.ahead = _LINE.finditer(text)
        self.back: list[str] = []

    def take(self) -> str | None:
        if self.back:
            return self.back.pop()
        found = next(self.ahead, None)
        return None if found is None else found[0]


def _records(text: str, separator: str) -> Iterator[tuple[int, str]]:
    """Lines, joined where a cell in quotes goes on, with the number of the first."""
    lines = _Lines(text.replace("\0", " "))
    number = 0
    if _SEPARATOR_LINE.match(text[:20]):
        lines.take()
        number = 1
    while (line := lines.take()) is not None:
        number += 1
        if number > LINES_LIMIT:
            raise Invalid("file", _("This file has too many lines. Remove the empty ones."))
        if len(line) > LINE_LENGTH:
            raise Invalid("file", _("Line %(line)s is too long.") % {"line": f"{number:,}"})
        if '"' not in line or not _is_open(line, separator):
            yield number, line
            continue
        joined = _joined(line, lines, separator)
        # One that never ends is no such cell: the quotation mark belongs to the text.
        yield number, "".join(joined) or line.replace('"', "")
        number += max(0, len(joined) - 1)


def _joined(first: str, lines: _Lines, separator: str) -> list[str]:
    """The lines up to the one where the open cell ends; none if it does not."""
    joined, size = [first], len(first)
    while len(joined) < LINES_OF_A_CELL and size < LINE_LENGTH and (more := lines.take()) is not None:
        joined.append(more)
        size += len(more)
        if '"' in more and not _is_open("".join(joined), separator):
            return joined
    lines.back.extend(reversed(joined[1:]))
    return []


@cache
def _quoted(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    end = re.escape(separator)
    return (
        re.compile(rf'(?:^|(?<={end}))[ ]*+"(?:[^"]|"")*+"'),
        re.compile(rf'(?:^|{end})[ ]*+"'),
    )


def _is_open(record: str, separator: str) -> bool:
    """Whether a cell in quotes goes on after the end."""
    whole, beginning = _quoted(separator)
    return beginning.search(whole.sub("", record)) is not None


def _cells(record: str, separator: str) -> list[str]:
    record = record.rstrip("\r\n")
    if '"' not in record:
        return record.split(separator)
    try:
        return next(csv.reader([record], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return record.replace('"', "").split(separator)


def _plain(cell: str) -> str:
    """Without what tells spreadsheet programs to take it as text."""
    cell = cell.strip()
    if not cell.startswith(("=", "'")):
        return cell
    if as_text := _AS_TEXT.fullmatch(cell):
        return as_text[1].replace('""', '"').strip()
    return _APOSTROPHE.sub("", cell, count=1)
