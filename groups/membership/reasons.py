"""Why is this person in this group? Every path, with what would end it (rules 2.10, 2.21).

Loads the groups between the given groups and people, with a number of queries that depends neither on people
nor on depth, and walks them in memory. Groups that the viewer may not see are left out, and so are the paths
through them. The viewer loses nothing of their own, since people see the contained groups they are
in (rule 5.3).
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice

from django.db.models import QuerySet

from accounts.models import Member, Team, TeamMembership
from accounts.tree import team_paths
from groups.models import Group, Membership

from . import effective

PATHS_AT_MOST = 20
SHOWN_AT_ONCE = 3


@dataclass(frozen=True)
class Way:
    """How a person is entered in a group: directly, or by a team, from the entered one down to their own."""

    entry: int
    teams: tuple[Team, ...] = ()


@dataclass(frozen=True)
class Path:
    """One reason: through these contained groups, outermost first, to the entry with the person."""

    groups: tuple[Group, ...]
    way: Way

    @property
    def is_direct(self) -> bool:
        return not self.groups and not self.way.teams

    @property
    def own_team(self) -> Team | None:
        """The team the person would have to leave to end it."""
        return self.way.teams[-1] if self.way.teams else None


@dataclass(frozen=True)
class Reasons:
    """The shortest paths, and whether there are more."""

    paths: tuple[Path, ...] = ()
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.paths)

    @property
    def first(self) -> tuple[Path, ...]:
        return self.paths[:SHOWN_AT_ONCE]

    @property
    def rest(self) -> tuple[Path, ...]:
        return self.paths[SHOWN_AT_ONCE:]


def reasons(group: Group, people: Sequence[Member], visible: QuerySet[Group]) -> dict[int, Reasons]:
    """Why each of these people is in the group, by member id. For a page of people, not for all.

    `visible` is what permissions.visible_groups(viewer) gives.
    """
    if not people:
        return {}
    web = _Web.between([group], people, visible)
    return {person.pk: web.reasons(group.pk, person.pk) for person in people}


def reasons_of_member(
    member: Member, groups: Sequence[Group], visible: QuerySet[Group]
) -> dict[int, Reasons]:
    """Why the member is in each of these groups, by group id. For a page of groups, not for all."""
    if not groups:
        return {}
    web = _Web.between(groups, [member], visible)
    return {group.pk: web.reasons(group.pk, member.pk) for group in groups}


def chains_to(group: Group, containers: Sequence[Group], visible: QuerySet[Group]) -> dict[int, Reasons]:
    """By which contained groups each container holds the group, by container id."""
    if not containers:
        return {}
    above = effective.groups_above_shown(group, visible)
    web = _Web(groups={one.pk: one for one in above.only("pk", "name")} | {group.pk: group})
    edges = Membership.objects.filter(group__in=above.values("pk"), subgroup__isnull=False)
    web.link(edges.values_list("group_id", "subgroup_id"))
    web.ways[0][group.pk] = [Way(0)]
    return {container.pk: web.reasons(container.pk, 0) for container in containers}


@dataclass
class _Web:
    """Groups, what they contain, and how people are entered in them."""

    groups: Mapping[int, Group]
    children: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    parents: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    # By member and group.
    ways: defaultdict[int, defaultdict[int, list[Way]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    _distances: dict[int, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def between(cls, roots: Sequence[Group], people: Sequence[Member], visible: QuerySet[Group]) -> "_Web":
        between = effective.group_ids_between([root.pk for root in roots], [person.pk for person in people])
        found = visible.filter(pk__in=between).only("pk", "name", "kind", "is_visible", "company")
        web = cls(groups={group.pk: group for group in found} | {root.pk: root for root in roots})
        entries = Membership.objects.filter(group__in=between).order_by("pk")
        edges = entries.filter(subgroup__in=between)
        web.link(edges.values_list("group_id", "subgroup_id"))
        direct = entries.filter(member__in=[person.pk for person in people])
        for pk, group, member in direct.values_list("pk", "group_id", "member_id"):
            if member is not None:
                web.ways[member][group].append(Way(pk))
        web._add_teams(people, entries)
        return web

    def link(self, edges: Iterable[tuple[int, int | None]]) -> None:
        for parent, child in edges:
            if child is not None and parent in self.groups and child in self.groups:
                self.children[parent].append(child)
                self.parents[child].append(parent)

    def _add_teams(self, people: Sequence[Member], entries: QuerySet[Membership]) -> None:
        placed = TeamMembership.objects.filter(member__in=[person.pk for person in people])
        teams_of = list(placed.order_by("pk").values_list("member_id", "team_id"))
        chart = team_paths({team for _member, team in teams_of})
        above = {team.pk for path in chart.values() for team in path}
        entered: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for pk, group, team in entries.filter(team__in=above).values_list("pk", "group_id", "team_id"):
            if team is not None:
                entered[team].append((pk, group))
        for member, own in teams_of:
            path = chart.get(own, [])
            for start in reversed(range(len(path))):
                for pk, group in entered[path[start].pk]:
                    self.ways[member][group].append(Way(pk, tuple(path[start:])))

    def reasons(self, root: int, member: int) -> Reasons:
        found = list(islice(self._walk(root, member), PATHS_AT_MOST + 1))
        return Reasons(tuple(found[:PATHS_AT_MOST]), more=len(found) > PATHS_AT_MOST)

    def _walk(self, root: int, member: int) -> Iterator[Path]:
        """All paths, those through the fewest groups first.

        Best first by the known distance to the person, the furthest along among equals: every step
        belongs to a path that is needed, however many paths there are in all.
        """
        ways = self.ways[member]
        distance = self._distance(member)
        turn = count()
        waiting: list[tuple[int, int, int, tuple[int, ...]]] = []
        if root in distance:
            waiting.append((distance[root], 0, next(turn), (root,)))
        while waiting:
            _length, _far, _turn, walked = heapq.heappop(waiting)
            here = walked[-1]
            for way in sorted(ways.get(here, ()), key=lambda way: len(way.teams)):
                yield Path(tuple(self.groups[pk] for pk in walked[1:]), way)
            for child in self.children[here]:
                if child in distance and child not in walked:
                    length = len(walked) + distance[child]
                    heapq.heappush(waiting, (length, -len(walked), next(turn), (*walked, child)))

    def _distance(self, member: int) -> dict[int, int]:
        """How many groups each group is away from the nearest one that the member is entered in."""
        if member not in self._distances:
            frontier = [group for group in self.ways[member] if group in self.groups]
            distance = dict.fromkeys(frontier, 0)
            steps = 0
            while frontier:
                steps += 1
                above = {parent for group in frontier for parent in self.parents[group]} - distance.keys()
                distance |= dict.fromkeys(above, steps)
                frontier = list(above)
            self._distances[member] = distance
        return self._distances[member]
