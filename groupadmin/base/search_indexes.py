"""PostgreSQL's indexes for finding and sorting names (rule 12.2), for migrations. SQLite needs none."""

from collections.abc import Callable, Sequence
from typing import Any

from .name_order import INDEXED, collation_of

# All texts of up to three characters that a text has, for a GIN index. In PL/pgSQL: as one query of SQL it
# takes twenty times as long. The cost keeps the planner from trying it on row after row.
GRAMS = """
CREATE OR REPLACE FUNCTION search_grams(said text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
  grams text[] := string_to_array(said, NULL);
  size int := coalesce(array_length(grams, 1), 0);
BEGIN
  FOR at IN 1 .. size - 1 LOOP
    grams[size + at] := grams[at] || grams[at + 1];
  END LOOP;
  FOR at IN 1 .. size - 2 LOOP
    grams[2 * size - 1 + at] := grams[size + at] || grams[at + 2];
  END LOOP;
  RETURN grams;
END $$
"""

Run = Callable[[Any, Any], None]


def on_postgresql(*statements: str) -> Run:
    """For RunPython."""

    def run(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return run


def finding(name: str, table: str, column: str, where: str = "") -> str:
    """An index for looks_up."""
    return f'CREATE INDEX "{name}" ON "{table}" USING gin (search_grams("{column}")) {where}'


def in_order(names: Sequence[str], table: str, columns: Sequence[str]) -> list[str]:
    """Indexes of rows with the same columns, sorted by name: one for each language."""
    kept = ", ".join(f'"{column}"' for column in columns)
    return [
        f'CREATE INDEX "{name}" ON "{table}" ({kept}, "name_sort" COLLATE "{collation_of(language)}", "id")'
        for name, language in zip(names, INDEXED, strict=True)
    ]


def order_names(name: str) -> list[str]:
    """What these indexes are called."""
    return [f"{name}_{collation_of(language)}" for language in INDEXED]


def without(*names: str) -> str:
    """For going back."""
    return f"DROP INDEX IF EXISTS {', '.join(names)}"
