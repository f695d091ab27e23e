from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.models import Company
from groupadmin.base.errors import Conflict, Invalid
from groups import limits, notices, permissions
from groups.models import Group, Notice
from groups.models.switches import SWITCHES
from groups.permissions import Act
from groups.room.access import lock_room

from . import mailing_list, photos
from .create import check_name
from .entries import change_entries, change_masters, lock_with_companies_of, people_in
from .settings import GroupSettings, check_features

Change = Callable[[GroupSettings], GroupSettings]


@audit.action
def update_group(group: Group, settings: GroupSettings, version: int, *, actor: Actor) -> Group:
    """Saves "Edit Group/Master" (rule 2.18). A new name keeps the address (rule 2.20).

    `version` is the one the person saw. Raises Refused, Invalid, or Conflict if somebody else has
    changed the group since. A form posted twice changes nothing the second time.
    """
    lock_with_companies_of(group, people_in(group, settings.masters))
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    before = GroupSettings.of(group, with_people=not settings.keeps_people)
    return _save(group, before, settings, version, actor)


@audit.action
def change_group(group: Group, change: Change, *, actor: Actor, version: int | None = None) -> Group:
    """Changes some settings, whatever the others are; masters and entries stay, and are not looked at.

    `change` gets the present settings, read under the lock. Without a version, changes by others are not
    checked. Raises Refused, Invalid or Conflict.
    """
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    before = GroupSettings.of(group, with_people=False)
    return _save(group, before, change(before), group.version if version is None else version, actor)


def _save(group: Group, before: GroupSettings, settings: GroupSettings, version: int, actor: Actor) -> Group:
    settings = settings.cleaned()
    if settings.mailing_list is None:
        settings = replace(settings, mailing_list=before.mailing_list)
    removes_photo = settings.removes_photo and bool(group.photo)
    if settings == before and settings.photo is None and not removes_photo:
        return group
    if group.version != version:
        raise Conflict(group.version)
    if settings.name != group.name:
        _check_name(actor, group.company, settings.name, group)
    check_features(settings.switched_on, group.kind)
    _check_rights(actor, group, before, settings)
    changes = audit.difference(before.plain(), settings.plain())
    if "notifies" in settings.switched_on ^ before.switched_on:
        # First: its new settings decide whether people who join or leave are notified (rule 5.1).
        Group.objects.filter(pk=group.pk).update(notifies="notifies" in settings.switched_on)
    if not settings.keeps_people:
        changes |= change_masters(group, settings.masters, actor)
        changes |= change_entries(group, settings.entries, actor)
    changes |= _write(group, before, settings, actor)
    group.version += 1
    group.save()
    audit.record(actor, Act.EDIT, group, changes)
    if group.notifies and group.name != before.name:
        notices.tell_group(Notice.Kind.RENAMED, group, actor=actor, details={"before": before.name})
    return group


def _write(group: Group, before: GroupSettings, settings: GroupSettings, actor: Actor) -> audit.Changes:
    """What does not concern its people; the caller saves the group."""
    changes: audit.Changes = {}
    group.name = settings.name
    group.description = settings.description
    group.switch(settings.switched_on)
    if settings.mailing_list != before.mailing_list:
        mailing_list.write_list(group, settings.mailing_list, actor)
        changes |= audit.difference(
            mailing_list.plain(before.mailing_list), mailing_list.plain(settings.mailing_list)
        )
    elif group.uses_mailing_list and group.mailing_list is None:
        raise Invalid("address", _("Enter an address."))
    return changes | photos.write_photo(group, settings, actor)


def _check_name(actor: Actor, company: Company, name: str, group: Group) -> None:
    """Raises Invalid if another group has the name; masters from elsewhere learn no more (rule 6.4)."""
    try:
        check_name(company, name, group)
    except Invalid as taken:
        if limits.is_of(actor, company):
            raise
        raise Invalid(taken.field, _("This name cannot be used. Choose another one.")) from None


def _check_rights(actor: Actor, group: Group, before: GroupSettings, after: GroupSettings) -> None:
    """Raises Refused for a change the person's role does not allow (rules 5.2, 5.4, 7)."""
    changed = [switch for switch in SWITCHES if switch.name in before.switched_on ^ after.switched_on]
    acts = [permissions.ACTS_TO_SET[switch.set_by] for switch in changed]
    if before.mailing_list != after.mailing_list:
        acts.append(Act.SET_LIST_RULES)
    for act in dict.fromkeys(acts):
        permissions.check(actor, act, group)
    if group.is_external and "is_visible" in after.switched_on:
        raise Refused(Act.EDIT, gettext_lazy("External groups are always private."), target=group)


@audit.action
def share_history(group: Group, shares: bool, *, actor: Actor) -> Group:
    """Sets whether people who join later see previous messages (rule 3.7). Raises Refused."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    room = lock_room(group)
    if room.shares_history != shares:
        changes: audit.Changes = {"shares_history": [room.shares_history, shares]}
        room.shares_history = shares
        room.save(update_fields=["shares_history"])
        audit.record(actor, "group.share_history", group, changes)
    return group
