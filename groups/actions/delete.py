from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.addresses import taken_message
from accounts.actions.locks import lock_company
from accounts.actions.names import clean_name
from accounts.actor import Actor
from accounts.audit.items import Item, group_item, people_items
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later
from groups import limits, notices, permissions
from groups.entries import present_entries
from groups.membership import effective
from groups.models import Group, Membership, Notice
from groups.notices.movements import movements
from groups.permissions import Act
from groups.room.delete_data.actions import forget_room

from .create import check_name
from .designations import drop_designated
from .entries import for_other_companies
from .list_addresses import free_addresses, old_address, take_addresses_back

PURGED_AT_ONCE = 100


@audit.action
def delete_group(group: Group, *, actor: Actor) -> Group:
    """Moves a group to "Recently deleted" and frees its name and address (rule 2.17). Raises Refused.

    Groups that contain it stay and lose the entry (rule 2.22).
    """
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.DELETE, lock=True)
    contained_in = list(
        Group.objects.filter(entries__subgroup=group).order_by("pk").select_for_update(of=("self",))
    )
    people = effective.people_ids_within((), (), [group.pk])
    with movements(actor, people=people, groups=[container.pk for container in contained_in]):
        Membership.objects.filter(subgroup=group).delete()
    for container in contained_in:
        container.version += 1
        container.save(update_fields=["version"])
        changes: audit.Changes = {"members_removed": [None, [group_item(group)]]}
        audit.record(actor, "group.edit_members", container, changes)
    drop_designated(group, actor)
    if group.mailing_list is not None:
        free_addresses(group.mailing_list)
    group.deleted_at = timezone.now()
    group.deleted_by = actor.member
    group.version += 1
    group.save()
    audit.record(actor, Act.DELETE, group, {"contained_in": [[group_item(one) for one in contained_in], []]})
    if group.is_external:
        members, masters = _people_items(group)
        gone: audit.Changes = {"members_removed": [None, members], "masters": [masters, []]}
        audit.record_in_bulk(actor, Act.DELETE, for_other_companies(group, gone))
    # Rule 5.1.
    if group.notifies:
        notices.tell_group(Notice.Kind.DELETED, group, actor=actor)
    return group


def _people_items(group: Group) -> tuple[list[Item], list[Item]]:
    """The members and the masters of an external group, for the audits of their companies."""
    members = group.entries.filter(member__isnull=False).values_list("member_id", flat=True)
    masters = group.masters.values_list("member_id", flat=True)
    return people_items([pk for pk in members if pk is not None]), people_items(masters)


@audit.action
def restore_group(
    group: Group, *, actor: Actor, name: str | None = None, local_part: str | None = None
) -> Group:
    """Brings a deleted group back with everything in it (rule 2.17).

    A new name or address is needed if the old one is now taken; aliases that are taken are given up (rule
    4.14). Raises Refused or Invalid.
    """
    company = lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.RESTORE, lock=True)
    if group.deleted_at is None:
        return group
    limits.check_plan_limit(company)
    mailing_list = group.mailing_list
    before: dict[str, Any] = {
        "name": group.name,
        "address": mailing_list.kept_address if mailing_list else "",
    }
    before["aliases"] = mailing_list.kept_aliases.split() if mailing_list else []
    group.name = clean_name(name or group.name)
    check_name(company, group.name, group)
    limits.check_direct_groups(present_entries(group).members)
    addresses = take_addresses_back(group, local_part)
    group.deleted_at = None
    group.deleted_by = None
    group.version += 1
    group.save()
    after = {"name": group.name, **addresses}
    audit.record(actor, Act.RESTORE, group, audit.difference(before, after))
    if group.is_external:
        members, masters = _people_items(group)
        again: audit.Changes = {"members_added": [None, members], "masters": [[], masters]}
        audit.record_in_bulk(actor, Act.RESTORE, for_other_companies(group, again))
    if group.notifies:
        # They were told it was gone, and are back in it.
        notices.tell_group(Notice.Kind.JOINED, group, actor=actor, details={"restored": True})
    return group


def restore_obstacles(group: Group) -> dict[str, str]:
    """What is now taken of a deleted group, by field: for its page; restore_group checks again."""
    obstacles = {}
    try:
        check_name(group.company, group.name, group)
    except Invalid as invalid:
        obstacles["name"] = invalid.message
    local_part, domain = old_address(group)
    if domain is not None and (taken := taken_message(local_part, domain)):
        obstacles["address"] = taken
    return obstacles


def purge_deleted_groups(*, actor: Actor) -> int:
    """Deletes permanently what settings no longer keep (rule 2.17). Returns how many groups."""
    since = timezone.now() - timedelta(days=django_settings.DELETED_GROUPS_KEPT_DAYS)
    purged = 0
    while ids := list(
        Group.objects.filter(deleted_at__lt=since).values_list("pk", flat=True)[:PURGED_AT_ONCE]
    ):
        purged += sum(_purge(pk, since, actor) for pk in ids)
    return purged


@transaction.atomic
def _purge(pk: int, since: datetime, actor: Actor) -> bool:
    """Removes the group, unless it has been restored or purged in the meantime."""
    group = Group.objects.select_for_update(of=("self",)).filter(pk=pk, deleted_at__lt=since).first()
    if group is None:
        return False
    _remove(group, actor)
    return True


@audit.action
def purge_group(group: Group, *, actor: Actor) -> None:
    """Deletes a recently deleted group for good, before its time (rule 10.6). Raises Refused or Invalid."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.RESTORE, lock=True)
    if group.deleted_at is None:
        raise Invalid(None, _("This group was restored in the meantime."))
    _remove(group, actor)


def _remove(group: Group, actor: Actor) -> None:
    audit.record(actor, "group.purge", group)
    files = [(photo.storage, photo.name) for photo in (group.photo, group.photo_small) if photo.name]
    mailing_list = group.mailing_list
    forget_room(group)
    group.delete()
    if mailing_list is not None:
        mailing_list.delete()
    for storage, name in files:
        delete_later(storage, name)
