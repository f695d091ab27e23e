"""The directory goes out as files of our form, with everything that the form has (rule 10.1)."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor, Door, Refused
from accounts.models import AuditEntry, Company, Member, Team
from groups.directory import form
from groups.directory.export.directory import export_directory, tables
from groups.directory.export.records import directory_of
from groups.directory.records import Kind, Problem, Record
from groups.models import Group, ListAlias, MailingList, Master, Membership
from tests.factories import (
    AddressFactory,
    DesignationFactory,
    ExternalContactFactory,
    GroupFactory,
    MemberFactory,
    MembershipFactory,
    TeamFactory,
)
from tests.groups.directory.form.files import InMemory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db

SHELL = Actor(None, Door.SHELL)

Values = dict[str, Any]


@pytest.fixture
def everything(
    company: Company,
    member: Member,
    master: Member,
    teammate: Member,
    team: Team,
    group: Group,
    private_group: Group,
    external_group: Group,
    deleted_group: Group,
) -> Company:
    """A company with something of all that can go out."""
    Member.objects.filter(pk=member.pk).update(
        employee_number="007",
        job_title="=Engineer",
        phone="+82 2 555",
        manager=master,
        starts_on=date(2024, 3, 1),
        source="ldap",
        external_id="m-7",
        language="ko",
    )
    AddressFactory.create(member=member, kind="alias", domain=company.primary_domain, local_part="momo.too")
    MemberFactory.create(company=company, name="Left", email="left@hanbit.example", is_active=False)
    below = TeamFactory.create(company=company, name="Tools", parent=team)
    MembershipFactory.create(group=group, member=None, team=below)
    MembershipFactory.create(group=group, member=None, subgroup=private_group, source="ldap")
    MembershipFactory.create(group=group, member=None, subgroup=deleted_group)
    Group.objects.filter(pk=group.pk).update(description="Two\nlines", external_id="g-1", source="google")
    assert group.mailing_list is not None
    MailingList.objects.filter(pk=group.mailing_list.pk).update(who_can_send="designated")
    alias = AddressFactory.create(company=company, local_part="guild", kind="group_alias")
    ListAlias.objects.create(mailing_list=group.mailing_list, address=alias)
    DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    DesignationFactory.create(mailing_list=group.mailing_list, member=None, team=team, purpose="as")
    ExternalContactFactory.create(mailing_list=group.mailing_list, name="Pat", email="pat@y.example")
    return company


def values(company: Company) -> dict[Kind, list[Values]]:
    return {table.kind: [one.values for one in records] for table, records in directory_of(company)}


def test_all_that_the_form_has_goes_out(everything: Company) -> None:
    """Inactive people and private groups too; deleted groups do not, nor what is said of them."""
    found = values(everything)
    assert [team["team"] for team in found[Kind.TEAM]] == ["Platform", "Platform / Tools"]
    assert {"team": "Platform", "member": "tae@hanbit.example", "source": ""} in found[Kind.PLACE]
    people = {person["member"]: person for person in found[Kind.MEMBER]}
    assert people["left@hanbit.example"]["active"] is False
    momo = people["momo@hanbit.example"]
    assert (momo["aliases"], momo["manager"]) == (["momo.too@hanbit.example"], "mira@hanbit.example")
    assert (momo["id"], momo["source"], momo["starts_on"]) == ("m-7", "ldap", date(2024, 3, 1))
    groups = {group["group"]: group for group in found[Kind.GROUP]}
    assert len(groups) == 3
    assert [group["kind"] for group in groups.values()].count("external") == 1
    assert [group["is_visible"] for group in groups.values()].count(False) == 2
    entries = [entry for entry in found[Kind.ENTRY] if entry["group"] == "Platform guild"]
    things = [
        next(entry[name] for name in ("member", "team", "subgroup") if name in entry) for entry in entries
    ]
    assert len(things) == 4
    assert {"momo@hanbit.example", "Platform", "Platform / Tools"} < set(things)
    assert found[Kind.LIST] == [
        {
            "group": "Platform guild",
            "address": "platform@hanbit.example",
            "aliases": ["guild@hanbit.example"],
            "blocks_external_domains": False,
            "who_can_send": "designated",
        }
    ]
    assert found[Kind.SENDER] == [
        {"group": "Platform guild", "purpose": "as", "team": "Platform"},
        {"group": "Platform guild", "purpose": "to", "member": "momo@hanbit.example"},
    ]
    assert found[Kind.CONTACT] == [{"group": "Platform guild", "email": "pat@y.example", "name": "Pat"}]
    assert len(found[Kind.MASTER]) == Master.objects.filter(group__deleted_at__isnull=True).count()


def test_people_of_other_companies_are_left_out(everything: Company, guest: Member) -> None:
    """Rule 6.4: their company's addresses are not this one's to take along."""
    assert Membership.objects.filter(group__company=everything, member=guest).exists()
    assert guest.email not in str(values(everything))


@pytest.mark.parametrize("name", ["out", "out.zip", "out.json", "out.xlsx"])
def test_what_goes_out_is_read_as_the_same(name: str, everything: Company, tmp_path: Path) -> None:
    path = tmp_path / name
    export_directory(everything, path, actor=SHELL)
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    assert len(paths) == (9 if name == "out" else 1)
    found = list(form.read([InMemory(one.name, one.read_bytes()) for one in paths]))
    assert not [one for one in found if isinstance(one, Problem)]
    expected = [record for _table, records in directory_of(everything) for record in records]
    assert plain(found) == plain(expected)
    assert path.stat().st_mode & 0o077 == 0 or path.is_dir()


def plain(records: list[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What records say, in any order; an empty cell and none are the same."""
    return sorted(
        (
            str(one.kind),
            sorted((name, str(value)) for name, value in one.values.items() if value not in ("", [])),
        )
        for one in records
        if isinstance(one, Record)
    )


def _failing(company: Company) -> Iterator[Values]:
    raise KeyError(company)


def test_two_exports_are_the_same_and_a_failed_one_leaves_the_first(
    everything: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    export_directory(everything, path, actor=SHELL)
    first = path.read_bytes()
    export_directory(everything, path, actor=SHELL)
    assert path.read_bytes() == first
    monkeypatch.setattr("groups.directory.export.records._contacts", _failing)
    with pytest.raises(KeyError):
        export_directory(everything, path, actor=SHELL)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_queries_do_not_grow_with_the_directory(everything: Company, group: Group) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for _name, pieces in tables(everything):
                list(pieces)
        return len(queries)

    before = count()
    for number in range(9):
        person = MemberFactory.create(company=everything, email=f"p{number}@hanbit.example")
        GroupFactory.create(company=everything, name=f"Group {number}", members=[person], masters=[person])
        TeamFactory.create(company=everything, name=f"Team {number}", people=[person])
    assert count() == before


def test_only_administrators_superusers_and_commands_take_it_along(
    company: Company,
    administrator: Member,
    master: Member,
    other_administrator: Member,
    actor_of: ActorOf,
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.json"
    for stranger in (master, other_administrator):
        with pytest.raises(Refused):
            export_directory(company, path, actor=actor_of(stranger))
    assert not path.exists()
    export_directory(company, path, actor=actor_of(administrator))
    assert path.exists()
    entry = AuditEntry.objects.filter(action="directory.export", result="done").get()
    assert entry.company_id == company.pk


def test_the_command_finds_the_only_company(company: Company, tmp_path: Path) -> None:
    out = StringIO()
    call_command("export_directory", str(tmp_path / "all.zip"), stdout=out)
    assert "members.csv" in ZipFile(tmp_path / "all.zip").namelist()
    assert str(tmp_path) in out.getvalue()


def test_the_command_asks_which_of_several_companies(
    company: Company, other_company: Company, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    with pytest.raises(CommandError, match=r"--company DOMAIN, of hanbit\.example, nordlicht\.example"):
        call_command("export_directory", str(path))
    with pytest.raises(CommandError, match=r"No company uses the domain hanbit\.test"):
        call_command("export_directory", str(path), company="hanbit.test")
    call_command("export_directory", str(path), company="Nordlicht.example", stdout=StringIO())
    assert '"members"' in path.read_text()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_directory", str(tmp_path / "no" / "folder" / "x.json"), company="hanbit.example")
