"""Companies and their domains in Django admin (rules 1.1, 1.7, 7)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Company, Domain, Job, Member
from groups.models import Group
from tests.admin_pages import admin_url, errors, last_entry, said, save
from tests.factories import DomainFactory


def test_add_a_company(admin: Client) -> None:
    """Rule 1.1: with its first domain, the primary one."""
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
        ("domain.approve", "admin"),
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
    """Rules 1.1, 1.7; nothing is half saved."""
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
    """Rule 2.15: with a page that names what it touches, and by a job."""
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
    """Rule 1.1: one company a domain, one primary domain a company; one in use stays."""
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


def test_a_domain_is_approved_by_hand(admin: Client, company: Company, other_company: Company) -> None:
    """Rule 1.9: but not while another company uses it."""
    claim = DomainFactory.create(company=company, name="new.example", state=Domain.State.CLAIMED)
    used = DomainFactory.create(company=other_company, name="new.example", state=Domain.State.EXISTING)
    url = admin_url(Domain, "change", claim.pk)
    assert claim.record_value in admin.get(url).content.decode()
    assert "Nordlicht uses" in errors(save(admin, url, is_approved=True))["is_approved"][0]
    assert save(admin, url).status_code == 302
    claim.refresh_from_db()
    assert claim.state == Domain.State.CLAIMED
    used.delete()
    assert save(admin, url, is_approved=True, is_primary=True).status_code == 302
    claim.refresh_from_db()
    assert (claim.state, company.primary_domain) == (Domain.State.PROVEN, claim)
    assert AuditEntry.objects.filter(action="domain.approve", door="admin").count() == 1
    assert "is_approved" not in admin.get(url).context["adminform"].form.fields
