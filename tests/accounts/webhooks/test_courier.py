"""Who hangs holds up nobody else (rule 11.5)."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Webhook, WebhookDelivery
from accounts.webhooks import courier as module
from accounts.webhooks.claiming import Parcel
from accounts.webhooks.courier import OF_ONE_WEBHOOK, Courier
from accounts.webhooks.sending import Outcome
from tests.factories import CompanyFactory, WebhookDeliveryFactory, WebhookFactory
from tests.receivers import Receiver

from .delivering import ids

pytestmark = pytest.mark.django_db

DONE = WebhookDelivery.State.DONE


class Senders:
    """Stands for receivers: those in `hanging` do not answer until they may."""

    def __init__(self) -> None:
        self.hanging: set[int] = set()
        self.go_on = threading.Event()
        self.sent: list[int] = []
        self.under_way: Counter[int] = Counter()

    def __call__(self, parcel: Parcel) -> Outcome:
        self.under_way[parcel.webhook] += 1
        self.sent.append(parcel.webhook)
        if parcel.webhook in self.hanging:
            self.go_on.wait(10)
            return Outcome(problem="timeout", is_of_whole=True)
        return Outcome(status=200)


@pytest.fixture
def senders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Senders]:
    found = Senders()
    monkeypatch.setattr(module, "send", found)
    yield found
    found.go_on.set()


@pytest.fixture
def courier() -> Iterator[Courier]:
    """One with room for eight; the test says when it looks, in its own thread."""
    found = Courier(8)
    yield found
    found._pool.shutdown(wait=False)


def go(courier: Courier, until: Callable[[], object]) -> None:
    """Lets it work until something holds, or for long enough that it never will."""
    end = time.monotonic() + 10
    while not until() and time.monotonic() < end:
        courier.step(0.02)
        courier._looked_at = 0
    assert until()


def waiting(of: Webhook) -> int:
    return WebhookDelivery.objects.waiting().filter(webhook=of).count()


def test_several_arrive_at_once(webhook: Webhook, receiver: Receiver, courier: Courier) -> None:
    """Each once, by real threads."""
    WebhookDeliveryFactory.create_batch(12, webhook=webhook)
    go(courier, lambda: not waiting(webhook))
    assert len(ids(receiver)) == len(set(ids(receiver))) == 12


def test_one_company_that_hangs_does_not_stop_another(senders: Senders, courier: Courier) -> None:
    """However many webhooks it has, half of the room is left."""
    bad = CompanyFactory.create()
    for _number in range(6):
        hanging = WebhookFactory.create(company=bad)
        senders.hanging.add(hanging.pk)
        WebhookDeliveryFactory.create_batch(5, webhook=hanging)
    good = WebhookFactory.create()
    WebhookDeliveryFactory.create_batch(10, webhook=good)
    go(courier, lambda: not waiting(good))
    assert sum(senders.under_way[pk] for pk in senders.hanging) == 4


def test_many_that_fail_do_not_stop_one_that_works(senders: Senders, courier: Courier) -> None:
    """Of a quarter of the room."""
    for _number in range(10):
        failing = WebhookFactory.create(failures=2)
        senders.hanging.add(failing.pk)
        WebhookDeliveryFactory.create_batch(2, webhook=failing)
    good = WebhookFactory.create()
    WebhookDeliveryFactory.create_batch(10, webhook=good)
    go(courier, lambda: not waiting(good))
    assert sum(senders.under_way[pk] for pk in senders.hanging) == 2
    assert max(senders.under_way[pk] for pk in senders.hanging) == 1


def test_one_webhook_takes_only_a_few_at_once(senders: Senders) -> None:
    courier = Courier(32)
    webhook = WebhookFactory.create()
    senders.hanging.add(webhook.pk)
    WebhookDeliveryFactory.create_batch(10, webhook=webhook)
    for _time in range(3):
        courier.step(0.01)
    go(courier, lambda: senders.under_way[webhook.pk] == OF_ONE_WEBHOOK)
    assert courier.is_busy


def test_one_that_has_stopped_begins_nothing(senders: Senders, courier: Courier) -> None:
    WebhookDeliveryFactory.create()
    courier.step(0.01, begins=False)
    assert not senders.sent


@pytest.mark.django_db(transaction=True)
def test_it_runs_by_itself(webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker, with a connection of its own; told to stop, it stores what is under way."""
    monkeypatch.setattr(module, "LOOKS_EVERY", 0.02)
    delivery = WebhookDeliveryFactory.create(webhook=webhook)

    def has_arrived() -> Any:
        return receiver.requests

    with Courier(2):
        end = time.monotonic() + 10
        while not has_arrived() and time.monotonic() < end:
            threading.Event().wait(0.01)
    delivery.refresh_from_db()
    assert delivery.state == DONE
