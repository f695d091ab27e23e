"""Which addresses we call for people who chose them: webhooks, identity providers (rule 11.5)."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

env = Environment()

__all__ = [
    "OUTGOING_PLAIN_HTTP",
    "OUTGOING_PRIVATE_NETWORKS",
    "WEBHOOKS_AT_ONCE",
    "WEBHOOK_DELIVERIES_KEPT_DAYS",
]

# Networks that may be called although they are not public, such as 10.0.0.0/8 or fd00::/8. None by default:
# what only this machine reaches must not be reached through it.
OUTGOING_PRIVATE_NETWORKS = env.list("OUTGOING_PRIVATE_NETWORKS", default=[])
for _network in OUTGOING_PRIVATE_NETWORKS:
    try:
        ipaddress.ip_network(_network)
    except ValueError as problem:
        raise ImproperlyConfigured(f"OUTGOING_PRIVATE_NETWORKS: {problem}") from None
# Whether http: may be called, where anybody on the way reads along.
OUTGOING_PLAIN_HTTP = env.bool("OUTGOING_PLAIN_HTTP", default=False)

# How many events a worker sends to webhooks at once, each in a thread that waits for its receiver.
WEBHOOKS_AT_ONCE = env.int("WEBHOOKS_AT_ONCE", default=32)
# How long it is shown what webhooks were told, and how long events wait for one that is paused.
WEBHOOK_DELIVERIES_KEPT_DAYS = env.int("WEBHOOK_DELIVERIES_KEPT_DAYS", default=30)
