"""Who subscribers of lists are in a company (rules 4.8, 10.9)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Address, Company, Domain, Member
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.subscribers import settled
from groups.models import Group

pytestmark = pytest.mark.django_db


def entry(email: str, kind: Kind = Kind.ENTRY, **said: Any) -> Record:
    return Record(kind, {"group": "Crew", "subscriber": email, **said}, "crew.members", 7)


def kinds(found: list[Record | Problem]) -> list[tuple[str, dict[str, Any]]]:
    return [(str(one.kind), one.values) for one in found if isinstance(one, Record)]


def test_a_person_is_found_by_any_of_their_addresses_and_keeps_their_name(
    company: Company, member: Member
) -> None:
    """The name in a list may be a nickname."""
    domain = company.domains.get()
    Address.objects.create(local_part="m", domain=domain, kind=Address.Kind.ALIAS, member=member)
    found = list(settled([entry("m@hanbit.example", name="Mo"), entry("momo@hanbit.example")], company))
    assert kinds(found) == [
        ("member", {"member": "momo@hanbit.example"}),
        ("entry", {"group": "Crew", "member": "momo@hanbit.example"}),
        ("entry", {"group": "Crew", "member": "momo@hanbit.example"}),
    ]


def test_who_is_new_at_the_companys_domain_becomes_a_member(company: Company) -> None:
    found = list(settled([entry("new@hanbit.example", name="New"), entry("new@hanbit.example")], company))
    assert kinds(found) == [
        ("member", {"member": "new@hanbit.example", "name": "New"}),
        ("entry", {"group": "Crew", "member": "new@hanbit.example"}),
        ("entry", {"group": "Crew", "member": "new@hanbit.example"}),
    ]
    assert all((one.file, one.row) == ("crew.members", 7) for one in found)


def test_a_name_counts_wherever_it_stands_first(company: Company) -> None:
    """An address among the senders comes before the subscriber with a name."""
    found = list(settled([entry("new@hanbit.example"), entry("new@hanbit.example", name="New")], company))
    assert [values for kind, values in kinds(found) if kind == "member"] == [
        {"member": "new@hanbit.example"},
        {"member": "new@hanbit.example", "name": "New"},
    ]


def test_others_become_external_contacts(company: Company, guest: Member) -> None:
    """Also people of other companies: they are not the company's."""
    found = list(settled([entry("greta@nordlicht.example", name="Greta")], company))
    assert kinds(found) == [
        ("contact", {"group": "Crew", "email": "greta@nordlicht.example", "name": "Greta"})
    ]


def test_a_domain_that_is_not_proven_is_not_the_companys(company: Company) -> None:
    """Rule 1.9."""
    company.domains.create(name="claimed.example")
    found = list(settled([entry("a@claimed.example")], company))
    assert [kind for kind, _values in kinds(found)] == ["contact"]


def test_a_lists_address_stays_what_it_is(company: Company, group: Group) -> None:
    found = list(settled([entry("platform@hanbit.example")], company))
    assert kinds(found) == [("entry", {"group": "Crew", "thing": "platform@hanbit.example"})]


@pytest.mark.parametrize("kind", [Kind.MASTER, Kind.SENDER])
def test_masters_and_senders_from_outside_are_named(company: Company, kind: Kind) -> None:
    found = list(settled([entry("boss@outside.example", kind)], company))
    assert isinstance(found[0], Problem)
    assert found[0].is_foreign
    assert "boss@outside.example" in found[0].reason


def test_other_addresses_of_a_list_are_those_at_the_companys_domains(company: Company) -> None:
    known = Record(Kind.LIST, {"group": "Crew", "also_known_as": ["all@hanbit.example", "all@sea.example"]})
    nothing = Record(Kind.LIST, {"group": "Deck", "also_known_as": ["all@sea.example"]})
    assert kinds(list(settled([known, nothing], company))) == [
        ("list", {"group": "Crew", "aliases": ["all@hanbit.example"]}),
        ("list", {"group": "Deck"}),
    ]


def test_whether_mail_is_sent_is_noted_and_not_brought_in(company: Company, member: Member) -> None:
    noted: list[Record] = []
    found = list(settled([entry("momo@hanbit.example", receives=False)], company, noted.append))
    assert kinds(found)[-1][1] == {"group": "Crew", "member": "momo@hanbit.example"}
    assert noted[-1].values["receives"] is False


def test_a_thousand_subscribers_cost_two_queries(company: Company) -> None:
    records = [entry(f"p{number}@outside.example") for number in range(1_000)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(list(settled(records, company))) == 1_000
    assert len(queries) == 2


def test_a_person_known_by_the_first_half_of_their_address_is_at_the_primary_domain(company: Company) -> None:
    """Rule 10.1: as LINE WORKS writes IDs, and nothing else."""
    company.domains.create(name="aaa.example", state=Domain.State.PROVEN)
    found = list(settled([Record(Kind.PLACE, {"member": "kim@", "team": "Sales"})], company))
    home = company.primary_domain.name
    assert found == [Record(Kind.PLACE, {"member": f"kim@{home}", "team": "Sales"})]
