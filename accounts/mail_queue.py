"""Mails to single people wait here until the mail server has taken them (rules 5.1, 9.1, 9.7).

As with notifications, no lock is held while a mail is sent: it is claimed for a while, sent, and removed. A
worker killed between the last two sends it again, with the same Message-ID. While the server is away, all
wait; what it refuses is tried again and again, and then shown in Django admin. None is lost in silence.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from accounts.models import Member, QueuedMail
from groupadmin.base import clock, outage
from groupadmin.base.mail_headers import WrittenMail
from groupadmin.base.mail_server import RecipientRefused, Server, ServerDown

logger = logging.getLogger("groupadmin.mail")

MAILS_A_RUN = 500
# Longer than the slowest mail server takes to time out.
CLAIMED_FOR = timedelta(minutes=10)
# The delay after each refusal of a mail; the last one repeats.
DELAYS = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]
REFUSALS_AT_MOST = 5
# How often a server that is away is asked.
SERVER_DELAY = timedelta(minutes=1)
ATTEMPTS_COUNTED = 10_000

Write = Callable[[QueuedMail], WrittenMail | None]
"""Writes the mail when it is sent; None if there is nothing to be told any more."""


def add(
    member: Member, kind: str, arguments: dict[str, Any] | None = None, *, to: str, kept: timedelta
) -> None:
    """Queues a mail, in the transaction of what it tells. One that waits and says the same is enough."""
    now = clock.read()
    values = {"queued_at": now, "expires_at": now + kept, "due_at": now}
    same = QueuedMail.objects.filter(member=member, to=to, kind=kind, arguments=arguments or {})
    if not same.filter(due_at__isnull=False).update(**values):
        QueuedMail.objects.create(member=member, to=to, kind=kind, arguments=arguments or {}, **values)


def due() -> QuerySet[QueuedMail]:
    """What can be sent now, oldest first."""
    return QueuedMail.objects.filter(due_at__lte=clock.now()).order_by("due_at", "pk")


def send_due(write: Write) -> int:
    """Sends what is due, up to a limit, so that other tasks get their turn. Returns how many mails."""
    sent = 0
    with Server() as server:
        for _mail in range(MAILS_A_RUN):
            if (mail := _claim()) is None:
                break
            try:
                sent += _send(mail, write, server)
            except ServerDown as down:
                _put_off(QueuedMail.objects.filter(pk=mail.pk), str(down))
                _put_off(due(), str(down))
                break
    return sent


def _put_off(mails: QuerySet[QueuedMail], problem: str) -> None:
    mails.order_by().update(due_at=clock.now() + SERVER_DELAY, last_error=problem[:1000])


@transaction.atomic
def _claim() -> QueuedMail | None:
    """The next mail, which no other worker sends meanwhile."""
    can_skip = connection.features.has_select_for_update_skip_locked
    mail = (
        due().select_for_update(skip_locked=can_skip, of=("self",)).select_related("member__company").first()
    )
    if mail is not None:
        QueuedMail.objects.filter(pk=mail.pk).update(due_at=clock.now() + CLAIMED_FOR)
    return mail


def _send(mail: QueuedMail, write: Write, server: Server) -> bool:
    """Whether it was sent. Raises ServerDown."""
    if mail.expires_at <= clock.read():
        _give_up(mail, "It expired before it could be sent")
        return False
    try:
        message = write(mail)
        if message is not None:
            message.extra_headers.setdefault("Message-ID", _message_id(mail))
            # No out-of-office replies: RFC 3834, and Exchange's own header.
            message.extra_headers |= {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
            server.send(message)
    except ServerDown:
        raise
    except Exception as problem:
        # An error in one mail must not stop the others.
        if outage.is_away(problem):
            raise
        _fail(mail, problem)
        return False
    QueuedMail.objects.filter(pk=mail.pk).delete()
    return message is not None


def _fail(mail: QueuedMail, problem: Exception) -> None:
    """Tries again later; gives up what is refused for good, or cannot be written, after enough attempts."""
    if not isinstance(problem, RecipientRefused):
        logger.error("Mail %s to member %s could not be sent", mail, mail.member_id, exc_info=problem)
    is_final = not isinstance(problem, RecipientRefused) or problem.for_good
    if is_final and mail.attempts + 1 >= REFUSALS_AT_MOST:
        _give_up(mail, str(problem))
        return
    QueuedMail.objects.filter(pk=mail.pk).update(
        due_at=clock.now() + DELAYS[min(mail.attempts, len(DELAYS) - 1)],
        attempts=min(mail.attempts + 1, ATTEMPTS_COUNTED),
        last_error=str(problem)[:1000],
    )


def _give_up(mail: QueuedMail, problem: str) -> None:
    logger.error("Gave up mail %s to member %s, see Django admin: %s", mail, mail.member_id, problem)
    QueuedMail.objects.filter(pk=mail.pk).update(
        due_at=None, attempts=min(mail.attempts + 1, ATTEMPTS_COUNTED), last_error=problem[:1000]
    )


def forget_old() -> int:
    """Removes what was given up long ago. Returns how many."""
    old = clock.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    return QueuedMail.objects.filter(due_at=None, queued_at__lt=old).delete()[0]


def _message_id(mail: QueuedMail) -> str:
    """The same each time, so that mailboxes drop what a killed worker already sent."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    name = f"{mail.pk} {mail.queued_at.isoformat()}"
    return f"<{salted_hmac('accounts.mail_queue', name, algorithm='sha256').hexdigest()[:40]}@{host}>"
