"""SQL composed of named parts, each with its own values, so that values cannot get out of order.

The parts are used only for what the ORM cannot express: recursion. The same on PostgreSQL and SQLite.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from string import Formatter
from typing import Any

from django.db import connection
from django.db.models import Field, Func, IntegerField
from django.db.models.expressions import RawSQL
from django.db.models.lookups import In


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its placeholders, in order."""

    text: str
    values: tuple[Any, ...] = ()

    def subquery(self) -> RawSQL:
        """For `pk__in` and the like."""
        return RawSQL(self.text, self.values)  # noqa: S611

    def rows(self) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@dataclass(frozen=True)
class Part:
    """A common table expression: later parts and the query itself refer to it by name."""

    name: str
    columns: str
    body: Sql


class Carry(Enum):
    """What each row of a recursion passes on to the rows that follow from it, as a column before the id."""

    NOTHING = ""
    ORIGIN = "origin"  # the row that the recursion started from
    SINCE = "since"  # the time of the latest step so far

    @property
    def column(self) -> str:
        return f"{self.value}, " if self.value else ""

    def first(self, *, origin: str = "id", moment: str = "") -> str:
        """The column in the rows that the recursion starts with."""
        return {Carry.NOTHING: "", Carry.ORIGIN: f"{origin}, ", Carry.SINCE: f"{moment}, "}[self]

    def next(self, part: str, *, moment: str) -> str:
        """The column after one more step from a row of the part; `moment` is the time of that step."""
        if self is Carry.SINCE:
            return f"CASE WHEN {moment} > {part}.since THEN {moment} ELSE {part}.since END, "
        return f"{part}.{self.column}" if self.value else ""


def sql(template: str, **pieces: Sql | str) -> Sql:
    """The template with its placeholders filled by the pieces of that name."""
    text, values = "", list[Any]()
    for literal, name, _spec, _conversion in Formatter().parse(template):
        text += literal
        if name is not None:
            piece = pieces[name]
            text += piece if isinstance(piece, str) else piece.text
            values += () if isinstance(piece, str) else piece.values
    return Sql(text, tuple(values))


def listed(ids: Iterable[int]) -> Sql:
    """The numbers, for the inside of `IN (…)`."""
    values = tuple(ids)
    return Sql(", ".join(["%s"] * len(values)) or "NULL", values)


def recursion(name: str, carry: Carry, start: Sql, step: str, **pieces: Sql | str) -> Part:
    """A part that starts with the rows of `start` and repeats the step until it finds nothing new."""
    body = sql("{start} UNION {step}", start=start, step=sql(step, **pieces))
    return Part(name, f"{carry.column}id", body)


def query(select: Sql, *parts: Part) -> Sql:
    """The query that reads from the parts."""
    text, values = "", list[Any]()
    for part in parts:
        text += f"{', ' if text else 'WITH RECURSIVE '}{part.name}({part.columns}) AS ({part.body.text})"
        values += part.body.values
    return Sql(f"{text} {select.text}", (*values, *select.values))


class JsonLength(Func):
    """The number of elements in a JSON list."""

    output_field = IntegerField()
    function = "json_array_length"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **context)


@Field.register_lookup
class Among(In):
    """As `__in` for thousands of plain values: on PostgreSQL one array, not a placeholder for each."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        return list(self.rhs)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*values, self.rhs]
