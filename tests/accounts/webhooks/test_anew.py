"""What begins anew: sent again, at another address, or turned on again (rule 11.5)."""

from datetime import timedelta

import pytest

from accounts.actions.webhooks import WebhookSettings, send_again, update_webhook
from accounts.models import Member, Webhook, WebhookDelivery
from accounts.webhooks import sending
from accounts.webhooks.claiming import claim
from accounts.webhooks.settling import settle
from groups.models import Group
from tests.helpers import Clock, actor_of
from tests.receivers import Answers, Receiver

from .delivering import deliver
from .test_delivery import State, change, only

pytestmark = pytest.mark.django_db


def test_sent_again_while_it_is_on_its_way_it_does_not_wait_for_hours(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock
) -> None:
    change(group)
    parcel = claim(webhook.pk)
    assert parcel is not None
    send_again([only()], actor=actor_of(administrator))
    settle(parcel, sending.Outcome(problem="status", status=500))
    assert only().due_at == clock.now
    assert deliver() == 1


@pytest.mark.parametrize("was_off", [True, False])
def test_what_failed_before_does_not_count_at_another_address(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock, *, was_off: bool
) -> None:
    """Nor after it was off: it is called at once, and not paused by its first failure."""
    change(group)
    Webhook.objects.update(
        url="https://old.example/" if not was_off else receiver.url,
        is_on=not was_off,
        failing_since=clock.now - timedelta(days=9),
        failures=9,
        silent_until=clock.now + timedelta(minutes=30),
    )
    WebhookDelivery.objects.update(
        attempts=8, first_tried_at=clock.now - timedelta(days=9), due_at=clock.now + timedelta(hours=4)
    )
    webhook.refresh_from_db()
    receiver.queue = [Answers(500)]
    update_webhook(webhook, WebhookSettings(receiver.url), actor=actor_of(administrator))
    assert deliver() == 1
    webhook.refresh_from_db()
    assert (webhook.paused_at, only().state) == (None, State.WAITING)
    clock.forward(minutes=1)
    deliver()
    assert only().state == State.DONE
