"""Reports to Sentry, by its own library: where the code failed, and nothing of anybody's (rule 11.6)."""

import builtins
import json
import logging
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory
from sentry_sdk.transport import Transport

from groupadmin.base import error_reports

pytestmark = pytest.mark.one_database
# Not in the code, whose lines are reported.
SECRET = token_hex(8)
DSN = "https://key@reports.example/1"


class Kept(Transport):
    """What would have been sent."""

    events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        if (event := envelope.get_event()) is not None:
            Kept.events.append(event)


@pytest.fixture
def reports(settings: Any) -> Iterator[list[dict[str, Any]]]:
    settings.SENTRY_DSN = DSN
    Kept.events = []
    error_reports.start(transport=Kept)
    yield Kept.events
    sentry_sdk.get_client().close()
    sentry_sdk.init()


def test_nothing_is_reported_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: pytest.fail("it began"))
    error_reports.start()


def test_it_says_what_is_missing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SENTRY_DSN = DSN
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "sentry_sdk":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImproperlyConfigured, match=r"groupadmin\[sentry\]"):
        error_reports.start()


def test_a_fault_of_a_page(reports: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, request: object) -> None:
        raise ValueError(
            f"no such person: {SECRET}@hanbit.example\nDETAIL:  Key (email)=(ada) already exists."
        )

    monkeypatch.setattr("groupadmin.middleware.EmbeddingMiddleware.__call__", broken)
    answer = ask(f"/groups/?q={SECRET}", {"name": SECRET})
    (event,) = reports
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "ValueError"
    assert raised["value"] == "no such person: (address)\nDETAIL:  (left out)"
    assert raised["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["request"]["method"] == "POST"
    assert sorted(event["request"]["headers"]) == ["Content-Length", "Content-Type", "User-Agent"]
    assert event["tags"]["request"] == answer["X-Request-ID"]
    everything = json.dumps(event, default=str)
    for secret in (SECRET, "192.0.2.7", "sessionid", "only-for-tests"):
        assert secret not in everything


def ask(path: str, fields: dict[str, str]) -> dict[str, str]:
    """The headers of an answer to a web server, to which Sentry's library listens."""
    said: dict[str, str] = {}
    headers = {"User-Agent": "Tester", "Cookie": f"sessionid={SECRET}", "Authorization": f"Bearer {SECRET}"}
    request = RequestFactory().post(path, fields, headers=headers, REMOTE_ADDR="192.0.2.7")

    def hear(status: str, headers: list[tuple[str, str]], *rest: object) -> Any:
        said.update(headers)

    # As Django's test client does: the tests' own connection is not closed.
    request_started.disconnect(close_old_connections)
    try:
        WSGIHandler()(request.environ, hear)
        return said
    finally:
        request_started.connect(close_old_connections)


def test_a_line_of_the_log_without_what_was_put_into_it(reports: list[dict[str, Any]]) -> None:
    logging.getLogger("groupadmin").error("Mail from %s broke", SECRET)
    (event,) = reports
    assert event["logentry"] == {"message": "Mail from %s broke"}
    assert SECRET not in json.dumps(event, default=str)
