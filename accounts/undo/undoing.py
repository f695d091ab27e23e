"""Takes a change back: for who made it, once, soon after, if the thing is untouched since (rule 10.13)."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, NotVisible
from accounts.models import Undoable
from groupadmin.base.errors import Conflict, Invalid

from .keeping import together
from .kinds import KINDS

OFFERED_FOR = timedelta(hours=1)
KEPT_FOR = timedelta(days=1)
REASON = gettext_lazy("Undone by the person who did it.")


def undo(key: UUID, *, actor: Actor) -> str:
    """Undoes it, and returns what to say.

    Raises Http404 for what is not one's own, Invalid if it cannot be undone, or what the actions raise.
    """
    rows = Undoable.objects.select_for_update(of=("self",)).filter(member=actor.member)
    try:
        with together(), audit.because(REASON):
            kept = rows.filter(key=key).first()
            if kept is None:
                raise Http404
            if kept.undone_at is not None:
                raise Invalid(None, _("This is undone already."))
            if kept.created_at < timezone.now() - OFFERED_FOR:
                raise Invalid(None, _("This can no longer be undone."))
            said = _apply(kept, actor)
            kept.undone_at = timezone.now()
            kept.save(update_fields=["undone_at"])
            return said
    except Conflict:
        said = _("This was changed since, so it cannot be undone. Nothing was changed.")
        raise Invalid(None, said) from None


def _apply(kept: Undoable, actor: Actor) -> str:
    try:
        return KINDS[kept.kind](kept.state, actor)
    except NotVisible:
        raise
    except Http404:
        raise Invalid(None, _("It is no longer there, so this cannot be undone.")) from None


@transaction.atomic
def forget_old() -> None:
    """What is kept is deleted soon after it can no longer be undone."""
    Undoable.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
