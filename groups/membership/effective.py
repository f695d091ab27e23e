"""The only place that answers: who is in this group, effectively? Which groups is this person in? (spec 2.10)

Membership is computed from entries, contained groups and the team tree whenever it is asked for. The SQL is
the same on PostgreSQL and SQLite. How many are in many groups at once is counted in `counts`; why somebody is
in a group is answered in `reasons`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Member, TeamMembership
from groups.models import Group, Membership

from .counts import count_people as count_people
from .counts import people_of_teams as people_of_teams

# PostgreSQL expects of a recursion a hundred times what ours give, and would rather read all groups than look
# these few up. A condition that is always true makes it expect less.
_FEW = "id %% 1 = 0"

# Up to so many people, and so many a group, are followed upwards; for more, the groups are asked.
FEW_PEOPLE = 2_000
PEOPLE_PER_GROUP = 100
ASKED_AT_ONCE = 500
GROUPS_AT_ONCE = 50

# Groups of a member: direct entries and those of their teams and the teams above, then upwards.
_GROUPS_OF_MEMBER = """
WITH RECURSIVE
  my_team(id) AS (
    SELECT team_id FROM accounts_teammembership WHERE member_id = %s
    UNION SELECT t.parent_id FROM accounts_team t JOIN my_team ON t.id = my_team.id
          WHERE t.parent_id IS NOT NULL),
  my_group(id) AS (
    SELECT group_id FROM groups_membership WHERE member_id = %s
    UNION SELECT m.group_id FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT m.group_id FROM groups_membership m JOIN my_group ON m.subgroup_id = my_group.id)
"""

# People of groups, each under the group (the root) that was asked about.
_PEOPLE_OF_GROUPS = """
WITH RECURSIVE
  inside(root, id) AS (
    SELECT id, id FROM groups_group WHERE id IN ({roots})
    UNION SELECT inside.root, m.subgroup_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.subgroup_id IS NOT NULL{passable}),
  entered_team(root, id) AS (
    SELECT DISTINCT inside.root, m.team_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.team_id IS NOT NULL),
  entered(root, id) AS (
    SELECT DISTINCT inside.root, m.member_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.member_id IS NOT NULL),
  team(root, id) AS (
    SELECT root, id FROM entered_team
    UNION SELECT team.root, t.id FROM accounts_team t JOIN team ON t.parent_id = team.id),
  person(root, id) AS (
    SELECT root, id FROM entered
    UNION SELECT team.root, tm.member_id FROM accounts_teammembership tm JOIN team ON tm.team_id = team.id)
"""

_GROUPS_BELOW = """
WITH RECURSIVE inside(id) AS (
    SELECT id FROM groups_group WHERE id = %s
    UNION SELECT m.subgroup_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.subgroup_id IS NOT NULL)
"""

_TEAMS_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM accounts_team WHERE id = %s
    UNION SELECT t.id FROM accounts_team t JOIN below ON t.parent_id = below.id)
"""

_GROUPS_ABOVE = """
WITH RECURSIVE above(id) AS (
    SELECT id FROM groups_group WHERE id = %s
    UNION SELECT m.group_id FROM groups_membership m JOIN above ON m.subgroup_id = above.id)
"""

# The same for several people at once, met with the groups that lie below the roots.
_GROUPS_BETWEEN = """
WITH RECURSIVE
  my_team(id) AS (
    SELECT team_id FROM accounts_teammembership WHERE member_id IN ({members})
    UNION SELECT t.parent_id FROM accounts_team t JOIN my_team ON t.id = my_team.id
          WHERE t.parent_id IS NOT NULL),
  my_group(id) AS (
    SELECT group_id FROM groups_membership WHERE member_id IN ({members})
    UNION SELECT m.group_id FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT m.group_id FROM groups_membership m JOIN my_group ON m.subgroup_id = my_group.id),
  inside(id) AS (
    SELECT id FROM groups_group WHERE id IN ({roots})
    UNION SELECT m.subgroup_id FROM groups_membership m JOIN inside ON m.group_id = inside.id
          WHERE m.subgroup_id IS NOT NULL)
SELECT id FROM inside WHERE {few} AND id IN (SELECT id FROM my_group)
"""

# The groups of some people, each under the person.
_GROUPS_BY_MEMBER = """
WITH RECURSIVE
  my_team(member, id) AS (
    SELECT member_id, team_id FROM accounts_teammembership WHERE member_id IN ({members})
    UNION SELECT my_team.member, t.parent_id FROM accounts_team t JOIN my_team ON t.id = my_team.id
          WHERE t.parent_id IS NOT NULL),
  my_group(member, id) AS (
    SELECT member_id, group_id FROM groups_membership WHERE member_id IN ({members})
    UNION SELECT my_team.member, m.group_id FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT my_group.member, m.group_id FROM groups_membership m
          JOIN my_group ON m.subgroup_id = my_group.id)
"""
_MEMBERS_INSIDE = _GROUPS_BY_MEMBER + "SELECT DISTINCT member FROM my_group WHERE id = %s"  # noqa: S608
_NOTIFYING_GROUPS_OF = f"""{_GROUPS_BY_MEMBER}
SELECT my_group.id, my_group.member FROM my_group JOIN groups_group g ON g.id = my_group.id
WHERE g.deleted_at IS NULL AND g.notifies = %s
"""  # noqa: S608

_TEAMS_BELOW_SEVERAL = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM accounts_team WHERE id IN ({teams})
    UNION SELECT t.id FROM accounts_team t JOIN below ON t.parent_id = below.id)
SELECT id FROM below
"""

# Groups whose people a change of some teams or groups touches, if they are told of it.
_NOTIFYING = """
WITH RECURSIVE
  team(id) AS (
    SELECT id FROM accounts_team WHERE id IN ({teams})
    UNION SELECT t.parent_id FROM accounts_team t JOIN team ON t.id = team.id WHERE t.parent_id IS NOT NULL),
  above(id) AS (
    SELECT id FROM groups_group WHERE id IN ({groups})
    UNION SELECT m.group_id FROM groups_membership m JOIN team ON m.team_id = team.id
    UNION SELECT m.group_id FROM groups_membership m JOIN above ON m.subgroup_id = above.id)
SELECT id FROM groups_group WHERE id IN (SELECT id FROM above WHERE {few})
  AND deleted_at IS NULL AND notifies = %s
"""

# Groups of a member, or above a group, without those that are reached only by way of hidden ones.
_GROUPS_OF_MEMBER_SHOWN = """
WITH RECURSIVE
  hidden(id) AS ({hidden}),
  my_team(id) AS (
    SELECT team_id FROM accounts_teammembership WHERE member_id = %s
    UNION SELECT t.parent_id FROM accounts_team t JOIN my_team ON t.id = my_team.id
          WHERE t.parent_id IS NOT NULL),
  my_group(id) AS (
    SELECT group_id FROM groups_membership WHERE member_id = %s
    UNION SELECT m.group_id FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT m.group_id FROM groups_membership m JOIN my_group ON m.subgroup_id = my_group.id
          WHERE my_group.id NOT IN (SELECT id FROM hidden))
SELECT id FROM my_group WHERE {few} AND id NOT IN (SELECT id FROM hidden)
UNION SELECT group_id FROM groups_master WHERE member_id = %s
"""

_GROUPS_ABOVE_SHOWN = """
WITH RECURSIVE
  hidden(id) AS ({hidden}),
  above(id) AS (
    SELECT id FROM groups_group WHERE id = %s
    UNION SELECT m.group_id FROM groups_membership m JOIN above ON m.subgroup_id = above.id
          WHERE above.id NOT IN (SELECT id FROM hidden))
SELECT id FROM above WHERE {few} AND id NOT IN (SELECT id FROM hidden)
"""


def belonging_ids(member: Member) -> RawSQL:
    """A subquery: the ids of the groups that the member is effectively in, deleted ones included."""
    sql = _GROUPS_OF_MEMBER + f"SELECT id FROM my_group WHERE {_FEW}"  # noqa: S608
    return RawSQL(sql, (member.pk, member.pk))  # noqa: S611


def group_ids_of(member: Member) -> RawSQL:
    """A subquery: the ids of the groups that the member is in or runs."""
    runs = " UNION SELECT group_id FROM groups_master WHERE member_id = %s"
    sql = _GROUPS_OF_MEMBER + f"SELECT id FROM my_group WHERE {_FEW}" + runs  # noqa: S608
    return RawSQL(sql, (member.pk, member.pk, member.pk))  # noqa: S611


def is_in(member: Member, group: Group) -> bool:
    """Whether the member is effectively in the group."""
    if not member.is_active:
        return False
    return Group.objects.filter(pk=group.pk, deleted_at__isnull=True, pk__in=belonging_ids(member)).exists()


def members_inside(group: Group, members: Sequence[int]) -> set[int]:
    """The ids of those of the given (few) people who are effectively in the group, in one query."""
    if not members:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS_INSIDE.format(members=_marks(members)), [*members, *members, group.pk])
        return {row[0] for row in cursor.fetchall()}


def people_of(group: Group) -> QuerySet[Member]:
    """The effective members, active ones only, each once."""
    people: QuerySet[Member] = Member.objects.filter(is_active=True, pk__in=_people_ids([group.pk]))
    return people


def people_shown(group: Group, visible: QuerySet[Group]) -> QuerySet[Member]:
    """The effective members whom a viewer may know of (spec 2.21).

    People who are in the group only by way of private groups that the viewer may not see are left out. That
    never leaves out the viewer, who sees every group that they are in. `visible` is what
    permissions.visible_groups(viewer) gives.
    """
    hidden = hidden_subgroup_ids(group, visible)
    shown: QuerySet[Member] = Member.objects.active()
    return shown.filter(pk__in=_people_ids([group.pk], not_through=hidden))


def groups_shown(member: Member, visible: QuerySet[Group]) -> QuerySet[Group]:
    """Those of the visible groups that the member is in or runs, as far as a viewer may know it (spec 2.21).

    The other side of people_shown: where a private group that the viewer may not see is the only way in,
    the containing group is left out. `visible` is what permissions.visible_groups(viewer) gives.
    """
    theirs = belonging_ids(member)
    hidden = Group.objects.filter(pk__in=theirs).exclude(pk__in=visible.filter(pk__in=theirs).values("pk"))
    sql, params = _hiding(_GROUPS_OF_MEMBER_SHOWN, hidden)
    shown = RawSQL(sql, (*params, member.pk, member.pk, member.pk))  # noqa: S611
    return visible.filter(pk__in=shown)


def groups_above_shown(group: Group, visible: QuerySet[Group]) -> QuerySet[Group]:
    """Those of the visible groups that contain the group by way of visible ones, at any depth (spec 2.21)."""
    above = group_ids_above(group.pk)
    hidden = Group.objects.filter(pk__in=above).exclude(pk__in=visible.filter(pk__in=above).values("pk"))
    sql, params = _hiding(_GROUPS_ABOVE_SHOWN, hidden)
    shown = RawSQL(sql, (*params, group.pk))  # noqa: S611
    return visible.filter(pk__in=shown).exclude(pk=group.pk)


def _hiding(sql: str, hidden: QuerySet[Group]) -> tuple[str, tuple[Any, ...]]:
    hidden_sql, params = hidden.order_by().values("pk").query.sql_with_params()
    return sql.replace("{hidden}", hidden_sql).replace("{few}", _FEW), params


def group_ids_between(roots: Sequence[int], members: Sequence[int]) -> RawSQL:
    """A subquery: the ids of all groups on the ways from the roots, themselves included, to the members."""
    sql = _GROUPS_BETWEEN.format(roots=_marks(roots), members=_marks(members), few=_FEW)
    return RawSQL(sql, (*members, *members, *roots))  # noqa: S611


def hidden_subgroup_ids(group: Group, visible: QuerySet[Group]) -> list[int]:
    """The ids of groups inside this one, at any depth, that are not among the visible ones."""
    inside = RawSQL(_GROUPS_BELOW + "SELECT id FROM inside", (group.pk,))  # noqa: S608, S611
    below = set(Group.objects.filter(pk__in=inside).values_list("pk", flat=True)) - {group.pk}
    if not below:
        return []
    return sorted(below - set(visible.filter(pk__in=inside).values_list("pk", flat=True)))


def _people_ids(roots: Sequence[int], not_through: Sequence[int] = ()) -> RawSQL:
    sql, params = _people_sql(roots, not_through)
    return RawSQL(sql + "SELECT id FROM person", params)  # noqa: S608, S611


def _people_sql(roots: Sequence[int], not_through: Sequence[int] = ()) -> tuple[str, list[int]]:
    passable = f" AND m.subgroup_id NOT IN ({_marks(not_through)})" if not_through else ""
    sql = _PEOPLE_OF_GROUPS.format(roots=_marks(roots), passable=passable)
    return sql, [*roots, *not_through]


def _marks(values: Collection[int]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"


def team_ids_below(team_id: int) -> RawSQL:
    """A subquery: the ids of the team and all teams below it."""
    return RawSQL(_TEAMS_BELOW + "SELECT id FROM below", (team_id,))  # noqa: S608, S611


def group_ids_above(group_id: int) -> RawSQL:
    """A subquery: the ids of the group and all groups that contain it, at any depth."""
    return RawSQL(_GROUPS_ABOVE + f"SELECT id FROM above WHERE {_FEW}", (group_id,))  # noqa: S608, S611


def loop_chain(group: Group, subgroup: Group) -> list[Group]:
    """The chain of groups that would close if `subgroup` were put into `group` (spec 2.11).

    From the group over the new subgroup down to the group again; empty if there is no loop.
    """
    if subgroup.pk == group.pk:
        return [group, group]
    above = group_ids_above(group.pk)
    if not Group.objects.filter(pk=subgroup.pk).filter(pk__in=above).exists():
        return []
    # Downwards from the subgroup, staying among the groups above `group`, the shortest way.
    came_from: dict[int, int] = {}
    frontier = [subgroup.pk]
    while frontier and group.pk not in came_from:
        steps = Membership.objects.filter(group__in=frontier, subgroup__in=above)
        frontier = []
        for parent, child in steps.values_list("group_id", "subgroup_id"):
            if child is not None and child not in came_from and child != subgroup.pk:
                came_from[child] = parent
                frontier.append(child)
    chain = [group.pk]
    while chain[-1] != subgroup.pk:
        chain.append(came_from[chain[-1]])
    names = Group.objects.in_bulk({*chain})
    return [group, *(names[pk] for pk in reversed(chain))]


def people_ids_within(
    members: Collection[int], teams: Collection[int], groups: Collection[int]
) -> QuerySet[Member, int]:
    """The ids of the people whom entries stand for: these, those of the teams and those of the groups."""
    below = RawSQL(_TEAMS_BELOW_SEVERAL.format(teams=_marks(teams)), list(teams))  # noqa: S611
    people = Q(pk__in=members)
    if teams:
        people |= Q(pk__in=TeamMembership.objects.filter(team__in=below).values("member"))
    if groups:
        people |= Q(pk__in=_people_ids(list(groups)))
    found: QuerySet[Member] = Member.objects.filter(people)
    return found.values_list("pk", flat=True)


def notifying_ids(groups: Collection[int], teams: Collection[int]) -> list[int]:
    """Which groups tell their people of changes (spec 5.1): of these groups, those that the teams or teams
    above them are in, and all that contain one of them, at any depth."""
    sql = _NOTIFYING.format(groups=_marks(groups), teams=_marks(teams), few=_FEW)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*teams, *groups, True])
        return [row[0] for row in cursor.fetchall()]


def presence(people: Collection[int], groups: Collection[int]) -> set[tuple[int, int]]:
    """Who of these people is in which of these groups that notify, as (group, member).

    Few people are followed upwards; for many it is quicker to ask the groups.
    """
    if not people or not groups:
        return set()
    few = len(people) <= min(FEW_PEOPLE, PEOPLE_PER_GROUP * len(groups))
    asked, size = (sorted(people), ASKED_AT_ONCE) if few else (sorted(groups), GROUPS_AT_ONCE)
    found: set[tuple[int, int]] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(asked), size):
            batch = asked[start : start + size]
            if few:
                marks = _marks(batch)
                cursor.execute(_NOTIFYING_GROUPS_OF.format(members=marks), [*batch, *batch, True])
            else:
                sql, params = _people_sql(batch)
                cursor.execute(sql + "SELECT root, id FROM person", params)  # noqa: S608
            found.update(pair for pair in cursor.fetchall() if pair[0] in groups and pair[1] in people)
    return found
