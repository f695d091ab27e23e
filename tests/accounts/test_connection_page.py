"""The page "Connection": who may connect with other companies, and with which (rules 1.4, 2.15, 6.1, 6.2)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions import connections
from accounts.actions.connections import PARTNER_DOMAINS_LIMIT
from accounts.actor import Refused
from accounts.jobs import engine
from accounts.models import AuditEntry, Company, Job, Member, PartnerDomain, Team
from groupadmin.base.errors import Invalid
from groups.models import Group, Notice, Notification
from tests.factories import DomainFactory, GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf

from .pages import OTHERS, by_role, fragment, queries_for, refuses, text_of

PAGE, ADD, REMOVE, COMPANIES, ADD_COMPANY = (
    reverse(f"accounts:{name}")
    for name in (
        "connection",
        "connection_add",
        "connection_remove",
        "connection_companies",
        "connection_company_add",
    )
)


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def chosen(company: Company) -> Company:
    """Hanbit, where chosen members may connect."""
    company.connecting = Company.Connecting.CHOSEN
    company.save()
    return company


@pytest.fixture
def named(company: Company) -> PartnerDomain:
    """Hanbit connects with companies that it names only: with Nordlicht."""
    company.partners = Company.Partners.NAMED
    company.save()
    return PartnerDomain.objects.create(company=company, name="nordlicht.example")


def permit(*people: Member) -> None:
    for person in people:
        person.may_connect = True
        person.save(update_fields=["may_connect"])


def told(person: Member) -> list[str]:
    return list(Notification.objects.filter(member=person).values_list("notice__kind", flat=True))


def listed(client: Client, url: str = PAGE, **query: str) -> list[str]:
    return [row.name for row in client.get(url, query).context["page"].rows]


def tokens(*things: Any) -> dict[str, str]:
    return {"people": "\n".join(f"{thing._meta.model_name}:{thing.pk}" for thing in things)}


def remove_url(domain: PartnerDomain) -> str:
    return reverse("accounts:connection_company_remove", args=[domain.pk])


# Who may, and what the page says


@pytest.mark.parametrize("role", OTHERS)
def test_others_are_refused(role: str, request: pytest.FixtureRequest, client_of: ClientOf) -> None:
    client = client_of(by_role(request, role))
    for url in (PAGE, ADD, COMPANIES):
        assert refuses(client, url)
    for url in (ADD, REMOVE, ADD_COMPANY):
        assert refuses(client, url, "post")


@pytest.mark.parametrize(
    ("who", "partners", "words"),
    [
        ("nobody", "any", ["Nobody can connect with other companies.", "this list has no effect"]),
        (
            "chosen",
            "any",
            ["Chosen members can connect", "Any company that allows it too can be connected with."],
        ),
        ("chosen", "named", ["Chosen members can connect", "Only listed companies are allowed."]),
        ("everybody", "any", ["All members can connect", "this list has no effect"]),
    ],
)
def test_the_rule_in_words(
    client: Client, company: Company, who: str, partners: str, words: list[str]
) -> None:
    """Rule 1.4; it is changed under General."""
    company.connecting, company.partners = who, partners
    company.save()
    page = text_of(client.get(PAGE))
    for text in words:
        assert text in page
    assert reverse("accounts:settings") in page
    assert ("this list has no effect" in page) == (who != "chosen")
    assert ("this list has no effect" in text_of(client.get(COMPANIES))) == (partners != "named")


# The list


def test_the_list_has_those_who_were_chosen(
    client: Client, chosen: Company, member: Member, outsider: Member, stranger: Member
) -> None:
    permit(member, stranger)
    assert listed(client) == ["Momo Member"]


@pytest.mark.parametrize(
    ("typed", "found"), [("momo", True), ("momo@han", True), ("PLAT", True), ("zz", False)]
)
def test_search_by_name_address_and_team(
    client: Client, chosen: Company, member: Member, typed: str, found: bool
) -> None:
    permit(member)
    TeamFactory.create(company=chosen, name="Platform", people=[member])
    assert (listed(client, q=typed) == ["Momo Member"]) == found
    assert ("Momo" in fragment(client, f"{PAGE}?q={typed}")) == found


def test_pages_and_queries_do_not_grow(client: Client, chosen: Company) -> None:
    permit(MemberFactory.create(company=chosen))
    few = queries_for(client, PAGE, CaptureQueriesContext(connection))
    permit(*(MemberFactory.create(company=chosen, name=f"Person {n:03}") for n in range(60)))
    assert queries_for(client, PAGE, CaptureQueriesContext(connection)) == few
    first = client.get(PAGE).context["page"]
    assert len(first.rows) == 50
    assert len(listed(client, PAGE + first.next)) == 11


# Adding


def test_people_are_added_by_name_team_and_address(
    client: Client, chosen: Company, member: Member, teammate: Member, team: Team, outsider: Member
) -> None:
    """A team stands for its people now, those below it included."""
    deep = MemberFactory.create(company=chosen)
    TeamFactory.create(company=chosen, parent=team, people=[deep])
    inactive = MemberFactory.create(company=chosen, is_active=False)
    team.members.add(inactive)
    chosen_text = tokens(member, team)["people"] + "\notto@hanbit.example"
    assert client.post(ADD, {"people": chosen_text}).status_code == 302
    permitted = set(Member.objects.filter(may_connect=True))
    assert permitted == {member, teammate, deep, outsider}
    later = MemberFactory.create(company=chosen)
    team.members.add(later)
    assert not Member.objects.get(pk=later.pk).may_connect


def test_whoever_gains_it_is_told_once_and_the_audit_names_them(
    client: Client, chosen: Company, member: Member, outsider: Member
) -> None:
    permit(outsider)
    for _ in range(2):
        client.post(ADD, tokens(member, outsider))
    assert told(member) == [Notice.Kind.CONNECTED]
    assert told(outsider) == []
    (entry,) = AuditEntry.objects.filter(action="connection.grant")
    assert entry.company_id == chosen.pk
    before, after = entry.changes["people_added"]
    assert before is None
    assert [item["email"] for item in after] == ["momo@hanbit.example"]


@pytest.mark.parametrize("who", ["nobody", "everybody"])
def test_a_list_without_effect_tells_nobody(
    client: Client, company: Company, member: Member, external_group: Group, who: str
) -> None:
    company.connecting = who
    company.save()
    client.post(ADD, tokens(member))
    assert Member.objects.get(pk=member.pk).may_connect
    assert client.post(REMOVE, {"one": member.pk}).status_code == 302
    assert not Member.objects.get(pk=member.pk).may_connect
    assert told(member) == []
    assert external_group.entries.filter(member=member).exists()


@pytest.mark.parametrize("typed", ["", "nobody@hanbit.example", "sten@nordlicht.example", "\0", "team:99"])
def test_what_cannot_be_added_is_said_beside_the_field(
    client: Client, chosen: Company, stranger: Member, typed: str
) -> None:
    """Somebody of another company answers as nobody at all does (rules 1.1, 6.2)."""
    answer = client.post(ADD, {"people": typed})
    assert answer.status_code == 422
    assert answer.context["form"].errors["people"]


def test_ids_of_other_companies_are_refused(
    client: Client, chosen: Company, stranger: Member, other_company: Company
) -> None:
    theirs = TeamFactory.create(company=other_company, people=[stranger])
    assert client.post(ADD, tokens(stranger)).status_code == 422
    client.post(ADD, tokens(theirs))
    client.post(REMOVE, {"member": stranger.pk})
    assert not Member.objects.filter(may_connect=True).exists()


# Removing


def test_one_is_removed_by_its_button_several_by_boxes(
    client: Client, chosen: Company, member: Member, outsider: Member, insider: Member
) -> None:
    permit(member, outsider, insider)
    client.post(REMOVE, {"one": member.pk, "member": [outsider.pk]})
    assert set(Member.objects.filter(may_connect=True)) == {outsider, insider}
    client.post(REMOVE, {"member": [outsider.pk, insider.pk]})
    assert not Member.objects.filter(may_connect=True).exists()
    assert told(outsider) == [Notice.Kind.DISCONNECTED]
    assert AuditEntry.objects.filter(action="connection.withdraw", company_id=chosen.pk).count() == 2


def test_nothing_ticked_changes_nothing(client: Client, chosen: Company, member: Member) -> None:
    permit(member)
    for data in ({}, {"member": ["", "x", "9" * 30, "-1"]}, {"one": "\0"}):
        answer = client.post(REMOVE, data, follow=True)
        assert "Choose at least one person" in text_of(answer)
    assert Member.objects.get(pk=member.pk).may_connect


def test_who_leaves_groups_by_it_is_asked_for_first(
    client: Client, chosen: Company, member: Member, master: Member, guest: Member, external_group: Group
) -> None:
    """Rule 2.15: how many people leave how many groups, and how many of those are left without a master."""
    permit(member, master)
    asked = client.post(REMOVE, {"member": [member.pk, master.pk]})
    assert asked.status_code == 200
    departures = asked.context["departures"]
    assert (departures.people, departures.groups, departures.without_master) == (2, 1, 1)
    assert "1 group</strong> will have no master" in text_of(asked)
    assert external_group.entries.filter(member=member).exists()
    assert Member.objects.filter(may_connect=True).count() == 2
    client.post(REMOVE, {"member": [member.pk, master.pk], "confirmed": "yes"})
    assert list(external_group.entries.values_list("member", flat=True)) == [guest.pk]
    assert not external_group.masters.exists()
    assert set(told(member)) == {Notice.Kind.DISCONNECTED, Notice.Kind.LEFT_BY_RULE}


def test_much_is_left_to_the_worker(
    client: Client, chosen: Company, member: Member, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    permit(member)
    answer = client.post(REMOVE, {"member": member.pk, "confirmed": "yes"})
    job = Job.objects.get(kind="connection.withdraw")
    assert answer.headers["Location"] == reverse("accounts:job", args=[job.pk])
    assert job.arguments["members"] == [member.pk]


# Companies


def test_a_company_is_named_by_a_domain_whoever_has_it(client: Client, other_company: Company) -> None:
    """Rule 6.2: whether somebody here has the domain makes no difference to what is answered."""
    known, unknown = (
        client.post(ADD_COMPANY, {"name": name}, follow=True)
        for name in ("Nordlicht.example. ", "unknown.example")
    )
    names = list(PartnerDomain.objects.values_list("name", flat=True))
    assert names == ["nordlicht.example", "unknown.example"]
    assert "Nordlicht" not in text_of(known).replace("nordlicht.example", "")
    assert known.redirect_chain == unknown.redirect_chain
    assert [str(message) for message in unknown.context["messages"]] == ["unknown.example was added."]
    assert AuditEntry.objects.filter(action="connection.add_company").count() == 2


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "This field is required."),
        ("no domain", "Enter a valid domain name"),
        ("a\0b.example", "Enter a valid domain name"),
        ("x" * 300 + ".example", ""),
        ("hanbit.example", "your own company"),
        ("second.example", "your own company"),
        ("Nordlicht.example", "already in the list"),
    ],
)
def test_domains_that_cannot_be_named(
    client: Client, company: Company, named: PartnerDomain, typed: str, problem: str
) -> None:
    DomainFactory.create(company=company, name="second.example")
    answer = client.post(ADD_COMPANY, {"name": typed})
    assert answer.status_code == 422
    (error,) = answer.context["form"].errors["name"]
    assert problem in error
    assert PartnerDomain.objects.count() == 1


def test_at_most_a_thousand(client: Client, company: Company) -> None:
    PartnerDomain.objects.bulk_create(
        PartnerDomain(company=company, name=f"partner{n:04}.example") for n in range(PARTNER_DOMAINS_LIMIT)
    )
    answer = client.post(ADD_COMPANY, {"name": "one-more.example"})
    assert answer.status_code == 422
    assert "1,000" in str(answer.context["form"].errors["name"])
    first = client.get(COMPANIES).context["page"]
    assert [domain.name for domain in first.rows][:2] == ["partner0000.example", "partner0001.example"]
    assert listed(client, COMPANIES + first.next)[0] == "partner0050.example"


def test_another_company_has_a_list_of_its_own(
    client: Client, named: PartnerDomain, other_company: Company
) -> None:
    theirs = PartnerDomain.objects.create(company=other_company, name="theirs.example")
    assert listed(client, COMPANIES) == ["nordlicht.example"]
    assert client.post(remove_url(theirs)).status_code == 404
    assert PartnerDomain.objects.filter(pk=theirs.pk).exists()


def test_who_connects_by_a_domain_alone_leaves_with_it(
    client: Client, named: PartnerDomain, guest: Member, external_group: Group
) -> None:
    """Rule 2.15: asks first, then ends the connection in one go."""
    asked = client.post(remove_url(named))
    assert asked.status_code == 200
    assert (asked.context["departures"].people, asked.context["departures"].groups) == (1, 1)
    assert external_group.entries.filter(member=guest).exists()
    assert client.post(remove_url(named), {"confirmed": "yes"}).status_code == 302
    assert not PartnerDomain.objects.exists()
    assert not external_group.entries.filter(member=guest).exists()
    assert told(guest) == [Notice.Kind.LEFT_BY_RULE]


def test_a_domain_that_nobody_connects_by_goes_at_once(client: Client, company: Company) -> None:
    domain = PartnerDomain.objects.create(company=company, name="unknown.example")
    assert client.post(remove_url(domain)).status_code == 302
    assert client.post(remove_url(domain)).status_code == 404


def test_own_people_leave_groups_of_the_company_that_is_removed(
    client: Client, named: PartnerDomain, member: Member, other_company: Company, guest: Member
) -> None:
    theirs = GroupFactory.create(company=other_company, external=True, masters=[guest], members=[member])
    client.post(remove_url(named), {"confirmed": "yes"})
    assert not theirs.entries.exists()
    assert theirs.masters.get().member == guest


# The actions themselves


def test_the_actions_insist(
    chosen: Company,
    administrator: Member,
    member: Member,
    stranger: Member,
    other_company: Company,
    actor_of: ActorOf,
) -> None:
    """Rules 1.1, 7: administrators of the company only, and its own people only."""
    permit(member, stranger)
    theirs = PartnerDomain.objects.create(company=other_company, name="theirs.example")
    ada, momo = actor_of(administrator), actor_of(member)
    with pytest.raises(Refused):
        connections.grant_connection(chosen, [member.pk], actor=momo)
    with pytest.raises(Refused):
        connections.withdraw_connection(chosen, [member.pk], actor=momo)
    with pytest.raises(Refused):
        connections.add_partner_domain(chosen, "new.example", actor=momo)
    with pytest.raises(Refused):
        connections.remove_partner_domain(theirs, actor=ada)
    with pytest.raises(Invalid):
        connections.grant_connection(chosen, [stranger.pk], actor=ada)
    connections.withdraw_connection(chosen, [stranger.pk], actor=ada)
    assert set(Member.objects.filter(may_connect=True)) == {member, stranger}
    assert list(PartnerDomain.objects.all()) == [theirs]
