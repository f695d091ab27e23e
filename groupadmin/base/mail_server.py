"""The mail server of EMAIL_URL, for everything that people are told by mail: one connection for many mails.

It tells what is wrong with the server, which all mails wait for, from what is wrong with one mail.
"""

import logging
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .mail_headers import WrittenMail

logger = logging.getLogger("groupadmin.mail")

FAILURES_IN_A_ROW = 3


class ServerDown(Exception):  # noqa: N818  (not about the mail that was being sent)
    """The mail server cannot be reached, or accepts no mail at all."""


class RecipientRefused(Exception):  # noqa: N818
    """The mail server does not accept this person's mail."""

    def __init__(self, answer: str, *, for_good: bool) -> None:
        super().__init__(answer)
        self.for_good = for_good


class _Watch:
    """Says once that the server is away, and once that it is back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_down = False

    def down(self, problem: ServerDown) -> None:
        with self._lock:
            if not self._is_down:
                logger.warning("The mail server cannot be reached; mails wait: %s", problem)
            self._is_down = True

    def up(self) -> None:
        with self._lock:
            if self._is_down:
                logger.warning("The mail server is back")
            self._is_down = False


_watch = _Watch()


class Server:
    """One connection, opened by the first mail."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend | None = None
        self.failures_in_a_row = 0

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self._close()

    def send(self, mail: WrittenMail) -> None:
        """Raises ServerDown, which is logged once, or RecipientRefused."""
        try:
            self._send_by_any_connection(mail)
        except ServerDown as down:
            _watch.down(down)
            raise
        _watch.up()

    def _send_by_any_connection(self, mail: WrittenMail) -> None:
        if self.backend is not None:
            try:
                return self._send(mail, self.backend)
            except ServerDown:
                # Servers close long connections: try once more, on a new one.
                self._close()
        backend = self._open()
        try:
            self._send(mail, backend)
        except ServerDown as problem:
            self._close()
            self.failures_in_a_row += 1
            if self.failures_in_a_row >= FAILURES_IN_A_ROW:
                raise
            # It is up but failed on this mail: next person.
            raise RecipientRefused(str(problem), for_good=False) from problem

    def _open(self) -> BaseEmailBackend:
        with _answers():
            backend: BaseEmailBackend = get_connection()
            backend.open()
        self.backend = backend
        return backend

    def _send(self, mail: WrittenMail, backend: BaseEmailBackend) -> None:
        with _answers():
            backend.send_messages([mail])
        self.failures_in_a_row = 0

    def _close(self) -> None:
        backend, self.backend = self.backend, None
        if backend is None:
            return
        try:
            backend.close()
        except (OSError, smtplib.SMTPException):
            logger.info("The connection to the mail server was gone already")


@contextmanager
def _answers() -> Iterator[None]:
    """Separates errors of one person's mail from errors of the server."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        _tell_apart(code, answer, refused)
    except smtplib.SMTPDataError as refused:
        _tell_apart(refused.smtp_code, refused.smtp_error, refused)
    except (OSError, smtplib.SMTPException) as problem:
        raise ServerDown(str(problem)) from problem


def _tell_apart(code: int, answer: Any, cause: Exception) -> None:
    text = answer.decode(errors="backslashreplace") if isinstance(answer, bytes) else str(answer)
    if code == 421:
        # "Service not available, closing the connection", whatever the request.
        raise ServerDown(f"{code} {text}") from cause
    raise RecipientRefused(f"{code} {text}", for_good=500 <= code < 600) from cause
