"""Rows of the database as plain values, and back again exactly as they were (rule 10.13)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

Row = dict[str, Any]
AT_ONCE = 1_000


def plain(rows: Iterable[Model]) -> list[Row]:
    """All their fields, dates as text."""
    return [
        {field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def put_back(model: type[Model], rows: Sequence[Row], *, instead_of: QuerySet[Any] | None = None) -> None:
    """Writes them with the ids, dates and origins that they had, instead of what an action has written."""
    if not rows:
        return
    if instead_of is not None:
        instead_of.delete()
    fields = {field.attname: field for field in model._meta.concrete_fields}
    made = []
    for row in rows:
        values = {name: fields[name].to_python(value) for name, value in row.items() if name in fields}
        made.append((model(**values), values))
    model._default_manager.bulk_create([one for one, _values in made], batch_size=AT_ONCE)
    # Saving has set these to the present.
    dates = [field.name for field in fields.values() if getattr(field, "auto_now_add", False)]
    if dates:
        for one, values in made:
            for name in dates:
                setattr(one, name, values[name])
        model._default_manager.bulk_update([one for one, _values in made], dates, batch_size=AT_ONCE)
