"""What third parties expect of a SCIM server (rule 11.2)."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from accounts.models import AccessToken
from groupadmin.wsgi import application

from .door import TOKEN

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application, asked within the test, leaves the test's connection open."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_scim2_tester_finds_no_fault(token: AccessToken) -> None:
    client = WSGISCIMClient(
        application, "http://testserver/scim/v2", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    results = check_server(client)
    wrong = [result for result in results if result.status not in (Status.SUCCESS, Status.COMPLIANT)]
    for r in wrong: print(r.status, r.title, r.resource_type, r.reason)
    assert not wrong
