"""Rows and columns of any file with a table (rule 4.13)."""

import pytest

from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets import Known, Row, find_columns, read_table
from groupadmin.base.spreadsheets import reading as tables

from .workbooks import table, text_cell, workbook

pytestmark = pytest.mark.one_database

TITLES = {"name": "name", "mail": "mail"}
KNOWN = Known(is_title=lambda cell: cell.casefold() in TITLES, is_value=lambda cell: "@" in cell)


def rows(text: str) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in read_table(text.encode(), KNOWN).rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name,Mail\r\nKim,k@x\r\n", [(1, ("Name", "Mail")), (2, ("Kim", "k@x"))]),
        ("Name;Mail\rKim, Min;k@x\r", [(1, ("Name", "Mail")), (2, ("Kim, Min", "k@x"))]),
        ("Name\tMail\nKim\tk@x", [(1, ("Name", "Mail")), (2, ("Kim", "k@x"))]),
        ("sep=;\nName;Mail\nKim;k@x", [(2, ("Name", "Mail")), (3, ("Kim", "k@x"))]),
        ('"sep=|"\nKim, Min|k@x', [(2, ("Kim, Min", "k@x"))]),
        ('"Two\nlines",k@x\n\n,\nLee,l@x', [(1, ("Two\nlines", "k@x")), (5, ("Lee", "l@x"))]),
        ('="Kim",="k@x"\n\'=1,l@x', [(1, ("Kim", "k@x")), (2, ("=1", "l@x"))]),
        ('5" disk,k@x\n"Lee ""L""",l@x', [(1, ('5" disk', "k@x")), (2, ('Lee "L"', "l@x"))]),
        ('"Kim,k@x\nLee,l@x', [(1, ("Kim", "k@x")), (2, ("Lee", "l@x"))]),
    ],
)
def test_rows_as_programs_write_them(text: str, expected: list[tuple[int, tuple[str, ...]]]) -> None:
    assert rows(text) == expected


def test_a_quotation_mark_that_is_never_closed_costs_its_row_only() -> None:
    many = "".join(f"P{n},p{n}@x\n" for n in range(300))
    found = rows(f'Name,Mail\n"Kim,k@x\n{many}')
    assert found[1] == (2, ("Kim", "k@x"))
    assert len(found) == 302


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n", "no spreadsheet"),
        (b"PK\x03\x04 and nothing else", "cannot be read"),
        (b"a\n" * 100_001, "at most 100,000 rows"),
        (b"a@x," * 1_001, "more than 1,000 columns"),
        (b"x" * 500_001, "too long"),
    ],
)
def test_files_that_are_no_table(data: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        read_table(data, KNOWN)


def test_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ALL_CELLS_LIMIT", 5)
    with pytest.raises(Invalid, match="too many columns"):
        read_table(b"a,b\n" * 3, KNOWN)


def test_a_workbook() -> None:
    """The saved values of formulas, whole numbers as people write them; the first sheet with content."""
    cells = (
        '<c r="B2" t="str"><f>CMD()</f><v>k@x</v></c><c r="C2"><v>7</v></c><c r="D2" t="e"><v>#REF!</v></c>'
    )
    full = table(["Name", "Mail"]) + f'<row r="2">{text_cell("A2", "윤지우")}{cells}</row>'
    data = workbook("", full, table(["other"]))
    found = read_table(data, KNOWN)
    assert (found.sheets, found.sheet) == (("Sheet 1", "Sheet 2", "Sheet 3"), 1)
    assert found.rows[1].cells[:3] == ("윤지우", "k@x", "7")
    assert read_table(data, KNOWN, sheet=2).rows == [Row(1, ("other",))]


def test_a_workbook_that_costs_more_than_it_looks_like() -> None:
    """Two cells in opposite corners are 17 thousand million cells between them."""
    corners = f'<row r="1">{text_cell("A1", "a")}</row><row r="1048576">{text_cell("XFD1048576", "b")}</row>'
    with pytest.raises(Invalid, match="too large"):
        read_table(workbook(corners), KNOWN)


def test_an_entity_of_its_own_is_not_expanded() -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_table(workbook(f'<row r="1">{text_cell("A1", "&bomb;")}</row>'), KNOWN)


@pytest.mark.parametrize(
    ("text", "kinds", "first_row"),
    [
        ("Name,Mail\nKim,k@x", {0: "name", 1: "mail"}, 1),
        ("List of 2026,\n,Note\nMail,Name\nk@x,Kim", {0: "mail", 1: "name"}, 3),
        ("Kim,k@x,talk to a@b\nLee,l@x,no", {1: "mail", 2: "mail"}, 0),
        ("Nimi;Posti\nPekka;p@x\nJussi;j@x", {1: "mail"}, 1),
        ("Name;Posti\nPekka;p@x\nJussi;j@x", {0: "name", 1: "mail"}, 1),
        (";k@x\nLee;l@x", {1: "mail"}, 0),
    ],
)
def test_columns(text: str, kinds: dict[int, str], first_row: int) -> None:
    """By their titles, also below other rows; else by their values, below titles that nobody has told us."""
    found = find_columns(
        read_table(text.encode(), KNOWN).rows,
        lambda cell: TITLES.get(cell.casefold(), ""),
        KNOWN.is_value,
        "mail",
    )
    assert (found.kinds, found.first_row) == (kinds, first_row)
