"""Undo after somebody was taken out of a group, or is no longer its master (rule 10.13)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.models import Member, Undoable
from accounts.pickers.tokens import chosen_of, tokens_of
from accounts.undo import State, keep, together
from groupadmin.base.errors import Conflict
from groupadmin.base.kept_rows import plain
from groupadmin.base.text import isolated
from groups import actions, notices, permissions
from groups.actions.put_back import kept_of, may_put_back, put_people_back
from groups.entries import Entries, present_among
from groups.models import Group
from groups.permissions import Act

KIND = "group.people"


def edit_entries(
    group: Group, added: Entries, removed: Entries, *, actor: Actor, version: int | None = None
) -> Undoable | None:
    """The action of this name; what it removes can be put back. Raises what it raises."""
    with together(), notices.heard() as told:
        before = _locked(group, actor)
        gone = kept_of(before, removed)
        new = added - present_among(before, added)
        done = actions.edit_entries(group, added, removed, actor=actor, version=version)
        if not gone or done.version == before.version or not may_put_back(done, gone, actor):
            return None
        return keep(actor, KIND, state_of(done, told, entries=gone, added=new))


def remove_master(group: Group, member: Member, *, actor: Actor) -> Undoable | None:
    """The action of this name; the role can be given back. Raises what it raises."""
    with together(), notices.heard() as told:
        before = _locked(group, actor)
        gone = plain(before.masters.filter(member=member))
        done = actions.remove_master(group, member, actor=actor)
        if done.version == before.version or not may_put_back(done, (), actor):
            return None
        return keep(actor, KIND, state_of(done, told, masters=gone))


def _locked(group: Group, actor: Actor) -> Group:
    lock_company(group.company_id)
    return permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)


def state_of(
    group: Group,
    told: Sequence[int],
    *,
    entries: Sequence[dict[str, Any]] = (),
    added: Entries | None = None,
    masters: Sequence[dict[str, Any]] = (),
    named: Sequence[int] = (),
) -> State:
    """What undoing has to know of a group's people; `named` are new masters."""
    return {
        "group": group.pk,
        "version": group.version,
        "entries": list(entries),
        "added": tokens_of(added or Entries()),
        "masters": list(masters),
        "named": list(named),
        "notices": list(told),
    }


def put_back(group: Group, version: int, state: State, actor: Actor) -> Group:
    """The people as they were."""
    return put_people_back(
        group,
        version,
        entries=state["entries"],
        added=chosen_of(state["added"]),
        masters=state["masters"],
        named=frozenset(state["named"]),
        actor=actor,
    )


def undo(state: State, actor: Actor) -> str:
    """Puts entries and masters back as they were."""
    group = group_in(state)
    with notices.heard() as again:
        put_back(group, state["version"], state, actor)
    notices.unsay(state["notices"], again)
    return _("The members and masters of %(name)s are as before.") % {"name": isolated(group.name)}


def group_in(state: State) -> Group:
    """The group that it was about. Raises Conflict if it is gone."""
    group = Group.objects.select_related("company", "mailing_list").filter(pk=state["group"]).first()
    if group is None:
        raise Conflict(0)
    return group
