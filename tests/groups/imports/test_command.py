"""manage.py import_directory (rules 10.1, 10.2)."""

import csv
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Company, Member
from groups.directory.imports import lifecycle
from groups.models import DirectoryImport, Group
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

PEOPLE = "email,name\nbea@hanbit.example,Bea Builder\n"
GROUPS = "name,masters,members\nRobotics,mira@hanbit.example,bea@hanbit.example\n"
BAD = PEOPLE + "dan@elsewhere.example,Dan\n"


@pytest.fixture(autouse=True)
def cast(company: Company, master: Member) -> None:
    """Mira runs groups."""


def ran(*arguments: Any) -> tuple[int, str]:
    """The exit status, and all that was said."""
    said = StringIO()
    try:
        call_command("import_directory", *map(str, arguments), stdout=said, stderr=said)
    except CommandError as error:
        return error.returncode, f"{said.getvalue()}{error}"
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def folder(path: Path, **files: str) -> Path:
    for name, content in files.items():
        place = path / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".csv").write_text(content, encoding="utf-8")
    return path


def test_a_folder_of_files_in_any_order_and_the_same_again(tmp_path: Path) -> None:
    """Status 0: all rows are good. What is hidden is no file of it."""
    there = folder(tmp_path, groups=GROUPS, deep__people=PEOPLE, __hidden="x")
    (tmp_path / ".hidden.csv").write_text("email\nxan@hanbit.example\n", encoding="utf-8")
    status, said = ran(there)
    assert (status, "Imported 4 rows." in said) == (0, True), said
    assert Group.objects.get(name="Robotics").masters.get().member.name == "Mira Master"
    assert not Member.objects.filter(email="xan@hanbit.example").exists()
    status, said = ran(there)
    assert (status, "Nothing to change." in said) == (0, True), said


def test_a_zip_is_read_and_a_dry_run_leaves_nothing(tmp_path: Path, media: Path) -> None:
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("groups.csv", GROUPS)
        archive.writestr("people.csv", PEOPLE)
    status, said = ran(packed, "--dry-run")
    assert status == 0, said
    assert "Nothing was imported." in said
    assert not Group.objects.filter(name="Robotics").exists()
    assert not DirectoryImport.objects.exists()


def test_refused_rows_are_named_and_stop_it_unless_told(tmp_path: Path) -> None:
    """Status 1, also with --only-good; the report has every row."""
    there, report = folder(tmp_path / "in", people=BAD), tmp_path / "report.csv"
    status, said = ran(there, "--report", report)
    assert status == 1
    assert "people.csv, row 3: dan@elsewhere.example" in said
    assert "Nothing was imported." in said
    assert not Member.objects.filter(email="bea@hanbit.example").exists()
    with report.open(encoding="utf-8-sig", newline="") as file:
        head, refused, good = csv.reader(file)
    assert head == ["verdict", "kind", "name", "reason", "file", "row"]
    assert (refused[0], refused[2], refused[4:]) == ("refused", "dan@elsewhere.example", ["people.csv", "3"])
    assert refused[3]
    assert good[:4] == ["add", "member", "bea@hanbit.example", ""]
    status, said = ran(there, "--only-good")
    assert (status, "Imported 1 rows." in said) == (1, True), said
    assert Member.objects.filter(email="bea@hanbit.example").exists()


def test_a_default_master_by_any_of_their_addresses(tmp_path: Path, master: Member) -> None:
    there = folder(tmp_path, groups="name,members\nRobotics,mira@hanbit.example\n")
    assert ran(there)[0] == 1
    assert ran(there, "--default-master", "MIRA@hanbit.example")[0] == 0
    assert Group.objects.get(name="Robotics").masters.get().member == master


def test_the_default_master_may_be_brought_by_the_same_files(tmp_path: Path) -> None:
    """As in the very first import; one whom nobody knows is said for each group."""
    there = folder(tmp_path, people=PEOPLE, groups="name,members\nRobotics,bea@hanbit.example\n")
    status, said = ran(there, "--default-master", "nobody@hanbit.example")
    assert (status, "nobody@hanbit.example is no active member" in said) == (1, True), said
    assert ran(there, "--default-master", "bea@hanbit.example")[0] == 0
    assert Group.objects.get(name="Robotics").masters.get().member.name == "Bea Builder"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.csv"], "missing.csv cannot be read"),
        (["empty"], "There are no files"),
        (["photo"], ""),
        (["in", "--company", "nowhere.example"], "no company with the domain nowhere.example"),
        (["in", "--default-master", "nobody@elsewhere.example"], "no active member with the address"),
        (["in", "--report", "no/such/place.csv"], "The report cannot be written"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """Status 2, and nothing is left of it."""
    folder(tmp_path / "in", people=PEOPLE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "photo").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    monkeypatch.chdir(tmp_path)
    status, heard = ran(*arguments)
    assert status == 2
    assert said in heard
    assert len(heard.strip().splitlines()) == 1
    assert not DirectoryImport.objects.exists()


def test_of_several_companies_one_must_be_named(tmp_path: Path, other_company: Company) -> None:
    there = folder(tmp_path, people=PEOPLE)
    status, said = ran(there)
    assert (status, "--company DOMAIN" in said) == (2, True)
    assert ran(there, "--company", "hanbit.example")[0] == 0
    assert Member.objects.get(email="bea@hanbit.example").company != other_company


def test_many_people_lost_need_a_word(tmp_path: Path, company: Company) -> None:
    """Rule 10.5: a door that can ask nobody refuses, unless told otherwise."""
    people = [MemberFactory.create(company=company) for _number in range(25)]
    there = folder(tmp_path, people="email,active\n" + "".join(f"{one.email},no\n" for one in people))
    status, said = ran(there)
    assert (status, "--accept-loss" in said) == (1, True), said
    assert not Member.objects.filter(is_active=False).exists()
    assert not DirectoryImport.objects.exists()
    assert ran(there, "--accept-loss")[0] == 0
    assert Member.objects.filter(is_active=False).count() == 25


@pytest.mark.parametrize("place", ["judge_now", "run_now"])
def test_ctrl_c_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """It can be given again at once: no import is left that would keep the next one waiting."""
    there = folder(tmp_path, people=PEOPLE)

    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, place, interrupted)
        status, said = ran(there)
    assert (status, "run it again" in said) == (130, True)
    assert ran(there)[0] == 0
