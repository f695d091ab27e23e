"""Reads directories in any form that looks like ours, and shows what columns were taken for (rule 10.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, fold
from groups.directory.records import Problem, Record
from groups.directory.sources import SourceFile

from . import given
from .columns import TABLES
from .definition import Table
from .given import Given
from .recognising import LEFT_OUT, LOOKED_AT, TABLE, Chosen, Layout, is_explanation, layout_of
from .rows import records_of

SAMPLES = 3
SAMPLE_LENGTH = 60
KNOWN_NAMES = 20_000

Columns = Mapping[str, Chosen]
"""For each table, "file" or "file › sheet": by the numbers of columns as text, the fields chosen for them (or
LEFT_OUT); and under TABLE which table it is."""


@dataclass(frozen=True)
class ShownColumn:
    """A column as somebody looks at it: its title, what it was taken for, some of its values."""

    place: int
    title: str
    field: str
    """The name of a column of the form; empty if it is not read."""
    samples: tuple[str, ...]

    @property
    def key(self) -> str:
        """What a choice for it is stored under in Options.columns."""
        return str(self.place)


@dataclass(frozen=True)
class ShownTable:
    """A table of an upload. `key` is what choices for it are stored under in Options.columns."""

    key: str
    table: str
    """The name of the form's table that it was taken for; empty if it is not known."""
    columns: tuple[ShownColumn, ...] = ()
    encoding: str = ""
    """Of text only."""
    separator: str = ""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def choices(self) -> list[tuple[str, str | Promise]]:
        """What each of its columns can be: names, and what they mean."""
        return choices_of(self.table)


def choices_of(table: str) -> list[tuple[str, str | Promise]]:
    """What the columns of a table of the form can be: names, and what they mean."""
    return [(column.name, column.help) for column in TABLES[table].columns] if table in TABLES else []


def describe(
    files: Sequence[SourceFile],
    *,
    columns: Columns | None = None,
    encoding: str = "",
    languages: Sequence[str] = (),
) -> list[ShownTable]:
    """What each table of the files, and each of its columns, is taken for. Reads the first rows only.

    `columns` are the choices so far. Raises Invalid for a zip file that is not for us.
    """
    found = []
    for table in given.tables(files, encoding=encoding, languages=languages, most_rows=LOOKED_AT):
        layout = layout_of(table, (columns or {}).get(table.file, {}))
        found.append(_shown(table, layout))
    return found


def _shown(table: Given, layout: Layout | None) -> ShownTable:
    lines = table.look(LOOKED_AT)
    skipped = layout.skipped if layout else 0
    titles = layout.titles if layout else []
    width = max([len(titles), *(len(line.cells) for line in lines[:100])], default=0)
    shown = []
    for place in range(width):
        column = layout.columns.get(place) if layout else None
        cells = (line.cells[place] for line in lines[skipped:] if place < len(line.cells))
        texts = (cell if isinstance(cell, str) else ", ".join(cell) for cell in cells if cell)
        samples = islice(dict.fromkeys(clean_line(text[:200])[:SAMPLE_LENGTH] for text in texts), SAMPLES)
        title = clean_line(titles[place])[:SAMPLE_LENGTH] if place < len(titles) else ""
        shown.append(ShownColumn(place, title, column.name if column else "", tuple(samples)))
    name = layout.table.name if layout else ""
    return ShownTable(table.file, name, tuple(shown), table.encoding, table.separator, table.problem)


def read(
    files: Sequence[SourceFile],
    *,
    columns: Columns | None = None,
    encoding: str = "",
    languages: Sequence[str] = (),
) -> Iterator[Record | Problem]:
    """The records of the files, in constant memory. Raises Invalid if they have no table of ours."""
    chosen = columns or {}
    known = _known_names(files, chosen, encoding, languages)
    is_any = False
    problems: list[Problem] = []
    for table in given.tables(files, encoding=encoding, languages=languages):
        own = chosen.get(table.file, {})
        if own.get(TABLE) == LEFT_OUT:
            is_any = True
            continue
        layout = None if table.problem else layout_of(table, own, known)
        if layout is None:
            if table.problem or (table.look(1) and not is_explanation(table)):
                problems.append(Problem(table.problem or _unknown(), table.file, table.file))
            continue
        is_any = True
        lines = table.all_lines()
        for line in islice(lines, layout.skipped, None):
            yield from records_of(line, layout, table.file)
        if table.problem:
            problems.append(Problem(table.problem, table.file, table.file))
    if not is_any:
        raise Invalid("file", problems[0].reason) if len(problems) == 1 else given.nothing_to_read()
    yield from problems


def _unknown() -> str:
    return _("This table was not understood: say what it is, and what its columns are.")


def _known_names(
    files: Sequence[SourceFile], columns: Columns, encoding: str, languages: Sequence[str]
) -> frozenset[str]:
    """Names of teams and groups in the first rows: they tell where spaces separate names, and where not."""
    names: set[str] = set()
    for table in given.tables(files, encoding=encoding, languages=languages, most_rows=LOOKED_AT):
        layout = layout_of(table, columns.get(table.file, {}))
        if layout is None:
            continue
        places = [
            place for place, column in layout.columns.items() if _has_one_name(layout.table, column.name)
        ]
        for line in table.look(LOOKED_AT)[layout.skipped :]:
            cells = (line.cells[place] for place in places if place < len(line.cells))
            names.update(fold(cell) for cell in cells if isinstance(cell, str) and cell)
        if len(names) > KNOWN_NAMES:
            break
    return frozenset(names)


def _has_one_name(table: Table, column: str) -> bool:
    found = table.column(column)
    return found is not None and found.spread is None and found.record_field in ("team", "group", "subgroup")


__all__ = [
    "LEFT_OUT",
    "TABLE",
    "Columns",
    "ShownColumn",
    "ShownTable",
    "choices_of",
    "describe",
    "read",
]
