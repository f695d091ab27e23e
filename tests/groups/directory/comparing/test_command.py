"""manage.py compare_directory (rule 10.8)."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Company, Member
from groups.directory.sources import mailman2
from groups.management.local_files import files_of
from groups.models import Group
from tests.groups.directory.imports.importing import brought_in

pytestmark = pytest.mark.django_db

CONFIG = """\
# -*- python -*-
# -*- coding: utf-8 -*-
## "crew" mailing list configuration settings
real_name = 'Crew'
host_name = 'hanbit.example'
description = 'All on board'
owner = ['mira@hanbit.example']
generic_nonmember_action = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A list of Mailman's with one person."""
    (tmp_path / "crew.config").write_text(CONFIG)
    (tmp_path / "crew.members").write_text("Momo <momo@hanbit.example>\n")
    return tmp_path


@pytest.fixture
def moved(company: Company, master: Member, member: Member, folder: Path) -> Company:
    brought_in(company, mailman2.SOURCE.read(files_of([str(folder)])), source="mailman2")
    return company


def compare(*arguments: str, expected: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What it writes; its exit status is as expected."""
    status = 0
    try:
        call_command("compare_directory", *arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    written = capsys.readouterr().out
    assert status == expected, written
    return written


def test_no_difference(moved: Company, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("mailman2", str(folder), expected=0, capsys=capsys) == "No difference to Mailman 2.\n"


def test_differences_in_words(moved: Company, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Group.objects.filter(name="Crew").update(description="Everybody")
    (folder / "crew.members").write_text("momo@hanbit.example\nguest@outside.example\n")
    assert compare("mailman2", str(folder), expected=1, capsys=capsys).splitlines() == [
        "Groups:",
        "  ~ changed: group Crew: description is “Everybody” here, “All on board” there (crew.config)",
        "External contacts:",
        "  + missing: contact guest@outside.example › Crew (crew.members:2)",
        "Who would get a mail:",
        "  crew@hanbit.example: 2 people there, 1 here",
        "      only there: guest@outside.example",
        "3 differences to Mailman 2.",
    ]


def test_only_so_many_are_shown(moved: Company, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "crew.members").write_text("".join(f"p{number}@outside.example\n" for number in range(9)))
    written = compare("mailman2", str(folder), "--limit", "2", expected=1, capsys=capsys)
    assert "  … and 7 more (see --limit)" in written.splitlines()


@pytest.mark.parametrize("people", ["momo@hanbit.example\n", "guest@outside.example\n"])
def test_as_json(moved: Company, folder: Path, people: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "crew.members").write_text(people)
    is_same = people.startswith("momo")
    written = json.loads(compare(str(folder), "--json", expected=int(not is_same), capsys=capsys))
    assert (written["source"], written["same"]) == ("mailman2", is_same)
    found: dict[str, Any] = {name: len(written[name]) for name in ("differences", "mail", "left_out")}
    assert found == (
        {"differences": 0, "mail": 0, "left_out": 0}
        if is_same
        else {"differences": 2, "mail": 1, "left_out": 0}
    )


@pytest.mark.parametrize("arguments", [("mailman2",), ("mailman2", "/nowhere"), ("/nowhere",)])
def test_what_cannot_be_read_is_status_2(company: Company, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("compare_directory", *arguments)
    assert refused.value.returncode == 2


def test_files_of_no_known_system(company: Company, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(CommandError) as refused:
        call_command("compare_directory", str(tmp_path))
    assert refused.value.returncode == 2


def test_a_source_that_does_not_answer(company: Company) -> None:
    """Nothing listens at port 1."""
    with pytest.raises(CommandError, match="does not answer") as refused:
        call_command("compare_directory", "mailman", "http://restadmin:secret@127.0.0.1:1/3.1")
    assert refused.value.returncode == 2
    assert "secret" not in str(refused.value)


def test_one_of_several_companies_is_named(company: Company, other_company: Company, folder: Path) -> None:
    with pytest.raises(CommandError, match="--company"):
        call_command("compare_directory", "mailman2", str(folder))
