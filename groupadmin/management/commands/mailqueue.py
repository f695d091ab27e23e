"""python manage.py mailqueue: shows and changes the mail of the lists that waits to be handed over."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actor import Actor, Door
from groupadmin.base.ids import parse_id
from groupadmin.base.text import clean_line
from groups.mail.outgoing import queue
from groups.models import Outage

CHANGES: dict[str, tuple[Callable[..., queue.Done], str]] = {
    "flush": (queue.flush, "Trying now"),
    "hold": (queue.hold, "Holding"),
    "release": (queue.release, "Released"),
    "drop": (queue.drop, "Dropped"),
}


class Command(BaseCommand):
    help = (
        "Shows the mailing lists' email that waits for the server of MAIL_OUT, and changes it: flush tries "
        "it now, hold keeps it, release lets it go, drop removes it. Every change is audited."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=["list", *CHANGES], default="list")
        parser.add_argument(
            "--id", type=_id, action="append", metavar="ID", help="this email (may be repeated)"
        )
        parser.add_argument("--list", default="", metavar="ADDRESS", help="the emails of this mailing list")
        parser.add_argument("--all", action="store_true", help="all emails that wait")
        parser.add_argument("--limit", type=int, default=50, help="show so many emails [%(default)s]")
        parser.add_argument("--no-input", action="store_true", help="drop without asking")

    def handle(
        self, *, action: str, id: list[int] | None, list: str, all: bool, limit: int, **options: Any
    ) -> None:
        chosen = queue.Chosen(mails=id, list_address=list)
        if action == "list":
            self._list(chosen, max(1, limit))
            return
        if sum((id is not None, bool(list), all)) != 1:
            raise CommandError(f"Say what to {action}: --id ID, --list ADDRESS or --all.")
        if missing := set(id or ()) - set(chosen.waiting().values_list("mail_id", flat=True)):
            raise CommandError(f"Not in the queue: {', '.join(map(str, sorted(missing)))}")
        if action == "drop" and not options["no_input"] and not self._agrees(chosen):
            raise CommandError("Nothing was dropped.")
        change, done = CHANGES[action]
        self.stdout.write(f"{done}: {_counted(change(chosen, actor=Actor(None, Door.SHELL)))}")

    def _agrees(self, chosen: queue.Chosen) -> bool:
        count = _counted(queue.count_waiting(chosen))
        return input(f"Drop {count}? They will not get it. [y/N] ").strip().lower() in ("y", "yes")

    def _list(self, chosen: queue.Chosen, limit: int) -> None:
        for outage in Outage.objects.current():
            what = f"from {outage.domain}" if outage.domain else "at all"
            self.stdout.write(f"The mail server takes no email {what} since {_time(outage.started_at)}:")
            self.stdout.write(f"  {clean_line(outage.last_error)}")
        for one in queue.waiting_mails(chosen, limit):
            self.stdout.write(_line(one))
            if one.mail.subject:
                self.stdout.write(f"    {clean_line(one.mail.subject)}")
            if one.last_error:
                self.stdout.write(f"    tried {one.tries} times: {clean_line(one.last_error)}")
        self.stdout.write(f"{_counted(queue.count_waiting(chosen))} waiting")


def _id(text: str) -> int:
    if (pk := parse_id(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of an email.")
    return pk


def _line(one: queue.Waiting) -> str:
    state = "held" if one.held == one.envelopes else f"next try {_time(one.next_try)}"
    if 0 < one.held < one.envelopes:
        state += f", {one.held} of {one.envelopes} envelopes held"
    return f"{one.mail.pk}  {_time(one.mail.at)}  {one.mail.list_address}  to {one.recipients:,}  {state}"


def _counted(done: queue.Done) -> str:
    emails = "1 email" if done.mails == 1 else f"{done.mails:,} emails"
    return f"{emails} to {done.recipients:,} recipient{'' if done.recipients == 1 else 's'}"


def _time(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
