"""What third parties expect of a SCIM server (rule 11.2)."""

import json
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django.live_server_helper import LiveServer
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server
from scim2_tester.utils import ResourceManager
from scim_sanity.probe.runner import run_probe_api

from accounts.models import AccessToken
from groupadmin.wsgi import application
from tests.factories import DomainFactory

from .door import TOKEN

pytestmark = pytest.mark.one_database
GOOD = (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)


@pytest.fixture
def within_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application leaves the test's connection open, and the tester what it has made: it goes anyway."""
    monkeypatch.setattr(ResourceManager, "cleanup", lambda manager: None)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("within_the_test", "token")
def test_scim2_tester_finds_no_fault() -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    results = check_server(WSGISCIMClient(application, "http://testserver/scim/v2", headers=headers))
    assert [result for result in results if result.status not in (*GOOD, Status.SKIPPED)] == []
    # To search everything at once is left to who needs it, which the RFC allows.
    assert {result.title for result in results if result.status is Status.SKIPPED} == {
        "search_with_attributes"
    }
    assert {result.resource_type for result in results} == {None, "User", "Group", "Team"}
    assert len(results) > 100


@pytest.mark.django_db(transaction=True)
def test_scim_sanity_finds_no_fault(live_server: LiveServer, token: AccessToken) -> None:
    # What it makes has addresses there.
    DomainFactory.create(company=token.company, name="example.com")
    found = run_probe_api(f"{live_server.url}/scim/v2", token=TOKEN)
    shown = json.dumps(found, indent=1)
    assert found["exit_code"] == 0, shown
    assert found["summary"]["passed"] > 20, shown
