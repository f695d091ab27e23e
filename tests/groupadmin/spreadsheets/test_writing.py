"""Tables that go out: harmless in spreadsheets, and unharmed when they come back (rule 10.11)."""

import csv
import io
import re
import zipfile
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from groupadmin.base.spreadsheets import writing
from groupadmin.base.spreadsheets.writing import Sheet, csv_lines, neutralised, restored, workbook_file

# What formulas, separators and our own marks are made of, more often than by chance.
TRICKY = st.text(st.sampled_from("=+-@'\"\t\r\n;| aＡ＝＋\u200b\xa0_x0041"), max_size=12) | st.text(
    max_size=30
)


@pytest.mark.parametrize(
    "text", ["=1+1", "+82 10 1234", "-5", "@sum", "＝1", " =1", '"=1', "a;=1", "\t=1", "\rx"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert "'" in neutralised(text)
    assert restored(neutralised(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "it's", "a=b", "1-2", "'quoted'", "O'Neil - Sales"])
def test_what_is_harmless_stays(text: str) -> None:
    assert neutralised(text) == restored(text) == text


@given(TRICKY)
@example("'=1")
@example("''\t=1")
@example("'\t'=1")
def test_everything_comes_back(text: str) -> None:
    """Also what looks as if it had been neutralised."""
    assert restored(neutralised(text)) == text


def read(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def written(*sheets: Sheet) -> bytes:
    with workbook_file(sheets) as file:
        return file.read()


def test_csv_is_read_as_utf8_and_holds_every_cell() -> None:
    rows: list[list[str | int]] = [["이름", "Note"], ["김", "=1+1"], ['a "b"', "two\nlines"], ["x", 5]]
    raw = "".join(csv_lines(rows)).encode()
    assert raw.startswith(b"\xef\xbb\xbf")
    read_back = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert read_back == [["이름", "Note"], ["김", "'=1+1"], ['a "b"', "two\nlines"], ["x", "5"]]


@given(st.lists(TRICKY, min_size=1, max_size=5))
@example(["=HYPERLINK(1)", "'=1", "_x0041_", " edges ", "a\r\nb"])
def test_a_workbook_holds_texts_and_no_formula(texts: list[str]) -> None:
    """As they are: a telephone number has no apostrophe before it."""
    content = written(Sheet("People", [["Name"] * len(texts), texts]))
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    rows = read(content)["People"]
    found = [str(cell) for cell in rows[1]] if len(rows) > 1 else []
    found += [""] * (len(texts) - len(found))
    assert [restored(cell) for cell in found] == texts


def test_numbers_are_numbers_and_telephone_numbers_are_not() -> None:
    content = written(Sheet("People", [["Name", "Groups", "Phone"], ["Kim", 12, "+82 2 123"]]))
    assert read(content)["People"][1] == ["Kim", 12.0, "+82 2 123"]
    styles = zipfile.ZipFile(io.BytesIO(content)).read("xl/styles.xml")
    assert re.search(rb'quotePrefix="1"', styles)


def test_what_does_not_fit_into_a_sheet_goes_into_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its titles; and a text that is too long is cut, not lost."""
    monkeypatch.setattr(writing, "ROWS_OF_SHEET", 3)
    monkeypatch.setattr(writing, "LONGEST_TEXT", 5)
    content = written(Sheet("A/B", [["T"], *([str(n)] for n in range(4)), ["123456"]]), Sheet("a b", [["T"]]))
    assert read(content) == {
        "A B": [["T"], ["0"], ["1"]],
        "A B 2": [["T"], ["2"], ["3"]],
        "A B 3": [["T"], ["1234…"]],
        "a b 4": [["T"]],
    }


def test_a_failure_while_writing_leaves_no_file_open() -> None:
    def rows() -> object:
        yield ["T"]
        raise LookupError

    with pytest.raises(LookupError):
        written(Sheet("People", rows()))  # type: ignore[arg-type]
