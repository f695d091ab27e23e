"""What each column of an import's tables means, for somebody to choose (rule 10.1)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from groupadmin.base.spreadsheets import ENCODINGS
from groups.directory import form
from groups.directory.form.columns import TABLES

TABLES_AT_MOST, COLUMNS_AT_MOST = 1_000, 2_000

Choices = dict[str, dict[str, str]]
"""As groups.directory.imports.options.Options.columns."""


@dataclass(frozen=True)
class Select:
    """A choice: its name in the form, what can be chosen, and what is."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    chosen: str
    note: str = ""

    @property
    def id(self) -> str:
        return f"id_{self.name}"


@dataclass(frozen=True)
class Column:
    """A column with its title, some of its values, and what it may mean."""

    title: str
    samples: Sequence[str]
    select: Select

    @property
    def is_left_out(self) -> bool:
        return self.select.chosen == form.LEFT_OUT


@dataclass(frozen=True)
class Table:
    """A table of the files."""

    shown: form.ShownTable
    select: Select
    columns: list[Column]

    @property
    def samples(self) -> list[list[str]]:
        """The samples row by row."""
        height = max((len(column.samples) for column in self.columns), default=0)
        return [
            [column.samples[row] if row < len(column.samples) else "" for column in self.columns]
            for row in range(height)
        ]


def tables_of(shown: Sequence[form.ShownTable], chosen: Choices) -> list[Table]:
    """The tables as the page offers them; those that cannot be read too, with their problem."""
    return [_table(number, one, chosen.get(one.key, {})) for number, one in enumerate(shown)]


def _table(number: int, shown: form.ShownTable, chosen: Mapping[str, str]) -> Table:
    unknown = [("", _("Not known"))] if not shown.table else []
    tables = [
        *unknown,
        *((name, _explained(name, table.help)) for name, table in TABLES.items()),
        (form.LEFT_OUT, _("Leave out")),
    ]
    is_left_out = chosen.get(form.TABLE) == form.LEFT_OUT
    return Table(
        shown,
        Select(f"table-{number}", _("What it is"), tables, form.LEFT_OUT if is_left_out else shown.table),
        [_column(number, shown, column) for column in shown.columns],
    )


def _column(number: int, shown: form.ShownTable, column: form.ShownColumn) -> Column:
    title = column.title or _("Column %(number)s") % {"number": column.place + 1}
    fields: list[tuple[str, str | Promise]] = [(form.LEFT_OUT, _("Leave out"))]
    names = [(name, _explained(name, help)) for name, help in shown.choices]
    chosen = column.field or form.LEFT_OUT
    select = Select(
        f"column-{number}-{column.key}", title, [*((a, str(b)) for a, b in fields), *names], chosen
    )
    return Column(title, column.samples, select)


def _explained(name: str, help: str | Promise) -> str:
    """As the documentation calls it, and what it means."""
    return f"{name} – {str(help).rstrip('.')}"


def encoding_select(chosen: str) -> Select:
    """The encoding of text files."""
    known = [(name, str(label)) for name, label in ENCODINGS.items()]
    return Select("encoding", _("Encoding"), [("", _("Detect automatically")), *known], chosen)


def read_choices(text: str) -> Choices:
    """The choices that a page was shown with, as it sends them back; none if they are not what it had."""
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(sent, dict) or len(sent) > TABLES_AT_MOST:
        return {}
    return {
        table: {key: value for key, value in columns.items() if isinstance(value, str)}
        for table, columns in sent.items()
        if isinstance(columns, dict) and len(columns) <= COLUMNS_AT_MOST
    }


def chosen_in(posted: QueryDict, shown: Sequence[form.ShownTable], before: Choices) -> Choices:
    """What is chosen now: what was chosen before, and what differs from what was found out."""
    columns: Choices = {}
    for number, table in enumerate(shown):
        choices = dict(before.get(table.key, {}))
        wanted = posted.get(f"table-{number}", "")
        was = choices.get(form.TABLE) if choices.get(form.TABLE) == form.LEFT_OUT else table.table
        if wanted != was and (wanted in TABLES or wanted == form.LEFT_OUT):
            # The columns of another table mean other things.
            choices = {form.TABLE: wanted}
        else:
            choices |= _columns_in(posted, number, table)
        if choices:
            columns[table.key] = choices
    return columns


def _columns_in(posted: QueryDict, number: int, table: form.ShownTable) -> dict[str, str]:
    known = {form.LEFT_OUT, *(name for name, _help in table.choices)}
    found: dict[str, Any] = {}
    for column in table.columns:
        wanted = posted.get(f"column-{number}-{column.key}")
        if wanted in known and wanted != (column.field or form.LEFT_OUT):
            found[column.key] = wanted
    return found
