"""The pages of domains: what is to be proven, and by which record (rule 1.9)."""

import pytest
from django.urls import reverse

from accounts.models import Company, Domain, Member
from groups.models import Group
from tests.factories import AddressFactory
from tests.helpers import ClientOf

from .pages import text_of

pytestmark = pytest.mark.django_db


def test_administrators_are_asked_to_prove_what_is_in_use(
    company: Company, administrator: Member, member: Member, group: Group, client_of: ClientOf
) -> None:
    """Above the groups, once the first steps no longer ask for it (rule 1.14)."""
    client = client_of(administrator)
    client.post(reverse("groups:first_steps_hide"))
    title = "Prove that these domains are yours"
    assert title not in text_of(client.get(reverse("groups:list")))
    Domain.objects.filter(company=company).update(state=Domain.State.EXISTING)
    assert title in text_of(client.get(reverse("groups:list")))
    assert title not in text_of(client_of(member).get(reverse("groups:list")))
    page = text_of(client.get(reverse("accounts:domain", args=[company.primary_domain.pk])))
    assert "works as before" in page


def test_the_page_names_the_record(administrator: Member, client_of: ClientOf, company: Company) -> None:
    client = client_of(administrator)
    answer = client.post(reverse("accounts:domain_add"), {"name": "new.example"})
    claim = Domain.objects.get(name="new.example")
    assert answer["Location"] == reverse("accounts:domain", args=[claim.pk])
    page = client.get(answer["Location"]).content.decode()
    assert f'value="{claim.record_name}"' in page
    assert f'value="{claim.record_value}"' in page
    assert "To be proven" in text_of(client.get(reverse("accounts:company")))


def test_reserved_addresses_from_before_are_named(
    company: Company, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 1.10."""
    AddressFactory.create(company=company, local_part="admin", predates_rule=True)
    assert "admin@hanbit.example" in text_of(client_of(administrator).get(reverse("accounts:company")))
