"""Who may look at how the installation is (rule 11.6), and when something counts as stuck."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

__all__ = ["METRICS_ADDRESSES", "METRICS_TOKEN", "PROMETHEUS_LATENCY_BUCKETS", "STUCK_SECONDS"]

env = Environment()

# Prometheus shows the token, or comes from one of these addresses or networks. With neither set, there are no
# metrics.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
try:
    METRICS_ADDRESSES = [
        ipaddress.ip_network(one.strip(), strict=False)
        for one in env.list("METRICS_ADDRESSES", default=[])
        if one.strip()
    ]
except ValueError as error:
    raise ImproperlyConfigured(f"METRICS_ADDRESSES: {error}") from error
# Mail or tasks that nobody has touched for so long, though they are due, are stuck.
STUCK_SECONDS = env.int("STUCK_SECONDS", default=15 * 60)

# In seconds, of requests and of queries. Each costs a line for every page.
PROMETHEUS_LATENCY_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, float("inf"))
