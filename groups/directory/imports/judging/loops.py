"""No group contains itself (rule 2.11): the row that closes a loop is refused, with the chain; and in which
order groups come in, so that each finds those that it contains.

Only entries of groups in groups are held in memory, as numbers.
"""

from collections import defaultdict, deque
from collections.abc import Mapping

from django.utils.translation import gettext as _

from groupadmin.base.text import isolated
from groups.directory.records import Kind
from groups.models import ImportRow, Membership, is_live

from .. import rows
from .work import ADD, SAME, Work

LOOKED_AT_MOST = 20_000_000
"""Steps of searching for loops; what is not searched then is refused."""


class _Graph:
    """Groups by number; an arrow leads from a group to one inside it. `row` is 0 for what is there."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.names: list[str] = []
        self.below: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.steps = 0

    def number(self, key: str, name: str = "") -> int:
        found = self.numbers.setdefault(key, len(self.names))
        if found == len(self.names):
            self.names.append(name)
        elif name and not self.names[found]:
            self.names[found] = name
        return found

    def add(self, group: int, inside: int, row: int) -> None:
        self.below[group].append((inside, row))

    def depths(self) -> tuple[dict[int, int], set[int]]:
        """How deep each group has to wait for those in it; and the groups in loops or around them."""
        above: dict[int, list[int]] = defaultdict(list)
        waits: dict[int, int] = defaultdict(int)
        for group, inside in self.below.items():
            for one, _row in inside:
                above[one].append(group)
                waits[group] += 1
        found: dict[int, int] = {number: 0 for number in range(len(self.names)) if not waits[number]}
        ready = deque(found)
        while ready:
            one = ready.popleft()
            for group in above[one]:
                waits[group] -= 1
                found[group] = max(found.get(group, 0), found[one] + 1)
                if not waits[group]:
                    ready.append(group)
        stuck = {number for number in range(len(self.names)) if waits[number] > 0}
        return found, stuck

    def path(self, start: int, end: int, arrows: dict[int, list[int]]) -> list[int] | None:
        """The shortest way along these arrows; None if there is none, empty if it would take too long."""
        came: dict[int, int] = {start: start}
        ready = deque([start])
        while ready:
            one = ready.popleft()
            if one == end:
                break
            for following in arrows.get(one, ()):
                self.steps += 1
                if following not in came:
                    came[following] = one
                    ready.append(following)
            if self.steps > LOOKED_AT_MOST:
                return []
        if end not in came:
            return None
        way = [end]
        while way[-1] != start:
            way.append(came[way[-1]])
        return way[::-1]


def judge(work: Work) -> None:
    """Refuses the rows that close loops, and gives each new group its depth."""
    graph = _read(work)
    _depths, stuck = graph.depths()
    if stuck:
        closing = _closing(graph, stuck)
        for chunk in rows.chunks(rows.read(ImportRow.objects.filter(pk__in=closing), "id")):
            for row in chunk:
                row.refuse(closing[row.pk])
            rows.write(chunk)
            _refuse_repeated(work, {(row.subject, row.object): row.reason for row in chunk})


def _refuse_repeated(work: Work, reasons: Mapping[tuple[str, str], str]) -> None:
    """Refuses rows that only say again what closes a loop."""
    said = work.rows(Kind.ENTRY).filter(verdict=SAME, object_kind="group", target=None)
    said = said.filter(subject__in={subject for subject, _inside in reasons})
    for chunk in rows.chunks(row for row in rows.read(said, "id") if (row.subject, row.object) in reasons):
        for row in chunk:
            row.refuse(reasons[row.subject, row.object])
        rows.write(chunk)


def set_depths(work: Work) -> None:
    """Writes how deep each new group waits, where running finds it."""
    graph = _read(work)
    depths, _stuck = graph.depths()
    for chunk in rows.chunks(rows.read(work.rows(Kind.GROUP).filter(verdict=ADD), "id")):
        for row in chunk:
            row.object_kind = "depth"
            number = graph.numbers.get(row.subject)
            row.object = f"{depths.get(number, 0) if number is not None else 0:06d}"
        rows.write(chunk, ("object_kind", "object"))


def _read(work: Work) -> _Graph:
    graph = _Graph()
    present = Membership.objects.filter(
        is_live("group__"), group__company=work.company, subgroup__isnull=False
    ).values_list("group__name_key", "group__name", "subgroup__name_key", "subgroup__name")
    for key, name, inside, inside_name in present.iterator():
        graph.add(graph.number(key, name), graph.number(inside, inside_name), 0)
    added = work.rows(Kind.ENTRY).filter(verdict=ADD, object_kind="group").order_by("id")
    found = added.values_list("pk", "subject", "object", rows.said("group"), rows.said("subgroup"))
    for pk, key, inside, name, inside_name in found.iterator(chunk_size=rows.AT_ONCE):
        graph.add(graph.number(key, name or ""), graph.number(inside, inside_name or ""), pk)
    return graph


def _closing(graph: _Graph, stuck: set[int]) -> dict[int, str]:
    """The rows that close loops, one after the other in their order, with the reason."""
    arrows: dict[int, list[int]] = defaultdict(list)
    wanted: list[tuple[int, int, int]] = []
    for group in stuck:
        for inside, row in graph.below[group]:
            if inside not in stuck:
                continue
            if row:
                wanted.append((row, group, inside))
            else:
                arrows[group].append(inside)
    closing: dict[int, str] = {}
    for row, group, inside in sorted(wanted):
        way = graph.path(inside, group, arrows)
        if way is None:
            arrows[group].append(inside)
            continue
        names = [isolated(graph.names[one]) for one in [group, *way]]
        chain = " › ".join(names) if way else isolated(graph.names[group])
        closing[row] = _("A group cannot contain itself: %(chain)s") % {
            "chain": chain[: rows.REASON_SHOWN // 2]
        }
    return closing
