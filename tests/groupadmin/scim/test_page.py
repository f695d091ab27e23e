"""Service › Integrations › SCIM: what administrators copy to their identity provider (rule 11.2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member, Scope
from tests.factories import AccessTokenFactory
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PAGE, ADD = reverse("scim_page"), reverse("accounts:company_token_add")
ADDRESS, TOKEN_ADDRESS = "http://localhost:8000/scim/v2", "http://localhost:8000/oauth/token"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "http://localhost:8000"


def test_says_the_address_and_which_tokens_there_are(administrator: Member, client_of: ClientOf) -> None:
    scim = {"company": administrator.company, "scopes": [Scope.SCIM], "source": "entra"}
    AccessTokenFactory.create(name="Entra", **scim)
    AccessTokenFactory.create(name="Ended", expires_at=timezone.now() - timedelta(days=1), **scim)
    AccessTokenFactory.create(name="Payroll", company=administrator.company, scopes=[Scope.DIRECTORY_READ])
    answer = client_of(administrator).get(PAGE)
    assert f'value="{ADDRESS}"' in answer.content.decode()
    assert [token.name for token in answer.context["tokens"]] == ["Entra"]


def test_a_token_added_from_there_is_for_scim(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    assert client.get(f"{ADD}?scim").context["form"]["scopes"].value() == [Scope.SCIM]
    assert client.get(ADD).context["form"]["scopes"].value() is None


@pytest.mark.parametrize(
    ("scopes", "kind", "shown"),
    [
        (["scim"], "token", {ADDRESS}),
        (["scim"], "client", {ADDRESS, TOKEN_ADDRESS}),
        (["directory:read"], "client", {TOKEN_ADDRESS}),
        (["directory:read"], "token", set()),
    ],
)
def test_a_new_token_comes_with_where_it_is_for(
    administrator: Member, client_of: ClientOf, scopes: list[str], kind: str, shown: set[str]
) -> None:
    form = {"name": "Entra", "scopes": scopes, "days": "30", "source": "entra", "kind": kind}
    form["default_master"] = f"member:{administrator.pk}"
    answer = client_of(administrator).post(ADD, form)
    page = answer.content.decode()
    assert {address for address in (ADDRESS, TOKEN_ADDRESS) if f'value="{address}"' in page} == shown
