"""A required second factor is set up before anything else (rule 9.2)."""

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import AuditEntry, Company, Member
from tests.factors import app_of, code, codes_of
from tests.helpers import ClientOf
from tests.passkeys import passkey_of

from .pages import company_form

pytestmark = pytest.mark.django_db

SET_UP, GROUPS = reverse("mfa_index"), reverse("groups:list")


@pytest.fixture(autouse=True)
def counts() -> None:
    """Attempts and used codes are counted anew in each test."""
    cache.clear()


def require_of(company: Company, whom: str) -> None:
    Company.objects.filter(pk=company.pk).update(second_factor=whom)


def is_led_to_set_up(client: Client) -> bool:
    return client.get(GROUPS).headers.get("Location") == SET_UP


@pytest.mark.parametrize("whom", Company.SecondFactor.values)
def test_of_whom(
    whom: str, company: Company, administrator: Member, member: Member, stranger: Member, client_of: ClientOf
) -> None:
    """Also of who has been signed in for long; never of another company's people."""
    clients = {person: client_of(person) for person in (administrator, member, stranger)}
    require_of(company, whom)
    led = {person for person, client in clients.items() if is_led_to_set_up(client)}
    assert (
        led
        == {"nobody": set(), "administrators": {administrator}, "everybody": {administrator, member}}[whom]
    )


def test_setting_one_up_opens_everything(company: Company, member: Member, client_of: ClientOf) -> None:
    require_of(company, "everybody")
    client = client_of(member)
    page = client.get(SET_UP)
    assert page.templates[0].name == "mfa/set_up.html"
    assert 'id="menu"' not in page.content.decode(), "every link of the menu would lead back here"
    add = reverse("mfa_activate_totp")
    secret = client.get(add).context["form"].secret
    assert client.post(add, {"code": code(secret)})["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert client.get(GROUPS).status_code == 200


def test_a_passkey_is_enough_but_recovery_codes_are_not(
    company: Company, member: Member, client_of: ClientOf
) -> None:
    require_of(company, "everybody")
    client = client_of(member)
    codes_of(member)
    assert is_led_to_set_up(client)
    passkey_of(member)
    assert not is_led_to_set_up(client)


def test_one_can_sign_out_instead(company: Company, member: Member, client_of: ClientOf) -> None:
    require_of(company, "everybody")
    client = client_of(member)
    assert client.post(reverse("account_logout"))["Location"] == reverse("account_login")
    assert client.get(GROUPS)["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("needed", [True, False])
def test_superusers_by_the_installations_setting(
    needed: bool, superuser: Member, client_of: ClientOf
) -> None:
    with override_settings(SUPERUSERS_NEED_FACTOR=needed):
        client = client_of(superuser)
        answer = client.get(reverse("admin:index"))
        assert (answer.headers.get("Location") == SET_UP) == needed
        app_of(superuser)
        assert client.get(reverse("admin:index")).status_code == 200


def test_an_administrator_requires_it_on_the_settings_page(
    company: Company, administrator: Member, client_of: ClientOf
) -> None:
    """And sets one up next, if they have none."""
    client = client_of(administrator)
    sent = company_form(second_factor="administrators")
    assert client.post(reverse("accounts:company"), sent).status_code == 302
    assert is_led_to_set_up(client)
    entry = AuditEntry.objects.get(action="company.update")
    assert entry.changes == {"second_factor": ["nobody", "administrators"]}
    app_of(administrator)
    page = client.get(reverse("accounts:audit_entry", args=[entry.pk])).content.decode()
    assert "Second factor required of" in page
