"""Errors by mail to those who run the installation (rule 11.6): few, and with nothing of anybody's in them.

Mails are sent directly, not through the queue: when that or the database fails, they are needed most. A
thread of its own sends them, so that nobody waits for a mail server in order to hear of an error.
"""

import atexit
import logging
import queue
import socket
import sys
import threading
import time

from django.conf import settings
from django.core import mail
from django.utils.log import AdminEmailHandler

from .log_lines import LineFormatter, without_rows

WAITING_AT_MOST = 20
# How long a process that ends waits for mails that are on their way.
PATIENCE_SECONDS = 5


class Allowance:
    """How many mails may be sent in some time, and each kind of error once in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: list[float] = []
        self._seen: dict[str, float] = {}
        self._left_out = 0

    def take(self, kind: str) -> int | None:
        """How many errors were left out since the last mail; None if this one is left out too."""
        now, every = time.monotonic(), settings.ERROR_MAILS_EVERY_SECONDS
        with self._lock:
            self._times = [sent for sent in self._times if now - sent < every]
            self._seen = {known: sent for known, sent in self._seen.items() if now - sent < every}
            if kind in self._seen or len(self._times) >= settings.ERROR_MAILS_AT_ONCE:
                self._left_out += 1
                return None
            self._times.append(now)
            self._seen[kind] = now
            left_out, self._left_out = self._left_out, 0
            return left_out


class ErrorMails(AdminEmailHandler):
    """Django's handler, with a text of our own: no settings, no fields, no cookies, no variables."""

    def __init__(self) -> None:
        super().__init__(include_html=False)
        self.allowance = Allowance()
        self.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Never fails, and never waits."""
        try:
            if (left_out := self.allowance.take(_kind(record))) is None:
                return
            text = self.format(record)
            if left_out:
                text += f"\n\nSince the last mail, {left_out} more errors were logged."
            text += f"\n\n{socket.gethostname()}, {settings.SITE_URL}"
            first = without_rows(record.getMessage()).split("\n", 1)[0]
            SENDER.send(self.format_subject(f"{record.levelname}: {first}"), text)
        except Exception:
            self.handleError(record)


def _kind(record: logging.LogRecord) -> str:
    """What is the same for the same error: who logs it, where, and what was raised."""
    raised = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    where = ""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        where, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    return f"{record.name} {record.pathname}:{record.lineno} {raised} {where}"


class Sender:
    """A thread that sends one mail after the other; begun with the first, in whichever process that is."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue(WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, subject: str, text: str) -> None:
        """Leaves it out if too many wait."""
        try:
            self._waiting.put_nowait((subject, text))
        except queue.Full:
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="error mails", daemon=True)
                self._thread.start()
                atexit.register(self.finish)

    def finish(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until what was handed in has been sent, but not for long."""
        until = time.monotonic() + seconds
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks and (left := until - time.monotonic()) > 0:
                self._waiting.all_tasks_done.wait(left)

    def _run(self) -> None:
        while True:
            self._send(*self._waiting.get())
            self._waiting.task_done()

    def _send(self, subject: str, text: str) -> None:
        try:
            mail.mail_admins(subject, text)
        except Exception as error:
            # Not to the log, which would lead back here. What it quotes may be long.
            print(f"An error could not be mailed: {error!r:.300}", file=sys.stderr)


SENDER = Sender()
