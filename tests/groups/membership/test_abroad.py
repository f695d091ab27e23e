"""Own people in other companies' groups, and how their administrator takes them out (rules 1.4, 2.15, 7)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actor import Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups import actions
from groups.models import Group, Master, Notice, Notification
from tests.factories import GroupFactory, MasterFactory, MemberFactory, MembershipFactory
from tests.helpers import ActorOf, ClientOf

PAGE = reverse("groups:in_other_companies")


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def theirs(other_company: Company, guest: Member, member: Member) -> Group:
    """Nordlicht's, run by the guest, with the member of Hanbit."""
    return GroupFactory.create(
        company=other_company, name="Northern lights", external=True, masters=[guest], members=[member]
    )


def rows(client: Client, url: str = PAGE, **query: str) -> list[tuple[str, str, bool, bool]]:
    page = client.get(url, query).context["page"]
    return [(row.person.name, row.group.name, row.is_member, row.is_master) for row in page.rows]


def take_out_url(group: Group, member: Member) -> str:
    return reverse("groups:take_out", args=[group.pk, member.pk])


# The list


def test_the_list_has_own_people_in_groups_of_others_alone(
    client: Client,
    theirs: Group,
    external_group: Group,
    group: Group,
    master: Member,
    other_company: Company,
    member: Member,
) -> None:
    """Neither the own groups nor other people in those of others; each person once a group."""
    MasterFactory.create(group=theirs, member=master)
    MasterFactory.create(group=theirs, member=member)
    GroupFactory.create(company=other_company, external=True, deleted=True, members=[member])
    assert rows(client) == [
        ("Mira Master", "Northern lights", False, True),
        ("Momo Member", "Northern lights", True, True),
    ]
    page = client.get(PAGE).content.decode()
    assert "Nordlicht" in page
    assert "Greta" not in page


def test_the_other_companys_administrator_sees_their_own(
    client_of: ClientOf, other_administrator: Member, theirs: Group, external_group: Group
) -> None:
    assert rows(client_of(other_administrator)) == [("Greta Guest", "Joint venture", True, False)]


@pytest.mark.parametrize(
    ("typed", "found"), [("momo", 1), ("momo@han", 1), ("NORTHERN", 1), ("nordl", 1), ("greta", 0), ("\0", 1)]
)
def test_search_by_person_group_and_company(client: Client, theirs: Group, typed: str, found: int) -> None:
    assert len(rows(client, q=typed)) == found


def test_pages_walk_both_kinds_in_order_and_queries_do_not_grow(
    client: Client, theirs: Group, company: Company
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    people = [MemberFactory.create(company=company, name=f"Person {n:03}") for n in range(60)]
    for n, person in enumerate(people):
        if n % 2:
            MasterFactory.create(group=theirs, member=person)
        else:
            theirs.entries.create(member=person)
    with CaptureQueriesContext(connection) as many:
        first = client.get(PAGE)
    assert len(many) == len(few)
    wanted = ["Momo Member", *(person.name for person in people)]
    page = first.context["page"]
    second = client.get(PAGE + page.next).context["page"]
    assert [row.person.name for row in [*page.rows, *second.rows]] == wanted
    back = client.get(PAGE + second.previous).context["page"]
    assert [row.person.name for row in back.rows] == wanted[:50]


@pytest.mark.parametrize("cursor", ["x", "\0", "9" * 400, "WzFd", "\ud800"])
def test_nasty_parameters_are_survived(client: Client, theirs: Group, cursor: str) -> None:
    raw = cursor.encode("utf-8", "surrogatepass")
    for name in ("after", "before", "q"):
        assert client.get(PAGE, {name: raw}).status_code == 200


def test_a_members_page_leads_there_for_administrators_alone(
    client: Client, client_of: ClientOf, theirs: Group, member: Member, outsider: Member
) -> None:
    url = reverse("groups:member", args=[member.pk])
    link = f"{PAGE}?q=momo%40hanbit.example"
    assert link in client.get(url).content.decode()
    assert PAGE not in client_of(outsider).get(url).content.decode()
    nowhere = reverse("groups:member", args=[outsider.pk])
    assert f"{PAGE}?" not in client.get(nowhere).content.decode()


# Taking out


def test_taking_out_asks_naming_person_and_group(client: Client, theirs: Group, member: Member) -> None:
    page = client.get(take_out_url(theirs, member)).content.decode()
    assert "Momo Member" in page
    assert "Northern lights" in page
    assert "Nordlicht" in page
    assert theirs.entries.exists()


def test_taking_out_ends_membership_and_mastership(
    client: Client, theirs: Group, member: Member, administrator: Member, other_company: Company
) -> None:
    """The person is told, the version goes up, and the audits of both companies have it (rules 2.15, 8.1)."""
    MasterFactory.create(group=theirs, member=member)
    answer = client.post(take_out_url(theirs, member))
    assert answer.headers["Location"] == PAGE
    assert not theirs.entries.exists()
    assert list(theirs.masters.values_list("member__name", flat=True)) == ["Greta Guest"]
    assert Group.objects.get(pk=theirs.pk).version == theirs.version + 1
    (notification,) = Notification.objects.filter(member=member)
    assert (notification.notice.kind, notification.notice.group) == (Notice.Kind.REMOVED, theirs)
    entries = {
        entry.company_id: entry.changes for entry in AuditEntry.objects.filter(action="group.take_out")
    }
    assert entries.keys() == {administrator.company_id, other_company.pk}
    assert names(entries[other_company.pk]["masters"][0]) == {"Greta Guest", "Momo Member"}
    own = entries[administrator.company_id or 0]
    assert names(own["members_removed"][1]) == {"Momo Member"}
    assert "Greta" not in str(own)


def names(items: list[dict[str, Any]]) -> set[str]:
    return {item["name"] for item in items}


def test_the_last_master_can_be_taken_out(client: Client, other_company: Company, master: Member) -> None:
    """Rule 2.15: the group stays, without a master."""
    group = GroupFactory.create(company=other_company, external=True, masters=[master])
    client.post(take_out_url(group, master))
    assert not Master.objects.filter(group=group).exists()
    assert Group.objects.filter(pk=group.pk, deleted_at__isnull=True).exists()


@pytest.mark.parametrize("notifies", [True, False])
def test_its_people_are_told_if_it_tells_and_its_masters_always(
    client: Client, theirs: Group, guest: Member, member: Member, notifies: bool
) -> None:
    """Rules 2.15, 5.1."""
    plain = MemberFactory.create(company=theirs.company)
    MembershipFactory.create(group=theirs, member=plain)
    Group.objects.filter(pk=theirs.pk).update(notifies=notifies)
    client.post(take_out_url(theirs, member))
    told = Notification.objects.filter(notice__kind=Notice.Kind.PEOPLE_LEFT, notice__group=theirs)
    assert told.filter(member=guest).count() == 1
    assert told.filter(member=plain).exists() == notifies


def test_what_is_not_there_or_not_theirs_answers_alike(
    client: Client, theirs: Group, external_group: Group, guest: Member, member: Member, outsider: Member
) -> None:
    for group, person in ((theirs, guest), (theirs, outsider), (external_group, member)):
        assert client.get(take_out_url(group, person)).status_code == 404
        assert client.post(take_out_url(group, person)).status_code == 404
    assert theirs.masters.exists()
    assert external_group.entries.filter(member=member).exists()


def test_others_are_refused(
    client_of: ClientOf,
    theirs: Group,
    member: Member,
    master: Member,
    guest: Member,
    other_administrator: Member,
) -> None:
    """Not even the owning company's administrator comes this way: for them there is the group's page."""
    for person, status in ((member, 403), (master, 403), (guest, 403), (other_administrator, 404)):
        assert client_of(person).post(take_out_url(theirs, member)).status_code == status
    assert theirs.entries.exists()


def test_the_action_insists(
    theirs: Group,
    external_group: Group,
    member: Member,
    guest: Member,
    administrator: Member,
    actor_of: ActorOf,
) -> None:
    for group, person, actor in (
        (external_group, member, administrator),
        (theirs, guest, administrator),
        (theirs, member, guest),
    ):
        with pytest.raises(Refused):
            actions.take_out_of_others(group, person, actor=actor_of(actor))
    actions.take_out_of_others(theirs, member, actor=actor_of(administrator))
    with pytest.raises(Invalid):
        actions.take_out_of_others(theirs, member, actor=actor_of(administrator))
    theirs.entries.create(member=member)
    Group.objects.filter(pk=theirs.pk).update(deleted_at=theirs.created_at)
    with pytest.raises(Invalid):
        actions.take_out_of_others(theirs, member, actor=actor_of(administrator))
