"""Company, Service › Contacts › General, and one's own profile (rules 1.1, 1.4, 1.5, 7, 9.2)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.domains import prove_domain
from accounts.actor import Actor
from accounts.models import Company, Domain, Member
from tests.factories import DomainFactory, GroupFactory
from tests.helpers import ClientOf

from .pages import OTHERS, by_role, company_form, general_form, refuses, text_of

GENERAL, COMPANY = reverse("accounts:settings"), reverse("accounts:company")
DOMAIN_ADD = reverse("accounts:domain_add")
PROFILE = reverse("accounts:profile")


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.mark.parametrize("role", OTHERS)
def test_others_are_refused(
    role: str, company: Company, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    client = client_of(by_role(request, role))
    domain = company.primary_domain.pk
    assert refuses(client, GENERAL)
    assert refuses(client, COMPANY)
    for url in (
        GENERAL,
        COMPANY,
        DOMAIN_ADD,
        reverse("accounts:domain_remove", args=[domain]),
        reverse("accounts:domain_make_primary", args=[domain]),
    ):
        assert refuses(client, url, "post")


def test_wrong_verbs(client: Client, company: Company) -> None:
    assert client.get(DOMAIN_ADD).status_code == 405
    assert client.delete(GENERAL).status_code == client.delete(COMPANY).status_code == 405
    assert (
        client.get(reverse("accounts:domain_make_primary", args=[company.primary_domain.pk])).status_code
        == 405
    )


def test_a_lower_plan_is_asked_about_with_numbers(client: Client, company: Company) -> None:
    """Rule 10.12: the company's name is typed; what is wrong is said first."""
    GroupFactory.create_batch(2, company=company)
    sent = company_form(plan="free")
    asked = client.post(COMPANY, sent)
    assert asked.status_code == 200
    assert "At most 1,000 groups instead of 100,000. You have 2." in text_of(asked)
    assert client.post(COMPANY, sent | {"typed": "Another"}).status_code == 422
    company.refresh_from_db()
    assert company.plan == "paid"

    assert client.post(COMPANY, sent | {"typed": company.name})["Location"] == COMPANY
    company.refresh_from_db()
    assert company.plan == "free"


def test_plan_with_usage(client: Client, company: Company) -> None:
    GroupFactory.create_batch(2, company=company)
    GroupFactory.create(company=company, deleted=True)
    shown = text_of(client.get(COMPANY))
    assert "2 of 100,000" in shown
    assert "0 of 10,000" in shown
    assert "hanbit.example" in shown


def test_each_page_saves_its_own_and_leaves_the_rest(client: Client, company: Company) -> None:
    sent = company_form(plan="free", typed=company.name)
    del sent["has_core"]
    assert client.post(COMPANY, sent | {"connecting": "nobody"})["Location"] == COMPANY
    company.refresh_from_db()
    assert (company.plan, company.has_core) == ("free", False)
    assert (company.connecting, company.group_creators) == ("everybody", "administrators")
    sent = general_form(connecting="chosen", group_creators="everybody", version="2")
    assert client.post(GENERAL, sent | {"plan": "paid"})["Location"] == GENERAL
    company.refresh_from_db()
    assert (company.plan, company.has_core) == ("free", False)
    assert (company.connecting, company.group_creators) == ("chosen", "everybody")


def test_a_change_on_the_other_page_is_a_conflict_too(client: Client, company: Company) -> None:
    """Rule 2.18: who saves sees what has changed, and overwrites none of it."""
    client.post(COMPANY, company_form(plan="free", typed=company.name))
    assert client.post(GENERAL, general_form(group_creators="everybody")).status_code == 409
    company.refresh_from_db()
    assert (company.group_creators, company.plan) == ("administrators", "free")


def test_authority_to_create_group_stays_under_general(client: Client, company: Company) -> None:
    """Rule 1.5: where the guide has it. Plan, domains and how long things are kept are the company's."""
    general, of_company = text_of(client.get(GENERAL)), text_of(client.get(COMPANY))
    assert "Authority to create group" in general
    assert "Authority to create group" not in of_company
    for own in ("New domain", "180 days", "Who needs a second factor"):
        assert own in of_company
        assert own not in general


@pytest.mark.parametrize(
    ("page", "field"),
    [
        *((COMPANY, field) for field in ("plan", "second_factor")),
        *((GENERAL, field) for field in ("connecting", "partners", "group_creators", "recall_hours")),
    ],
)
@pytest.mark.parametrize("value", ["", "nonsense", "\0"])
def test_values_that_do_not_exist(
    client: Client, company: Company, page: str, field: str, value: str
) -> None:
    sent = company_form() if page == COMPANY else general_form()
    assert client.post(page, sent | {field: value}).status_code == 422
    company.refresh_from_db()
    assert company.version == 1


def test_no_free_plan_in_taiwan_said_beside_the_plan(client: Client, company: Company) -> None:
    """Rule 1.7: and the other choices stay as they were made."""
    company.region = Company.Region.TAIWAN
    company.save()
    answer = client.post(COMPANY, company_form(plan="free", second_factor="everybody"))
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"plan": ["The free plan is not available in the Taiwan region."]}
    assert 'value="everybody" id="id_second_factor_2" checked' in text_of(answer)
    company.refresh_from_db()
    assert company.plan == "paid"


def test_domains_are_added_made_primary_and_removed(client: Client, company: Company) -> None:
    client.post(DOMAIN_ADD, {"name": "Second.Example"})
    second = Domain.objects.get(name="second.example")
    prove_domain(second, actor=Actor.system())
    client.post(reverse("accounts:domain_make_primary", args=[second.pk]))
    assert company.primary_domain == second
    third = DomainFactory.create(company=company, name="third.example")
    client.post(reverse("accounts:domain_remove", args=[third.pk]))
    assert not Domain.objects.filter(name="third.example").exists()


@pytest.mark.parametrize("name", ["", "no domain", "nordlicht.example", "hanbit.example", "x" * 300])
def test_domains_that_cannot_be_added(
    client: Client, company: Company, other_company: Company, name: str
) -> None:
    answer = client.post(DOMAIN_ADD, {"name": name})
    assert answer.status_code == 422
    assert answer.context["domain_form"].errors["name"]
    assert f'value="{name}"' in text_of(answer) or not name
    assert company.domains.count() == 1


def test_a_domain_in_use_stays_with_the_reason(client: Client, company: Company, member: Member) -> None:
    other = DomainFactory.create(company=company)
    client.post(reverse("accounts:domain_make_primary", args=[other.pk]))
    used = Domain.objects.get(name="hanbit.example")
    answer = client.post(reverse("accounts:domain_remove", args=[used.pk]), follow=True)
    assert "hanbit.example is in use" in text_of(answer)
    assert Domain.objects.filter(pk=used.pk).exists()


@pytest.mark.parametrize("name", ["domain_remove", "domain_make_primary"])
def test_domains_of_others_answer_as_if_not_there(client: Client, other_company: Company, name: str) -> None:
    url = reverse(f"accounts:{name}", args=[other_company.primary_domain.pk])
    assert client.post(url).status_code == 404


@pytest.mark.parametrize("role", ["administrator", "member", "guest", "superuser"])
def test_everybody_has_a_profile(role: str, request: pytest.FixtureRequest, client_of: ClientOf) -> None:
    member = by_role(request, role)
    client = client_of(member)
    assert member.email in text_of(client.get(PROFILE))
    client.post(PROFILE, {"language": "en-gb", "time_zone": "Asia/Seoul"})
    member.refresh_from_db()
    assert (member.language, member.time_zone) == ("en-gb", "Asia/Seoul")
    client.post(PROFILE, {"language": "", "time_zone": ""})
    member.refresh_from_db()
    assert (member.language, member.time_zone) == ("", "")


@pytest.mark.parametrize(
    "values", [{"language": "xx"}, {"time_zone": "Nowhere/City"}, {"time_zone": "../etc"}, {"language": "\0"}]
)
def test_profile_values_that_do_not_exist(
    client: Client, administrator: Member, values: dict[str, str]
) -> None:
    assert client.post(PROFILE, values).status_code == 422
    administrator.refresh_from_db()
    assert (administrator.language, administrator.time_zone) == ("", "")


def test_profile_needs_a_sign_in(client_of: ClientOf, db: None) -> None:
    assert client_of(None).get(PROFILE).status_code == 302
