"""Zip files of a directory: what is in them is read where it is, and nothing else happens (rule 10.1)."""

import io
import struct
import zipfile

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record
from groups.directory.sources import known
from groups.directory.sources.files import archives, zipped
from groups.directory.sources.files.archives import unpacked
from tests.groups.directory.form.files import InMemory, read

pytestmark = pytest.mark.one_database

MEMBERS = b"email,name\na@x.example,Kim\n"


def packed(**files: bytes) -> InMemory:
    """A zip file; names are written with "__" for the slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return InMemory("all.zip", buffer.getvalue())


def test_the_files_of_a_zip_file_are_read_and_named_by_it() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("out/", "")
        archive.writestr("out/members.csv", MEMBERS)
        archive.writestr("../../etc/groups.csv", b"name\nDrivers\n")
        archive.writestr("__MACOSX/._members.csv", b"\0\1")
        archive.writestr("README.md", b"Read me")
    found = read(InMemory("all.zip", buffer.getvalue()))
    assert [one.file for one in found] == ["all.zip/members.csv", "all.zip/groups.csv"]
    assert all(isinstance(one, Record) for one in found)


def test_a_workbook_is_no_zip_file_here() -> None:
    file = packed(**{"[Content_Types].xml": b"<Types/>", "xl__workbook.xml": b"<workbook/>"})
    assert unpacked([file]) == [file]


def test_one_zip_file_in_another_is_refused() -> None:
    with pytest.raises(Invalid, match="inside"):
        unpacked([packed(**{"more.zip": packed(**{"members.csv": MEMBERS}).data})])


def test_an_encrypted_one_is_refused() -> None:
    data = bytearray(packed(**{"members.csv": MEMBERS}).data)
    # The flag stands in the list at the end, behind which no password is needed to see it.
    place = data.index(b"PK\x01\x02") + 8
    data[place : place + 2] = struct.pack("<H", 1)
    with pytest.raises(Invalid, match="password"):
        unpacked([InMemory("all.zip", bytes(data))])


def test_what_is_too_large_or_too_many_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES", 100_000)
    with pytest.raises(Invalid, match="too large"):
        unpacked([packed(**{"members.csv": b"0" * 100_001})])
    for module, limit in ((archives, "ENTRIES"), (zipped, "LISTED")):
        monkeypatch.setattr(module, limit, 3)
        with pytest.raises(Invalid, match="more than 3 files"):
            unpacked([packed(**{f"{number}.csv": MEMBERS for number in range(4)})])
        monkeypatch.setattr(module, limit, 1_000)


def test_what_a_zip_file_says_of_its_number_of_files_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says one, and lists more: no list of them is held before they are counted (rule 10.1)."""
    archive = packed(**{f"{number}.csv": MEMBERS for number in range(4)})
    data = bytearray(archive.open().read())
    place = data.rindex(b"PK\x05\x06") + 8
    data[place : place + 4] = struct.pack("<2H", 1, 1)
    monkeypatch.setattr(zipped, "LISTED", 3)
    with pytest.raises(Invalid, match="more than 3 files"):
        unpacked([InMemory("all.zip", bytes(data))])


def test_of_an_export_of_everything_the_directory_is_read() -> None:
    files = {
        "directory__members.csv": MEMBERS,
        "audit.csv": b"Number,Who\n1,Kim\n",
        "rooms__7__x.csv": MEMBERS,
    }
    assert [one.file for one in read(packed(**files))] == ["all.zip/members.csv"]


def test_one_that_says_it_is_smaller_than_it_is_is_refused() -> None:
    """No more is unpacked than what was counted, and then it is not what it says."""
    file = packed(**{"members.csv": MEMBERS + b"b@x.example,Lee\n" * 1_000})
    data = bytearray(file.data)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.index(mark) + offset
        data[place : place + 4] = struct.pack("<I", 28)
    with pytest.raises(Invalid, match="damaged"):
        read(InMemory("all.zip", bytes(data)))


@pytest.mark.parametrize("damaged", [b"PK\x03\x04 and nothing else", b"PK\x05\x06"])
def test_what_only_begins_like_one_is_named(damaged: bytes) -> None:
    with pytest.raises(Invalid, match="no zip file"):
        unpacked([InMemory("all.zip", damaged)])


def test_one_with_a_damaged_file_says_so() -> None:
    data = bytearray(
        packed(**{"members.csv": b"email\n" + b"".join(b"p%d@x.example\n" % n for n in range(999))}).data
    )
    data[60:200] = bytes(140)
    with pytest.raises(Invalid, match="damaged"):
        read(InMemory("all.zip", bytes(data)))


def test_other_systems_files_are_known_inside_of_it() -> None:
    """And what no other system knows is taken for our form."""
    assert known.source_of([packed(**{"members.csv": MEMBERS})]) is known.OURS
    org = b"admins: [kim]\nmembers: [lee]\nteams:\n  drivers:\n    members: [lee]\n"
    assert known.source_of([packed(**{"org.yaml": org})]).name == "kubernetes"
    with pytest.raises(Invalid, match="no such format"):
        known.source_of([], "nonsense")
    assert known.source_of([packed(**{"org.yaml": org})], "import") is known.OURS


def test_a_file_in_it_that_is_no_table_is_a_problem_of_its_own() -> None:
    found = read(packed(**{"photo.csv": b"\x89PNG\r\n\x1a\n", "members.csv": MEMBERS}))
    assert isinstance(found[-1], Problem)
    assert isinstance(found[0], Record)
