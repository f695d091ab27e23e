"""Companies and people in Django admin: superusers can do all of it, by the rules of the pages (spec 7)."""

from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group as PermissionGroup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Address, AuditEntry, Company, Domain, Job, Member, Team, TeamMembership
from groups.models import Group
from tests.admin_pages import admin_url, client_of, errors, last_entry, said, save
from tests.factories import (
    PASSWORD,
    AddressFactory,
    CompanyFactory,
    DomainFactory,
    MemberFactory,
    TeamFactory,
)

MODELS = (Company, Domain, Member, Team, TeamMembership, Address, AuditEntry)


@pytest.fixture
def admin(superuser: Member) -> Client:
    """The superuser's browser."""
    return client_of(superuser)


def test_every_model_is_there_and_no_misleading_one() -> None:
    registered = {model._meta.label for model in django_admin.site._registry}
    assert {model._meta.label for model in MODELS} <= registered
    assert "django_tasks_database.DBTaskResult" in registered
    assert PermissionGroup not in django_admin.site._registry
    assert "account.EmailAddress" not in registered


@pytest.mark.parametrize("model", MODELS)
def test_nobody_but_superusers_gets_in(
    model: type[Any], administrator: Member, member: Member, admin: Client
) -> None:
    """Spec 7. There is one sign-in page, the one with throttling."""
    url = admin_url(model, "changelist")
    for person in (administrator, member):
        assert client_of(person).get(url, follow=True).status_code == 403
    assert client_of(None).get(url)["Location"] == f"{reverse('account_login')}?next={url}"
    assert client_of(None).post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302
    assert admin.get(url).status_code == 200
    assert admin.get(reverse("admin:index")).status_code == 200


# Companies and domains


def test_add_a_company(admin: Client) -> None:
    """Spec 1.1: with its first domain, the primary one."""
    values = {"plan": "paid", "connecting": "chosen", "group_creators": "everybody"}
    answer = save(admin, admin_url(Company, "add"), name="Newcomer", domain="New.Example", **values)
    assert answer.status_code == 302
    company = Company.objects.get(name="Newcomer")
    assert (company.plan, company.connecting, company.primary_domain.name) == (
        "paid",
        "chosen",
        "new.example",
    )
    assert set(AuditEntry.objects.values_list("action", "door")) == {
        ("company.create", "admin"),
        ("domain.add", "admin"),
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \u200b"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"domain": "no domain"}, "domain"),
        ({"domain": "HANBIT.example"}, "domain"),
        ({"domain": "nul\x00.example"}, "domain"),
        ({"region": "tw"}, "plan"),
        ({"plan": "golden"}, "plan"),
    ],
)
def test_what_is_wrong_with_a_company(
    admin: Client, company: Company, changes: dict[str, str], field: str
) -> None:
    """Spec 1.1, 1.7; nothing is half saved."""
    values = {"name": "Newcomer", "domain": "new.example"} | changes
    assert list(errors(save(admin, admin_url(Company, "add"), **values))) == [field]
    assert (Company.objects.count(), Domain.objects.count()) == (1, 1)
    assert not AuditEntry.objects.exists()


def test_change_a_company(admin: Client, company: Company) -> None:
    url = admin_url(Company, "change", company.pk)
    assert save(admin, url, name="Hanbit 2", region="tw").status_code == 302
    assert "plan" in errors(save(admin, url, plan="free", name="Hanbit 3"))
    company.refresh_from_db()
    assert (company.name, company.region, company.plan) == ("Hanbit 2", "tw", "paid")
    assert save(admin, url, region="world", plan="free").status_code == 302
    assert save(admin, url, region="tw", plan="paid").status_code == 302
    assert last_entry().door == "admin"


def test_delete_a_company(admin: Client, company: Company, external_group: Group) -> None:
    """Spec 2.15: with a page that names what it touches, and by a job."""
    url = admin_url(Company, "delete", company.pk)
    page = admin.get(url).content.decode()
    assert "2 members" in page
    assert "1 groups, with their rooms" in page
    answer = admin.post(url, {"post": "yes"})
    job = Job.objects.get()
    assert answer["Location"] == reverse("accounts:job", args=[job.pk])
    assert "The company was deleted." in admin.get(answer["Location"]).content.decode()
    assert not Company.objects.filter(pk=company.pk).exists()
    assert last_entry().action == "company.delete"


def test_domains(admin: Client, company: Company, other_company: Company, member: Member) -> None:
    """Spec 1.1: one company a domain, one primary domain a company; one in use stays."""
    add = admin_url(Domain, "add")
    assert "name" in errors(save(admin, add, company=company.pk, name="nordlicht.example"))
    assert save(admin, add, company=company.pk, name="second.example").status_code == 302
    first, second = company.primary_domain, Domain.objects.get(name="second.example")
    url = admin_url(Domain, "change", first.pk)
    assert "is_primary" in errors(save(admin, url, is_primary=False))
    assert save(admin, admin_url(Domain, "change", second.pk), is_primary=True).status_code == 302
    assert company.primary_domain == second
    answer = admin.post(admin_url(Domain, "delete", first.pk), {"post": "yes"})
    assert "in use" in said(admin, answer)
    assert Domain.objects.filter(pk=first.pk).exists()


# People


def test_add_a_member(admin: Client, company: Company, team: Team) -> None:
    answer = save(
        admin,
        admin_url(Member, "add"),
        company=company.pk,
        name="Neu",
        email="Neu@Hanbit.example",
        aliases="new@hanbit.example\nneo@hanbit.example\n",
        teams=[team.pk],
        is_administrator=True,
    )
    assert answer.status_code == 302
    neu = Member.objects.get(email="neu@hanbit.example")
    assert (neu.company, neu.is_administrator, neu.has_usable_password()) == (company, True, False)
    assert {str(address) for address in neu.addresses.all()} == {
        "neu@hanbit.example",
        "new@hanbit.example",
        "neo@hanbit.example",
    }
    assert list(neu.teams.all()) == [team]
    assert (last_entry().action, last_entry().door) == ("member.add", "admin")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "\u2800"}, "name"),
        ({"email": "momo@hanbit.example"}, "email"),
        ({"email": "neu@nordlicht.example"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "platform@hanbit.example"}, "email"),
        ({"aliases": "momo@hanbit.example"}, "aliases"),
        ({"aliases": "nobody\x00"}, "aliases"),
        ({"aliases": "a@b@c\n\n@@"}, "aliases"),
        ({"company": ""}, "is_administrator"),
        ({"company": "9" * 40}, "company"),
        ({"teams": ["9" * 40]}, "teams"),
        ({"teams": ["0"]}, "teams"),
    ],
)
def test_what_is_wrong_with_a_member(
    admin: Client, company: Company, member: Member, group: Group, changes: dict[str, Any], field: str
) -> None:
    """Spec 1.6."""
    known = Member.objects.count()
    values = {"company": company.pk, "name": "Neu", "email": "neu@hanbit.example", "is_administrator": True}
    assert list(errors(save(admin, admin_url(Member, "add"), **(values | changes)))) == [field]
    assert Member.objects.count() == known


def test_change_a_member(admin: Client, member: Member, administrator: Member) -> None:
    url = admin_url(Member, "change", member.pk)
    answer = save(admin, url, name="Momo 2", email="mo@hanbit.example", is_superuser=True, is_active=False)
    assert answer.status_code == 302
    member.refresh_from_db()
    assert (member.name, member.email) == ("Momo 2", "mo@hanbit.example")
    assert (member.is_superuser, member.is_active) == (True, False)
    assert str(member.addresses.get()) == "mo@hanbit.example"
    actions = set(AuditEntry.objects.values_list("action", "door"))
    assert actions == {
        (f"{name}", "admin") for name in ("member.update", "superuser.set", "member.deactivate")
    }
    assert save(admin, url, is_active=True, is_superuser=False).status_code == 302
    member.refresh_from_db()
    assert (member.is_superuser, member.is_active) == (False, True)
    assert save(admin, url).status_code == 302
    assert AuditEntry.objects.count() == 5


def test_the_last_administrator_stays(admin: Client, administrator: Member) -> None:
    url = admin_url(Member, "change", administrator.pk)
    assert "is_administrator" in errors(save(admin, url, is_administrator=False))
    assert "is_active" in errors(save(admin, url, is_active=False, name="Renamed"))
    administrator.refresh_from_db()
    assert (administrator.name, administrator.is_active) == ("Ada Administrator", True)


def test_superusers_of_the_installation(admin: Client, superuser: Member, member: Member) -> None:
    """Spec 1.2; spec 1.6: no address twice, not even outside the companies."""
    add = admin_url(Member, "add")
    assert "email" in errors(save(admin, add, name="Two", email="momo@hanbit.example"))
    assert save(admin, add, name="Two", email="Two@installation.example").status_code == 302
    two = Member.objects.get(name="Two")
    assert (two.is_superuser, two.company, two.email) == (True, None, "two@installation.example")
    assert save(admin, admin_url(Member, "change", two.pk), is_active=False).status_code == 302
    two.refresh_from_db()
    assert not two.is_active
    own = admin_url(Member, "change", superuser.pk)
    assert "is_active" in errors(save(admin, own, is_active=False))
    assert "email" in errors(save(admin, own, email="two@installation.example"))


def test_delete_a_person(admin: Client, member: Member, superuser: Member, external_group: Group) -> None:
    """Spec 2.15; but nobody without a company."""
    url = admin_url(Member, "delete", member.pk)
    assert "momo@hanbit.example" in admin.get(url).content.decode()
    assert admin.post(url, {"post": "yes"}).status_code == 302
    assert not Member.objects.filter(pk=member.pk).exists()
    answer = admin.post(admin_url(Member, "delete", superuser.pk), {"post": "yes"})
    assert "belongs to no company" in said(admin, answer)


def test_set_a_password(admin: Client, member: Member) -> None:
    url = f"/admin/accounts/member/{member.pk}/password/"
    page = admin.get(admin_url(Member, "change", member.pk)).content.decode()
    assert 'href="../password/"' in page
    new = "another horse battery staple"
    assert (
        admin.post(url, {"password1": new, "password2": "other", "usable_password": "true"}).status_code
        == 200
    )
    assert not AuditEntry.objects.exists()
    answer = admin.post(url, {"password1": new, "password2": new, "usable_password": "true"})
    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.check_password(new)
    assert not member.check_password(PASSWORD)
    assert (last_entry().action, last_entry().door, last_entry().changes) == (
        "member.set_password",
        "admin",
        {},
    )


# Teams


def test_teams(admin: Client, company: Company, team: Team, member: Member, teammate: Member) -> None:
    """Spec 1.3."""
    values = {"company": company.pk, "parent": team.pk, "name": "SRE", "local_part": "sre"}
    assert save(admin, admin_url(Team, "add"), people=[member.pk], **values).status_code == 302
    sre = Team.objects.get(name="SRE")
    assert (sre.parent, str(sre.address), list(sre.members.all())) == (team, "sre@hanbit.example", [member])
    assert "name" in errors(save(admin, admin_url(Team, "add"), **values))
    answer = save(admin, admin_url(Team, "change", sre.pk), people=[teammate.pk], name="SRE 2", parent="")
    assert answer.status_code == 302
    sre.refresh_from_db()
    assert (sre.name, sre.parent, list(sre.members.all())) == ("SRE 2", None, [teammate])
    assert last_entry().door == "admin"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a/b"}, "name"),
        ({"local_part": "momo"}, "local_part"),
        ({"local_part": "x"}, "local_part"),
        ({"parent": "9" * 40}, "parent"),
        ({"people": ["x"]}, "people"),
    ],
)
def test_what_is_wrong_with_a_team(
    admin: Client, company: Company, member: Member, changes: dict[str, Any], field: str
) -> None:
    values = {"company": company.pk, "name": "SRE", "local_part": "sre"} | changes
    assert list(errors(save(admin, admin_url(Team, "add"), **values))) == [field]
    assert not Team.objects.exists()


def test_teams_make_no_loop(admin: Client, company: Company, team: Team) -> None:
    below = TeamFactory.create(company=company, parent=team)
    assert "parent" in errors(save(admin, admin_url(Team, "change", team.pk), parent=below.pk))
    answer = admin.post(admin_url(Team, "delete", team.pk), {"post": "yes"})
    assert "below it first" in said(admin, answer)
    admin.post(admin_url(Team, "delete", below.pk), {"post": "yes"})
    assert list(Team.objects.all()) == [team]


def test_team_memberships(admin: Client, team: Team, member: Member, stranger: Member) -> None:
    add = admin_url(TeamMembership, "add")
    assert "member" in errors(save(admin, add, team=team.pk, member=stranger.pk))
    assert save(admin, add, team=team.pk, member=member.pk).status_code == 302
    assert "member" in errors(save(admin, add, team=team.pk, member=member.pk))
    rows = list(TeamMembership.objects.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "_selected_action": rows}
    assert "tae@" in admin.post(admin_url(TeamMembership, "changelist"), chosen).content.decode()
    admin.post(admin_url(TeamMembership, "changelist"), chosen | {"post": "yes"})
    assert not TeamMembership.objects.exists()
    assert len(last_entry().changes["people_removed"][1]) == 2


# What is only looked at


def test_the_audit_stays_as_it_is(admin: Client, company: Company) -> None:
    """Spec 8.3."""
    save(admin, admin_url(Company, "change", company.pk), name="Renamed")
    entry = last_entry()
    url = admin_url(AuditEntry, "change", entry.pk)
    page = admin.get(url).content.decode()
    assert "Renamed" in page
    assert 'name="_save"' not in page
    assert admin.post(url, {"reason": "x"}).status_code == 403
    assert admin.post(admin_url(AuditEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert admin.get(admin_url(AuditEntry, "add")).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    admin.post(admin_url(AuditEntry, "changelist"), chosen)
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_addresses_are_only_looked_at(admin: Client, member: Member, group: Group) -> None:
    page = admin.get(admin_url(Address, "changelist")).content.decode()
    assert "Platform guild" in page
    assert "Momo Member" in page
    address = member.addresses.get()
    assert admin.get(admin_url(Address, "change", address.pk)).status_code == 200
    assert admin.post(admin_url(Address, "delete", address.pk), {"post": "yes"}).status_code == 403
    assert admin.get(admin_url(Address, "add")).status_code == 403


# Quick, and robust


@pytest.mark.parametrize("model", MODELS)
def test_a_list_is_bounded(admin: Client, model: type[Any]) -> None:
    """It asks no more for more rows, and counts nothing to its end."""
    counts = []
    for _ in range(2):
        for _each in range(3):
            company = CompanyFactory.create()
            person = MemberFactory.create(company=company)
            address = AddressFactory.create(company=company, kind=Address.Kind.TEAM)
            parent = TeamFactory.create(company=company)
            TeamFactory.create(company=company, parent=parent, address=address, people=[person])
            save(admin, admin_url(Company, "change", company.pk), name=f"Renamed {company.pk}")
        admin.get(admin_url(model, "changelist"))
        with CaptureQueriesContext(connection) as queries:
            admin.get(admin_url(model, "changelist"), {"q": "e"})
        counts.append(len(queries))
        counting = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
        assert all("LIMIT" in sql for sql in counting), counting
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("term", "found"),
    [("MOMO", True), ("momo@hanbit", True), ("moon", True), ("moon@hanbit.ex", True), ("x%", False)],
)
def test_search_people(admin: Client, member: Member, term: str, found: bool) -> None:
    AddressFactory.create(company=member.company, local_part="moon", kind=Address.Kind.ALIAS, member=member)
    page = admin.get(admin_url(Member, "changelist"), {"q": term})
    assert [each.pk for each in page.context["cl"].result_list] == ([member.pk] if found else [])


def test_only_one_company(admin: Client, member: Member, stranger: Member) -> None:
    page = admin.get(admin_url(Member, "changelist"), {"company": str(member.company_id)})
    assert [each.pk for each in page.context["cl"].result_list] == [member.pk]


@pytest.mark.parametrize("value", ["abc", "9" * 40, "-1", "\x00", "1\x00", "' OR 1=1", "("])
@pytest.mark.parametrize("model", MODELS)
def test_nasty_addresses_and_forms_never_break(
    admin: Client, member: Member, team: Team, model: type[Any], value: str
) -> None:
    admin.raise_request_exception = False
    DomainFactory.create(company=member.company)
    changelist = admin_url(model, "changelist")
    for key in ("q", "p", "o", "company", "team", "actor_id", "domain", "result__exact", "password__regex"):
        assert admin.get(changelist, {key: value}).status_code in (200, 302, 400), key
    for view in ("change", "delete", "history", "password"):
        path = f"{changelist}{value.replace(chr(0), '%00')}/{view}/"
        assert admin.get(path).status_code in (302, 403, 404)
    chosen = {"action": "delete_selected", "_selected_action": [value], "index": value}
    assert admin.post(changelist, chosen).status_code in (200, 302)
    page = admin.get(admin_url(model, "add"))
    if page.status_code == 200:
        names = page.context["adminform"].form.fields
        assert admin.get(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200
        assert admin.post(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200
