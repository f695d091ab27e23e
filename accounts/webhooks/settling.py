"""Stores what became of an event, and when it is tried again (rule 11.5).

Attempts go on for a day, with growing delays. A webhook that took nothing for a day, or says that it is gone,
is paused: its events wait until somebody resumes it.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member, Webhook, WebhookDelivery
from accounts.tasks import tell_webhook_paused
from groupadmin.base import clock

from .claiming import CLAIMED_FOR, Parcel
from .sending import Outcome

logger = logging.getLogger(__name__)

TRIED_FOR = timedelta(days=1)
DELAYS = [
    *(timedelta(seconds=seconds) for seconds in (5, 30)),
    *(timedelta(minutes=minutes) for minutes in (2, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4)),
]
"""How long an event waits after each failure; the last one repeats."""
SILENT_FROM = 3
"""After so many failures in a row without an answer, nothing else is tried for a while."""
SILENT_DELAYS = [
    *(timedelta(seconds=seconds) for seconds in (5, 30)),
    *(timedelta(minutes=minutes) for minutes in (2, 5, 15, 30)),
]
FAILURES_COUNTED = 1_000_000


@transaction.atomic
def settle(parcel: Parcel, outcome: Outcome) -> None:
    """Stores what became of an attempt. Does nothing if the webhook is deleted meanwhile."""
    webhook = Webhook.objects.select_for_update(no_key=True, of=("self",)).filter(pk=parcel.webhook).first()
    row = WebhookDelivery.objects.waiting().filter(pk=parcel.delivery).first()
    if webhook is None or row is None:
        return
    row.status, row.response, row.seconds = outcome.status, outcome.response, outcome.seconds
    row.problem = outcome.problem
    now = clock.read()
    if outcome.is_taken:
        _taken(webhook, row, now)
    else:
        _failed(webhook, row, outcome, now)
    row.save(update_fields=["status", "response", "seconds", "problem", "state", "due_at"])


def _taken(webhook: Webhook, row: WebhookDelivery, now: datetime) -> None:
    row.state, row.due_at = WebhookDelivery.State.DONE, now
    if webhook.silent_until is not None:
        # It is back: what was tried in vain need not wait out its delay. What others just send is left alone.
        waiting = WebhookDelivery.objects.waiting().filter(webhook=webhook)
        waiting.filter(tried_at__lt=now - CLAIMED_FOR).update(due_at=now)
    webhook.failing_since, webhook.failures, webhook.silent_until = None, 0, None
    webhook.taken_at = now
    webhook.save(update_fields=["failing_since", "failures", "silent_until", "taken_at"])
    _wake_next(row, now)


def _failed(webhook: Webhook, row: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    webhook.failing_since = webhook.failing_since or now
    webhook.failures = min(webhook.failures + 1, FAILURES_COUNTED)
    webhook.silent_until = _silent_until(webhook, outcome, now)
    webhook.save(update_fields=["failing_since", "failures", "silent_until"])
    is_over = now >= webhook.failing_since + TRIED_FOR
    if outcome.is_gone or is_over:
        _pause(webhook, Webhook.Paused.GONE if outcome.is_gone else Webhook.Paused.FAILING, now)
    ends = (row.first_tried_at or now) + TRIED_FOR
    if now >= ends and webhook.paused_at is None:
        row.state = WebhookDelivery.State.FAILED
        _wake_next(row, now)
        return
    if not row.attempts:
        # Somebody has asked for it anew meanwhile: its delays begin anew, too.
        row.due_at = now
        return
    delay = DELAYS[min(row.attempts, len(DELAYS)) - 1]
    row.due_at = min(now + delay, max(ends, now + DELAYS[0]))


def _silent_until(webhook: Webhook, outcome: Outcome, now: datetime) -> datetime | None:
    """Until when nothing is tried: as the receiver asks, or growing delays while it does not answer."""
    if not outcome.is_of_whole:
        return webhook.silent_until
    wait = outcome.wait
    if webhook.failures >= SILENT_FROM:
        wait = max(wait, SILENT_DELAYS[min(webhook.failures - SILENT_FROM, len(SILENT_DELAYS) - 1)])
    return now + wait if wait else webhook.silent_until


def _wake_next(row: WebhookDelivery, now: datetime) -> None:
    """The next event of the same thing need not wait any longer."""
    same = WebhookDelivery.objects.waiting().filter(webhook=row.webhook_id, thing=row.thing)
    following = same.filter(pk__gt=row.pk).order_by("pk").values_list("pk", flat=True).first()
    if following is not None:
        WebhookDelivery.objects.filter(pk=following).update(due_at=now)


def _pause(webhook: Webhook, because: Webhook.Paused, now: datetime) -> None:
    """Pauses it, and tells the company's administrators."""
    if webhook.paused_at is not None:
        return
    webhook.paused_at, webhook.paused_because = now, because
    webhook.save(update_fields=["paused_at", "paused_because"])
    audit.record(Actor.system(), "webhook.pause", webhook, reason=because.label)
    for member in Member.objects.active().filter(company=webhook.company_id, is_administrator=True):
        tell_webhook_paused(member, webhook)
    logger.warning("Webhook %s is paused: %s", webhook.pk, because)
