"""Brings in new groups whole: masters, entries, list and contacts, as create_group would (rule 2)."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Company
from groupadmin.base.bulk import insert, insert_lines
from groupadmin.base.name_order import in_order
from groups import limits, notices, permissions
from groups.directory.records import Kind
from groups.models import NAME_TAKEN, Feature, Group, ImportRow, Master, Membership
from groups.models.switches import SWITCHES, names_of

from .. import rows
from ..rows import Row
from .batch import Person, Run, done, record, skip, taken_now
from .found import Found, Named, Teams, live_groups, too_many_groups
from .new_lists import NewLists

GROUPS_AT_ONCE, ROWS_AT_ONCE = 250, 5_000
ADD = ImportRow.Verdict.ADD
COLUMNS = {"member": "member_id", "team": "team_id", "group": "subgroup_id"}


@dataclass
class _New:
    """A group about to be made, and its good rows with what they mean."""

    row: Row
    group: Group
    masters: dict[int, tuple[Row, Person]] = field(default_factory=dict)
    entries: dict[tuple[str, int], tuple[Row, Person | Named]] = field(default_factory=dict)


def run_new_groups(run: Run) -> None:
    """New groups, those that are in others first."""
    teams = Teams(run)
    waiting = run.waiting(Kind.GROUP).filter(verdict=ADD)
    # As many as a plan allows.
    pks = list(waiting.order_by("object", "id").values_list("pk", flat=True))
    for chunk in rows.chunks(pks, GROUPS_AT_ONCE):
        _bring(run, teams, chunk)


def _bring(run: Run, teams: Teams, pks: list[int]) -> None:
    order = {pk: place for place, pk in enumerate(pks)}
    found = rows.read(ImportRow.objects.filter(pk__among=pks, state=ImportRow.State.WAITING), "id")
    heads = sorted(found, key=lambda row: order[row.pk])
    subjects = [row.subject for row in heads]
    few = _within(run, subjects, Kind.MASTER, Kind.LIST)
    many = _within(run, subjects, Kind.ENTRY, Kind.CONTACT)
    if len(few) + len(many) > ROWS_AT_ONCE and len(pks) > 1:
        _bring(run, teams, pks[: len(pks) // 2])
        _bring(run, teams, pks[len(pks) // 2 :])
        return
    batch = [*few, *many[:ROWS_AT_ONCE]]
    # Of a very large group the rest comes with those of groups that are there already.
    try:
        with run.batch() as company:
            told = _Batch(run, company, teams, run.still(heads), run.still(batch)).bring()
            run.finish(told)
    except IntegrityError:
        if len(pks) > 1:
            for pk in pks:
                _bring(run, teams, [pk])
            return
        told = list(rows.read(ImportRow.objects.filter(pk__in=pks), "id"))
        with run.batch():
            for row in told:
                skip(row, taken_now())
            run.finish(told)
    run.tell_done(len(told))


def write_masters(run: Run, masters: list[tuple[int, int, Row]]) -> None:
    """Adds masters, a group and a person each; their rows are done."""
    now = timezone.now()
    lines = [(group, member, now, run.source_of(row)) for group, member, row in masters]
    written = insert_lines(Master, ("group_id", "member_id", "since", "source"), lines)
    for pk, (_group, _member, row) in zip(written, masters, strict=True):
        done(row, pk)


def write_entries(run: Run, entries: list[tuple[int, str, int, Row]]) -> None:
    """Adds entries, a group and the kind and id of a thing each; their rows are done."""
    now, by = timezone.now(), run.actor.member.pk if run.actor.member else None
    names = ("group_id", *COLUMNS.values(), "added_at", "added_by_id", "source")
    lines = [
        (group, *(thing if one == kind else None for one in COLUMNS), now, by, run.source_of(row))
        for group, kind, thing, row in entries
    ]
    written = insert_lines(Membership, names, lines)
    for pk, entry in zip(written, entries, strict=True):
        done(entry[-1], pk)


def _within(run: Run, subjects: list[str], *kinds: str) -> list[Row]:
    """Good rows of these groups, entries before contacts; one more than a batch takes, if there are more."""
    found = (
        run.waiting(*kinds).filter(verdict=ADD, subject__among=subjects).order_by("-kind", "subject", "id")
    )
    return [Row(*values) for values in found.values_list(*rows.FIELDS)[: ROWS_AT_ONCE + 1]]


class _Batch:
    def __init__(self, run: Run, company: Company, teams: Teams, heads: list[Row], within: list[Row]) -> None:
        self.run, self.company, self.heads, self.within = run, company, heads, within
        self.taken = live_groups(company, {row.subject for row in heads})
        self.free = company.group_limit - Group.objects.live().filter(company=company).count()
        self.new: dict[str, _New] = {}
        self._begin()
        self.places = {row.subject: place for place, row in enumerate(heads)}
        self.found = Found.of(run, company, teams, within)
        self.lists = NewLists(run, company, [row for row in within if row.kind in (Kind.LIST, Kind.CONTACT)])

    def _begin(self) -> None:
        may_external = permissions.may_create_external_groups(self.run.actor, self.company)
        for row in self.heads:
            external = row.after["kind"] == Group.Kind.EXTERNAL
            if row.subject in self.taken:
                skip(row, str(NAME_TAKEN))
            elif len(self.new) >= self.free:
                skip(row, limits.group_limit_reached(self.company))
            elif external and not may_external:
                skip(row, str(may_external.reason))
            else:
                self.new[row.subject] = _New(row, self._group(row))

    def _group(self, row: Row) -> Group:
        after, kind = row.after, row.after["kind"]
        group = Group(
            company=self.company,
            kind=kind,
            name=after["name"],
            description=after.get("description", ""),
            created_by=self.run.actor.member,
            source=self.run.source_of(row),
            external_id=after.get("id", ""),
        )
        group.switch(frozenset(switch.name for switch in SWITCHES if after.get(switch.name)) & names_of(kind))
        group.fold_name()
        return group

    def bring(self) -> list[Row]:
        """Writes all of it. Returns the rows that are settled."""
        self._sort_out()
        self.lists.make({key: new.group for key, new in self.new.items()})
        groups = [new.group for new in self.new.values()]
        for group in groups:
            if group.mailing_list is None and group.has(Feature.MAILING_LIST):
                group.uses_mailing_list = False
        insert(Group, groups)
        for new in self.new.values():
            done(new.row, new.group.pk)
        self._write_people()
        self.lists.write_contacts()
        self._record(groups)
        settled = [row for row in self.within if row.state]
        return [*self.heads, *settled]

    # Who and what is in it

    def _sort_out(self) -> None:
        by_subject: dict[str, list[Row]] = defaultdict(list)
        for row in self.within:
            if row.kind in (Kind.MASTER, Kind.ENTRY):
                by_subject[row.subject].append(row)
        # In the order of the heads: a group finds those of this batch that stand before it.
        for subject, new in list(self.new.items()):
            for row in by_subject[subject]:
                self._master(new, row) if row.kind == Kind.MASTER else self._entry(new, row)
            if problem := self._is_lacking(new):
                self._give_up(subject, new, problem)

    def _master(self, new: _New, row: Row) -> None:
        person = self.found.thing(row)
        if problem := self.found.problem(row, person, new.group.is_external):
            skip(row, problem)
        elif isinstance(person, Person):
            if person.pk in new.masters:
                row.verdict = ImportRow.Verdict.SAME
                done(row, None)
            else:
                new.masters[person.pk] = (row, person)

    def _entry(self, new: _New, row: Row) -> None:
        thing = self._of_batch(row) or self.found.thing(row)
        if problem := self.found.problem(row, thing, new.group.is_external):
            skip(row, problem)
        elif thing is not None:
            if (row.object_kind, thing.pk) in new.entries:
                row.verdict = ImportRow.Verdict.SAME
                done(row, None)
            elif row.object_kind == "member" and not self.found.takes(thing.pk):
                skip(row, too_many_groups())
            else:
                new.entries[row.object_kind, thing.pk] = (row, thing)

    def _of_batch(self, row: Row) -> Named | None:
        """A group of this batch: it gets its id later, so its place stands for it, below zero."""
        if row.object_kind != "group" or (other := self.new.get(row.object)) is None:
            return None
        return Named(-1 - self.places[row.object], other.group.name, other.group.is_external)

    def _is_lacking(self, new: _New) -> str:
        if new.row.values.get("incomplete"):
            return ""
        if not any(person.is_active for _row, person in new.masters.values()):
            return _("None of its masters can run it any more.")
        if not new.entries and not new.group.is_external:
            return _("None of its members can be in it any more.")
        return ""

    def _give_up(self, subject: str, new: _New, problem: str) -> None:
        del self.new[subject]
        skip(new.row, problem)
        for row in self.within:
            if row.subject == subject and row.state != ImportRow.State.SKIPPED:
                skip(row, _("The group is left out: %(place)s.") % {"place": new.row.place})

    # Writing

    def _write_people(self) -> None:
        masters = [
            (new.group.pk, pk, row) for new in self.new.values() for pk, (row, _person) in new.masters.items()
        ]
        entries = [
            (new.group.pk, kind, self._pk(thing), row)
            for new in self.new.values()
            for (kind, _pk), (row, thing) in new.entries.items()
        ]
        write_masters(self.run, masters)
        write_entries(self.run, entries)

    def _pk(self, thing: Person | Named) -> int:
        if thing.pk >= 0:
            return thing.pk
        target = self.heads[-1 - thing.pk].target
        assert target is not None  # noqa: S101  (a group in others comes before them)
        return target

    def _record(self, groups: list[Group]) -> None:
        record(
            self.run, self.company, "group.create",
            [(new.group, self._created(new)) for new in self.new.values()],
        )  # fmt: skip
        notices.tell_new_groups([group for group in groups if group.notifies], actor=self.run.actor)

    def _created(self, new: _New) -> audit.Changes:
        """What create_group records."""
        group = new.group
        changes: audit.Changes = {"name": [None, group.name], "description": [None, group.description]}
        changes |= {switch.name: [None, bool(getattr(group, switch.name))] for switch in SWITCHES}
        masters = sorted(
            (person for _row, person in new.masters.values()), key=lambda one: in_order(one.name)
        )
        changes["masters"] = [None, [self.found.item("member", person) for person in masters]]
        changes["members"] = [
            None,
            [
                {**self.found.item(kind, thing), "id": self._pk(thing)}
                for (kind, _pk), (_row, thing) in new.entries.items()
            ],
        ]
        return changes | self.lists.told(new.row.subject)
