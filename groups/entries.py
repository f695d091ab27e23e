"""What a group is made of (rule 2.8)."""

from collections.abc import Iterable

from accounts.pickers.chosen import Chosen
from groups.models import Group, MailingList

Entries = Chosen
"""Ids of members, teams and groups, as pickers give them."""


def present_entries(group: Group, source: str = "") -> Entries:
    """The entries that a group has now; with a source, those that it brought (rule 10.4)."""
    rows = group.entries.filter(source=source) if source else group.entries.all()
    return entries_of(rows.values_list("member_id", "team_id", "subgroup_id"))


def present_among(group: Group, asked: Entries, source: str = "") -> Entries:
    """Those of the asked that are entries of a group now, whatever else is.

    With a source, those that it brought (rule 10.4).
    """
    rows = group.entries.filter(source=source) if source else group.entries.all()
    found = (
        frozenset(pk for (pk,) in rows.filter(**{f"{name}__in": ids}).values_list(name) if pk)
        for name, ids in (("member", asked.members), ("team", asked.teams), ("subgroup", asked.groups))
    )
    return Entries(*found)


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
