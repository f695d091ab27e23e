"""Who has no password confirms delicate changes at the provider (rules 9.4, 9.6)."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Domain, IdentityProvider, Member
from tests.factories import MemberFactory

from .a_provider import FakeProvider

pytestmark = pytest.mark.django_db

ADD_DOMAIN, NEW = reverse("accounts:domain_add"), {"name": "new.example"}


@pytest.fixture
def administrator(there: FakeProvider, administrator: Member) -> Member:
    administrator.set_unusable_password()
    administrator.save()
    there.claims["email"] = administrator.email
    return administrator


@pytest.fixture
def signed_in(there: FakeProvider, provider: IdentityProvider, administrator: Member) -> Client:
    """The administrator's browser. The provider did not say when they entered their password."""
    client = Client()
    there.sign_in(client, provider)
    return client


def confirm(there: FakeProvider, client: Client, provider: IdentityProvider, **more: str) -> Any:
    answer = client.post(reverse("sso_confirm", args=[provider.key]), more)
    asked = there.visit(client, provider, answer)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    return there.come_back(client, provider, asked)


def is_added() -> bool:
    return Domain.objects.filter(name="new.example").exists()


def test_a_sign_in_long_ago_there_is_no_proof(
    there: FakeProvider, provider: IdentityProvider, signed_in: Client
) -> None:
    page = signed_in.post(ADD_DOMAIN, NEW)
    assert (page.status_code, is_added()) == (403, False)
    assert page.context["has_password"] is False
    assert "Confirm with" in page.content.decode()
    # What was typed waits in the page, while one confirms in another tab.
    assert ("name", "new.example") in page.context["hidden_fields"]
    there.claims["auth_time"] = int(time.time())
    assert confirm(there, signed_in, provider)["Location"] == reverse("sso_confirmed")
    carried_on = signed_in.post(ADD_DOMAIN, {**NEW, "confirm-carry-on": "1", "confirm-back": "/"})
    assert (carried_on.status_code, is_added()) == (302, True)


def test_to_say_that_one_has_confirmed_is_not_enough(signed_in: Client) -> None:
    page = signed_in.post(ADD_DOMAIN, {**NEW, "confirm-carry-on": "1"})
    assert (page.status_code, is_added()) == (403, False)


def test_who_has_just_signed_in_there_is_not_asked(
    there: FakeProvider, provider: IdentityProvider, administrator: Member
) -> None:
    there.claims["auth_time"] = int(time.time()) - 60
    client = Client()
    there.sign_in(client, provider)
    assert (client.post(ADD_DOMAIN, NEW).status_code, is_added()) == (302, True)


@pytest.mark.parametrize("said", [{}, {"auth_time": 1}, {"auth_time": True}, {"auth_time": "now"}])
def test_what_the_provider_has_to_say(
    there: FakeProvider, provider: IdentityProvider, signed_in: Client, said: dict[str, Any]
) -> None:
    """That it was just now: whoever sits at an open signed_in could leave `prompt` out on the way."""
    there.claims |= said
    confirm(there, signed_in, provider)
    assert (signed_in.post(ADD_DOMAIN, NEW).status_code, is_added()) == (403, False)


def test_somebody_else_confirms_nothing(
    there: FakeProvider, provider: IdentityProvider, signed_in: Client, administrator: Member
) -> None:
    other = MemberFactory.create(company=administrator.company)
    there.claims |= {"sub": "subject-2", "email": other.email, "auth_time": int(time.time())}
    confirm(there, signed_in, provider)
    assert (signed_in.post(ADD_DOMAIN, NEW).status_code, is_added()) == (403, False)
    assert signed_in.session["_auth_user_id"] == str(administrator.pk)


def test_a_page_follows_where_one_was_led_away_from(
    there: FakeProvider, provider: IdentityProvider, signed_in: Client
) -> None:
    page = signed_in.get(reverse("accounts:provider_add"))
    assert page.status_code == 403
    there.claims["auth_time"] = int(time.time())
    back = confirm(there, signed_in, provider, next=page.context["action"])
    assert back["Location"] == reverse("accounts:provider_add")
    assert signed_in.get(back["Location"]).status_code == 200


def test_a_password_that_does_not_count_confirms_nothing(
    there: FakeProvider, provider: IdentityProvider, signed_in: Client, administrator: Member
) -> None:
    administrator.set_password("a good long password")
    administrator.save()
    there.sign_in(signed_in := Client(), provider)
    named = MemberFactory.create(company=administrator.company, is_administrator=True)
    provider.use, provider.emergency_administrator = IdentityProvider.Use.REQUIRED, named
    provider.save()
    assert signed_in.post(ADD_DOMAIN, NEW).context["has_password"] is False
    page = signed_in.post(ADD_DOMAIN, {**NEW, "confirm-password": "a good long password"})
    assert (page.status_code, is_added()) == (422, False)
