"""Keeps what undoing has to know, in the transaction of the change itself (rule 10.13)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.actor import Actor, Door, Refused
from accounts.models import Undoable

from .kinds import KINDS, State


@contextmanager
def together() -> Iterator[None]:
    """One transaction for a change and for what is kept of it."""
    try:
        with transaction.atomic():
            yield
    except Refused as refusal:
        # Its entry in the audit was rolled back with the rest; the middleware writes it again.
        refusal.audited = False
        raise


def keep(actor: Actor, kind: str, state: State) -> Undoable | None:
    """What the person may take back. Programs and Django admin are offered nothing."""
    if kind not in KINDS:
        raise LookupError(f"Nothing undoes {kind}.")
    if actor.member is None or actor.door != Door.WEB:
        return None
    return Undoable.objects.create(member=actor.member, kind=kind, state=state)
