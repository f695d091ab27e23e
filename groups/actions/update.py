from collections.abc import Iterator
from dataclasses import replace

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.audit.items import Item, people_items
from accounts.models import Company, Member
from groupadmin.base.errors import Conflict, Invalid
from groups import limits, notices, permissions
from groups.membership import effective
from groups.models import Group, Master, Membership, Notice
from groups.notices.movements import movements
from groups.permissions import Act

from . import mailing_list, photos
from .create import check_name
from .settings import Entries, GroupSettings, clean_features

REMOVE_EXTERNAL = "group.remove_external_members"
SET_MASTERS = "group.set_external_masters"


@audit.action
def update_group(group: Group, settings: GroupSettings, version: int, *, actor: Actor) -> Group:
    """Changes a group to what "Edit Group/Master" says (spec 2.18).

    `version` is the one that the person saw. Raises Refused, Invalid, or Conflict if somebody else has
    changed the group since. A form posted twice changes nothing the second time.
    """
    company = limits.lock_with_companies_of(group, people_in(group, settings.masters))
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    before = GroupSettings.of(group)
    settings = settings.cleaned()
    if settings.mailing_list is None:
        settings = replace(settings, mailing_list=before.mailing_list)
    removes_photo = settings.removes_photo and bool(group.photo)
    if settings == before and settings.photo is None and not removes_photo:
        return group
    if group.version != version:
        raise Conflict(group.version)
    if settings.name != group.name:
        _check_name(actor, company, settings.name, group)
    clean_features(settings.features, group.kind)
    _check_rights(actor, group, before, settings)
    changes = audit.difference(before.plain(), settings.plain())
    if settings.notifies != group.notifies:
        # First of all: who joins or leaves by this change is told by what it sets (spec 5.1).
        Group.objects.filter(pk=group.pk).update(notifies=settings.notifies)
    changes |= change_masters(group, settings.masters, actor)
    changes |= change_entries(group, settings.entries, actor)

    group.name = settings.name
    group.description = settings.description
    group.is_visible = settings.is_visible and not group.is_external
    group.notifies = settings.notifies
    group.grants_features = settings.grants_features
    for feature in group.features:
        setattr(group, feature.value, feature in settings.features)
    if settings.mailing_list != before.mailing_list:
        mailing_list.write_list(group, settings.mailing_list)
        changes |= audit.difference(
            mailing_list.plain(before.mailing_list), mailing_list.plain(settings.mailing_list)
        )
    elif group.uses_mailing_list and group.mailing_list is None:
        raise Invalid("address", _("A mailing list needs an address."))
    changes |= photos.write_photo(group, settings, actor)
    group.version += 1
    group.save()
    audit.record(actor, Act.EDIT, group, changes)
    if group.notifies and group.name != before.name:
        notices.tell_group(Notice.Kind.RENAMED, group, actor=actor, details={"before": before.name})
    return group


def _check_name(actor: Actor, company: Company, name: str, group: Group) -> None:
    """Raises Invalid if another group has the name; a master of another company learns no more (spec 6.4)."""
    try:
        check_name(company, name, group)
    except Invalid as taken:
        if limits.is_of(actor, company):
            raise
        raise Invalid(taken.field, _("This name cannot be given. Choose another one.")) from None


def people_in(group: Group, members: frozenset[int]) -> QuerySet[Membership, int | None]:
    """The ids of those of the people who are entered directly: the only ones of other companies who can be
    made masters (spec 2.7).
    """
    return group.entries.filter(member__in=members).values_list("member_id", flat=True)


def _check_rights(actor: Actor, group: Group, before: GroupSettings, after: GroupSettings) -> None:
    """Raises Refused for a change that the person's role does not cover (spec 5.2, 7)."""
    if before.features != after.features:
        permissions.check(actor, Act.SWITCH_FEATURES, group)
    if before.mailing_list != after.mailing_list:
        permissions.check(actor, Act.SET_LIST_RULES, group)
    if before.grants_features != after.grants_features:
        permissions.check(actor, Act.SET_GRANT, group)
    if group.is_external and after.is_visible:
        raise Refused(Act.EDIT, gettext_lazy("External groups are always private."), target=group)


def change_masters(group: Group, wanted: frozenset[int], actor: Actor) -> audit.Changes:
    """Makes these and no others the masters (spec 2.7). Raises Invalid. Returns what the audit says."""
    present = frozenset(group.masters.values_list("member_id", flat=True))
    if wanted == present:
        return {}
    if not Member.objects.active().filter(pk__in=wanted).exists():
        raise Invalid("masters", _("Choose at least one master."))
    limits.check_masters(actor, group.company, group.kind, wanted - present, group)
    names = [limits.entry_names(Entries(members=ids)) for ids in (present, wanted)]
    group.masters.filter(member__in=present - wanted).delete()
    Master.objects.bulk_create(Master(group=group, member_id=pk) for pk in sorted(wanted - present))
    changes: audit.Changes = {"masters": names}
    if group.is_external:
        audit.record_in_bulk(actor, SET_MASTERS, for_other_companies(group, changes))
    return changes


def change_entries(group: Group, wanted: Entries, actor: Actor) -> audit.Changes:
    """Makes these and no others the entries (spec 2.8–2.11). Raises Invalid. Returns what the audit says."""
    present = Entries.of(group)
    added, removed = wanted - present, present - wanted
    if not added and not removed:
        return {}
    if not wanted and not group.is_external:
        raise Invalid("members", _("Choose at least one member, team or group."))
    limits.check_entries(actor, group.company, group.kind, added)
    limits.check_direct_groups(added.members)
    limits.check_loops(actor, group, added.groups)
    names = {"members_added": added, "members_removed": removed}
    changes: audit.Changes = {
        key: [None, limits.entry_names(entries)] for key, entries in names.items() if entries
    }
    moved = added | removed
    people = effective.people_ids_within(moved.members, moved.teams, moved.groups)
    with movements(actor, people=people, groups=[group.pk]):
        limits.write_entries(group, added, removed, actor)
    if group.is_external and removed.members:
        gone: audit.Changes = {"members_removed": [None, people_items(removed.members)]}
        audit.record_in_bulk(actor, REMOVE_EXTERNAL, for_other_companies(group, gone))
    return changes


def for_other_companies(group: Group, changes: audit.Changes) -> Iterator[audit.Entry]:
    """For each other company whose people are concerned an entry that names these, the group and whose it is
    (spec 6.4, 8.1). The changes are lists of people.
    """
    concerned = {
        item["company"] for before, after in changes.values() for item in _unlike(before or [], after or [])
    }
    for company in sorted(concerned - {group.company_id, None}):
        own: audit.Changes = {
            key: [side and [item for item in side if item["company"] == company] for side in sides]
            for key, sides in changes.items()
        }
        told = {key: sides for key, sides in own.items() if sides[0] or sides[1]}
        yield audit.Entry(group, told | {"company": [None, group.company.name]}, company)


def _unlike(before: list[Item], after: list[Item]) -> list[Item]:
    """The people who are on one side alone."""
    return [item for item in [*before, *after] if (item in before) != (item in after)]
