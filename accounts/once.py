"""What a form adds, it adds once, however often it is sent (rule 5.8).

An action that adds something asks `made` under its lock, and says `keep` once the thing is there:

    if there := once.made(actor, Task):
        return there
    ...
    once.keep(actor, task)

Both stand in the action's transaction: there is no thing without its key, and no key without its thing.
"""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid5

from django.db.models import Model
from django.utils import timezone

from .actor import Actor
from .models import SentForm

KEPT_FOR = timedelta(days=7)

M = TypeVar("M", bound=Model)


def made(actor: Actor, kind: type[M], part: str = "") -> M | None:
    """What the same form of the same person has added before, if it is still there.

    `part` tells apart several things of one form.
    """
    if actor.member is None or (key := _key(actor, part)) is None:
        return None
    sent = SentForm.objects.filter(member=actor.member, key=key, kind=kind._meta.label_lower).first()
    return None if sent is None else kind._default_manager.filter(pk=sent.object_id).first()


def keep(actor: Actor, thing: Model, part: str = "") -> None:
    """Remembers what a form has added."""
    if actor.member is None or (key := _key(actor, part)) is None:
        return
    values = {"kind": thing._meta.label_lower, "object_id": thing.pk, "sent_at": timezone.now()}
    SentForm.objects.update_or_create(member=actor.member, key=key, defaults=values)


def _key(actor: Actor, part: str) -> UUID | None:
    return uuid5(actor.form_key, part) if actor.form_key and part else actor.form_key


def forget_old() -> None:
    """Forms that nobody sends again."""
    SentForm.objects.filter(sent_at__lt=timezone.now() - KEPT_FOR).delete()
