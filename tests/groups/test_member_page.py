"""A person's page: all their groups and why (rules 2.10, 2.21, 6.4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Address, Company, Member, Team
from groups.models import Group
from tests.factories import AddressFactory, GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ClientOf


def address(person: Member) -> str:
    return reverse("groups:member", args=[person.pk])


def test_all_groups_directly_and_otherwise(
    client_of: ClientOf, company: Company, administrator: Member, teammate: Member, team: Team, group: Group
) -> None:
    """Each group with every way in (rule 2.10)."""
    outer = GroupFactory.create(company=company, name="Outer", subgroups=[group], members=[teammate])

    response = client_of(administrator).get(address(teammate))

    found = {one.group.name: one.reasons.paths for one in response.context["belongings"]}
    assert found.keys() == {"Outer", "Platform guild"}
    assert [path.way.teams for path in found["Platform guild"]] == [(team,)]
    assert [path.groups for path in found["Outer"]] == [(), (group,)]
    page = response.content.decode()
    assert reverse("groups:detail", args=[outer.pk]) in page
    assert reverse("accounts:team_people", args=[team.pk]) in page


def test_a_master_who_is_no_member(
    client_of: ClientOf, administrator: Member, master: Member, group: Group
) -> None:
    """Runs it, cannot enter its room (rule 2.12)."""
    page = client_of(administrator).get(address(master)).content.decode()

    assert "Platform guild" in page
    assert "cannot enter the message room" in page


def test_colleagues_see_address_and_teams(
    client_of: ClientOf, outsider: Member, teammate: Member, team: Team
) -> None:
    """People of the own company; administrators find the way to editing."""
    AddressFactory.create(
        company=teammate.company, local_part="alias", kind=Address.Kind.ALIAS, member=teammate
    )

    page = client_of(outsider).get(address(teammate)).content.decode()

    assert "tae@hanbit.example" in page
    assert "alias@hanbit.example" in page
    assert "Platform" in page
    assert reverse("accounts:member_edit", args=[teammate.pk]) not in page


def test_administrators_can_edit(client_of: ClientOf, administrator: Member, teammate: Member) -> None:
    page = client_of(administrator).get(address(teammate)).content.decode()

    assert reverse("accounts:member_edit", args=[teammate.pk]) in page


def test_private_groups_stay_private(
    client_of: ClientOf, company: Company, insider: Member, outsider: Member, private_group: Group
) -> None:
    """Neither a private group nor one that the person is in only by way of it (rules 2.21, 5.3)."""
    GroupFactory.create(company=company, name="Around it", subgroups=[private_group])

    theirs = client_of(outsider).get(address(insider)).content.decode()
    own = client_of(insider).get(address(insider)).content.decode()

    assert "Secret surprise" not in theirs
    assert "Around it" not in theirs
    assert "No groups" in theirs
    assert "Secret surprise" in own
    assert "Around it" in own


def test_people_of_other_companies_only_in_shared_groups(
    client_of: ClientOf,
    administrator: Member,
    member: Member,
    outsider: Member,
    guest: Member,
    stranger: Member,
    external_group: Group,
) -> None:
    """Name, company, and the groups that one shares (rule 6.4); nobody else (rule 1.1)."""
    GroupFactory.create(company=guest.company, name="Of Nordlicht only", members=[guest])

    for viewer, person in ((member, guest), (guest, member), (administrator, guest)):
        response = client_of(viewer).get(address(person))
        page = response.content.decode()
        assert response.status_code == 200
        assert person.name in page
        assert [one.group for one in response.context["belongings"]] == [external_group]
        assert person.email not in page
        assert "Of Nordlicht only" not in page
    assert client_of(outsider).get(address(guest)).status_code == 404
    assert client_of(stranger).get(address(member)).status_code == 404
    assert client_of(guest).get(address(outsider)).status_code == 404


def test_superusers_have_no_page(client_of: ClientOf, administrator: Member, superuser: Member) -> None:
    """They belong to the installation, not to a company (rule 1.2)."""
    assert client_of(administrator).get(address(superuser)).status_code == 404


def test_whoever_is_not_active_is_in_no_group(
    client_of: ClientOf, administrator: Member, member: Member, guest: Member, external_group: Group
) -> None:
    for person in (member, guest):
        person.is_active = False
        person.save()

    response = client_of(administrator).get(address(member))

    assert "Inactive" in response.content.decode()
    assert response.context["belongings"] == []
    assert client_of(administrator).get(address(guest)).status_code == 404


def test_search_and_paging(
    client_of: ClientOf, company: Company, administrator: Member, member: Member
) -> None:
    """By the words of the name, however they are spelt (rule 12.2); every group once."""
    for number in range(60):
        GroupFactory.create(company=company, name=f"Ｔｅａｍ {number:02}", members=[member])
    client = client_of(administrator)

    response = client.get(address(member), {"q": "1 team"})
    assert len(response.context["belongings"]) == 15

    seen: list[int] = []
    query = "?"
    while query:
        response = client.get(address(member) + query)
        seen += [one.group.pk for one in response.context["belongings"]]
        query = response.context["page"].next
    assert len(seen) == len(set(seen)) == response.context["group_count"] == 60


def test_query_count_does_not_grow(client_of: ClientOf, company: Company, administrator: Member) -> None:
    def queries(many: int) -> int:
        person = MemberFactory.create(company=company)
        for _ in range(many):
            team = TeamFactory.create(company=company, people=[person])
            inner = GroupFactory.create(company=company, teams=[team], members=[person])
            GroupFactory.create(company=company, subgroups=[inner], masters=[person])
        with CaptureQueriesContext(connection) as captured:
            assert client_of(administrator).get(address(person)).status_code == 200
        return len(captured)

    assert queries(10) == queries(2)


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_only_to_read(client_of: ClientOf, administrator: Member, member: Member, verb: str) -> None:
    assert getattr(client_of(administrator), verb)(address(member)).status_code == 405


def test_details_are_for_colleagues(
    client_of: ClientOf,
    member: Member,
    master: Member,
    administrator: Member,
    guest: Member,
    external_group: Group,
) -> None:
    """Rules 1.12, 6.4: number and days are for administrators and the person."""
    Member.objects.filter(pk=member.pk).update(
        job_title="Machinist",
        site="Hall 3",
        phone="+82 2 555-0100",
        nickname="Mo",
        reading="もも",
        employee_number="E-0042",
        starts_on="2020-02-29",
        ends_on="2999-12-31",
        manager=master,
    )
    everybody = {"Machinist", "Hall 3", "tel:+8225550100", "Mo</bdi>", "もも", address(master)}
    for viewer, seen in (
        (master, everybody),
        (member, everybody | {"E-0042", "Feb 29, 2020", "Dec 31, 2999"}),
        (administrator, everybody | {"E-0042", "Feb 29, 2020", "Dec 31, 2999"}),
        (guest, set()),
    ):
        page = client_of(viewer).get(address(member)).content.decode()
        all_of_it = everybody | {"E-0042", "Feb 29, 2020", "Dec 31, 2999"}
        assert {text for text in all_of_it if text in page} == seen
    assert address(member) in client_of(administrator).get(address(master)).content.decode()
    assert address(member) not in client_of(guest).get(address(master)).content.decode()


def test_a_phone_that_is_more_than_a_number_is_no_link(client_of: ClientOf, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(phone='<b>"ask Pat"</b> 1')
    page = client_of(member).get(address(member)).content.decode()
    assert "tel:" not in page
    assert "&lt;b&gt;" in page
