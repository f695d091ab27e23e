"""The tables that files bring: sheets, text with separators, the lists of a JSON document (rule 10.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.pasted_addresses import read_line
from groupadmin.base.spreadsheets import Known, stream_tables
from groupadmin.base.spreadsheets.delimited import without_wrapping
from groupadmin.base.spreadsheets.writing import restored
from groupadmin.base.text import clean_line
from groups.directory.sources import SourceFile
from groups.directory.sources.files.archives import unpacked

from . import documents
from .documents import Cell
from .titles import WORDS, is_title

KEY_LENGTH = 250
IN_FILE = " › "


@dataclass(frozen=True)
class Line:
    """A row: its number in the file or list, and its cells as text or, from JSON, lists of texts."""

    number: int
    cells: Sequence[Cell | None]
    is_unclosed: bool = False
    ends_early: bool = True
    """Whether empty cells at the end may be missing, as in tables; an object without a value says nothing."""


@dataclass
class Given:
    """A table: its rows can be gone through once, before the next table."""

    file: str
    """What reports call it: the file, and behind it the sheet."""
    name: str
    """What tells which table it is: the name of the sheet or of the file."""
    lines: Iterator[Line]
    encoding: str = ""
    separator: str = ""
    titles: list[str] | None = None
    """Of a list of objects, the names of their values so far; other tables have their titles in a row."""
    first: list[Line] = field(default_factory=list)
    problem: str = ""
    """Why the file, or the rest of it, cannot be read; the lines are over then."""

    def __post_init__(self) -> None:
        self.lines = self._until_wrong(self.lines)

    def _until_wrong(self, lines: Iterator[Line]) -> Iterator[Line]:
        try:
            yield from lines
        except Invalid as invalid:
            self.problem = invalid.message

    def look(self, most: int) -> list[Line]:
        """The first lines, which are still to come."""
        if not self.first:
            self.first = list(islice(self.lines, most))
        return self.first

    def all_lines(self) -> Iterator[Line]:
        yield from self.first
        yield from self.lines


def is_address(cell: str) -> bool:
    """Whether a cell has one address and nothing else."""
    if "@" not in cell or len(cell) > 400:
        return False
    found = list(read_line(cell))
    return len(found) == 1 and bool(found[0].address) and not found[0].name


KNOWN = Known(titles=WORDS, is_title=is_title, is_value=is_address)


def as_meant(cell: str) -> str:
    """A cell without what spreadsheets are told by it: what was neutralised comes back (rule 8.3)."""
    return _as_before(without_wrapping(cell))


def _as_before(cell: str) -> str:
    return restored(cell) if "'" in cell else cell


def tables(
    files: Sequence[SourceFile], *, encoding: str = "", languages: Sequence[str] = (), most_rows: int = 0
) -> Iterator[Given]:
    """The tables of all files, one after the other; of each, that many rows, or all.

    A file that cannot be read is a table without lines, with its problem. Raises Invalid for a zip file that
    is not for us.
    """
    for file in unpacked(files):
        try:
            yield from _tables(file, encoding, languages, most_rows)
        except Invalid as invalid:
            yield Given(shown_name(file), "", iter(()), problem=invalid.message)


def shown_name(file: SourceFile) -> str:
    """A file as reports call it."""
    return clean_line(file.name)[-KEY_LENGTH:]


def _tables(file: SourceFile, encoding: str, languages: Sequence[str], most_rows: int) -> Iterator[Given]:
    name, stem = shown_name(file), PurePath(file.name).stem
    if documents.is_document(file):
        for found in documents.lists_of(file):
            lines = (Line(number, cells, ends_early=False) for number, cells in found.rows)
            yield Given(
                f"{name}{IN_FILE}{found.name}" if found.name else name,
                found.name or stem,
                islice(lines, most_rows) if most_rows else lines,
                titles=found.titles,
            )
        return
    more = {"most_rows": most_rows} if most_rows else {}
    streams = stream_tables(
        file.open, KNOWN, encoding=encoding, languages=languages, as_meant=as_meant, **more
    )
    for stream in streams:
        rows = (
            (row, row.cells if stream.encoding else tuple(map(_as_before, row.cells))) for row in stream.rows
        )
        yield Given(
            f"{name}{IN_FILE}{clean_line(stream.sheet)}"[:KEY_LENGTH] if stream.sheet else name,
            stream.sheet or stem,
            (Line(row.line, cells, row.is_unclosed) for row, cells in rows),
            encoding=stream.encoding,
            separator=stream.separator,
        )


def nothing_to_read() -> Invalid:
    """What is said where files have nothing at all for us."""
    return Invalid(
        "file", _("There is no table of members, teams or groups in this. Download the template to see one.")
    )
