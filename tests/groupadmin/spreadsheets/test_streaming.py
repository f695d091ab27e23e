"""Tables of any size, read row by row (rule 10.1)."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets import Known, encodings, stream_tables, streaming
from groupadmin.base.spreadsheets.delimited import Size, rows_of_lines

from .workbooks import table, text_cell, workbook

pytestmark = pytest.mark.one_database

KNOWN = Known(titles=frozenset({"이름", "氏名"}), is_title=lambda cell: cell.casefold() in {"name", "mail"})


def opener(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def read(data: bytes, **how: object) -> list[tuple[str, list[tuple[int, tuple[str, ...]]]]]:
    streams = stream_tables(opener(data), KNOWN, **how)  # type: ignore[arg-type]
    return [(stream.sheet, [(row.line, row.cells) for row in stream.rows]) for stream in streams]


def lines(text: str, **size: int) -> list[tuple[int, tuple[str, ...], bool]]:
    found = rows_of_lines(
        text.splitlines(keepends=True), ",", most_cells=100, longest=1_000, size=Size(**size)
    )
    return [(row.line, row.cells, row.is_unclosed) for row in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_text_in_any_encoding_and_with_any_separator(encoding: str) -> None:
    text = "".join(f"Name;Mail\n{'김민수' if n == 2_999 else 'Kim'};k{n}@x.example\n" for n in range(3_000))
    ((_sheet, rows),) = read(text.encode(encoding))
    assert len(rows) == 6_000
    assert rows[-1] == (6_000, ("김민수", "k2999@x.example"))


def test_what_is_not_ascii_may_come_late() -> None:
    """Behind megabytes of ASCII, which would pass for any encoding."""
    data = b"name,mail\n" + b"kim,kim@x.example\n" * 80_000 + "박지훈,p@x.example\n".encode("cp949")
    assert encodings.detect_file(io.BytesIO(data), languages=["ko"]) == "cp949"
    assert encodings.detect_file(io.BytesIO(data[:-25])) == "utf-8"


def test_a_character_may_stand_on_the_border_of_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "CHUNK_BYTES", 7)
    monkeypatch.setattr(encodings, "SAMPLE_BYTES", 64)
    assert encodings.detect_file(io.BytesIO(b"x" * 64 + "\n이름,김민수\n".encode() * 9)) == "utf-8"


def test_a_quotation_mark_that_is_never_closed_costs_its_row_only_and_is_told() -> None:
    found = lines('a,b\nc,"d\ne,f\n' + "g,h\n" * 5)
    assert found[1] == (2, ("c", "d"), True)
    assert found[2] == (3, ("e", "f"), False)
    assert len(found) == 8


def test_a_later_cell_in_quotes_does_not_close_an_earlier_one() -> None:
    """What stands between them would be swallowed."""
    found = lines('a,"b\nc,d\ne,"f",g\nh,"i\nj",k\n')
    assert found == [
        (1, ("a", "b"), True),
        (2, ("c", "d"), False),
        (3, ("e", "f", "g"), False),
        (4, ("h", "i\nj", "k"), False),
    ]


def test_looking_for_the_end_of_cells_does_not_take_its_time_for_each_line() -> None:
    """Each of these lines opens a cell, and none closes one: looking ahead ends when it has cost enough."""
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for number in range(300):
            taken = number
            yield 'x",,"z\n'

    rows = rows_of_lines(
        counted(),
        ",",
        most_cells=9,
        longest=99,
        size=Size(lines_of_a_cell=50, looked_for=100),
    )
    first = [next(rows) for _number in range(10)]
    assert all(row.is_unclosed for row in first)
    assert taken < 60


def test_all_sheets_of_a_workbook_one_after_the_other() -> None:
    data = workbook(table(["name", "mail"], ["Kim", "k@x"]), "", table(["group"], ["Drivers"]))
    assert read(data) == [
        ("Sheet 1", [(1, ("name", "mail")), (2, ("Kim", "k@x"))]),
        ("Sheet 2", []),
        ("Sheet 3", [(1, ("group",)), (2, ("Drivers",))]),
    ]
    # Whoever wants only the beginning need not read on.
    assert read(data, most_rows=1)[0] == ("Sheet 1", [(1, ("name", "mail"))])
    names = [stream.sheet for stream in stream_tables(opener(data), KNOWN)]
    assert names == ["Sheet 1", "Sheet 2", "Sheet 3"]


@pytest.mark.parametrize("whole", [0, 10**9])
def test_numbers_days_formulas_and_merged_cells(whole: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same by either reader."""
    monkeypatch.setattr(streaming, "READ_WHOLE", whole)
    rows = (
        f'<row r="1">{text_cell("A1", "Drivers")}{text_cell("B1", "kim@x")}<c r="C1"><v>45292</v></c></row>'
        f'<row r="2">{text_cell("B2", "lee@x")}<c r="C2"><f>1+1</f><v>2</v></c>'
        '<c r="D2" t="b"><v>1</v></c></row>'
        f'<row r="4">{text_cell("B4", "park@x")}<c r="C4"><v>1.5</v></c></row>'
    )
    data = merged(workbook(rows), "A1:A2")
    assert read(data) == [
        (
            "Sheet 1",
            [
                (1, ("Drivers", "kim@x", "45292")),
                (2, ("Drivers", "lee@x", "2", "true")),
                (4, ("", "park@x", "1.5")),
            ],
        )
    ]


def merged(data: bytes, area: str) -> bytes:
    """The workbook with merged cells in its first sheet."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                cells = f'</sheetData><mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
                content = content.replace(b"</sheetData>", cells.encode())
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize("whole", [0, 10**9])
def test_workbooks_that_are_bombs_are_refused(whole: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is said to be the two-billionth."""
    monkeypatch.setattr(streaming, "READ_WHOLE", whole)
    monkeypatch.setattr(streaming, "LIMITS", streaming.LIMITS._replace(seconds=1, memory=700_000_000))
    far = f'<row r="2000000000">{text_cell("A2000000000", "x")}</row>'
    with pytest.raises(Invalid, match=r"cannot be read|too large"):
        read(workbook(f'<row r="1">{text_cell("A1", "x")}</row>{far}'))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n", "no spreadsheet"),
        (b"PK\x03\x04 and nothing else", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"<html><table><tr><td>name</td></tr></table>", "web page"),
        (b"x" * 5_000_001, "too long"),
    ],
)
def test_files_that_are_no_table(data: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        read(data)
