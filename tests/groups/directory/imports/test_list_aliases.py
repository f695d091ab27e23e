"""Further addresses of lists come in, stay and go back like everything else (rules 4.14, 10.2, 10.3)."""

import pytest

from accounts.models import Address, AuditEntry, Company, Member
from groups.directory.comparing.mail import _behind
from groups.directory.imports import undoing
from groups.directory.records import Kind, Record
from groups.models import Group, ImportRow
from tests.factories import AddressFactory

from .importing import SYSTEM, brought_in, entry, judged, verdicts, whole_group

pytestmark = pytest.mark.django_db


def mailing_list(group: str, *aliases: str, **values: object) -> Record:
    return Record(Kind.LIST, {"group": group, "aliases": [*aliases], **values})


def addresses_of(name: str) -> list[str]:
    group = Group.objects.get(name=name)
    assert group.mailing_list is not None
    return [group.address, *sorted(group.mailing_list.aliases.values_list("address__email", flat=True))]


def test_a_new_list_with_aliases(company: Company, master: Member, member: Member) -> None:
    """Brought in again, nothing changes; undone, nothing is left."""
    before = Address.objects.count()
    own = mailing_list("New", "n2@hanbit.example", "n1@hanbit.example", address="new@hanbit.example")
    records = [*whole_group("New", master.email, member.email), own]
    brought = brought_in(company, records)
    assert addresses_of("New") == ["new@hanbit.example", "n1@hanbit.example", "n2@hanbit.example"]
    assert dict(Address.objects.filter(email__startswith="n").values_list("email", "kind")) == {
        "new@hanbit.example": "group",
        "n1@hanbit.example": "group_alias",
        "n2@hanbit.example": "group_alias",
    }
    told = AuditEntry.objects.get(action="group.create", target_name="New").changes
    assert told["aliases"] == [None, ["n1@hanbit.example", "n2@hanbit.example"]]
    assert set(verdicts(judged(company, records)).values()) == {"same"}
    undoing.undo_now(brought, actor=SYSTEM)
    assert not Group.objects.live().filter(name="New").exists()
    assert Address.objects.count() == before


def test_aliases_of_a_list_that_is_there(company: Company, group: Group) -> None:
    """Its own address is no alias of it; what was an alias may become the address."""
    brought = brought_in(
        company, [mailing_list(group.name, "guild@hanbit.example", "platform@hanbit.example")]
    )
    assert addresses_of(group.name) == ["platform@hanbit.example", "guild@hanbit.example"]
    swap = mailing_list(group.name, "platform@hanbit.example", address="guild@hanbit.example")
    second = brought_in(company, [swap])
    assert addresses_of(group.name) == ["guild@hanbit.example", "platform@hanbit.example"]
    for one in (second, brought):
        undoing.undo_now(one, actor=SYSTEM)
    assert addresses_of(group.name) == ["platform@hanbit.example"]


def test_a_list_that_says_no_aliases_keeps_them(company: Company, group: Group) -> None:
    brought_in(company, [mailing_list(group.name, "guild@hanbit.example")])
    brought_in(company, [Record(Kind.LIST, {"group": group.name, "blocks_external_domains": True})])
    assert addresses_of(group.name) == ["platform@hanbit.example", "guild@hanbit.example"]


def test_what_cannot_be_an_alias_is_refused(company: Company, group: Group, member: Member) -> None:
    """Rules 1.6, 4.2."""
    AddressFactory.create(company=company, local_part="theirs", kind=Address.Kind.GROUP_ALIAS)
    many = [f"a{number}@hanbit.example" for number in range(21)]
    for aliases, said in (
        ([member.email], "taken by a member"),
        (["theirs@hanbit.example"], "taken by a group"),
        (["x@elsewhere.example"], "not a domain of your company"),
        (many, "at most 20 aliases"),
    ):
        (row,) = ImportRow.objects.filter(
            directory_import=judged(company, [mailing_list(group.name, *aliases)])
        )
        assert row.verdict == "refused"
        assert said in row.reason


def test_an_entry_may_name_a_group_by_an_alias(
    company: Company, group: Group, master: Member, member: Member
) -> None:
    brought_in(company, [mailing_list(group.name, "guild@hanbit.example")])
    brought_in(
        company,
        [*whole_group("Outer", master.email, member.email), entry("Outer", thing="guild@hanbit.example")],
    )
    assert Group.objects.get(name="Outer").entries.filter(subgroup=group).exists()
    alias = Address.objects.get(email="guild@hanbit.example")
    assert member.email in _behind(alias, alias.email)
