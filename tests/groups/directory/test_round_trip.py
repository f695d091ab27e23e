"""What goes out comes in again, unchanged, into an empty installation (rule 10.1)."""

import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from accounts import employment
from accounts.actor import Actor, Door
from accounts.models import Address, Company, Member, Team, TeamMembership
from groupadmin import demo
from groups.directory.export.directory import export_directory, tables
from groups.directory.imports import lifecycle
from groups.directory.imports.options import Options
from groups.models import DirectoryImport, Group, ImportRow, ListAlias, MailingList
from tests.factories import (
    AddressFactory,
    CompanyFactory,
    DesignationFactory,
    ExternalContactFactory,
    GroupFactory,
    MasterFactory,
    MemberFactory,
    MembershipFactory,
    TeamFactory,
)

pytestmark = pytest.mark.django_db

SHELL = Actor(None, Door.SHELL)

HEBREW = "דנה \u200fכהן (ראש)"
DECOMPOSED = unicodedata.normalize("NFD", "Café Ångström 한국")
FAMILY = "👩‍👩‍👧‍👦 Familie 🏳️‍🌈"
RUNS = ("=1+1", "+82 2 555", "-5", "@SUM(A1)", "'=quoted", "''", "\u200b=x")
"""Texts that a spreadsheet would run, and some that look like ours that were kept from it."""


@pytest.fixture
def company(db: None) -> Company:
    """A bit of everything that the form has."""
    company = CompanyFactory.create(name="Hanbit", domain="hanbit.example")
    people = _people(company)
    teams = _teams(company, people)
    _groups(company, people, teams)
    return company


def _people(company: Company) -> list[Member]:
    names = (HEBREW, DECOMPOSED, FAMILY, *RUNS, "Kim, Lee; Park", 'Jo "Q" O\'Neil', "Zoë / Ann")
    people = [
        MemberFactory.create(company=company, name=name, email=f"p{place}@hanbit.example")
        for place, name in enumerate(names)
    ]
    today = employment.today()
    boss, odd, *_rest = people
    rights = {"is_administrator": True, "may_connect": True}
    for member, values in (
        (
            boss,
            {**rights, "language": "en-gb", "time_zone": "Asia/Seoul"},
        ),
        (
            odd,
            {
                "nickname": FAMILY,
                "reading": "=reading",
                "phone": "+82 2 555",
                "site": HEBREW,
                "manager": boss,
            },
        ),
        (people[2], {"employee_number": "007", "job_title": "-1", "source": "ldap", "external_id": "1"}),
        # The same ID, known by another system.
        (people[3], {"source": "google", "external_id": "1", "manager": boss}),
        (people[4], {"is_active": False}),
        (people[5], {"starts_on": today - timedelta(days=9), "ends_on": today + timedelta(days=9)}),
        # Inactive until the first day, after the last one, and by hand although employed some day.
        (people[6], {"starts_on": today + timedelta(days=9), "is_active": False, "inactive_by_date": True}),
        (people[7], {"ends_on": today - timedelta(days=9), "is_active": False, "inactive_by_date": True}),
        (people[8], {"starts_on": today + timedelta(days=9), "is_active": False}),
    ):
        Member.objects.filter(pk=member.pk).update(**values)
    for local_part in ("boss", "dana"):
        AddressFactory.create(company=company, member=boss, kind="alias", local_part=local_part)
    return people


def _teams(company: Company, people: list[Member]) -> list[Team]:
    top = TeamFactory.create(
        company=company, name=DECOMPOSED, people=people[:3], description="Two\nlines\n=1"
    )
    address = AddressFactory.create(company=company, kind="team", local_part="sales")
    below = TeamFactory.create(
        company=company, name="@Sales", parent=top, address=address, source="ldap", external_id="1"
    )
    elsewhere = TeamFactory.create(company=company, name="@Sales", people=[people[4]])
    TeamMembership.objects.create(team=below, member=people[3], source="ldap")
    return [top, below, elsewhere]


def _groups(company: Company, people: list[Member], teams: list[Team]) -> None:
    boss = people[0]
    mixed = GroupFactory.create(
        company=company, name=FAMILY, description="=HYPERLINK(1)\n\n@end", masters=[boss, people[4]],
        members=[people[1], people[4], people[6]], teams=teams, listed=True,
        mailing_list__address__local_part="mixed", mailing_list__blocks_external_domains=True,
        message=True, note=True, task=True,
    )  # fmt: skip
    private = GroupFactory.create(
        company=company, name=HEBREW, private=True, masters=[boss], members=[boss], source="google",
        external_id="1", notifies=True,
    )  # fmt: skip
    # Its name is one that lists of names are parted by.
    parted = GroupFactory.create(company=company, name="A, B; C", masters=[boss], members=[boss])
    MembershipFactory.create(group=mixed, member=None, subgroup=private, source="google")
    MembershipFactory.create(group=parted, member=None, subgroup=mixed)
    GroupFactory.create(company=company, name="-", external=True, masters=[boss], members=[people[1]])
    GroupFactory.create(company=company, name="Nobody runs it", members=[boss])
    GroupFactory.create(company=company, name="Nobody is in it", masters=[boss])
    GroupFactory.create(company=company, name="Gone", deleted=True, masters=[boss], members=[boss])
    MasterFactory.create(group=private, member=people[2], source="google")
    listed = mixed.mailing_list
    assert listed is not None
    MailingList.objects.filter(pk=listed.pk).update(who_can_send="designated")
    alias = AddressFactory.create(company=company, local_part="mixed.too", kind="group_alias")
    ListAlias.objects.create(mailing_list=listed, address=alias)
    DesignationFactory.create(mailing_list=listed, member=people[1])
    DesignationFactory.create(mailing_list=listed, member=people[4], purpose="as")
    DesignationFactory.create(mailing_list=listed, member=None, team=teams[1], purpose="as")
    DesignationFactory.create(mailing_list=listed, member=None, group=private)
    for place, name in enumerate(("", HEBREW, "=cmd", "Pat, the client")):
        ExternalContactFactory.create(mailing_list=listed, name=name, email=f"c{place}@outside.example")
    # Its list is off, and keeps its address.
    off = GroupFactory.create(
        company=company, name="List is off", masters=[boss], members=[boss], listed=True,
        mailing_list__address__local_part="off",
    )  # fmt: skip
    Group.objects.filter(pk=off.pk).update(uses_mailing_list=False)


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_a_bit_of_everything_comes_in_again(company: Company, tmp_path: Path, format: str) -> None:
    """In each format: what is the same on both sides is an export without a difference."""
    before, people = exported(company), _states(company)
    path = tmp_path / f"directory.{'zip' if format == 'csv' else format}"
    export_directory(company, path, actor=SHELL)
    empty(company)
    brought = bring_in(company, [path])
    assert _left_out(brought) == []
    assert exported(company) == before
    # An export alone does not say whether it is a day that keeps somebody out (rule 1.12).
    assert _states(company) == people
    assert again(company, [path]) == []


def test_the_demonstration_comes_in_again(tmp_path: Path) -> None:
    demo.load("abcd-efgh-2345")
    company = Company.objects.get(name="Hanbit Robotics")
    before = exported(company)
    export_directory(company, tmp_path, "csv", actor=SHELL)
    empty(company)
    assert _left_out(bring_in(company, sorted(tmp_path.glob("*.csv")))) == []
    assert exported(company) == before


def exported(company: Company) -> dict[str, list[str]]:
    """The lines of each of the files of an export."""
    return {name: b"".join(pieces).decode().splitlines() for name, pieces in tables(company)}


def empty(company: Company) -> None:
    """Takes away everything that an export has."""
    Group.objects.filter(company=company).delete()
    MailingList.objects.filter(address__domain__company=company).delete()
    while Team.objects.filter(company=company).exists():
        Team.objects.filter(company=company, children__isnull=True).delete()
    Member.objects.filter(company=company).delete()
    Address.objects.filter(domain__company=company).delete()
    assert {len(lines) for lines in exported(company).values()} == {1}


def _opened(company: Company, paths: list[Path]) -> DirectoryImport:
    files = [(path.name, ContentFile(path.read_bytes())) for path in paths]
    opened = lifecycle.open_import(company, files, Options(), actor=SHELL)
    return lifecycle.judge_now(opened, actor=SHELL)


def bring_in(company: Company, paths: list[Path]) -> DirectoryImport:
    return lifecycle.run_now(_opened(company, paths), only_good=True, actor=SHELL)


def again(company: Company, paths: list[Path]) -> list[tuple[str, ...]]:
    """What is not the same when it is looked at once more."""
    rows = ImportRow.objects.filter(directory_import=_opened(company, paths)).exclude(verdict="same")
    return list(rows.values_list("kind", "name", "verdict", "reason"))


def _left_out(brought: DirectoryImport) -> list[tuple[str, str, str]]:
    rows = ImportRow.objects.filter(directory_import=brought)
    refused = rows.filter(verdict="refused") | rows.filter(state="skipped")
    return [*refused.values_list("kind", "name", "reason")]


def _states(company: Company) -> dict[str, tuple[bool, bool]]:
    found = Member.objects.filter(company=company).values_list("email", "is_active", "inactive_by_date")
    return {email: (active, by_date) for email, active, by_date in found}
