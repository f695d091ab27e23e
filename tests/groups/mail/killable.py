"""Processes that the fault test kills: one accepts mail, others deliver it, as the server and the workers do.

They are forked from a server that has set up Django once, so that they are killed at work and not while they
start. The server finds the database in its environment.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import django
from django.conf import settings

if os.environ.get("GROUPADMIN_KILLABLE"):
    django.setup()


def context() -> ForkServerContext:
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload([__name__])
    return forking


def started(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    process = context().Process(target=target, args=args, daemon=True)
    process.start()
    return process


def deliver(way_out: str) -> None:
    """Delivers until it is killed."""
    from groups.mail.outgoing import delivery

    settings.MAIL_OUT = way_out
    settings.MAIL_RETRY_SECONDS = 0
    while True:
        if not delivery.run(seconds=0.5):
            time.sleep(0.01)


def accept(mailing_list: int, first: int, last: int, confirmed: Path) -> None:
    """Accepts numbered mails, and confirms each once it is kept, as a server says 250."""
    from groups.mail.incoming import acceptance
    from groups.models import MailingList

    from .lists import TO_LIST, arrival

    settings.MAIL_RECIPIENTS_PER_ENVELOPE = 20
    kept_for = MailingList.objects.get(pk=mailing_list)
    with confirmed.open("a") as file:
        for number in range(first, last):
            acceptance.accept(arrival(message_id=f"<{number}@outside.example>"), kept_for, TO_LIST)
            file.write(f"{number}\n")
            file.flush()
