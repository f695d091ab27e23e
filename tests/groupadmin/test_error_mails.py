"""Errors by mail to those who run the installation: few of them, and with nobody's data (rule 11.6)."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from groupadmin.base import error_mails
from groupadmin.base.error_mails import Allowance, ErrorMails, Sender

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.one_database


@pytest.fixture
def sender(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    settings.ADMINS = [("", "ops@example.com")]
    sender = Sender()
    monkeypatch.setattr(error_mails, "SENDER", sender)
    yield sender
    sender.finish(0)


def log(handler: ErrorMails, text: str = "It broke", *args: object, problem: Exception | None = None) -> None:
    exc_info = None
    if problem is not None:
        try:
            raise problem
        except Exception:
            exc_info = sys.exc_info()
    handler.handle(logging.LogRecord("groupadmin", logging.ERROR, __file__, 1, text, args, exc_info))


def sent(sender: Sender) -> list[mail.EmailMessage]:
    sender.finish()
    return mail.outbox


def test_says_what_and_where(sender: Sender, settings: Any) -> None:
    settings.SITE_URL = "https://groups.example"
    log(ErrorMails(), "Task %s failed", 7, problem=ValueError("a fault of ours"))
    (message,) = sent(sender)
    assert message.to == ["ops@example.com"]
    assert message.subject == "[groupadmin] ERROR: Task 7 failed"
    assert "ValueError: a fault of ours" in message.body
    assert "https://groups.example" in message.body


def test_nothing_of_the_request_or_of_rows(sender: Sender) -> None:
    """Nor settings: what Django would add to such a mail."""
    detail = "DETAIL:  Key (email)=(ada@hanbit.example) exists."
    problem = ValueError(f"duplicate key\n{detail}\nCONTEXT:  x")
    log(ErrorMails(), problem=problem)
    (message,) = sent(sender)
    assert "duplicate key" in message.body
    assert "ada@hanbit.example" not in message.body
    assert "SECRET_KEY" not in message.body
    assert not isinstance(message, mail.EmailMultiAlternatives) or not message.alternatives


def test_django_mails_nothing_beside_it() -> None:
    """Its own handler mails settings, headers and fields. In a process that nothing else has set up."""
    script = """
import logging
from django.conf import settings
from django.utils.log import configure_logging
settings.configure()
from groupadmin.settings.logs import LOGGING
configure_logging("logging.config.dictConfig", LOGGING)
logger = logging.getLogger("django.request")
while logger:
    print(*(type(handler).__name__ for handler in logger.handlers))
    logger = logger.propagate and logger.parent
"""
    environment = {**os.environ, "ERROR_MAILS_TO": "ops@example.com"}
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=ROOT)
    assert said.stdout.split() == ["StreamHandler", "ErrorMails"]


def test_the_same_error_is_one_mail(sender: Sender) -> None:
    handler = ErrorMails()
    for number in range(50):
        log(handler, "Task %s failed", number)
    assert len(sent(sender)) == 1


def test_a_storm_sends_few_and_says_how_many_more_there_were(
    sender: Sender, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ERROR_MAILS_AT_ONCE = 3
    handler, now = ErrorMails(), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    kinds = iter(range(1000))
    monkeypatch.setattr(error_mails, "_kind", lambda record: str(next(kinds)))
    for _error in range(10):
        log(handler)
    now[0] += settings.ERROR_MAILS_EVERY_SECONDS
    log(handler)
    assert len(sent(sender)) == 4
    assert "Since the last mail, 7 more errors were logged." in mail.outbox[-1].body


def test_different_errors_are_told_apart_by_where_they_were_raised(sender: Sender) -> None:
    handler = ErrorMails()
    for kind in (ValueError, KeyError):
        log(handler, problem=kind("x"))
    assert len(sent(sender)) == 2


def test_nobody_waits_for_the_mail_server(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    goes_on = threading.Event()

    def slow(self: EmailBackend, messages: list[Any]) -> int:
        goes_on.wait(30)
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(EmailBackend, "send_messages", slow)
    handler = ErrorMails()
    log(handler)
    sender.finish(0.01)
    goes_on.set()
    sender.finish()
    assert "An error could not be mailed: ConnectionRefusedError" in capsys.readouterr().err


def test_what_waits_is_bounded(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sender, "_run", lambda self: None)
    for number in range(error_mails.WAITING_AT_MOST + 5):
        sender.send(str(number), "")
    assert sender._waiting.qsize() == error_mails.WAITING_AT_MOST


def test_an_allowance_forgets(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that lives for months keeps no list of all errors that it ever had."""
    allowance, now = Allowance(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for number in range(100):
        now[0] += settings.ERROR_MAILS_EVERY_SECONDS
        assert allowance.take(str(number)) == 0
    assert len(allowance._seen) <= 1
