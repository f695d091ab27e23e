"""Puts people back into a group as they were: undoing what was just done (rule 10.13)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.connecting import people_for_external_groups
from accounts.models import Member
from groupadmin.base import kept_rows
from groupadmin.base.errors import Conflict, Invalid
from groups import limits, permissions
from groups.entries import Entries
from groups.models import Group, Master, Membership
from groups.notices.movements import movements
from groups.permissions import Act

from .entries import change_masters, entry_names, lock_with_companies_of, people_behind, write_entries

Rows = Sequence[kept_rows.Row]


@audit.action
def put_people_back(
    group: Group,
    version: int,
    *,
    entries: Rows = (),
    added: Entries | None = None,
    masters: Rows = (),
    named: frozenset[int] = frozenset(),
    actor: Actor,
) -> Group:
    """Writes removed entries and masters again, with their dates and origins, and removes the added ones.

    Raises Conflict if the group has another version; Refused, or Invalid for who may not be in it any more.
    """
    back, added = entries_in(entries), added or Entries()
    lock_with_companies_of(group, [*back.members, *(row["member_id"] for row in masters)])
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    if group.version != version:
        raise Conflict(group.version)
    changes = _put_entries_back(group, back, added, actor)
    kept_rows.put_back(Membership, entries, instead_of=among(group, back))
    present = frozenset(group.masters.values_list("member_id", flat=True))
    wanted = (present - named) | {row["member_id"] for row in masters}
    changes |= change_masters(group, wanted, actor)
    written = [row["member_id"] for row in masters]
    kept_rows.put_back(Master, masters, instead_of=group.masters.filter(member__in=written))
    if changes:
        group.version += 1
        group.save(update_fields=["version"])
        audit.record(actor, "group.edit_members", group, changes)
    return group


def may_put_back(group: Group, entries: Rows, actor: Actor) -> bool:
    """Whether the actor is let do it now: not once their own role was what they took away, nor with a private
    group out of their sight (rules 2.7, 2.21).
    """
    if not permissions.may(actor, Act.EDIT, group):
        return False
    inner = entries_in(entries).groups
    shown = limits.choosable_groups(actor, group.company, group.kind).filter(pk__in=inner)
    return shown.count() == len(inner)


def _put_entries_back(group: Group, back: Entries, added: Entries, actor: Actor) -> audit.Changes:
    if not back and not added:
        return {}
    _check_may_return(group, back, actor)
    names = {"members_added": back, "members_removed": added}
    with movements(
        actor, people=people_behind(back | added), leaving=people_behind(added), groups=[group.pk]
    ):
        write_entries(group, back, added, actor)
    return {key: [None, entry_names(entries)] for key, entries in names.items() if entries}


def _check_may_return(group: Group, back: Entries, actor: Actor) -> None:
    """They were in it a moment ago, so no contact is needed; what the rules ask of being in it is."""
    if group.is_external:
        allowed = people_for_external_groups(group.company)
    else:
        allowed = Member.objects.filter(company=group.company_id)
    groups = limits.choosable_groups(actor, group.company, group.kind).filter(pk__in=back.groups)
    people = allowed.filter(pk__in=back.members).count()
    teams = limits.choosable_teams(group.company, group.kind).filter(pk__in=back.teams)
    if (people, teams.count(), groups.count()) != (len(back.members), len(back.teams), len(back.groups)):
        raise Invalid(None, _("Some of them may no longer be in this group. Nothing was changed."))
    limits.check_direct_groups(back.members)
    limits.check_loops(actor, group, back.groups)


def entries_in(kept: Rows) -> Entries:
    """What rows of entries are about."""
    names = ("member_id", "team_id", "subgroup_id")
    return Entries(*(frozenset(row[name] for row in kept if row[name] is not None) for name in names))


def among(group: Group, entries: Entries) -> QuerySet[Membership]:
    """The group's rows of these entries."""
    return group.entries.filter(
        Q(member__in=entries.members) | Q(team__in=entries.teams) | Q(subgroup__in=entries.groups)
    ).order_by("pk")


def kept_of(group: Group, entries: Entries) -> list[dict[str, Any]]:
    """These entries, to be put back."""
    return kept_rows.plain(among(group, entries))
