import pytest

from accounts.models import AccessToken, Company, Member, Scope
from tests.factories import AccessTokenFactory

from .door import TOKEN, Door


@pytest.fixture
def token(company: Company, master: Member) -> AccessToken:
    """Of a provider whose groups are run by the master of the cast, if nobody else is named."""
    made: AccessToken = AccessTokenFactory.create(
        company=company, token=TOKEN, name="Entra", source="entra", scopes=[Scope.SCIM], default_master=master
    )
    return made


@pytest.fixture
def door(token: AccessToken) -> Door:
    return Door(TOKEN)
