from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Conflict, Invalid, Refused
from accounts.models import Member
from groups import permissions
from groups.models import Group
from groups.permissions import Act

from .settings import Entries
from .update import change_entries, change_masters


def _save(group: Group, changes: audit.Changes, action: str, actor: Actor) -> Group:
    """Counts the version up and audits, if anything changed."""
    if changes:
        group.version += 1
        group.save(update_fields=["version"])
        audit.record(actor, action, group, changes)
    return group


@audit.action
def edit_entries(
    group: Group, added: Entries, removed: Entries, *, actor: Actor, version: int | None = None
) -> Group:
    """Adds and removes entries: "Edit Members" (spec 2.18). Raises Refused, Invalid or Conflict.

    Without a version, what others changed meanwhile does not matter.
    """
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = Entries.of(group)
    wanted = (present | added) - removed
    if version is not None and version != group.version and wanted != present:
        raise Conflict(group.version)
    return _save(group, change_entries(group, wanted, actor), "group.edit_members", actor)


@audit.action
def add_masters(group: Group, members: frozenset[int], *, actor: Actor) -> Group:
    """Names further masters, such as where none is left (spec 2.7, 2.15). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    return _save(group, change_masters(group, present | members, actor), "group.add_masters", actor)


@audit.action
def remove_master(group: Group, member: Member, *, actor: Actor) -> Group:
    """Takes the role from a master, while another is left (spec 2.7). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    if member.pk not in present:
        return group
    if not group.masters.filter(member__is_active=True).exclude(member=member).exists():
        raise Invalid("masters", _("The last master cannot be removed. Name another one first."))
    return _save(group, change_masters(group, present - {member.pk}, actor), "group.remove_master", actor)


@audit.action
def add_master_as_member(group: Group, member: Member, *, actor: Actor) -> Group:
    """Makes a master a member too, so that they can enter the room (spec 2.12). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    if not permissions.is_master_of(member, group):
        raise Refused("group.edit_members", _("Only for masters of the group."), target=group)
    wanted = Entries.of(group) | Entries(members=frozenset({member.pk}))
    return _save(group, change_entries(group, wanted, actor), "group.edit_members", actor)


@audit.action
def give_up_master(group: Group, *, actor: Actor) -> Group:
    """The acting master gives up the role, while another is left (spec 2.7). Raises Refused."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    me = actor.member.pk if actor.member else None
    if me not in present:
        raise Refused("group.give_up_master", _("You are no master of this group."), target=group)
    if not group.masters.filter(member__is_active=True).exclude(member=me).exists():
        raise Refused(
            "group.give_up_master", _("You are the last master. Name another one first."), target=group
        )
    return _save(group, change_masters(group, present - {me}, actor), "group.give_up_master", actor)
