"""The one place that answers: who is in this group, effectively? Which groups is this person in? (rule 2.10)

Membership is computed from entries, contained groups and the team tree whenever it is asked for, by the parts
in `sql`. `counts` counts people in many groups at once, `reasons` says why somebody is in one.
"""

from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts import tree_sql
from accounts.models import Member, TeamMembership
from accounts.tree import team_ids_below
from groupadmin.base.sql import Carry, Sql, query, sql
from groups.models import Group, Membership

from . import sql as recursive
from .counts import count_people as count_people

# Up to so many people, and so many a group, are followed upwards; above that, groups are searched.
FEW_PEOPLE = 2_000
PEOPLE_PER_GROUP = 100
ASKED_AT_ONCE = 500
GROUPS_AT_ONCE = 50

_GROUPS_FOUND = f"SELECT id FROM group_above WHERE {recursive.FEW}"  # noqa: S608
_GROUPS_SHOWN = f"{_GROUPS_FOUND} AND id {recursive.NOT_HIDDEN}"
_GROUPS_RUN = "SELECT group_id FROM groups_master WHERE member_id = %s"


def belonging_ids(member: Member) -> RawSQL:
    """A subquery: the ids of the groups that the member is effectively in, deleted ones included."""
    return query(Sql(_GROUPS_FOUND), *recursive.groups_of_people([member.pk])).subquery()


def group_ids_of(member: Member) -> RawSQL:
    """A subquery: the ids of the groups that the member is in or runs."""
    found = Sql(f"{_GROUPS_FOUND} UNION {_GROUPS_RUN}", (member.pk,))
    return query(found, *recursive.groups_of_people([member.pk])).subquery()


def is_in(member: Member, group: Group) -> bool:
    """Whether the member is effectively in the group."""
    if not member.is_active:
        return False
    return Group.objects.live().filter(pk=group.pk).filter(pk__in=belonging_ids(member)).exists()


def members_inside(group: Group, members: Sequence[int]) -> set[int]:
    """The ids of the given (few) people who are effectively in the group, in one query."""
    if not members:
        return set()
    found = Sql("SELECT DISTINCT origin FROM group_above WHERE id = %s", (group.pk,))
    return {pk for (pk,) in query(found, *recursive.groups_of_people(members, Carry.ORIGIN)).rows()}


def people_of(group: Group) -> QuerySet[Member]:
    """The effective members, active ones only, each once."""
    return Member.objects.active().filter(pk__in=_people_ids([group.pk]))


def people_shown(group: Group, visible: QuerySet[Group]) -> QuerySet[Member]:
    """The effective members whom a viewer may know of (rule 2.21).

    People who are in the group only through private groups that the viewer may not see are left out. This
    never hides the viewer, who sees every group they are in. `visible` is what
    permissions.visible_groups(viewer) gives.
    """
    if _has_only_people(group):
        return _entered_people(group)
    hidden = hidden_subgroup_ids(group, visible)
    return Member.objects.active().filter(pk__in=_people_ids([group.pk], not_through=hidden))


def _has_only_people(group: Group) -> bool:
    """Whether all entries are people by name, as in most groups and the largest ones."""
    contained = Q(team__isnull=False) | Q(subgroup__isnull=False)
    return not Membership.objects.filter(group=group).filter(contained).exists()


def _entered_people(group: Group) -> QuerySet[Member]:
    """The active people who are in the group by name: databases know how many they are, and can read a page
    of them in the order of names, where following groups and teams would go through all."""
    entered = Membership.objects.filter(group=group, member__isnull=False)
    people = Member.objects.active().filter(pk__in=entered.values("member"))
    # An internal group has its own company's people only (rule 2.1): their names have an index.
    return people if group.is_external else people.filter(company=group.company_id)


def groups_shown(member: Member, visible: QuerySet[Group]) -> QuerySet[Group]:
    """The visible groups that the member is in or runs, as far as a viewer may know it (rule 2.21).

    The counterpart of people_shown: where a private group that the viewer may not see is the only way in,
    the containing group is left out. `visible` is what permissions.visible_groups(viewer) gives.
    """
    theirs = belonging_ids(member)
    hidden = Group.objects.filter(pk__in=theirs).exclude(pk__in=visible.filter(pk__in=theirs).values("pk"))
    shown = query(
        Sql(f"{_GROUPS_SHOWN} UNION {_GROUPS_RUN}", (member.pk,)),
        recursive.hidden(hidden),
        *recursive.groups_of_people([member.pk], past_hidden=False),
    )
    return visible.filter(pk__in=shown.subquery())


def groups_above_shown(group: Group, visible: QuerySet[Group]) -> QuerySet[Group]:
    """The visible groups that contain the group through visible ones, at any depth (rule 2.21)."""
    above = group_ids_above(group.pk)
    hidden = Group.objects.filter(pk__in=above).exclude(pk__in=visible.filter(pk__in=above).values("pk"))
    shown = query(
        Sql(_GROUPS_SHOWN),
        recursive.hidden(hidden),
        recursive.groups_above(recursive.groups([group.pk]), past_hidden=False),
    )
    return visible.filter(pk__in=shown.subquery()).exclude(pk=group.pk)


def group_ids_between(roots: Sequence[int], members: Sequence[int]) -> RawSQL:
    """A subquery: the ids of all groups on the paths from the roots, included, to the members."""
    between = query(
        sql(
            "SELECT id FROM group_inside WHERE {few} AND id IN (SELECT id FROM group_above)",
            few=recursive.FEW,
        ),
        *recursive.groups_of_people(members),
        recursive.groups_inside(recursive.groups(roots)),
    )
    return between.subquery()


def hidden_subgroup_ids(group: Group, visible: QuerySet[Group]) -> list[int]:
    """The ids of groups inside this one, at any depth, that are not visible."""
    found = Sql("SELECT id FROM group_inside")
    inside = query(found, recursive.groups_inside(recursive.groups([group.pk]))).subquery()
    below = set(Group.objects.filter(pk__in=inside).values_list("pk", flat=True)) - {group.pk}
    if not below:
        return []
    return sorted(below - set(visible.filter(pk__in=inside).values_list("pk", flat=True)))


def _people_ids(roots: Sequence[int], not_through: Sequence[int] = ()) -> RawSQL:
    people = recursive.people_of_groups(roots, not_through=not_through)
    return query(Sql("SELECT id FROM person"), *people).subquery()


def group_ids_above(group_id: int) -> RawSQL:
    """A subquery: the ids of the group and all groups that contain it, at any depth."""
    return query(Sql(_GROUPS_FOUND), recursive.groups_above(recursive.groups([group_id]))).subquery()


def loop_chain(group: Group, subgroup: Group) -> list[Group]:
    """The loop of groups that would arise if `subgroup` were added to `group` (rule 2.11).

    From the group through the new subgroup down to the group again; empty if none.
    """
    if subgroup.pk == group.pk:
        return [group, group]
    above = group_ids_above(group.pk)
    if not Group.objects.filter(pk=subgroup.pk).filter(pk__in=above).exists():
        return []
    # The shortest path down from the subgroup, within the groups above `group`.
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
    """The ids of the people behind entries: these members, those of the teams and of the groups."""
    people = Q(pk__in=members)
    if teams:
        inside = TeamMembership.objects.filter(team__in=team_ids_below(teams))
        people |= Q(pk__in=inside.values("member"))
    if groups:
        people |= Q(pk__in=_people_ids(list(groups)))
    return Member.objects.filter(people).values_list("pk", flat=True)


def touched_ids(groups: Collection[int], teams: Collection[int]) -> dict[int, bool]:
    """Whose people a change of these can move: of these groups, those that the teams or teams above them are
    in, and all that contain one of them, at any depth; and whether they notify their people (rule 5.1)."""
    start = sql(
        "{groups} UNION {with_teams}",
        groups=recursive.groups(groups),
        with_teams=recursive.groups_with_teams(),
    )
    live = sql(
        "SELECT id, notifies FROM groups_group WHERE id IN ({found}) AND deleted_at IS NULL",
        found=_GROUPS_FOUND,
    )
    found = query(live, tree_sql.teams_above(tree_sql.teams(teams)), recursive.groups_above(start))
    return {pk: bool(notifies) for pk, notifies in found.rows()}


def pairs_among(people: Collection[int], groups: Collection[int]) -> set[tuple[int, int]]:
    """Who of these people is in which of these groups that notify, as (group, member).

    Few people are followed upwards; for many, searching the groups is faster.
    """
    if not people or not groups:
        return set()
    few = len(people) <= min(FEW_PEOPLE, PEOPLE_PER_GROUP * len(groups))
    asked, size = (sorted(people), ASKED_AT_ONCE) if few else (sorted(groups), GROUPS_AT_ONCE)
    ask = _notifying_groups_of if few else _people_by_group
    found: set[tuple[int, int]] = set()
    for start in range(0, len(asked), size):
        pairs = ask(asked[start : start + size]).rows()
        found.update((group, member) for group, member in pairs if group in groups and member in people)
    return found


def _notifying_groups_of(people: Sequence[int]) -> Sql:
    notifying = Sql(
        "SELECT group_above.id, group_above.origin FROM group_above"
        " JOIN groups_group g ON g.id = group_above.id WHERE g.deleted_at IS NULL AND g.notifies = %s",
        (True,),
    )
    return query(notifying, *recursive.groups_of_people(people, Carry.ORIGIN))


def _people_by_group(groups: Sequence[int]) -> Sql:
    return query(Sql("SELECT origin, id FROM person"), *recursive.people_of_groups(groups))
