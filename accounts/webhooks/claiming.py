"""Takes what is due from the outbox, so that no other worker sends it meanwhile (rule 11.5).

Of the events of one thing only the oldest that waits is sent: the others wait until it has arrived, or is
given up. All that is decided about one webhook is decided under the lock of its row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce

from accounts.models import Webhook, WebhookDelivery
from groupadmin.base import clock

CLAIMED_FOR = timedelta(seconds=60)
"""Longer than a delivery takes; then its worker is taken for dead, and it is sent again, with the same id."""
HELD_FOR = timedelta(days=1)
"""When an event is looked at again that waits for one before it. The one before it wakes it sooner."""
LOOKED_AT = 200
LOOKS = 50


@dataclass(frozen=True)
class Parcel:
    """An event on its way."""

    delivery: int
    webhook: int
    company: int
    url: str
    secrets: tuple[str, ...]
    message_id: str
    body: str


@dataclass(frozen=True)
class Waiting:
    """A webhook that something is due for."""

    webhook: int
    company: int
    failures: int


def waiting(at_most: int) -> list[Waiting]:
    """The webhooks that something is due for, and that may be called now."""
    due = WebhookDelivery.objects.waiting().filter(webhook=OuterRef("pk"), due_at__lte=clock.now())
    webhooks = Webhook.objects.ready().filter(Exists(due)).order_by("?")
    return [Waiting(*row) for row in webhooks.values_list("pk", "company_id", "failures")[:at_most]]


@transaction.atomic
def claim(webhook_id: int) -> Parcel | None:
    """The next event for a webhook; None if nothing is due, or another worker is just asking too."""
    can_skip = connection.features.has_select_for_update_skip_locked
    webhooks = Webhook.objects.ready().filter(pk=webhook_id)
    webhook = webhooks.select_for_update(skip_locked=can_skip, no_key=True, of=("self",)).first()
    delivery = _next(webhook) if webhook is not None else None
    if webhook is None or delivery is None:
        return None
    now = clock.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        due_at=now + CLAIMED_FOR,
        attempts=F("attempts") + 1,
        tried_at=now,
        first_tried_at=Coalesce(F("first_tried_at"), now),
    )
    return Parcel(
        delivery=delivery.pk,
        webhook=webhook.pk,
        company=webhook.company_id,
        url=webhook.url,
        secrets=_secrets(webhook, clock.read()),
        message_id=delivery.message_id,
        body=delivery.body,
    )


def _next(webhook: Webhook) -> WebhookDelivery | None:
    """The event that is due the longest, and waits for none before it; those that do are put off."""
    waiting = WebhookDelivery.objects.waiting().filter(webhook=webhook)
    before = waiting.filter(thing=OuterRef("thing"), pk__lt=OuterRef("pk"))
    due = waiting.filter(due_at__lte=clock.now()).order_by("due_at", "pk")
    for _look in range(LOOKS):
        rows = list(due.annotate(is_held=Exists(before)).values_list("pk", "is_held")[:LOOKED_AT])
        free = next((pk for pk, is_held in rows if not is_held), None)
        if held := [pk for pk, is_held in rows if is_held]:
            WebhookDelivery.objects.filter(pk__in=held).update(due_at=clock.now() + HELD_FOR)
        if free is not None:
            return WebhookDelivery.objects.get(pk=free)
        if len(rows) < LOOKED_AT:
            break
    return None


def _secrets(webhook: Webhook, now: datetime) -> tuple[str, ...]:
    """What signs it: the secret, and for a day the one before. None if it cannot be read any more."""
    keys = [webhook.secret]
    if webhook.old_signs_until is not None and webhook.old_signs_until > now:
        keys.append(webhook.old_secret)
    return tuple(key for key in keys if key) if keys[0] else ()
