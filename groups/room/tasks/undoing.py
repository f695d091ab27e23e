"""Undo after a task was marked as done, or as open again (rules 3.5, 10.13)."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Undoable
from accounts.undo import State, keep, together
from groupadmin.base.errors import Conflict
from groupadmin.base.text import isolated
from groups.models import Group, Task

from . import actions

KIND = "task.done"


def set_done(group: Group, pk: int, is_done: bool, *, actor: Actor) -> tuple[Task, Undoable | None]:
    """The action of this name. Raises what it raises."""
    with together():
        before = Task.objects.filter(group=group, pk=pk).values_list("done_at", "done_by_name").first()
        changed = actions.set_done(group, pk, is_done, actor=actor)
        if before is None or (before[0] is not None) == is_done:
            return changed, None
        state = {"was": [_text(before[0]), before[1]], "now": _text(changed.done_at)}
        return changed, keep(actor, KIND, {"group": group.pk, "task": pk} | state)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def undo(state: State, actor: Actor) -> str:
    """As it was, unless somebody has ticked or opened it since."""
    group = Group.objects.live().filter(pk=state["group"]).first()
    task = Task.objects.filter(group=group, pk=state["task"]).first()
    if group is None or task is None:
        raise Conflict(0)
    done_at, done_by = state["was"]
    was, now = (_moment(done_at), done_by), _moment(state["now"])
    changed = actions.put_back_done(group, task.pk, was, now, actor=actor)
    text = _("“%(title)s” is done.") if changed.done_at else _("“%(title)s” is open again.")
    return text % {"title": isolated(changed.title)}
