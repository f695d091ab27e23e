"""Few threads of a web server wait for identity providers, and one for each (rule 9.6).

Anybody may have a provider asked: by signing in, or with a made-up logout token. Without this, one that
answers slowly would keep all threads busy, so that nobody of any company gets a page.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from urllib.parse import urlsplit

AT_ONCE = 2
"""Providers that a process waits for at the same time."""
WAIT_SECONDS = 2.0
"""How long somebody waits for their turn."""
SLOW_SECONDS = 1.0
"""Nobody waits for a turn behind who has waited for so long already."""

_changed = Condition()
_under_way: dict[str, float] = {}


class Busy(Exception):  # noqa: N818  (for a moment)
    """Others wait for the provider already."""


@contextmanager
def turn(url: str) -> Iterator[None]:
    """While the provider at this address is asked. Raises Busy."""
    host = urlsplit(url).netloc
    with _changed:
        _wait(host)
        _under_way[host] = time.monotonic()
    try:
        yield
    finally:
        with _changed:
            del _under_way[host]
            _changed.notify_all()


def _wait(host: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while host in _under_way or len(_under_way) >= AT_ONCE:
        now = time.monotonic()
        since = _under_way[host] if host in _under_way else max(_under_way.values())
        if now >= until or now - since > SLOW_SECONDS:
            raise Busy(f"{host} or others are slow, and others wait already")
        _changed.wait(min(until - now, SLOW_SECONDS))
