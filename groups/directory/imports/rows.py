"""The rows of an import in bulk: written, read and changed by the thousand, in constant memory."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from groupadmin.base.bulk import copy
from groups.models import DirectoryImport, ImportKey, ImportRow

AT_ONCE = 2_000
"""How many rows are held at a time."""
NAME_SHOWN, FILE_SHOWN, REASON_SHOWN = 1000, 255, 1000

T = TypeVar("T")
_OUT = frozenset((ImportRow.State.SKIPPED.value, ImportRow.State.LEFT.value))


@dataclass(slots=True)
class Row:
    """A row as judging and bringing in hold it: without what a model costs."""

    pk: int = 0
    file: str = ""
    row: int = 0
    kind: str = ""
    subject: str = ""
    object_kind: str = ""
    object: str = ""
    name: str = ""
    values: Any = None
    verdict: str = ""
    reason: str = ""
    target: int | None = None
    before: Any = None
    after: Any = None
    state: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it changes something."""
        return self.verdict in ImportRow.CHANGING

    @property
    def is_refused(self) -> bool:
        return self.verdict == ImportRow.Verdict.REFUSED

    @property
    def is_left_out(self) -> bool:
        """Whether it is good, and yet cannot be brought in or taken back."""
        return self.state in _OUT

    @property
    def place(self) -> str:
        """Where it stands, for reasons that name it."""
        if self.file and self.row:
            return _("row %(row)s of %(file)s") % {"row": self.row, "file": self.file}
        return _("row %(row)s") % {"row": self.row} if self.row else self.file

    def refuse(self, reason: str) -> None:
        self.verdict, self.reason, self.after = ImportRow.Verdict.REFUSED, reason, None


FIELDS = tuple(field.name for field in fields(Row))
_ADDED = FIELDS[1:]
JUDGED = ("subject", "object_kind", "object", "name", "verdict", "reason", "target", "before", "after")
POINTING = ("object_kind", "object", "verdict", "reason", "target")
"""What judging says of rows that have nothing before and after."""
DONE = ("target", "before", "after", "verdict", "reason", "state")
IN = ("target", "verdict", "reason", "state")
"""What becomes of such rows."""
_JSON = {"values", "before", "after"}
_TYPES = {
    "pk": "bigint",
    "target": "bigint",
    "row": "integer",
    "is_left_out": "boolean",
    **dict.fromkeys(_JSON, "jsonb"),
}


def said(name: str) -> KeyTextTransform:
    """What rows say under a name, as text: as JSON, SQLite makes a number of a team that is called "1"."""
    return KeyTextTransform(name, "values")


def chunks(things: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """The things in lists of that length."""
    left = iter(things)
    while chunk := list(islice(left, size)):
        yield chunk


def read(rows: "QuerySet[ImportRow]", *order: str) -> Iterator[Row]:
    """The rows one after the other, without holding them all."""
    found = rows.order_by(*order).values_list(*FIELDS)
    return (Row(*values) for values in found.iterator(chunk_size=AT_ONCE))


def add(directory_import: DirectoryImport, rows: Sequence[Row]) -> None:
    """Adds new rows; they get no pk here."""
    lines = [(directory_import.pk, *(_plain(row, name) for name in _ADDED)) for row in rows]
    copy(ImportRow._meta.db_table, ("directory_import_id", *_ADDED), lines)


def add_keys(directory_import: DirectoryImport, keys: Sequence[tuple[str, str, str]]) -> None:
    """Adds names: a key, and the kind and subject of the thing that it belongs to."""
    lines = [(directory_import.pk, *key) for key in keys]
    copy(ImportKey._meta.db_table, ("directory_import_id", "key", "kind", "subject"), lines)


def write(rows: Sequence[Row], columns: Sequence[str] = JUDGED) -> None:
    """Writes these columns of rows that are there."""
    if not rows:
        return
    if "state" in columns:
        columns = (*columns, "is_left_out")
    table = ImportRow._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One text is far cheaper to hand over than an array a column.
            names = ("pk", *columns)
            assigned = ", ".join(f'"{name}" = new."{name}"' for name in columns)
            typed = ", ".join(f'"{name}" {_TYPES.get(name, "text")}' for name in names)
            lines = [{name: _value(row, name) for name in names} for row in rows]
            cursor.execute(
                f'UPDATE "{table}" AS old SET {assigned} FROM json_to_recordset(%s) AS new({typed})'  # noqa: S608
                " WHERE old.id = new.pk",
                [json.dumps(lines, ensure_ascii=False)],
            )
        else:
            assigned = ", ".join(f'"{name}" = %s' for name in columns)
            cursor.executemany(
                f'UPDATE "{table}" SET {assigned} WHERE id = %s',  # noqa: S608
                [[*(_plain(row, name) for name in columns), row.pk] for row in rows],
            )


def _value(row: Row, name: str) -> Any:
    value = getattr(row, name)
    return {} if value is None and name == "values" else value


def _plain(row: Row, name: str) -> Any:
    """A column's value as the database takes it."""
    value = getattr(row, name)
    if name in _JSON:
        return None if value is None and name != "values" else json.dumps(value or {}, ensure_ascii=False)
    return str(value) if isinstance(value, str) else value
