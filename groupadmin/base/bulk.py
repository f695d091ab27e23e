"""Rows by the thousand. On PostgreSQL by COPY, which takes a fraction of the time of INSERT."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model, QuerySet

AT_ONCE = 2_000
DELETED_AT_ONCE = 500
"""Fewer, as what refers to them comes into memory with them."""
PLAIN = {
    *("CharField", "TextField", "BooleanField", "ForeignKey", "OneToOneField"),
    *("IntegerField", "BigIntegerField", "PositiveIntegerField", "BigAutoField", "AutoField"),
}
"""Kinds of fields whose values need nothing done to them."""

M = TypeVar("M", bound=Model)


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Deletes rows, and what goes with them, in batches that fit into memory. Returns how many in all."""
    count = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        count += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return count


def insert(model: type[M], things: Sequence[M]) -> None:
    """Adds new things, which get their ids: as bulk_create, without signals."""
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(things, batch_size=AT_ONCE)
        return
    for thing in things:
        thing._prepare_related_fields_for_save(operation_name="insert")  # type: ignore[attr-defined]
    for thing, pk in zip(things, _new_ids(model, len(things)), strict=True):
        thing.pk = pk
    fields = model._meta.concrete_fields
    readers = [_reader(field) for field in fields]
    lines = [[read(thing) for read in readers] for thing in things]
    copy(model._meta.db_table, [str(field.column) for field in fields], lines)
    for thing in things:
        thing._state.adding, thing._state.db = False, connection.alias


def _reader(field: "Field[Any, Any]") -> Callable[[Model], Any]:
    """What gives a field's value to store: plain ones as they are, which is most of the work."""
    if field.get_internal_type() in PLAIN:
        return attrgetter(field.attname)
    return lambda thing: field.get_db_prep_save(field.pre_save(thing, True), connection)


def insert_lines(model: type[M], names: Sequence[str], lines: Sequence[Sequence[Any]]) -> list[int]:
    """Adds rows that need no objects, the names being those of plain columns. Returns their ids in order."""
    if connection.vendor != "postgresql":
        made = [model(**dict(zip(names, line, strict=True))) for line in lines]
        return [int(thing.pk) for thing in model._default_manager.bulk_create(made, batch_size=AT_ONCE)]
    ids = _new_ids(model, len(lines))
    copy(model._meta.db_table, ["id", *names], [(pk, *line) for pk, line in zip(ids, lines, strict=True)])
    return ids


def copy(table: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """Adds plain values to a table."""
    if not lines:
        return
    listed = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copying = f'COPY "{table}" ({listed}) FROM STDIN'
            with connection.wrap_database_errors, cursor.copy(copying) as written:
                for line in lines:
                    written.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', lines)  # noqa: S608


def _new_ids(model: type[Model], count: int) -> list[int]:
    """Ids that nobody else gets."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
