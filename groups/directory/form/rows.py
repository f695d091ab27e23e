"""Rows become records: one for its own thing, and one for each value of its list columns (rule 10.1)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.text import clean_line, clean_text, isolated
from groups.directory.records import TEAM_SEPARATOR, Kind, Problem, Record
from groups.mail.contacts.names import full_name

from . import values
from .columns import ENTRIES, EXAMPLE, EXAMPLE_DOMAIN, GROUPS, MEMBERS, TEAMS
from .definition import Column, Table, Type
from .documents import Cell
from .given import Line
from .recognising import Layout

# What a list's rules are called where they stand in the row of its group.
_OF_LISTS = {
    "address": "address",
    "list_aliases": "aliases",
    "blocks_external_domains": "blocks_external_domains",
    "who_can_send": "who_can_send",
}
_ADDRESSES = frozenset(("member", "address", "email", "manager", "default_master"))
_ID_FIELDS = {"group": "group_id", "member": "member_id", "team": "team_id"}
_PLACES_OF_NAMES = ("given_name", "family_name", "parent", "role")

_BETWEEN = re.compile(r"\s*[>›»＞→\\]\s*")

Cells = Mapping[Column, list[Cell]]


def records_of(line: Line, layout: Layout, file: str) -> Iterator[Record | Problem]:
    """What a row says; a Problem if it says what cannot be understood."""
    cells = _cells(line, layout)
    if not any(cells.values()) or _is_example(cells):
        return
    try:
        for kind, found in _records(line, layout, cells):
            yield Record(kind, found, file, line.number)
    except values.Unreadable as unreadable:
        yield Problem(str(unreadable), _shown(line), file, line.number)


def _is_example(cells: Cells) -> bool:
    """Whether somebody has left the template's example row in."""
    texts = [(column, cell) for column, found in cells.items() for cell in found if isinstance(cell, str)]
    return any(cell == EXAMPLE or cell.endswith(EXAMPLE_DOMAIN) for _column, cell in texts) and all(
        cell == column.example for column, cell in texts
    )


def _cells(line: Line, layout: Layout) -> Cells:
    """The cells by their columns; the same column can be there several times."""
    found: dict[Column, list[Cell]] = {}
    for place, cell in enumerate(line.cells):
        if cell is not None and (column := layout.column_at(place)) is not None:
            given = found.setdefault(column, [])
            if cell:
                given.append(cell)
    if line.ends_early:
        for column in layout.columns.values():
            found.setdefault(column, [])
    return found


def _shown(line: Line) -> str:
    """What a row that cannot be read is called in reports."""
    return next((clean_line(cell)[:100] for cell in line.cells if isinstance(cell, str) and cell), "")


def _records(line: Line, layout: Layout, cells: Cells) -> Iterator[tuple[Kind, dict[str, Any]]]:
    if line.is_unclosed:
        raise values.Unreadable(_("A quotation mark in this row is never closed."))
    if any("\ufffd" in cell for found in cells.values() for cell in found if isinstance(cell, str)):
        raise values.Unreadable(_("This row has characters that cannot be read. Choose another encoding."))
    table = layout.table
    own = _own(table, cells)
    own |= _composed(table, cells, own)
    _check_keys(table, cells, own)
    if table is ENTRIES:
        yield from _with_role(cells, own)
    elif table is GROUPS:
        yield from _group(own)
    else:
        yield table.kind, own
    named = _named(table, own)
    for column, found in cells.items():
        if column.spread is not None and named:
            yield from _spread(
                column, found, {_owner(name, column): one for name, one in named.items()}, layout
            )


def _own(table: Table, cells: Cells) -> dict[str, Any]:
    """The values of the row's own record."""
    own: dict[str, Any] = {}
    for column, found in cells.items():
        if column.spread is not None or column.name in _PLACES_OF_NAMES:
            continue
        value = _value(column, found)
        if value is not None and not (column.record_field in own and value in ("", [])):
            own[column.record_field] = value
    if table is MEMBERS:
        _take_further_addresses(cells, own)
    return own


def _value(column: Column, found: list[Cell]) -> Any:
    """What cells say; None if that is nothing. Raises Unreadable."""
    if column.type is Type.TEXTS:
        return list(dict.fromkeys(one for cell in found for one in _addresses(cell)))
    if not found:
        # What can be emptied is emptied by an empty cell.
        is_emptied = column.type in (Type.TEXT, Type.DAY) and column.telling
        if column.record_field == "source":
            return ""  # by hand
        return "" if is_emptied and column.record_field not in ("id", "name") else None
    text = _text(found[0])
    match column.type:
        case Type.FLAG:
            return values.read_flag(text, column)
        case Type.DAY:
            return values.read_day(text, column)
        case Type.CHOICE:
            return values.read_choice(text, column)
    if column.record_field in _ADDRESSES:
        return values.one_address(text)
    if column.record_field in ("team", "parent"):
        return _path(clean_line(text))
    return clean_text(text) if column.record_field == "description" else clean_line(text)


def _path(text: str) -> str:
    """A team's path with our separator: no name of a team has the others (rule 1.3)."""
    return _BETWEEN.sub(TEAM_SEPARATOR, text)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else " ".join(cell)


def _addresses(cell: Cell) -> Iterator[str]:
    if isinstance(cell, str):
        yield from values.addresses(cell)
    else:
        yield from map(values.one_address, cell)


def _take_further_addresses(cells: Cells, own: dict[str, Any]) -> None:
    """Where several columns have addresses, the first is the one to sign in with."""
    for column, found in cells.items():
        if column.record_field == "member" and len(found) > 1:
            further = [values.one_address(_text(cell)) for cell in found[1:]]
            aliases = dict.fromkeys([*own.get("aliases", ()), *further])
            if own_aliases := [alias for alias in aliases if alias != own["member"] and "@" in alias]:
                own["aliases"] = own_aliases


def _composed(table: Table, cells: Cells, own: dict[str, Any]) -> dict[str, Any]:
    """What stands in two columns: a name of two, a team's path of its parent's and its own name."""
    parts = {column.name: _text(found[0]) for column, found in cells.items() if found}
    if table is MEMBERS and not own.get("name"):
        name = full_name(
            clean_line(parts.get("given_name", "")), "", clean_line(parts.get("family_name", ""))
        )
        return {"name": name} if name else {}
    if table is TEAMS and parts.get("parent") and own.get("team"):
        parent = _path(clean_line(parts["parent"]))
        if not own["team"].startswith(f"{parent}{TEAM_SEPARATOR}"):
            return {"team": f"{parent}{TEAM_SEPARATOR}{own['team']}"}
    return {}


def _check_keys(table: Table, cells: Cells, own: dict[str, Any]) -> None:
    """Raises Unreadable if the row does not say what it is about."""
    for keys in table.keys:
        fields = [column.record_field for key in keys if (column := table.column(key)) is not None]
        if not any(own.get(name) for name in fields):
            there = [column.name for column in cells if column.name in keys] or [keys[0]]
            message = _("The row has nothing under “%(column)s”.")
            raise values.Unreadable(message % {"column": isolated(there[0])})


def _with_role(cells: Cells, own: dict[str, Any]) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """An entry of a table that may say who is also a master, or only that."""
    role = next((_text(found[0]) for column, found in cells.items() if column.name == "role" and found), "")
    is_master, is_in = values.read_role(role) if role else (False, True)
    if is_in:
        yield Kind.ENTRY, own
    if is_master:
        master = {
            name: value for name, value in own.items() if name in ("group", "group_id", "member_id", "source")
        }
        if person := own.get("member") or own.get("thing"):
            master["member"] = person
        yield Kind.MASTER, master


def _group(own: dict[str, Any]) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """A group, and its list where the row has its address."""
    of_list = {_OF_LISTS[name]: own.pop(name) for name in list(own) if name in _OF_LISTS}
    has_list = bool(of_list.get("address"))
    if has_list:
        own.setdefault("uses_mailing_list", True)
    yield Kind.GROUP, own
    if has_list or any(of_list.values()):
        yield Kind.LIST, {**_named(GROUPS, own), **of_list}


def _named(table: Table, own: dict[str, Any]) -> dict[str, Any]:
    """How other records name the row's thing."""
    field = {TEAMS.name: "team", MEMBERS.name: "member", GROUPS.name: "group"}.get(table.name, "")
    if not field:
        return {}
    if own.get(field):
        return {field: own[field]}
    return {_ID_FIELDS[field]: own["id"]} if own.get("id") else {}


def _owner(name: str, column: Column) -> str:
    """What the row's thing is called in records of a list column: of a group's parents it is the subgroup."""
    own = column.spread.own if column.spread else ""
    return f"{own}_id" if name.endswith("_id") else own


def _spread(
    column: Column, found: list[Cell], named: dict[str, Any], layout: Layout
) -> Iterator[tuple[Kind, dict[str, Any]]]:
    spread = column.spread
    if spread is None:
        return
    for cell in found:
        if column.type is Type.PAIRS and isinstance(cell, str):
            for email, name in values.pairs(cell):
                yield spread.kind, {**named, "email": email, **({"name": name} if name else {})}
            continue
        for value in _several(column, cell, layout):
            yield spread.kind, {**named, spread.field: value, **dict(spread.more)}


def _several(column: Column, cell: Cell, layout: Layout) -> Iterator[str]:
    if not isinstance(cell, str):
        yield from (values.one_address(one) if column.type is not Type.NAMES else one for one in cell)
    elif column.type is Type.NAMES or ("@" not in cell and "＠" not in cell):
        names = layout.separation.names(cell, is_one=column in layout.single)
        yield from map(_path, names) if column.spread and column.spread.field == "team" else names
    else:
        yield from values.addresses(cell)
