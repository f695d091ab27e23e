"""Writes derived columns of many rows anew, such as after the way of deriving them has changed."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

AT_ONCE = 2_000


def refold(
    model: type[Model], said: Sequence[str], derived: Sequence[str], derive: Callable[..., Sequence[str]]
) -> int:
    """Derives columns of text from other columns, in batches; writes those that differ, and counts them.

    Those who change rows meanwhile write the right texts themselves.
    """
    changed, last = 0, 0
    rows = model._default_manager.order_by("pk").values_list("pk", *said, *derived)
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        last = batch[-1][0]
        lines = [(pk, tuple(values[: len(said)]), tuple(values[len(said) :])) for pk, *values in batch]
        wrong = [(*new, pk) for pk, own, present in lines if (new := tuple(derive(*own))) != present]
        _write(model._meta.db_table, derived, wrong)
        changed += len(wrong)
    return changed


def _write(table: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """Each line has the values of the columns, then the id."""
    if not lines:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            given = ", ".join(["%s::text[]"] * len(columns))
            names = ", ".join(f'"{name}"' for name in columns)
            sets = ", ".join(f'"{name}" = given."{name}"' for name in columns)
            cursor.execute(
                f'UPDATE "{table}" SET {sets} FROM unnest({given}, %s::bigint[]) AS given({names}, id) '  # noqa: S608
                f'WHERE "{table}".id = given.id',
                [list(values) for values in zip(*lines, strict=True)],
            )
        else:
            sets = ", ".join(f'"{name}" = %s' for name in columns)
            cursor.executemany(f'UPDATE "{table}" SET {sets} WHERE id = %s', lines)  # noqa: S608
