"""Brings masters and entries into groups that are there (rules 2.7–2.11).

In bulk, as add_masters and edit_entries would do for each group.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit.items import Item
from accounts.models import Company
from groupadmin.base.sql import Carry, Sql, query
from groupadmin.base.text import isolated
from groups.directory.records import Kind
from groups.membership import effective
from groups.membership import sql as recursive
from groups.models import Group, ImportRow, Master, Membership
from groups.notices.movements import movements

from .. import rows
from ..rows import Row
from .batch import Person, Run, done, record, skip
from .found import Found, Named, Teams, too_many_groups
from .groups import COLUMNS, write_entries, write_masters

ROWS_AT_ONCE = 2_500
ADD = ImportRow.Verdict.ADD


@dataclass
class _Changed:
    """A group that is there, and what comes into it."""

    group: Group
    masters: list[Item] = field(default_factory=list)
    members: list[Item] = field(default_factory=list)


def run_people(run: Run) -> None:
    """Adds what waits, group by group."""
    teams = Teams(run)
    for kind in (Kind.MASTER, Kind.ENTRY):
        waiting = run.waiting(kind).filter(verdict=ADD).order_by("subject", "id")
        while batch := [Row(*values) for values in waiting.values_list(*rows.FIELDS)[:ROWS_AT_ONCE]]:
            run.bring(batch, lambda company, some: _Batch(run, company, teams, some).bring())


def locked_groups(company: Company, keys: set[str]) -> dict[str, Group]:
    """The live groups of these names, locked in the order of their ids."""
    live = Group.objects.live().filter(company=company, name_key__in=keys)
    return {group.name_key: group for group in live.order_by("pk").select_for_update(of=("self",))}


class _Batch:
    def __init__(self, run: Run, company: Company, teams: Teams, batch: list[Row]) -> None:
        self.run, self.company, self.batch = run, company, batch
        self.groups = locked_groups(company, {row.subject for row in batch})
        self.found = Found.of(run, company, teams, batch)
        self.changed: dict[str, _Changed] = {key: _Changed(group) for key, group in self.groups.items()}
        self.masters: dict[tuple[int, int], tuple[Row, Person]] = {}
        self.entries: dict[tuple[int, str, int], tuple[Row, Person | Named]] = {}

    def bring(self) -> None:
        """Writes all that can be."""
        for row in self.batch:
            self._sort_out(row)
        self._leave_present()
        people, groups = self._moving()
        with movements(self.run.actor, people=people, leaving=(), groups=groups):
            self._write()
        self._record()

    def _sort_out(self, row: Row) -> None:
        group, thing = self.groups.get(row.subject), self.found.thing(row)
        if group is None:
            skip(row, _("The group is not there."))
        elif problem := self.found.problem(row, thing, group.is_external):
            skip(row, problem)
        elif thing is not None:
            key = (group.pk, row.object_kind, thing.pk)
            if key in self.entries or (row.kind == Kind.MASTER and (group.pk, thing.pk) in self.masters):
                row.verdict = ImportRow.Verdict.SAME
                done(row, None)
            elif row.kind == Kind.MASTER:
                assert isinstance(thing, Person)  # noqa: S101
                self.masters[group.pk, thing.pk] = (row, thing)
            else:
                self.entries[key] = (row, thing)

    def _leave_present(self) -> None:
        """What is there already, such as by hand meanwhile, stays as it is (rule 10.4)."""
        pks = {group.pk for group in self.groups.values()}
        masters = Master.objects.filter(group__in=pks, member__in={pk for _group, pk in self.masters})
        for pk, group, member in masters.values_list("pk", "group_id", "member_id"):
            self._is_there(self.masters.pop((group, member), None), pk)
        for kind, column in COLUMNS.items():
            things = {pk for _group, one, pk in self.entries if one == kind}
            wanted: dict[str, Any] = {f"{column}__in": things}
            entries = (
                Membership.objects.filter(group__in=pks, **wanted) if things else Membership.objects.none()
            )
            for pk, group, thing in entries.values_list("pk", "group_id", column):
                self._is_there(self.entries.pop((group, kind, thing), None), pk)
        for key, (row, thing) in list(self.entries.items()):
            if key[1] == "member" and not self.found.takes(thing.pk):
                skip(row, too_many_groups())
                del self.entries[key]

    def _is_there(self, found: tuple[Row, Any] | None, pk: int) -> None:
        if found is not None:
            found[0].verdict = ImportRow.Verdict.SAME
            done(found[0], pk)

    def _moving(self) -> tuple[set[int], set[int]]:
        """Whom the entries may move, and the groups that get them: asked only if somebody may be told."""
        groups = {group for group, _kind, _pk in self.entries}
        if not any(effective.touched_ids(groups, ()).values()):
            return set(), set()
        things: dict[str, set[int]] = defaultdict(set)
        for _group, kind, pk in self.entries:
            things[kind].add(pk)
        within = effective.people_ids_within(things["member"], things["team"], things["group"])
        return set(within), groups

    def _write(self) -> None:
        write_masters(self.run, [(group, pk, row) for (group, pk), (row, _person) in self.masters.items()])
        write_entries(self.run, [(*key, row) for key, (row, _thing) in self.entries.items()])
        self._open_loops()

    def _open_loops(self) -> None:
        """An entry that closes a loop, since the other half was added meanwhile, goes (rule 2.11)."""
        edges = {(group, pk) for group, kind, pk in self.entries if kind == "group"}
        for group, inside in sorted(edges):
            if not contains(inside, group):
                continue
            row, _thing = self.entries.pop((group, "group", inside))
            Membership.objects.filter(group=group, subgroup=inside).delete()
            names = dict(Group.objects.filter(pk__in=(group, inside)).values_list("pk", "name"))
            chain = " › ".join(isolated(names[pk]) for pk in (group, inside, group))
            row.target = None
            skip(row, _("A group cannot contain itself: %(chain)s") % {"chain": chain})

    def _record(self) -> None:
        by_pk = {group.pk: key for key, group in self.groups.items()}
        for (group, _pk), (_row, person) in self.masters.items():
            self.changed[by_pk[group]].masters.append(person.item(self.company.pk))
        for (group, kind, _pk), (_row, thing) in self.entries.items():
            self.changed[by_pk[group]].members.append(self.found.item(kind, thing))
        increase_versions([one.group for one in self.changed.values() if one.masters or one.members])
        self._record_masters()
        edited = [
            (one.group, {"members_added": [None, one.members]})
            for one in self.changed.values()
            if one.members
        ]
        record(self.run, self.company, "group.edit_members", edited)

    def _record_masters(self) -> None:
        changed = {one.group.pk: one for one in self.changed.values() if one.masters}
        before = masters_of(self.company, changed)
        added: list[tuple[Group, audit.Changes]] = []
        for pk, one in changed.items():
            new = {item["id"] for item in one.masters}
            earlier = [item for item in before[pk] if item["id"] not in new]
            added.append((one.group, {"masters": [earlier, before[pk]]}))
        record(self.run, self.company, "group.add_masters", added)


def increase_versions(groups: list[Group]) -> None:
    """Of groups that were changed (rule 2.18)."""
    for group in groups:
        group.version += 1
    Group.objects.bulk_update(groups, ["version"])


def masters_of(company: Company, groups: Any) -> dict[int, list[Item]]:
    """The masters of these groups, as the audit lists them."""
    found: dict[int, list[Item]] = defaultdict(list)
    masters = (
        Master.objects.filter(group__in=list(groups))
        .select_related("member")
        .order_by("member__name_sort__collated")
    )
    for master in masters:
        member = master.member
        person = Person(member.pk, member.name, member.email, member.is_active, member.may_connect)
        found[master.group_id].append(person.item(member.company_id or company.pk))
    return found


def contains(group: int, other: int) -> bool:
    """Whether the one group is, at any depth, above the other."""
    above = recursive.groups_above(recursive.groups([other]), Carry.NOTHING)
    found = query(Sql(f"SELECT 1 FROM group_above WHERE {recursive.FEW} AND id = %s", (group,)), above)  # noqa: S608
    return bool(found.rows())
