"""Writes who is in a group and who runs it (rules 2.7–2.11), for the actions that change that."""

from collections.abc import Collection, Iterable, Iterator

from django.db.models import Q, QuerySet

from accounts import audit
from accounts.actions.locks import lock_companies
from accounts.actor import Actor
from accounts.audit.items import Item, group_item, people_items, team_items
from accounts.models import Company, Member
from groups import limits
from groups.entries import Entries, present_entries
from groups.membership import effective
from groups.models import Group, Master, Membership
from groups.notices.movements import movements

REMOVE_EXTERNAL = "group.remove_external_members"
SET_MASTERS = "group.set_external_masters"


def change_masters(group: Group, wanted: frozenset[int], actor: Actor) -> audit.Changes:
    """Makes exactly these people the masters (rule 2.7). Raises Invalid. Returns the audit changes."""
    present = frozenset(group.masters.values_list("member_id", flat=True))
    if wanted == present:
        return {}
    limits.check_some_master(wanted)
    limits.check_masters(actor, group.company, group.kind, wanted - present, group)
    names = [entry_names(Entries(members=ids)) for ids in (present, wanted)]
    group.masters.filter(member__in=present - wanted).delete()
    Master.objects.bulk_create(
        Master(group=group, member_id=pk, source=actor.source) for pk in sorted(wanted - present)
    )
    changes: audit.Changes = {"masters": names}
    if group.is_external:
        audit.record_in_bulk(actor, SET_MASTERS, for_other_companies(group, changes))
    return changes


def change_entries(group: Group, wanted: Entries, actor: Actor) -> audit.Changes:
    """Makes exactly these the entries (rules 2.8–2.11). Raises Invalid. Returns the audit changes."""
    present = present_entries(group)
    return move_entries(group, wanted - present, present - wanted, actor)


def move_entries(group: Group, added: Entries, removed: Entries, actor: Actor) -> audit.Changes:
    """Adds entries that are not there and removes some that are, however many others there are.

    Raises Invalid. Returns the audit changes.
    """
    if not added and not removed:
        return {}
    limits.check_some_entry(actor, group.kind, added or _has_others(group, removed))
    limits.check_entries(actor, group.company, group.kind, added)
    limits.check_direct_groups(added.members)
    limits.check_loops(actor, group, added.groups)
    names = {"members_added": added, "members_removed": removed}
    changes: audit.Changes = {key: [None, entry_names(entries)] for key, entries in names.items() if entries}
    moved = added | removed
    with movements(actor, people=people_behind(moved), leaving=people_behind(removed), groups=[group.pk]):
        write_entries(group, added, removed, actor)
    if group.is_external and removed.members:
        gone: audit.Changes = {"members_removed": [None, people_items(removed.members)]}
        audit.record_in_bulk(actor, REMOVE_EXTERNAL, for_other_companies(group, gone))
    return changes


def _has_others(group: Group, removed: Entries) -> bool:
    """Whether there are entries besides these, all of which are there."""
    some = group.entries.order_by().values_list("pk")[: len(removed) + 1]
    return len(some) > len(removed)


def people_behind(entries: Entries) -> Collection[int] | QuerySet[Member, int]:
    """The ids of all people behind entries."""
    if not entries.teams and not entries.groups:
        return entries.members
    return effective.people_ids_within(entries.members, entries.teams, entries.groups)


def write_entries(group: Group, added: Entries, removed: Entries, actor: Actor) -> None:
    """Adds and removes entries in bulk, without asking whether that is allowed."""
    new = [
        *(
            Membership(group=group, member_id=pk, added_by=actor.member, source=actor.source)
            for pk in sorted(added.members)
        ),
        *(
            Membership(group=group, team_id=pk, added_by=actor.member, source=actor.source)
            for pk in sorted(added.teams)
        ),
        *(
            Membership(group=group, subgroup_id=pk, added_by=actor.member, source=actor.source)
            for pk in sorted(added.groups)
        ),
    ]
    Membership.objects.bulk_create(new, batch_size=1000)
    group.entries.filter(
        Q(member__in=removed.members) | Q(team__in=removed.teams) | Q(subgroup__in=removed.groups)
    ).delete()


def entry_names(entries: Entries) -> list[Item]:
    """Entries as the audit stores them."""
    groups = Group.objects.filter(pk__in=entries.groups).order_by("name_sort__collated", "id")
    return [
        *people_items(entries.members),
        *team_items(entries.teams),
        *(group_item(group) for group in groups),
    ]


def people_in(group: Group, members: frozenset[int]) -> QuerySet[Membership, int | None]:
    """The ids of those people who are entered directly: the only ones from other companies who can be
    made masters (rule 2.7).
    """
    return group.entries.filter(member__in=members).values_list("member_id", flat=True)


def lock_with_companies_of(group: Group, members: Iterable[int | None]) -> Company:
    """Locks the group's company and those of these people, so that who may be in an external group stays
    the same until the transaction ends (rule 2.15). Returns the group's company.
    """
    companies = {group.company_id}
    if group.is_external:
        people = Member.objects.filter(pk__in=[pk for pk in members if pk is not None])
        companies |= {pk for (pk,) in people.values_list("company_id") if pk is not None}
    return lock_companies(companies)[group.company_id]


def for_other_companies(group: Group, changes: audit.Changes) -> Iterator[audit.Entry]:
    """An entry for each other company with people affected: names them, the group and its company
    (rules 6.4, 8.1). The changes are lists of people.
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
    """The people who are on one side only."""
    return [item for item in [*before, *after] if (item in before) != (item in after)]
