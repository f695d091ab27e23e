"""What is written in our form is read again as the same records (rule 10.1)."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from groupadmin.base.spreadsheets import streaming
from groupadmin.base.text import clean_line, clean_text
from groups.directory import form
from groups.directory.form import columns, writing
from groups.directory.form.columns import TABLES
from groups.directory.form.definition import Column, Table, Type
from groups.directory.records import Kind, Record

from .files import InMemory

pytestmark = pytest.mark.one_database

NASTY = st.sampled_from(
    [
        *(
            "=1+1",
            "'=1+1",
            "''=x",
            "+82 2 555",
            "-",
            "@sum",
            "'",
            '="x"',
            "'5",
            "a;=b",
            'say "x"',
            "yes",
            "1.0",
        ),
        *(
            "a, b; c | d",
            "Name <a@x.example>",
            "001",
            "2024-03-01",
            "ＡＢ",
            "김민수",
            "𐐷𠮷",
            "é",
            "_x0041_",
            "＝x",
        ),
        *("-", "N/A", "true", "sep=;", "#REF!", "a\u200db", "\u202ex", "  inner  spaces"),
    ]
)
CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufffd\ufffe\uffff"
)
LINES = (NASTY | st.text(CHARACTERS, max_size=20)).map(clean_line).filter(bool)
ADDRESSES = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,4})?@[a-z0-9]{1,8}\.example", fullmatch=True)
PATHS = st.lists(st.sampled_from(["Sales", "유럽", "R&D (new)", "Team 1"]), min_size=1, max_size=3).map(
    " / ".join
)


def value_of(table: Table, column: Column) -> st.SearchStrategy[Any]:
    """Anything that the database may have in a column."""
    if column.type is Type.FLAG:
        return st.booleans()
    if column.type is Type.DAY:
        return st.dates(date(1950, 1, 1), date(2100, 1, 1)) | st.just("")
    if column.type is Type.CHOICE:
        return st.sampled_from(column.choices)
    if column.type is Type.TEXTS:
        return st.lists(ADDRESSES, max_size=3, unique=True)
    if column.record_field in ("member", "email", "address", "manager"):
        return ADDRESSES
    if column.record_field == "team":
        return PATHS
    if column.record_field == "description":
        return st.builds(lambda one, more: clean_text(f"{one}\n{more}"), LINES, LINES)
    return LINES


def record_of(table: Table) -> st.SearchStrategy[Record]:
    fields = {column.record_field: value_of(table, column) for column in table.written}
    if table in (columns.ENTRIES, columns.SENDERS):
        things = {name: fields.pop(name) for name in ("member", "team", "subgroup")}
        thing = st.one_of([st.fixed_dictionaries({name: value}) for name, value in things.items()])
        both = st.tuples(st.fixed_dictionaries(fields), thing).map(lambda pair: pair[0] | pair[1])
        return both.map(lambda values: Record(table.kind, values))
    return st.fixed_dictionaries(fields).map(lambda values: Record(table.kind, values))


DIRECTORIES = st.fixed_dictionaries(
    {name: st.lists(record_of(table), min_size=1, max_size=3) for name, table in TABLES.items()}
)


def csv_files(tables: writing.Tables) -> Iterator[InMemory]:
    return (InMemory(name, b"".join(pieces)) for name, pieces in writing.csv_files(tables))


def workbook(tables: writing.Tables) -> Iterator[InMemory]:
    with writing.workbook(tables) as file:
        yield InMemory("all.xlsx", file.read())


def document(tables: writing.Tables) -> Iterator[InMemory]:
    yield InMemory("all.json", b"".join(writing.document(tables)))


def values_of(records: Any) -> list[tuple[Kind, dict[str, Any]]]:
    """What records say, by their kinds; a cell that is empty on both sides is not in it."""
    plain = [
        (one.kind, {name: value for name, value in one.values.items() if value not in ("", [])})
        for one in records
    ]
    return sorted(plain, key=lambda pair: str(pair[0]))


@pytest.mark.parametrize(
    ("write", "examples", "whole"),
    [(csv_files, 12, 0), (document, 12, 0), (workbook, 2, 10**9), (workbook, 2, 0)],
    ids=["csv", "json", "xlsx", "xlsx as it comes"],
)
def test_whatever_the_names_are(
    write: Callable[[writing.Tables], Iterator[InMemory]],
    examples: int,
    whole: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "READ_WHOLE", whole)

    # A workbook takes a process each: without looking for the smallest that fails.
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(DIRECTORIES)
    def check(directory: dict[str, list[Record]]) -> None:
        files = list(write((TABLES[name], records) for name, records in directory.items()))
        written = [record for records in directory.values() for record in records]
        found = list(form.read(files))
        assert values_of(found) == values_of(written)

    check()


def test_many_rows_are_written_as_they_come() -> None:
    """Nothing is held until all is there."""
    made = 0

    def records() -> Iterator[Record]:
        nonlocal made
        for number in range(100_000):
            made = number
            yield Record(Kind.CONTACT, {"group": "A", "email": f"p{number}@x.example", "name": ""})

    first = next(writing.csv_file(columns.CONTACTS, records()))
    assert first.startswith(b"\xef\xbb\xbfgroup,email,name\r\n")
    assert made < 5_000
    pieces = writing.document([(columns.CONTACTS, records())])
    io.BytesIO(b"".join(next(pieces) for _number in range(4)))
    assert made < 5_000
