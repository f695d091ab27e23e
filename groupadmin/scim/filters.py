"""What clients filter and sort by, as queries (RFC 7644, 3.4.2.2 and 3.4.2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Path,
    Present,
    ValuePath,
)

from .bodies import is_storable
from .clients import Client
from .columns import NOBODY, Column, Many
from .errors import Failure, invalid

LONGEST = 10_000
MOST_TERMS = 200

Columns = Mapping[str, Column | Many]
"""What can be asked for, by the attribute's name in lower case, with its schema if that is an extension."""


def condition(expression: Any, client: Client, model: Any, columns: Columns) -> Q:
    """The query for a filter. Raises Failure for what cannot be asked for."""
    return Terms(client, model, columns).visit(expression.ast)


def ordering(path: Any, client: Client, model: Any, columns: Columns, *, descending: bool) -> list[Any]:
    """What to order by. Raises Failure."""
    key = _key(path.ast, model)
    column = columns.get(key)
    many = columns.get(key.removesuffix(".value"))
    if isinstance(many, Many):
        column = many.main
    if not isinstance(column, Column) or column.sorted_by is None:
        raise invalid(f"Resources cannot be sorted by “{path}”.", "invalidPath")
    return column.ordering(descending=descending)


def _cannot(detail: str) -> Failure:
    return invalid(detail, "invalidFilter")


def _key(path: AttrPath, model: Any) -> str:
    """Under which name the attribute stands among the columns."""
    binding = Path[model](str(path)).resolve()
    if binding is None:
        return str(path).lower()
    name = binding.urn.removeprefix(f"{model.__schema__}:").lower()
    is_list = binding.sub_field_name is None and binding.is_multivalued
    return f"{name}.value" if is_list else name


@dataclass
class Terms(FilterVisitor[Q]):
    """Turns a parsed filter into a condition on rows."""

    client: Client
    model: Any
    columns: Columns
    inside: str = ""
    """The multi-valued attribute whose values the filter is about."""
    count: int = field(default=0)

    def visit(self, node: FilterNode) -> Q:
        self.count += 1
        if self.count > MOST_TERMS:
            raise _cannot("This filter has too many terms.")
        return super().visit(node)

    def visit_comparison(self, node: Comparison) -> Q:
        column, many = self._column(node.attr_path)
        if isinstance(node.value, str) and not is_storable(node.value):
            raise _cannot("No text here holds the character U+0000, or half of a character.")
        if many is None:
            return column.compare(node.op, node.value)
        if node.op is CompareOperator.ne:
            # None of the values is this one.
            return ~many.having(self.client, column.compare(CompareOperator.eq, node.value))
        return many.having(self.client, column.compare(node.op, node.value))

    def visit_present(self, node: Present) -> Q:
        name = f"{node.attr_path}".lower()
        whole = self.columns.get(name)
        if isinstance(whole, Many) and not self.inside:
            return whole.having(self.client, Q())
        column, many = self._column(node.attr_path)
        return column.is_there if many is None else many.having(self.client, column.is_there)

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        terms = [self.visit(term) for term in node.terms]
        found = terms[0]
        for term in terms[1:]:
            found = found & term if node.op is LogicalOperator.and_ else found | term
        return found

    def visit_value_path(self, node: ValuePath) -> Q:
        name = str(node.attr_path).lower()
        many = self.columns.get(name.rpartition(":")[2] if name not in self.columns else name)
        if not isinstance(many, Many) or self.inside:
            raise _cannot(f"“{node.attr_path}” cannot be filtered by its values.")
        inner = Terms(self.client, self.model, many.columns, inside=name, count=self.count)
        return many.having(self.client, inner.visit(node.val_filter))

    def _column(self, path: AttrPath) -> tuple[Column, Many | None]:
        """The column, and the multi-valued attribute that it is in, if the filter is not inside of it."""
        key = str(path).lower() if self.inside else _key(path, self.model)
        # A reference stands for its value, as in Entra's `manager eq "u-1"`.
        column = self.columns.get(key) or self.columns.get(f"{key}.value")
        if isinstance(column, Column):
            return column, None
        head, _dot, sub = key.rpartition(".")
        many = column if isinstance(column, Many) else self.columns.get(head)
        inner = many.columns.get(sub if many is not column else "value") if isinstance(many, Many) else None
        if not isinstance(many, Many) or inner is None or self.inside:
            raise _cannot(f"Resources cannot be filtered by “{path}”.")
        return inner, many


__all__ = ["NOBODY", "Columns", "Terms", "condition", "ordering"]
