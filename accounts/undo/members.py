"""Undo after somebody was deactivated (rules 2.23, 10.13)."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import consequences
from accounts.actions.members import activate_member, lock_member
from accounts.actor import Actor
from accounts.jobs import changes
from accounts.models import Job, Member, Undoable
from groupadmin.base.errors import Conflict
from groupadmin.base.text import isolated

from .keeping import keep, together
from .kinds import State

KIND = "member.deactivate"


def deactivate(member: Member, *, actor: Actor) -> tuple[Job | None, Undoable | None]:
    """What changes.deactivate does: the job that it starts, or what can be undone. Raises what it raises."""
    with together():
        _company, before = lock_member(member, actor, "member.deactivate")
        since = timezone.now()
        if (job := changes.deactivate(member, actor=actor)) is not None:
            return job, None
        done = Member.objects.get(pk=member.pk)
        if not before.is_active or done.is_active:
            return None, None
        state = {"member": done.pk, "version": done.version, "since": since.isoformat()}
        return None, keep(actor, KIND, state)


def undo(state: State, actor: Actor) -> str:
    """Activates them, and gives back what their deactivation took away; sessions and tokens stay ended."""
    member = Member.objects.select_related("company").filter(pk=state["member"]).first()
    if member is None or member.is_active or member.version != state["version"]:
        raise Conflict(0)
    member = activate_member(member, actor=actor)
    since = datetime.fromisoformat(state["since"])
    consequences.in_groups().give_places_back(member, since, actor=actor)
    return _("%(name)s is active again.") % {"name": isolated(member.name)}
