"""Companies and people in Django admin: superusers can do all of it, by the rules of the pages (rule 7)."""

from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group as PermissionGroup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Address, AuditEntry, Company, Domain, Member, Team, TeamMembership
from groups.models import Group
from tests.admin_pages import admin_url, client_of, last_entry, save
from tests.factories import AddressFactory, CompanyFactory, DomainFactory, MemberFactory, TeamFactory

MODELS = (Company, Domain, Member, Team, TeamMembership, Address, AuditEntry)


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
    """Rule 7. There is one sign-in page, the one with throttling."""
    url = admin_url(model, "changelist")
    for person in (administrator, member):
        assert client_of(person).get(url, follow=True).status_code == 403
    assert client_of(None).get(url)["Location"] == f"{reverse('account_login')}?next={url}"
    assert client_of(None).post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302
    assert admin.get(url).status_code == 200
    assert admin.get(reverse("admin:index")).status_code == 200


def test_the_audit_stays_as_it_is(admin: Client, company: Company) -> None:
    """Rule 8.3."""
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
