"""Which table of the form a file or sheet is, and what its columns are (rule 10.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from groupadmin.base.spreadsheets import Row, find_columns

from .columns import FORM, TABLES
from .definition import Column, Table, Type
from .documents import Cell
from .given import Given, Line, is_address
from .titles import column_of, is_of_one_team, is_own, table_called
from .values import Separation, Unreadable, read_choice, read_flag

HEADER_ROWS = 10
LOOKED_AT = 1_000
TABLE = "table"
"""In the choices for a table, beside the numbers of its columns: which table of the form it is."""
LEFT_OUT = "-"
"""Chosen for a column that is not read."""

Chosen = Mapping[str, str]

_NOT_PEOPLE = frozenset(TABLES) - {"members", "lists"}


@dataclass
class Layout:
    """What a table is, and what its columns are."""

    table: Table
    columns: dict[int, Column]
    titles: list[str]
    """As they stand in the file; of a list of objects, more may come."""
    skipped: int = 0
    """How many of the first lines are the titles and what stands above them."""
    separation: Separation = field(default_factory=Separation)
    chosen: Chosen = field(default_factory=dict)
    single: set[Column] = field(default_factory=set)
    """List columns that have one name in each row."""
    asked: int = 0

    def column_at(self, place: int) -> Column | None:
        """The column; of a list of objects also one that first comes later."""
        while self.asked < len(self.titles):
            self._ask(self.asked)
            self.asked += 1
        return self.columns.get(place)

    def _ask(self, place: int) -> None:
        if place not in self.columns and str(place) not in self.chosen:
            column = self.table.column(column_of(self.table.name, self.titles[place]))
            if column is not None:
                self.columns[place] = column
                if is_of_one_team(self.titles[place]):
                    self.single.add(column)


def layout_of(given: Given, chosen: Chosen, known: frozenset[str] = frozenset()) -> Layout | None:
    """What the table is and has: what was chosen, else what its name, titles and content say, if anything.

    `known` are names of teams and groups that the files have.
    """
    lines = given.look(LOOKED_AT)
    if is_explanation(given):
        return None
    layout = _of_objects(given, chosen) if given.titles is not None else _of_rows(given, lines, chosen)
    if layout is None:
        return None
    layout = _as_chosen(layout, chosen)
    for place in range(len(layout.titles)):
        layout.column_at(place)
    _leave_out_mistaken(layout, lines[layout.skipped :])
    cells = [
        (column, cell)
        for line in lines[layout.skipped :]
        for place, cell in enumerate(line.cells)
        if isinstance(cell, str) and cell and (column := layout.columns.get(place)) is not None
    ]
    return replace(layout, separation=Separation.of(cells, known))


_READERS: Mapping[Type, Callable[[str, Column], object]] = {
    Type.FLAG: read_flag,
    Type.CHOICE: read_choice,
}


def _leave_out_mistaken(layout: Layout, lines: Sequence[Line]) -> None:
    """Leaves out columns whose content is not what their titles, which are not ours, made of them.

    "State" may be one of the country, "manager" a name, and "user name" no address beside a column of them.
    """
    mistaken, with_addresses = [], False
    for place, column in layout.columns.items():
        cells = [
            cell for line in lines for cell in line.cells[place : place + 1] if isinstance(cell, str) and cell
        ]
        has_addresses = 2 * sum("@" in cell for cell in cells) > len(cells)
        with_addresses = with_addresses or (column.record_field == "member" and has_addresses)
        if column.type in _READERS:
            is_mistaken = 2 * sum(_can_be_read(column, cell) for cell in cells) < len(cells)
        else:
            is_mistaken = column.record_field in ("member", "manager") and bool(cells) and not has_addresses
        title = layout.titles[place] if place < len(layout.titles) else ""
        if is_mistaken and str(place) not in layout.chosen and not is_own(layout.table.name, title):
            mistaken.append(place)
    for place in mistaken:
        if with_addresses or layout.columns[place].record_field != "member":
            del layout.columns[place]


def _can_be_read(column: Column, cell: str) -> bool:
    try:
        _READERS[column.type](cell, column)
    except Unreadable:
        return False
    return True


def is_explanation(given: Given) -> bool:
    """Whether it is the template's sheet that explains the others."""
    lines = given.look(LOOKED_AT)
    return bool(lines) and str(next(iter(lines[0].cells), "")).startswith(FORM)


def _of_objects(given: Given, chosen: Chosen) -> Layout | None:
    titles = given.titles if given.titles is not None else []
    table = _best(given.name, titles, chosen)[1]
    return Layout(table, {}, titles) if table is not None else None


def _of_rows(given: Given, lines: Sequence[Line], chosen: Chosen) -> Layout | None:
    best, header, found = 0, 0, None
    for number, line in enumerate(lines[:HEADER_ROWS]):
        cells = _texts(line.cells)
        if any(is_address(cell) for cell in cells):
            break
        score, table = _best(given.name, cells, chosen)
        if score > best and table is not None:
            best, header, found = score, number, table
    if found is not None:
        return Layout(found, {}, _texts(lines[header].cells), skipped=header + 1)
    return _without_titles(given, lines, chosen)


def _best(name: str, titles: Sequence[str], chosen: Chosen) -> tuple[int, Table | None]:
    """The table that these titles are of, and how well they fit."""
    called = table_called(name)
    best: tuple[int, Table | None] = (0, None)
    for table in TABLES.values():
        if chosen.get(TABLE, table.name) != table.name:
            continue
        names = {found for title in titles if title and (found := column_of(table.name, title))}
        if not all(any(key in names for key in keys) for keys in table.keys) and TABLE not in chosen:
            continue
        columns = [column for column in table.columns if column.name in names]
        score = sum(2 * column.telling for column in columns) + (3 if called == table.name else 0)
        if columns and score > best[0]:
            best = score, table
    return best


def _without_titles(given: Given, lines: Sequence[Line], chosen: Chosen) -> Layout | None:
    """A list of people without titles, or with titles in a language that nobody has told us."""
    name = chosen.get(TABLE, "members")
    table = TABLES.get(name)
    if table is None or (TABLE not in chosen and table_called(given.name) in _NOT_PEOPLE):
        return None
    rows = [Row(line.number, tuple(_texts(line.cells))) for line in lines]
    found = find_columns(rows, lambda title: "", is_address, "email")
    titles = list(found.header.cells) if found.header else []
    if TABLE in chosen:
        return Layout(table, {}, titles, skipped=found.first_row)
    if not found.kinds:
        return None
    places = sorted(found.kinds)
    columns = {places[0]: TABLES[name].column("email")}
    width = max((len(row.cells) for row in rows), default=0)
    names = [place for place in range(width) if place not in found.kinds]
    if names and not any(column_of(name, title) for title in titles):
        columns[names[0]] = TABLES[name].column("name")
    known = {place: column for place, column in columns.items() if column is not None}
    return Layout(table, known, titles, skipped=found.first_row)


def _as_chosen(layout: Layout, chosen: Chosen) -> Layout:
    """With what somebody said about columns: what they are, and which are left out."""
    columns = {place: column for place, column in layout.columns.items() if str(place) not in chosen}
    for key, name in chosen.items():
        if key.isascii() and key.isdigit() and (column := layout.table.column(name)) is not None:
            columns[int(key)] = column
    return replace(layout, columns=columns, chosen=chosen)


def _texts(cells: Sequence[Cell | None]) -> list[str]:
    return [cell if isinstance(cell, str) else "\n".join(cell or ()) for cell in cells]
