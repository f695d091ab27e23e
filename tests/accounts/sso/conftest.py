import pytest
from django.core.cache import cache

from accounts.models import Company, IdentityProvider, Member

from .a_provider import FakeProvider, provider_of, reach


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """Documents, keys and used tokens are forgotten before each test."""
    cache.clear()


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, member: Member) -> FakeProvider:
    """The provider, which knows the member."""
    fake = FakeProvider(claims={"email": member.email, "email_verified": True})
    reach(monkeypatch, fake)
    return fake


@pytest.fixture
def provider(company: Company) -> IdentityProvider:
    """Our row of it: offered, for the company's domain."""
    return provider_of(company)
