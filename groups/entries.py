"""What a group is made of (rule 2.8)."""

from accounts.pickers.chosen import Chosen
from groups.models import Group

Entries = Chosen
"""Ids of members, teams and groups, as pickers give them."""


def present_entries(group: Group) -> Entries:
    """The entries that a group has now."""
    members: set[int] = set()
    teams: set[int] = set()
    groups: set[int] = set()
    for member, team, subgroup in group.entries.values_list("member_id", "team_id", "subgroup_id"):
        for ids, value in ((members, member), (teams, team), (groups, subgroup)):
            if value is not None:
                ids.add(value)
    return Entries(frozenset(members), frozenset(teams), frozenset(groups))
