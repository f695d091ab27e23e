"""What leads a new company on, and empty pages that say what to do next (rule 1.14)."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, Domain, Member
from groups.first_steps import FirstSteps
from tests.factories import (
    GroupFactory,
    IdentityProviderFactory,
    MailingListFactory,
    MemberFactory,
    TeamFactory,
)
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

LIST, PAGE, HIDE = reverse("groups:list"), reverse("groups:first_steps"), reverse("groups:first_steps_hide")
PANEL, FILTERS, SEARCH = 'aria-labelledby="first-steps"', 'class="filters"', 'role="search"'


def shown(client: Client, url: str = LIST) -> str:
    return client.get(url).content.decode()


def done(viewer: Member) -> list[bool]:
    return [step.is_done for step in FirstSteps.of(viewer).steps]


def more(viewer: Member) -> list[bool]:
    return [step.is_done for step in FirstSteps.of(viewer).more]


@pytest.fixture
def founder(company: Company) -> Member:
    """The only person of a company whose domain waits to be proven."""
    found = MemberFactory.create(company=company, is_administrator=True)
    Domain.objects.filter(company=company).update(state=Domain.State.EXISTING)
    return found


@pytest.fixture
def client(founder: Member, client_of: ClientOf) -> Client:
    return client_of(founder)


def test_each_step_is_looked_up(founder: Member, company: Company, other_company: Company) -> None:
    MemberFactory.create(company=other_company)
    TeamFactory.create(company=other_company)
    GroupFactory.create(company=other_company)
    GroupFactory.create(company=company, deleted=True)
    assert done(founder) == [False, False, False, False]
    Domain.objects.filter(company=company).update(state=Domain.State.PROVEN)
    assert done(founder) == [True, False, False, False]
    MemberFactory.create(company=company)
    TeamFactory.create(company=company)
    GroupFactory.create(company=company)
    assert FirstSteps.of(founder).are_done
    assert more(founder) == [False, False, False]
    mailing_list = MailingListFactory.create(company=company)
    GroupFactory.create(company=company, uses_mailing_list=True, mailing_list=mailing_list)
    Company.objects.filter(pk=company.pk).update(second_factor="administrators")
    IdentityProviderFactory.create(company=company)
    assert more(founder) == [True, True, True]


def test_in_one_query(founder: Member, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        FirstSteps.of(founder)


def test_an_empty_company_is_led_on_instead_of_filtering_nothing(client: Client, company: Company) -> None:
    page = shown(client)
    assert PANEL in page
    assert "0 of 4 done" in page
    assert reverse("accounts:domain", args=[Domain.objects.get(company=company).pk]) in page
    assert FILTERS not in page
    assert SEARCH not in page


def test_until_all_is_done(client: Client, company: Company) -> None:
    """Once there are groups, what else is left stands above them."""
    MemberFactory.create(company=company)
    GroupFactory.create(company=company)
    page = shown(client)
    assert "2 of 4 done" in page
    assert FILTERS in page
    assert SEARCH in page
    TeamFactory.create(company=company)
    Domain.objects.filter(company=company).update(state=Domain.State.PROVEN)
    assert PANEL not in shown(client)
    assert "Done:" in shown(client, PAGE)


def test_hidden_for_who_hides_them_only(client: Client, company: Company, client_of: ClientOf) -> None:
    other = MemberFactory.create(company=company, is_administrator=True)
    assert client.post(HIDE)["Location"] == LIST
    assert PANEL not in shown(client)
    assert PANEL in shown(client_of(other))
    assert "Prove domain" in shown(client, PAGE)
    assert PAGE in shown(client, reverse("accounts:company"))


def test_a_domain_in_use_is_asked_for_once(client: Client, company: Company) -> None:
    """By the first step, or else by the list of those to be proven (rule 1.9)."""
    asked = "Prove that these domains are yours"
    assert asked not in shown(client)
    client.post(HIDE)
    assert asked in shown(client)


def test_recently_deleted_groups_are_found_without_filters(client: Client, company: Company) -> None:
    assert reverse("groups:deleted") not in shown(client)
    GroupFactory.create(company=company, deleted=True)
    assert reverse("groups:deleted") in shown(client)


@pytest.mark.parametrize("name", ["groups:list", "groups:belonging", "accounts:contacts"])
def test_members_are_told_whom_to_ask_and_administrators_what_to_do(
    name: str, client: Client, founder: Member, company: Company, other_company: Company, client_of: ClientOf
) -> None:
    """By name, those of their own company."""
    Company.objects.filter(pk=company.pk).update(connecting="nobody")
    foreign = MemberFactory.create(company=other_company, is_administrator=True)
    page = shown(client_of(MemberFactory.create(company=company)), reverse(name))
    assert "Whom to ask:" in page
    assert founder.name in page
    assert foreign.name not in page
    assert PANEL not in page
    assert FILTERS not in page
    page = shown(client, reverse(name))
    assert "Whom to ask:" not in page
    assert "sk an administrator" not in page


def test_three_administrators_are_named(company: Company, client_of: ClientOf) -> None:
    MemberFactory.create_batch(4, company=company, is_administrator=True)
    page = shown(client_of(MemberFactory.create(company=company)))
    assert page.partition("Whom to ask:")[2].partition("</p>")[0].count("<a ") == 3
    assert "and others" in page


def test_whoever_may_create_groups_is_offered_it(company: Company, client_of: ClientOf) -> None:
    """Rule 1.5."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    page = shown(client_of(MemberFactory.create(company=company)))
    assert "Add your first group" in page
    assert "Whom to ask:" not in page


def test_a_list_without_anything_has_no_search(client: Client) -> None:
    for name in (
        "accounts:team_list",
        "accounts:connection",
        "groups:failing_addresses",
        "groups:mail_audit",
    ):
        assert SEARCH not in shown(client, reverse(name)), name
    for name in ("accounts:team_list", "accounts:connection", "groups:failing_addresses"):
        assert SEARCH in shown(client, reverse(name) + "?q=x"), name
