"""What can be undone: one table (rule 10.13), filled at start-up by each area."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from accounts.actor import Actor

State = dict[str, Any]
"""What undoing has to know; stored as JSON."""
Kind = Callable[[State, Actor], str]
"""Undoes it by the same actions as anybody, and returns what to say. Raises Conflict if
somebody has touched the thing since, or what actions raise."""


KINDS: dict[str, Kind] = {}


def register(kinds: Mapping[str, Kind]) -> None:
    """Makes these available; their names are stored in the rows."""
    for name, kind in kinds.items():
        if KINDS.setdefault(name, kind) is not kind:
            raise ImproperlyConfigured(f"Two kinds of undoing are called {name}.")
