"""What leads the superuser of a new installation on (rule 1.14)."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.installation_steps import installation_steps
from accounts.models import Company, Member
from tests.factories import MemberFactory
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

INDEX = reverse("admin:index")
PANEL = 'id="first-steps"'


@pytest.fixture
def client(client_of: ClientOf) -> Client:
    return client_of(MemberFactory.create(company=None, is_superuser=True))


def follow(client: Client, label: str) -> str:
    """Where the step with this label leads."""
    [href] = [step.href for step in installation_steps() if step.label == label]
    assert href in client.get(INDEX).content.decode().replace("&amp;", "&")
    return href


def test_from_the_empty_installation_to_the_administrator_s_home(client: Client, client_of: ClientOf) -> None:
    """Each step leads to a page that is filled in as far as can be, and back to the next step."""
    company = {"name": "Hanbit", "domain": "hanbit.example", "plan": "free", "region": "world"}
    company |= {"connecting": "nobody", "partners": "any", "group_creators": "administrators"}
    company |= {"recall_hours": "24", "second_factor": "nobody", "_save": "Save"}
    assert client.post(follow(client, "Add company"), company)["Location"] == INDEX

    add = follow(client, "Add administrator")
    offered = client.get(add).context["adminform"].form
    assert offered.initial["company"] == str(Company.objects.get().pk)
    assert offered["is_administrator"].value() == "on"
    person = {"company": Company.objects.get().pk, "name": "Ada", "email": "ada@hanbit.example"}
    person |= {"is_administrator": "on", "send_mail": "on", "_save": "Save"}
    assert client.post(add, person)["Location"] == INDEX
    assert [sent.to for sent in mail.outbox] == [["ada@hanbit.example"]]

    secret = {"password1": "a-long-secret-1", "password2": "a-long-secret-1", "usable_password": "true"}
    assert client.post(follow(client, "Set a password"), secret)["Location"] == INDEX
    assert [step.is_done for step in installation_steps()] == [True, True, True, False]
    ada = Member.objects.get(name="Ada")
    assert 'aria-labelledby="first-steps"' in client_of(ada).get("/", follow=True).content.decode()


def test_in_use_there_are_none_and_one_query_says_so(
    client: Client, company: Company, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = MemberFactory.create(company=company, is_administrator=True)
    assert PANEL in client.get(INDEX).content.decode()
    Member.objects.filter(pk=ada.pk).update(last_login=timezone.now())
    assert PANEL not in client.get(INDEX).content.decode()
    with django_assert_num_queries(1):
        assert installation_steps() == []


def test_the_site_that_superusers_view_is_not_this_page_again(client: Client) -> None:
    page = client.get(INDEX)
    assert page.context["site_url"] == reverse("groups:list")
    assert client.get(page.context["site_url"]).status_code == 200
