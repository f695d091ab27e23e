"""What a group is made of (rule 2.8)."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.pickers.chosen import Chosen
from groups.models import Group, MailingList, Membership

Entries = Chosen
"""Ids of members, teams and groups, as pickers give them."""


def present_entries(group: Group) -> Entries:
    """The entries that a group has now."""
    return entries_of(group.entries.values_list("member_id", "team_id", "subgroup_id"))


def named_entries(rows: QuerySet[Membership], named: Entries) -> Entries:
    """Those of the entries that are named."""
    is_named = Q(member__in=named.members) | Q(team__in=named.teams) | Q(subgroup__in=named.groups)
    return entries_of(rows.filter(is_named).values_list("member_id", "team_id", "subgroup_id"))


def present_designated(mailing_list: MailingList, purpose: str) -> Entries:
    """Who is designated for a list now, by name, by team and by group (rules 4.5, 4.6)."""
    rows = mailing_list.designations.filter(purpose=purpose)
    return entries_of(rows.values_list("member_id", "team_id", "group_id"))


def entries_of(rows: Iterable[tuple[int | None, int | None, int | None]]) -> Entries:
    """Rows of a member, a team or a group each."""
    found: tuple[set[int], set[int], set[int]] = (set(), set(), set())
    for row in rows:
        for ids, value in zip(found, row, strict=True):
            if value is not None:
                ids.add(value)
    members, teams, groups = found
    return Entries(frozenset(members), frozenset(teams), frozenset(groups))
