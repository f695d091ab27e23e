"""JSON: a document with lists of objects, a list, or an object a line; read as it comes (rule 10.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem
from groups.directory.sources import SourceFile
from groups.directory.sources.files.documents import Item, items_of
from groups.directory.sources.files.tables import text_head

from .columns import FORM, TABLES, VERSION
from .titles import NAMES

Cell = str | list[str]

TITLES_LIMIT = 1_000
LISTS = frozenset(TABLES).union(*NAMES.values())
_NAMING = ("email", "primaryEmail", "mail", "address", "value", "member", "team", "group", "name", "id")


@dataclass(frozen=True)
class ListOfObjects:
    """A list in a document: its rows can be gone through once, before the next list."""

    name: str
    titles: list[str]
    """The names of the values so far, in the order of the cells."""
    rows: Iterator[tuple[int, list[Cell | None]]]
    """None where an object does not have the value at all."""


def is_document(file: SourceFile) -> bool:
    """Whether it begins as JSON does."""
    return text_head(file).lstrip("\ufeff \t\r\n").startswith(("{", "["))


def lists_of(file: SourceFile) -> Iterator[ListOfObjects]:
    """The lists of objects in the document. Raises Invalid, also in between where it goes wrong."""
    for name, found in groupby(_objects(file), key=lambda item: item.list_name):
        titles: list[str] = []
        places: dict[str, int] = {}
        rows = ((number, _cells(item.values, titles, places)) for number, item in enumerate(found, start=1))
        yield ListOfObjects(name, titles, rows)
        for _row in rows:
            pass


def _objects(file: SourceFile) -> Iterator[Item]:
    """Objects in lists, or by themselves; not the document that has the lists."""
    has_lists = False
    for item in items_of(file, LISTS):
        if isinstance(item, Problem):
            raise Invalid("file", item.reason)
        if not item.list_name and (has_lists or item.values.get("form") == FORM):
            has_lists = False
            continue
        has_lists = bool(item.list_name)
        _check_version(item.around)
        yield item


def _check_version(around: Mapping[str, Any]) -> None:
    version = around.get("version")
    if around.get("form") == FORM and version not in range(1, VERSION + 1):
        message = _("This file has version %(version)s of the form; this installation knows %(known)s.")
        raise Invalid("file", message % {"version": str(version)[:20], "known": VERSION})


def _cells(value: Mapping[str, Any], titles: list[str], places: dict[str, int]) -> list[Cell | None]:
    cells: list[Cell | None] = [None] * len(titles)
    for title, one in value.items():
        if title not in places:
            if len(titles) >= TITLES_LIMIT:
                continue
            places[title] = len(titles)
            titles.append(title)
            cells.append(None)
        cells[places[title]] = _cell(one)
    return cells


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return [text for one in value if isinstance(text := _cell(one), str) and text]
    if isinstance(value, dict):
        named = next((value[name] for name in _NAMING if isinstance(value.get(name), str)), "")
        return str(named)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
