"""What a letter of one's own costs (rules 4.15, 4.16): one worker's processor time, beside shared envelopes.

    DATABASE_URL=postgresql://… python -m tests.benchmarks.mail_letters

Uses the database that it finds; give it one of its own. One mail goes to 20,000 people: in shared envelopes,
in personal letters, and in personal letters that are signed. A mail server of our own takes them, in another
process, and keeps nothing. Prints recipients a second of this process's time, which a busy machine changes
little, and of the clock's. Two workers share the work in use.
"""

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from . import mail_delivery

from django.conf import settings  # isort: skip
from django.core.management import call_command  # isort: skip
from django.db import connection  # isort: skip
from django.utils import timezone  # isort: skip

from accounts.models import Domain  # isort: skip
from groups.mail.outgoing import delivery, headers, signing_keys  # isort: skip
from groups.models import Envelope, Group, Mail, MailContent, SigningKey  # isort: skip
from tests.factories import CompanyFactory, GroupFactory  # isort: skip

PEOPLE = 20_000
ROUNDS = 2
NAME = "letters.example"



def mail_to(group_id: int, list_id: int, company_id: int, kind: str) -> Mail:
    """A mail that waits for its recipients, as acceptance leaves it."""
    size = settings.MAIL_RECIPIENTS_PER_ENVELOPE
    head = b"From: Kim <kim@outside.test>\r\nSubject: News\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n\r\n"
    top = headers.list_headers(
        "List", f"everybody@{NAME}", unsubscribe="https://x.example/", owner="https://x.example/", help_url="x"
    )
    mail = Mail.objects.create(
        company_id=company_id,
        group_id=group_id,
        mailing_list_id=list_id,
        list_name="List",
        list_address=f"everybody@{NAME}",
        door="lmtp",
        headers=top,
        content=MailContent.objects.create(data=head + mail_delivery.BODY),
        recipient_count=PEOPLE,
    )
    people = [f"person{number}@{NAME}" for number in range(PEOPLE)]
    now = timezone.now()
    Envelope.objects.bulk_create(
        Envelope(mail=mail, recipients=people[start : start + size], personal=kind, due_at=now)
        for start in range(0, PEOPLE, size)
    )
    return mail


def wait_for_sink() -> None:
    end = time.monotonic() + mail_delivery.PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", mail_delivery.PORT)):
            return
        time.sleep(0.2)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - own


def main() -> None:
    call_command("migrate", verbosity=0)
    domain = Domain.objects.filter(name=NAME).first()
    company = domain.company if domain else CompanyFactory.create(name="Letters", domain=NAME)
    group = Group.objects.filter(company=company).first() or GroupFactory.create(company=company, listed=True)
    assert group.mailing_list is not None
    domain = Domain.objects.get(name=NAME)
    if not SigningKey.objects.filter(domain=domain).exists():
        key = signing_keys.new_key(domain)
        key.state, key.used_since = SigningKey.State.IN_USE, timezone.now()
        key.save()
    kinds = {
        "shared": ("", False),
        "personal": ("leaving", False),
        "personal, signed": ("leaving", True),
        "shared, signed": ("", True),
    }
    with mail_delivery.sink() as count:
        wait_for_sink()
        for _round in range(ROUNDS):
            for name, (kind, signs) in kinds.items():
                settings.MAIL_SIGN = signs
                mail_to(group.pk, group.mailing_list.pk, company.pk, kind)
                already = count.value
                wall, own = timed(lambda: delivery.run(seconds=600))
                assert count.value - already == PEOPLE, "somebody got none, or two"
                sys.stdout.write(
                    f"{connection.vendor} load {os.getloadavg()[0]:4.1f}  {name:18} "
                    f"{PEOPLE / own:9,.0f} recipients per second of the worker's processor, "
                    f"{PEOPLE / wall:9,.0f} of the clock\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
