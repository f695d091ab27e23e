"""The template, and the form's documentation: both say what the columns are (rule 10.1)."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from groupadmin.base.errors import Invalid
from groups.directory import form
from groups.directory.form.columns import FORM, TABLES, VERSION
from groups.directory.form.definition import Table
from groups.directory.form.template import how_written, template_archive, template_workbook

from .files import InMemory, plain, read

pytestmark = pytest.mark.one_database

DOCUMENTATION = Path(__file__).parents[4] / "groupadmin" / "docs" / "directory-form.md"


@pytest.mark.parametrize(("name", "make"), [("t.xlsx", template_workbook), ("t.zip", template_archive)])
def test_the_template_has_every_table_and_nothing_to_read(name: str, make: object) -> None:
    """Whoever uploads it as it is hears that there is nothing in it: example rows are no people of theirs."""
    assert callable(make)
    file = InMemory(name, make())
    shown = {table.table: table for table in form.describe([file]) if table.table}
    assert set(shown) == set(TABLES)
    for table in TABLES.values():
        assert [column.field for column in shown[table.name].columns] == [
            column.name for column in table.offered
        ]
    assert read(file) == []


def test_rows_beside_the_example_are_read() -> None:
    header = ",".join(column.name for column in TABLES["groups"].offered)
    example = ",".join(TABLES["groups"].example)
    content = f"{header}\n{example}\nDrivers\n"
    found = plain(read(InMemory("groups.csv", content.encode())))
    assert [values["group"] for kind, values in found if kind == "group"] == ["Drivers"]


def documented(table: Table) -> list[str]:
    """The lines of a table in the documentation."""
    with translation.override("en"):
        lines = [
            f"### {table.name}",
            "",
            str(table.help),
            "",
            "| column | what it means | written as |",
            "|---|---|---|",
        ]
        for column in table.columns:
            mark = "" if column.is_written else " *"
            lines.append(f"| `{column.name}`{mark} | {column.help} | {how_written(column)} |")
    return lines


def test_the_documentation_has_the_tables_as_they_are() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    assert f"{FORM}, version {VERSION}" in text
    for table in TABLES.values():
        assert "\n".join(documented(table)) in text, f"should be:\n{chr(10).join(documented(table))}"
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == list(TABLES)


def test_a_workbook_of_a_later_version_is_refused() -> None:
    later = InMemory("t.csv", f"{FORM} version {VERSION + 1}\n".encode())
    with pytest.raises(Invalid):
        read(later)
