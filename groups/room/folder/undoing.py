"""Undo after files and folders went to the bin of a room (rules 3.5, 10.13)."""

from django.http import Http404
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.models import Undoable
from accounts.undo import State, keep, together
from groupadmin.base.errors import Conflict
from groups.models import Group

from . import actions, reading

KIND = "folder.bin"


def put_in_bin(group: Group, tokens: list[str], *, actor: Actor) -> tuple[int, Undoable | None]:
    """The action of this name: how many, and how they come back. Raises what it raises."""
    with together():
        count = actions.put_in_bin(group, tokens, actor=actor)
        items = reading.chosen(group, tokens, binned=True).items if count else []
        if not items or items[0].binned_at is None:
            return count, None
        state = {"group": group.pk, "tokens": tokens, "at": items[0].binned_at.isoformat()}
        return count, keep(actor, KIND, state)


def undo(state: State, actor: Actor) -> str:
    """Takes them out of the bin, to where they were."""
    group = Group.objects.live().filter(pk=state["group"]).first()
    if group is None:
        raise Conflict(0)
    actions.enter_to_change(group, actor)
    try:
        items = reading.chosen(group, state["tokens"], binned=True).items
    except Http404:
        raise Conflict(0) from None
    if any(item.binned_at is None or item.binned_at.isoformat() != state["at"] for item in items):
        raise Conflict(0)
    for token in state["tokens"]:
        actions.restore(group, token, actor=actor)
    said = ngettext("%(count)s item was restored.", "%(count)s items were restored.", len(items))
    return said % {"count": f"{len(items):,}"}
