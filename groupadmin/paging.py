"""Pages of long lists by key: a page costs the same wherever in the list it lies."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
Key = Mapping[str, type]
"""The fields that a list is sorted by, the last one unique, with their types; "-" in front turns round."""

LARGEST = 2**63 - 1
LONGEST_CURSOR = 2_000
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and the query strings of the pages before and after, where there are any."""

    rows: list[Row]
    previous: str = ""
    next: str = ""


def page_of(rows: QuerySet[Row], key: Key, wanted: QueryDict, size: int) -> Page[Row]:
    """The page that `?after=…` or `?before=…` asks for; the first one if that makes no sense (any more)."""
    after, before = (_read(wanted.get(name, ""), key) for name in ("after", "before"))
    ordered = rows.order_by(*key)
    if before is not None:
        found = list(_beyond(ordered, key, before, -1).reverse()[: size + 1])[::-1]
        more = len(found) > size
        found = found[-size:]
        previous = _query(wanted, "before", found[:1], key, there=more)
        if found:
            return Page(found, previous, _query(wanted, "after", found[-1:], key))
    found = list((ordered if after is None else _beyond(ordered, key, after, 1))[: size + 1])
    if not found and after is not None:
        after, found = None, list(ordered[: size + 1])
    previous = _query(wanted, "before", found[:1], key, there=after is not None)
    more = len(found) > size
    found = found[:size]
    return Page(found, previous, _query(wanted, "after", found[-1:], key, there=more))


def _beyond(rows: QuerySet[Row], key: Key, values: list[Any], direction: int) -> QuerySet[Row]:
    """The rows after the values, or before them for direction -1."""
    condition, equal = Q(), Q()
    for name, value in zip(key, values, strict=True):
        field = name.removeprefix("-")
        side = "gt" if direction * (-1 if name.startswith("-") else 1) > 0 else "lt"
        if not equal:
            # Said on its own too, so that the index finds the place.
            rows = rows.filter(**{f"{field}__{side}e": value})
        condition |= equal & Q(**{f"{field}__{side}": value})
        equal &= Q(**{field: value})
    return rows.filter(condition)


def _query(wanted: QueryDict, side: str, edge: list[Row], key: Key, *, there: bool = True) -> str:
    if not edge or not there:
        return ""
    query = wanted.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    values = [getattr(edge[0], name.removeprefix("-")) for name in key]
    # Names as they are, not escaped: web servers take addresses of a few thousand characters only.
    text = json.dumps(values, default=datetime.isoformat, ensure_ascii=False)
    query[side] = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return "?" + query.urlencode()


def _read(cursor: str, key: Key) -> list[Any] | None:
    """The values in a cursor, or nothing for one that is not ours."""
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
    """What the cursor gives for a field of that type. Raises ValueError for what no row could have."""
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError
        return moment
    if type(value) is not kind:
        raise ValueError
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError
    if isinstance(value, str) and ("\0" in value or value != value.encode("utf-8", "ignore").decode()):
        raise ValueError
    return value
