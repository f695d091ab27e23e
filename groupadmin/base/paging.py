"""Key-based paging of long lists: every page costs the same, wherever it is in the list."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from .ids import LARGEST_ID
from .name_order import SUFFIX

Row = TypeVar("Row")
Thing = TypeVar("Thing", bound=Model)
Key = Mapping[str, type]
"""The fields that a list is sorted by, the last one unique, with their types.

A leading "-" reverses the order, "__collated" makes it that of the reader's language (rule 12.2).
"""

LONGEST_CURSOR = 2_000
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and the query strings of the previous and next page, if there are any."""

    rows: list[Row]
    previous: str = ""
    next: str = ""


def _attribute(name: str) -> str:
    return name.removeprefix("-").removesuffix(SUFFIX)


def page_of(rows: QuerySet[Thing], key: Key, wanted: QueryDict, size: int) -> Page[Thing]:
    """The page that `?after=…` or `?before=…` asks for; the first page if the cursor is no longer valid."""
    ordered = rows.order_by(*key)

    def fetch(values: list[Any] | None, direction: int) -> list[Thing]:
        found = ordered if values is None else _beyond(ordered, key, values, direction)
        return list((found if direction > 0 else found.reverse())[: size + 1])

    def values(row: Thing) -> list[Any]:
        return [getattr(row, _attribute(name)) for name in key]

    return _page(fetch, values, key, wanted, size)


def rows_after(rows: QuerySet[Thing], key: Key, cursor: str, size: int) -> tuple[list[Thing], str]:
    """For programs: some rows after the cursor, and the cursor of what follows, empty at the end.

    Raises ValueError for a cursor that is none of ours. Nothing after it is no reason to begin again.
    """
    values = _read(cursor, key)
    if cursor and values is None:
        raise ValueError("no cursor")
    ordered = rows.order_by(*key)
    found = list((ordered if values is None else _beyond(ordered, key, values, 1))[: size + 1])
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    return found[:size], _written([getattr(last, _attribute(name)) for name in key])


def page_of_union(
    parts: Sequence[QuerySet[Any, Any]], key: Key, wanted: QueryDict, size: int
) -> Page[tuple[Any, ...]]:
    """The same for the union of several tables: rows with the values of the key, without duplicates."""

    def fetch(values: list[Any] | None, direction: int) -> list[tuple[Any, ...]]:
        found = [part if values is None else _beyond(part, key, values, direction) for part in parts]
        names = [name.removeprefix("-") for name in key]
        first, *others = (part.order_by().values_list(*names) for part in found)
        turned = [name if name.startswith("-") else f"-{name}" for name in key]
        backwards = [name[1:] if name in key else name for name in turned]
        union = first.union(*others).order_by(*(key if direction > 0 else backwards))
        return list(union[: size + 1])

    return _page(fetch, list, key, wanted, size)


def page_of_series(
    parts: Sequence[QuerySet[Any, Any]], key: Key, wanted: QueryDict, size: int
) -> Page[tuple[Any, ...]]:
    """The same for several tables one after another: the key begins with the number of the table.

    Each table is read in the order of its own index, as far as needed.
    """
    own = dict(list(key.items())[1:])
    names = [name.removeprefix("-") for name in own]

    def fetch(values: list[Any] | None, direction: int) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for number in range(len(parts))[::direction]:
            if values is not None and (number - values[0]) * direction < 0:
                continue
            begun = values is not None and number == values[0]
            part = _beyond(parts[number], own, (values or [])[1:], direction) if begun else parts[number]
            rows = part.order_by(*own)
            rows = (rows if direction > 0 else rows.reverse()).values_list(*names)
            found += [(number, *row) for row in rows[: size + 1 - len(found)]]
            if len(found) > size:
                break
        return found

    return _page(fetch, list, key, wanted, size)


def _page(
    fetch: Callable[[list[Any] | None, int], list[Row]],
    values: Callable[[Row], list[Any]],
    key: Key,
    wanted: QueryDict,
    size: int,
) -> Page[Row]:
    """`fetch` returns up to one row more than a page from some values on: forward, or backward for -1."""

    def query(side: str, edge: list[Row], *, there: bool = True) -> str:
        return _query(wanted, side, values(edge[0])) if edge and there else ""

    after, before = (_read(wanted.get(name, ""), key) for name in ("after", "before"))
    if before is not None:
        found = fetch(before, -1)[::-1]
        more = len(found) > size
        found = found[-size:]
        if found:
            return Page(found, query("before", found[:1], there=more), query("after", found[-1:]))
    found = fetch(after, 1)
    if not found and after is not None:
        after, found = None, fetch(None, 1)
    more = len(found) > size
    found = found[:size]
    previous = query("before", found[:1], there=after is not None)
    return Page(found, previous, query("after", found[-1:], there=more))


def _beyond(rows: QuerySet[Thing, Any], key: Key, values: list[Any], direction: int) -> QuerySet[Thing, Any]:
    """The rows after the values, or before them for direction -1."""
    condition, equal = Q(), Q()
    for name, value in zip(key, values, strict=True):
        field = name.removeprefix("-")
        side = "gt" if direction * (-1 if name.startswith("-") else 1) > 0 else "lt"
        if not equal:
            # Redundant, so that the database finds the place in the index.
            rows = rows.filter(**{f"{field}__{side}e": value})
        condition |= equal & Q(**{f"{field}__{side}": value})
        equal &= Q(**{field: value})
    return rows.filter(condition)


def _query(wanted: QueryDict, side: str, values: list[Any]) -> str:
    query = wanted.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    query[side] = _written(values)
    return "?" + query.urlencode()


def _written(values: list[Any]) -> str:
    # Not escaped: web servers limit URLs to a few thousand characters.
    text = json.dumps(values, default=datetime.isoformat, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, key: Key) -> list[Any] | None:
    """The values in a cursor, or None if it is not one of ours."""
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(key):
        return None
    try:
        return [_value(value, kind) for value, kind in zip(values, key.values(), strict=True)]
    except ValueError:
        return None


def _value(value: Any, kind: type) -> Any:
    """The cursor's value for a field of that type. Raises ValueError if no row could have it."""
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError
        return moment
    if type(value) is not kind:
        raise ValueError
    if isinstance(value, int) and abs(value) > LARGEST_ID:
        raise ValueError
    if isinstance(value, str) and ("\0" in value or value != value.encode("utf-8", "ignore").decode()):
        raise ValueError
    return value
