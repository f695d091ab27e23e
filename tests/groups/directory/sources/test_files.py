"""Files as sources read them, inside zip files too, where nothing can be gone back in (rule 10.1)."""

import gzip
import io
import tarfile
import zipfile
from typing import Any

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem
from groups.directory.sources import SourceFile, bundles
from groups.directory.sources.files import documents, tables
from groups.directory.sources.files.archives import unpacked
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import day, description, team_name
from groups.directory.sources.ldap import ldif

from .given import Given

pytestmark = pytest.mark.one_database


def packed(content: bytes) -> SourceFile:
    """The file, inside a zip file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("folder/x", content)
    (inside,) = unpacked([Given("x.zip", archive.getvalue())])
    return inside


@pytest.fixture(params=["plain", "zip"])
def made(request: pytest.FixtureRequest) -> Any:
    return packed if request.param == "zip" else lambda content: Given("x", content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_tables_are_read_in_any_encoding_wherever_the_first_letter_of_it_stands(
    made: Any, encoding: str
) -> None:
    rows = "1;2\n" * 18_000
    file = made(f"성;이름\n{rows}김;지우\n".encode(encoding))
    assert tables.titles_of(file, {"성"}) == ("성", "이름")
    found = list(tables.rows_of(file, {"성"}))
    assert found[0] == (2, {"성": "1", "이름": "2"})
    assert found[-1] == (18_002, {"성": "김", "이름": "지우"})


def test_a_letter_that_comes_late_decides_the_encoding(made: Any) -> None:
    file = made(("a,b\n" + "1,2\n" * 18_000 + "김지우,서울\n").encode("cp949"))
    assert list(tables.rows_of(file))[-1] == (18_002, {"a": "김지우", "b": "서울"})


def test_cells_go_on_over_lines_and_what_never_ends_is_named(made: Any) -> None:
    found = list(tables.rows_of(made(b'sep=,\na,b\n1,"2\n3"\n\n4,5\n')))
    assert found == [(3, {"a": "1", "b": "2\n3"}), (6, {"a": "4", "b": "5"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_documents_and_ldif_are_read_in_any_unicode(made: Any, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    file = made(f'{mark}{{"users": [{{"name": "김"}}]}}'.encode(encoding))
    items = [one.values for one in documents.items_of(file, ["users"]) if not isinstance(one, Problem)]
    assert items == [{"name": "김"}, {}]
    (entry,) = ldif.entries_of(made(f"{mark}dn: cn=김\nmail: a@b.example\n".encode(encoding)))
    assert not isinstance(entry, Problem)
    assert entry.dn == "cn=김"


def test_what_is_nested_without_end_is_named(made: Any) -> None:
    file = made(b'[{"a": 1}, {"b": ' + b"[" * 5_000 + b"]" * 5_000 + b"}]")
    first, problem = documents.items_of(file, ["users"])
    assert not isinstance(first, Problem)
    assert isinstance(problem, Problem)
    assert problem.reason == "Item 2 is too large."


@pytest.mark.parametrize("number", ["9" * 5_000, "1e99999999999999999999"])
def test_a_number_that_is_none_is_named(made: Any, number: str) -> None:
    """Rule 10.1."""
    *_before, problem = documents.items_of(made(f'{{"a": 1}} {{"b": {number}}}'.encode()), ["users"])
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("The file breaks off, or is no JSON, after item ")


def test_a_row_whose_quotation_marks_never_end_is_not_held_in_memory(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 10.1. Each cell goes on in the next line, and so does the row."""
    monkeypatch.setattr(tables, "ROW_LENGTH", 1_000)
    first, problem = tables.rows_of(made(b"a,b\n1,2\n" + b'"\n",' * 1_000))
    assert first == (2, {"a": "1", "b": "2"})
    assert isinstance(problem, Problem)
    assert (problem.reason, problem.row) == ("The table cannot be read from this line on.", 3)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_name_in_a_tar_that_is_longer_than_memory_is_not_read(
    kind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so in front of what is packed to almost nothing (rule 10.9)."""
    monkeypatch.setattr(bundles, "MOST_BYTES_OF_NAME", 10_000)
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 20_480
    named = header.tobuf(tarfile.GNU_FORMAT) + b"n" * 20_480
    file = Given("x.tar.gz", gzip.compress(named + tarfile.TarInfo("list/config").tobuf()))
    assert not bundles.is_bundle(file)
    monkeypatch.setattr(bundles, "MOST_BYTES_OF_NAME", 30_000)
    assert bundles.is_bundle(file) or kind == tarfile.XHDTYPE


def test_empty_files_in_a_tar_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed, millions of them are small (rule 10.9)."""
    monkeypatch.setattr(bundles, "MOST_BYTES", 10 * tarfile.BLOCKSIZE)
    tar = b"".join(tarfile.TarInfo(f"{number}/x").tobuf() for number in range(20))
    with pytest.raises(Invalid, match="too much"):
        bundles.unpacked([Given("x.tar.gz", gzip.compress(tar))], lambda name: False)


def test_notes_are_kept_by_kind_and_counted() -> None:
    with Notes() as notes:
        notes.put("dn", "x", ["김", 1])
        assert notes.get("dn", "x") == ["김", 1]
        assert notes.get("uid", "x") is None
        assert [notes.count("name", "n"), notes.count("name", "n")] == [1, 2]
        assert [notes.is_new("seen", "n"), notes.is_new("seen", "n")] == [True, False]
        assert notes.keys("name") == ["n"]


def test_words_of_other_systems_become_ours() -> None:
    """Rules 1.3, 2.5."""
    assert team_name("  R&D / Platform, “new”/ ") == "R&D - Platform- -new"
    assert len(description("x" * 4_000)) == 300
    assert day("2027. 3. 1.") == day("20270301") == day("2027-03-01T09:00:00Z") == day("2027年3月1日")
    assert day("2027-13-01") is day("soon") is None
