"""What tests of webhooks share."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Company, Webhook
from tests import receivers
from tests.factories import WebhookFactory
from tests.receivers import Receiver

from .delivering import SECRET


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on loopback, in an installation that allows that."""
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.OUTGOING_PLAIN_HTTP = True
    with receivers.receiver() as found:
        yield found


@pytest.fixture
def webhook(company: Company, receiver: Receiver) -> Webhook:
    """The company's webhook, told of everything, at the receiver."""
    return WebhookFactory.create(company=company, url=receiver.url, secret=SECRET)
