"""How large an upload may be, and whose: far more for an import than for any other form (rule 10.2)."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

MB = 1024 * 1024


def status(client: Client, name: str, size: int) -> int:
    """What a request of that size is answered, as far as it is read: it has no body."""
    answer = client.generic(
        "POST",
        reverse(name),
        "",
        content_type="text/plain",
        CONTENT_LENGTH=str(size),
    )
    return int(answer.status_code)


def test_an_import_may_be_large_but_only_an_administrators(
    client_of: ClientOf, administrator: Member, member: Member
) -> None:
    """What would be parsed and written to disk is refused before it is read."""
    limit = settings.IMPORT_MAX_BYTES + MB
    assert limit > 2 * settings.REQUEST_MAX_BYTES
    for client in (Client(), client_of(member)):
        assert status(client, "groups:import_add", limit) == 413
    client = client_of(administrator)
    assert status(client, "groups:import_add", limit) != 413
    assert status(client, "groups:import_add", limit + 1) == 413
    assert status(client, "groups:imports", settings.REQUEST_MAX_BYTES + 1) == 413
