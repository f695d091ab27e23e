from dataclasses import replace

from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.audit.items import people_items
from accounts.models import Member
from groupadmin.base.errors import Conflict, Invalid
from groups import limits, permissions
from groups.entries import Entries, present_among, present_entries
from groups.models import Group
from groups.notices.movements import movements
from groups.permissions import Act

from .entries import (
    change_masters,
    for_other_companies,
    lock_with_companies_of,
    move_entries,
    people_in,
    write_entries,
)

ADD_EXTERNAL = "group.add_external_members"


def _save(group: Group, changes: audit.Changes, action: str, actor: Actor) -> Group:
    """Raises the version and audits, if anything changed."""
    if changes:
        group.version += 1
        group.save(update_fields=["version"])
        audit.record(actor, action, group, changes)
    return group


@audit.action
def edit_entries(
    group: Group, added: Entries, removed: Entries, *, actor: Actor, version: int | None = None
) -> Group:
    """Adds and removes entries: "Edit Members" (rule 2.18). Raises Refused, Invalid or Conflict.

    Members cannot leave on their own: those who may edit the group remove them (rule 2.16). What is in
    both is removed. A group of any size costs the same: its other entries are not looked at.

    Without a version, changes by others are not checked.
    """
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    new = added - removed - present_among(group, added)
    # A system takes away only the entries that it added (rule 10.4).
    gone = present_among(group, removed, actor.source)
    if version is not None and version != group.version and (new or gone):
        raise Conflict(group.version)
    return _save(group, move_entries(group, new, gone, actor), "group.edit_members", actor)


@audit.action
def replace_entries(group: Group, wanted: Entries, *, actor: Actor, version: int | None = None) -> Group:
    """Makes exactly these the entries (rules 2.8, 2.18). Raises Refused, Invalid or Conflict."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = present_entries(group)
    # A system takes away only the entries that it added (rule 10.4).
    removable = present_entries(group, actor.source) if actor.source else present
    if version is not None and version != group.version and wanted != present:
        raise Conflict(group.version)
    changes = move_entries(group, wanted - present, removable - wanted, actor)
    return _save(group, changes, "group.edit_members", actor)


@audit.action
def add_masters(group: Group, members: frozenset[int], *, actor: Actor) -> Group:
    """Adds masters, for example where none is left (rules 2.7, 2.15). Raises Refused or Invalid."""
    lock_with_companies_of(group, people_in(group, members))
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    return _save(group, change_masters(group, present | members, actor), "group.add_masters", actor)


@audit.action
def edit_masters(
    group: Group,
    added: frozenset[int],
    removed: frozenset[int],
    *,
    actor: Actor,
    version: int | None = None,
) -> Group:
    """Adds and removes masters; at least one stays (rule 2.7). Raises Refused, Invalid or Conflict."""
    lock_with_companies_of(group, people_in(group, added))
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    return _set_masters(group, present, (present | added) - removed, version, actor)


@audit.action
def replace_masters(
    group: Group, wanted: frozenset[int], *, actor: Actor, version: int | None = None
) -> Group:
    """Makes exactly these the masters (rule 2.7). Raises Refused, Invalid or Conflict."""
    lock_with_companies_of(group, people_in(group, wanted))
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    return _set_masters(group, present, wanted, version, actor)


def _set_masters(
    group: Group, present: frozenset[int], wanted: frozenset[int], version: int | None, actor: Actor
) -> Group:
    if actor.source:
        # A system takes the role only from those whom it gave it (rule 10.4).
        others = group.masters.exclude(source=actor.source).values_list("member_id", flat=True)
        wanted |= present & frozenset(others)
    if version is not None and version != group.version and wanted != present:
        raise Conflict(group.version)
    return _save(group, change_masters(group, wanted, actor), "group.set_masters", actor)


@audit.action
def add_external_members(group: Group, members: frozenset[int], *, actor: Actor) -> Group:
    """Adds people in other companies from the acting member's Contacts (rule 6.3). Raises Refused or Invalid.

    People already in the group stay; a form posted twice changes nothing the second time.
    """
    known = limits.contacts_of(actor).filter(person__in=members)
    lock_with_companies_of(group, [*known, actor.member.pk if actor.member else None])
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    if not group.is_external:
        raise Refused(ADD_EXTERNAL, limits.NOT_EXTERNAL, target=group)
    if actor.member is not None:
        # Read again: from here on nobody can withdraw permission.
        actor = replace(actor, member=Member.objects.select_related("company").get(pk=actor.member.pk))
    new = members - frozenset(people_in(group, members))
    limits.check_contacts(actor, group, new)
    limits.check_direct_groups(new)
    with movements(actor, people=new, leaving=(), groups=[group.pk]):
        write_entries(group, Entries(members=new), Entries(), actor)
    items = people_items(new)
    changes: audit.Changes = {"members_added": [None, items]} if items else {}
    group = _save(group, changes, ADD_EXTERNAL, actor)
    audit.record_in_bulk(actor, ADD_EXTERNAL, for_other_companies(group, changes))
    return group


@audit.action
def remove_master(group: Group, member: Member, *, actor: Actor) -> Group:
    """Removes the role from a master, if another is left (rule 2.7). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    if member.pk not in present:
        return group
    if limits.is_last_master(group, member):
        raise Invalid("masters", str(limits.LAST_MASTER))
    return _save(group, change_masters(group, present - {member.pk}, actor), "group.remove_master", actor)


@audit.action
def add_master_as_member(group: Group, member: Member, *, actor: Actor) -> Group:
    """Makes a master a member too, so that they can enter the room (rule 2.12). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    if not permissions.is_master_of(member, group):
        raise Refused(
            "group.edit_members", gettext_lazy("Only masters of the group can do this."), target=group
        )
    them = Entries(members=frozenset({member.pk}))
    new = them - present_among(group, them)
    return _save(group, move_entries(group, new, Entries(), actor), "group.edit_members", actor)


@audit.action
def give_up_master(group: Group, *, actor: Actor) -> Group:
    """The acting master gives up the role, if another is left (rule 2.7). Raises Refused."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    present = frozenset(group.masters.values_list("member_id", flat=True))
    wanted = present - {check_gives_up(group, actor).pk}
    return _save(group, change_masters(group, wanted, actor), "group.give_up_master", actor)


def check_gives_up(group: Group, actor: Actor) -> Member:
    """The acting master, if another one is left. Raises Refused (rule 2.7)."""
    if actor.member is None or not permissions.is_master_of(actor.member, group):
        raise Refused(
            "group.give_up_master", gettext_lazy("You are not a master of this group."), target=group
        )
    if limits.is_last_master(group, actor.member):
        raise Refused("group.give_up_master", limits.LAST_MASTER, target=group)
    return actor.member
