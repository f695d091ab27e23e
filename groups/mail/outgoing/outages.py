"""The server of MAIL_OUT is away or takes no mail from us: mail waits, operators are told (rule 4.11).

There is one outage for the whole server, and one for each domain in whose name it takes nothing. The first
mail that it takes again ends them, and brings all that waited for it forward.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base import clock
from groups.models import Envelope, Mail, Notice, Outage
from groups.notices.write import tell

logger = logging.getLogger(__name__)

# A server that is away may come back by itself; one that refuses us does not.
TOLD_AFTER = timedelta(minutes=15)
# However often it changes its mind.
TOLD_EVERY = timedelta(hours=1)
FORWARD_EVERY = timedelta(minutes=5)


def begin(domain: str, error: str, *, is_refusal: bool) -> None:
    """Notes that the server takes no mail from us, for the domain, or at all if that is empty."""
    error = error[:1000]
    now = clock.read()
    defaults = {"started_at": now, "last_error": error, "is_refusal": is_refusal}
    outage, is_new = Outage.objects.get_or_create(domain=domain, ended_at=None, defaults=defaults)
    if (outage.last_error, outage.is_refusal) != (error, is_refusal):
        Outage.objects.filter(pk=outage.pk).update(last_error=error, is_refusal=is_refusal)
    if is_new and not is_refusal and not _noted_lately(outage, now):
        # One line an outage, however many mails wait; a refusal has that of the superusers.
        logger.warning("The mail server takes no mail now, which waits: %s", error)
    if outage.told_at is None and (is_refusal or outage.started_at <= now - TOLD_AFTER):
        _tell(outage.pk, domain, error)


def end(domain: str) -> bool:
    """Notes that the server took a mail of the domain. Returns whether that brings others forward."""
    over = Outage.objects.current().filter(domain__in={"", domain})
    forward = False
    for outage in over:
        forward |= _end(outage)
    return forward


@transaction.atomic
def _tell(pk: int, domain: str, error: str) -> None:
    """Tells the superusers, once an outage and at most once an hour."""
    if _told_lately(domain):
        return
    if not Outage.objects.filter(pk=pk, told_at=None).update(told_at=clock.now()):
        return
    logger.error("The mail server takes no mail%s: %s", f" from {domain}" if domain else "", error)
    superusers = Member.objects.active().filter(is_superuser=True).values_list("pk", flat=True)
    details = {"domain": domain, "error": error}
    tell(Notice.Kind.MAIL_STUCK, superusers, actor=Actor.system(), details=details)


def _noted_lately(outage: Outage, now: datetime) -> bool:
    others = Outage.objects.filter(domain=outage.domain, started_at__gt=now - TOLD_EVERY)
    return others.exclude(pk=outage.pk).exists()


def _told_lately(domain: str) -> bool:
    lately = clock.read() - TOLD_EVERY
    return Outage.objects.filter(domain=domain, told_at__gt=lately).exists()


def _end(outage: Outage) -> bool:
    now = clock.read()
    is_flapping = Outage.objects.filter(domain=outage.domain, ended_at__gt=now - FORWARD_EVERY).exists()
    if not Outage.objects.filter(pk=outage.pk, ended_at=None).update(ended_at=now):
        return False  # by another worker
    if is_flapping:
        return False  # what waited since lately is tried again soon
    count = bring_forward(outage.domain)
    if count:
        logger.warning("The mail server takes mail again; %d envelopes go out now", count)
    return count > 0


@transaction.atomic
def bring_forward(domain: str) -> int:
    """Makes all that waited for the server due now, as if new; but what workers have in hand."""
    waiting = Envelope.objects.waiting().unclaimed().filter(waits_for_server=True)
    if domain:
        mails = Mail.objects.filter(result=Mail.Result.WAITING, list_address__endswith=f"@{domain}")
        waiting = waiting.filter(mail__in=mails)
    can_skip = connection.features.has_select_for_update_skip_locked
    free = waiting.order_by().select_for_update(skip_locked=can_skip)
    changes = {"due_at": clock.now(), "attempts": 0, "waits_for_server": False}
    return Envelope.objects.filter(pk__in=free.values("pk")).update(**changes)


def forget_old() -> int:
    """Removes outages that are as old as the mail in the audit."""
    old = timezone.now() - timedelta(days=settings.AUDIT_KEPT_DAYS)
    return Outage.objects.filter(ended_at__lt=old).delete()[0]
