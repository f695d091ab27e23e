"""Groups without a master stand above the list of all, and one is named right there (rules 2.7, 2.15)."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.actor import Actor
from accounts.models import Company, Member
from groups.listing.masterless import some_without_master
from groups.models import Group
from groups.views.lists import WITHOUT_MASTER_SHOWN
from tests.factories import GroupFactory
from tests.helpers import ClientOf

LIST = reverse("groups:list")


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def above(client: Client, query: str = "") -> list[str]:
    """The names of the groups above the list."""
    context = client.get(f"{LIST}{query}").context
    return [group.name for group in context.get("without_master", [])]


def test_who_has_no_active_master_stands_above_the_list(
    client: Client,
    company: Company,
    group: Group,
    private_group: Group,
    insider: Member,
    other_company: Company,
) -> None:
    """None at all, or inactive ones only; neither deleted groups nor other companies'."""
    assert above(client) == []
    GroupFactory.create(company=company, name="Orphaned", external=True)
    GroupFactory.create(company=company, name="Gone", deleted=True)
    GroupFactory.create(company=other_company, name="Elsewhere")
    Member.objects.filter(pk=insider.pk).update(is_active=False)
    assert above(client) == ["Orphaned", "Secret surprise"]
    page = client.get(LIST).content.decode()
    assert "Groups without a master" in page
    assert "Show all" not in page


def test_a_few_and_the_way_to_all(client: Client, company: Company) -> None:
    for n in range(WITHOUT_MASTER_SHOWN + 1):
        GroupFactory.create(company=company, name=f"Orphan {n}")
    assert above(client) == [f"Orphan {n}" for n in range(WITHOUT_MASTER_SHOWN)]
    page = client.get(LIST)
    assert page.context["all_without_master"] == f"{LIST}?master=none"
    assert f'href="{LIST}?master=none">Show all' in page.content.decode()


@pytest.mark.parametrize("query", ["?q=a", "?kind=internal", "?master=none", "?sort=name"])
def test_only_above_the_plain_list(client: Client, company: Company, query: str) -> None:
    GroupFactory.create(company=company, name="Orphan a")
    assert above(client, query) == []


def test_only_above_the_first_page(client: Client, company: Company, master: Member) -> None:
    for _ in range(26):
        GroupFactory.create(company=company)
    page = client.get(LIST).context["page"]
    assert above(client, page.next) == []


def test_not_for_members(client_of: ClientOf, company: Company, master: Member, superuser: Member) -> None:
    GroupFactory.create(company=company, name="Orphaned")
    for person in (master, superuser):
        assert above(client_of(person)) == []


def test_that_there_are_none_is_remembered_until_something_happens(
    company: Company, group: Group, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    cache.clear()
    audit.record(Actor.system(), "company.update", company)
    assert some_without_master(company, 5) == []
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert some_without_master(company, 5) == []
    group.masters.all().delete()
    audit.record(Actor.system(), "group.remove_master", group)
    assert some_without_master(company, 5) == [group]


# Naming one right there


def test_the_form_opens_below_the_group_and_leads_back_to_the_list(
    client_of: ClientOf, administrator: Member, company: Company, outsider: Member
) -> None:
    group = GroupFactory.create(company=company, name="Orphaned")
    url = reverse("groups:name_master", args=[group.pk])
    place = {"HX-Target": f"name-master-{group.pk}"}
    client = client_of(administrator, htmx=True)
    form = client.get(url, headers=place).content.decode()
    assert "<html" not in form
    assert f'id="id_masters_{group.pk}"' in form
    wrong = client.post(url, {"masters": "nobody@hanbit.example"}, headers=place)
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    assert "nobody@hanbit.example" in wrong.content.decode()
    done = client.post(url, {"masters": f"member:{outsider.pk}"}, headers=place)
    assert done.headers["HX-Redirect"] == LIST
    assert group.masters.get().member == outsider
    assert "Orphaned" in str(*client.get(LIST).context["messages"])


def test_without_htmx_it_is_a_page(client: Client, company: Company, outsider: Member) -> None:
    group = GroupFactory.create(company=company)
    url = reverse("groups:name_master", args=[group.pk])
    assert "<html" in client.get(url).content.decode()
    done = client.post(url, {"masters": f"member:{outsider.pk}"})
    assert done.headers["Location"] == f"{reverse('groups:detail', args=[group.pk])}?show=masters"
