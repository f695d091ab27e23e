"""A form sent after its session has ended leads back to its page, with a word (rule 9.8)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, Domain, Member
from groupadmin.base.unsaved import HEADER
from groups.models import Group
from tests.factories import PASSWORD, DomainFactory
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SIGN_IN = reverse("account_login")
HOST = "http://testserver"
WORD = "You were signed out, so nothing was saved."


def sign_in(client: Client, member: Member, next_url: str) -> str:
    """Where the person is led."""
    answer = client.post(SIGN_IN, {"login": member.email, "password": PASSWORD, "next": next_url})
    assert answer.status_code == 302
    return answer["Location"]


def next_of(location: str) -> str:
    request = Client().get(location).wsgi_request
    return request.GET["next"]


@pytest.fixture
def domain(company: Company) -> Domain:
    return DomainFactory.create(company=company)


def test_back_to_the_page_of_the_form_and_not_to_where_it_is_sent(
    domain: Domain, administrator: Member
) -> None:
    """Signed in again, one is where one was; the word stands there once, at the page's own address."""
    client, page = Client(), reverse("accounts:settings")
    answer = client.post(
        reverse("accounts:domain_make_primary", args=[domain.pk]), headers={"referer": f"{HOST}{page}?a=%20b"}
    )
    assert answer.status_code == 302
    asked = client.get(answer["Location"]).content.decode()
    assert WORD in asked
    assert "data-not-saved" in asked
    there = sign_in(client, administrator, next_of(answer["Location"]))
    answer = client.get(there)
    assert answer["Location"] == f"{page}?a=+b"
    shown = client.get(answer["Location"]).content.decode()
    assert WORD in shown
    assert "data-not-saved" in shown
    assert WORD not in client.get(page).content.decode()


def test_nothing_is_sent_again(domain: Domain, administrator: Member) -> None:
    client, url = Client(), reverse("accounts:domain_make_primary", args=[domain.pk])
    answer = client.post(url, headers={"referer": f"{HOST}{reverse('accounts:settings')}"})
    client.get(sign_in(client, administrator, next_of(answer["Location"])), follow=True)
    domain.refresh_from_db()
    assert not domain.is_primary


def test_who_tells_no_page_gets_a_page_of_ours(domain: Domain, administrator: Member) -> None:
    """Some browsers do not say where they come from."""
    client, url = Client(), reverse("accounts:domain_make_primary", args=[domain.pk])
    there = sign_in(client, administrator, next_of(client.post(url)["Location"]))
    answer = client.get(there, follow=True)
    assert answer.status_code == 405
    text = answer.content.decode()
    assert WORD in text
    assert 'class="frame"' in text


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/a", "http://testserver//elsewhere.example/"]
)
def test_nobody_is_led_to_another_site(group: Group, elsewhere: str) -> None:
    url = reverse("groups:edit", args=[group.pk])
    answer = Client().post(url, headers={"referer": elsewhere})
    assert next_of(answer["Location"]) == f"{url}?not-saved=1"


def test_htmx_comes_back_to_its_page_and_not_to_a_fragment(group: Group) -> None:
    """The same for what it asks by itself, where nothing was to be saved."""
    page = reverse("groups:settings_of", args=[group.pk])
    headers = {"hx-request": "true", "hx-current-url": f"{HOST}{page}"}
    sent = Client().post(reverse("groups:edit", args=[group.pk]), headers=headers)
    assert next_of(sent["HX-Redirect"]) == f"{page}?not-saved=1"
    assert sent[HEADER], "by it, scripts know that nothing was done"
    for asked in (
        Client().get(reverse("groups:notifications_bell"), headers=headers),
        Client().post(reverse("room:notes_seen", args=[group.pk]), headers=headers),
    ):
        assert next_of(asked["HX-Redirect"]) == page
        assert asked[HEADER]


def test_whoever_signs_out_has_lost_nothing(client_of: ClientOf) -> None:
    answer = Client().post(reverse("account_logout"), headers={"referer": f"{HOST}/profile/"})
    assert answer["Location"] == SIGN_IN


def test_who_lacks_a_factor_is_told_that_nothing_was_saved(
    company: Company, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 9.2: they set it up first."""
    Company.objects.filter(pk=company.pk).update(second_factor="administrators")
    client = client_of(administrator)
    answer = client.post(reverse("accounts:profile"), {"name": "Ada"})
    assert answer[HEADER]
    page = client.get(answer["Location"]).content.decode()
    assert "so nothing was saved" in page
    assert "data-not-saved" in page
