"""The one way to find names by what was typed (rule 12.2), in columns that hold search_text().

All words must be there, in any order, at the start of words or within. On PostgreSQL an index of all texts of
up to three letters finds them, however short and of whatever script; SQLite reads the column. The answers are
the same.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BooleanField, Case, Field, IntegerField, Lookup, Q, QuerySet, Value, When

from .search_text import typed_phrase, typed_words

FEW = 1_000
TURNED_AT_MOST = 3
GRAM = 3
"""The longest texts in the index; the function search_grams of the database makes the same ones."""

Rows = TypeVar("Rows", bound=QuerySet[Any])
Ways = Sequence[tuple[Q, Any]]
"""Conditions and, for rows that meet them, how well they match, best first."""

EXACT, FIRST, WORD, WITHIN = range(4)


@Field.register_lookup
class Finds(Lookup[bool]):
    """`name_search__finds=("jurgen", "mul")`: the column contains all of them."""

    lookup_name = "finds"
    prepare_rhs = False

    @property
    def output_field(self) -> BooleanField[Any, Any]:
        return BooleanField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, values = self.process_lhs(compiler, connection)
        return _all_in(f"instr({column}, %s) > 0", values, self.rhs)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        return _all_in(f"strpos({column}, %s) > 0", values, self.rhs)


@Field.register_lookup
class LooksUp(Finds):
    """The same for a column with an index of search_grams, among all rows of a company."""

    lookup_name = "looks_up"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        contains, values = super().as_postgresql(compiler, connection)
        column, own = self.process_lhs(compiler, connection)
        grams = sorted({gram for text in self.rhs for gram in grams_of(text)})
        return f"(search_grams({column}) @> %s::text[] AND {contains})", [*own, grams, *values]


def grams_of(text: str) -> set[str]:
    """The longest texts in the index that a text has."""
    text = text.rstrip("\n")
    return {text[at : at + GRAM] for at in range(max(1, len(text) - GRAM + 1))}


def _all_in(condition: str, values: Sequence[Any], texts: Sequence[str]) -> tuple[str, list[Any]]:
    return f"({' AND '.join([condition] * len(texts))})", [
        value for text in texts for value in (*values, text)
    ]


def finds(field: str, typed: str) -> Q:
    """The condition that the field has all words that were typed; nothing where none can be found."""
    return _has(field, "finds", typed_words(typed))


def looks_up(field: str, typed: str) -> Q:
    """The same for a field with an index, among all rows of a company."""
    return _has(field, "looks_up", typed_words(typed))


def _has(field: str, lookup: str, texts: Sequence[str]) -> Q:
    return Q(**{f"{field}__{lookup}": tuple(texts)}) if texts else Q(pk__in=[])


def of_one_line(field: str, typed: str) -> Q:
    """The field, which is of many names with lines of their own, has the words in one of these lines."""
    words = typed_words(typed)
    orders = permutations(words) if len(words) <= TURNED_AT_MOST else [words]
    found = Q(pk__in=[])
    for order in orders:
        found |= _has(field, "finds", [" ".join(order)])
        if len(words) > 1:
            found |= _has(field, "finds", ["".join(order)])
    return found


def begins(field: str, typed: str) -> tuple[Q, Q]:
    """The field begins with what was typed; and it is that altogether."""
    phrase = typed_phrase(typed)
    return _has(field, "looks_up", [f"\n {phrase}"]), _has(field, "finds", [f"\n {phrase}\n"])


def has_words(field: str, typed: str) -> tuple[Q, Q]:
    """The field has the words anywhere, in any order; and they begin words of it."""
    words = typed_words(typed)
    return _has(field, "looks_up", words), _has(field, "finds", [f" {word}" for word in words])


def begin_words(field: str, typed: str) -> Q:
    """The words that were typed begin words of the field, in any order."""
    return _has(field, "looks_up", [f" {word}" for word in typed_words(typed)])


def ranked(better: Q, rank: int) -> Case:
    """The rank of what is better, and the next one for the rest."""
    return Case(When(better, then=Value(rank)), default=Value(rank + 1), output_field=IntegerField())


def _read_along(condition: Q) -> Q:
    """The condition for rows that are read anyhow: it would take time to compute what the index has."""
    read = Q(_connector=condition.connector, _negated=condition.negated)
    for part in condition.children:
        if isinstance(part, Q):
            read.children.append(_read_along(part))
        else:
            name, value = part  # type: ignore[misc]
            read.children.append((name.replace("__looks_up", "__finds"), value))
    return read


def few_of(found: QuerySet[Any, Any]) -> Any:
    """The ids that a query of ids finds, if they are few: an index serves those. Else the query."""
    ids = [pk for one in found[: FEW + 1] for pk in one.values()]
    return ids if len(ids) <= FEW else found


def any_of(rows: Rows, by_itself: Q, *ids: QuerySet[Any, Any]) -> Rows:
    """The rows that match by themselves, or whose ids are among any of these.

    No index serves an "or" of several tables. Where all of them together find few, which their indexes
    tell at once, those are asked for; where they find many, a page is soon filled along the list.
    """
    if connection.features.supports_slicing_ordering_in_compound:
        ways = [way.order_by()[: FEW + 1] for way in (rows.filter(by_itself).values("pk"), *ids)]
        found = list(ways[0].union(*ways[1:], all=True)[: FEW + 1])
        if len(found) <= FEW:
            return rows.filter(pk__among={pk for one in found for pk in one.values()})
    either = _read_along(by_itself)
    for way in ids:
        either |= Q(pk__in=way)
    return rows.filter(either)
