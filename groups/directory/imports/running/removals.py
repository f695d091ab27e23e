"""Takes away what a source has brought before and no longer has (rule 10.4).

As edit_entries and the like would: the last master and the last entry of a group stay (rules 2.7, 2.8).
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.teams import set_team_people
from accounts.audit.items import people_items
from accounts.models import Company, TeamMembership
from groupadmin.base.errors import Invalid
from groups import limits
from groups.actions import delete_group
from groups.actions.entries import entry_names
from groups.directory.records import Kind
from groups.entries import entries_of
from groups.membership import effective
from groups.models import Group, ImportRow, Master, Membership
from groups.notices.movements import movements

from .. import rows
from ..removed import keep, keep_around
from ..rows import Row
from .batch import Run, done, record, skip
from .members import remove_member
from .teams import remove_team

ROWS_AT_ONCE, FEW = 1_000, 20
Act = Callable[[Run, Company, Row], None]


def run_removals(run: Run) -> None:
    """What is in groups and teams first, then these themselves, then people."""
    for kind, act in ((Kind.ENTRY, _entries), (Kind.MASTER, _masters), (Kind.PLACE, _places)):
        while batch := _first(run, kind, ROWS_AT_ONCE):
            run.bring(batch, partial(_call, act, run))
    each: dict[Kind, Act] = {Kind.GROUP: _group, Kind.TEAM: remove_team, Kind.MEMBER: remove_member}
    for kind, remove in each.items():
        while batch := _first(run, kind, FEW):
            run.one_by_one(batch, partial(remove, run))


def _call(
    act: Callable[[Run, Company, list[Row]], None], run: Run, company: Company, batch: list[Row]
) -> None:
    act(run, company, batch)
    for row in batch:
        if not row.state:
            done(row, row.target)


def _first(run: Run, kind: str, count: int) -> list[Row]:
    waiting = run.waiting(kind).filter(verdict=ImportRow.Verdict.REMOVE).order_by("id")
    return [Row(*values) for values in waiting.values_list(*rows.FIELDS)[:count]]


def _locked(company: Company, pks: set[int]) -> dict[int, Group]:
    live = Group.objects.live().filter(company=company, pk__in=pks)
    return {group.pk: group for group in live.order_by("pk").select_for_update(of=("self",))}


def _entries(run: Run, company: Company, batch: list[Row]) -> None:
    """Only those that still come from the source: what was touched by hand is somebody's own."""
    found = Membership.objects.filter(
        group__company=company, source=run.source, pk__in=[row.target for row in batch]
    ).in_bulk()
    groups = _locked(company, {entry.group_id for entry in found.values()})
    found = {pk: entry for pk, entry in found.items() if entry.group_id in groups}
    _keep_last(batch, found, groups)
    if not found:
        return
    keep(batch, found)
    gone = entries_of((one.member_id, one.team_id, one.subgroup_id) for one in found.values())
    people = effective.people_ids_within(gone.members, gone.teams, gone.groups)
    with movements(run.actor, people=people, groups={entry.group_id for entry in found.values()}):
        Membership.objects.filter(pk__in=found).delete()
    by_group: dict[int, list[Membership]] = defaultdict(list)
    for entry in found.values():
        by_group[entry.group_id].append(entry)
    written: list[tuple[object, audit.Changes]] = []
    for pk, entries in by_group.items():
        groups[pk].version += 1
        names = entry_names(entries_of((one.member_id, one.team_id, one.subgroup_id) for one in entries))
        written.append((groups[pk], {"members_removed": [None, names]}))
    Group.objects.filter(pk__in=by_group).update(version=F("version") + 1)
    record(run, company, "group.edit_members", written)


def _keep_last(batch: list[Row], found: dict[int, Membership], groups: dict[int, Group]) -> None:
    """An internal group keeps its last entries (rule 2.8)."""
    others = set(
        Membership.objects.filter(group__in=groups).exclude(pk__in=found).values_list("group_id", flat=True)
    )
    for row in batch:
        entry = found.get(row.target or 0)
        if entry is not None and entry.group_id not in others and not groups[entry.group_id].is_external:
            skip(row, _("The group would have no members left."))
    for pk in [row.target for row in batch if row.state]:
        found.pop(pk or 0, None)


def _masters(run: Run, company: Company, batch: list[Row]) -> None:
    masters = Master.objects.filter(
        group__company=company, source=run.source, pk__in=[row.target for row in batch]
    )
    found = masters.in_bulk()
    groups = _locked(company, {master.group_id for master in found.values()})
    left = set(
        Master.objects.active()
        .filter(group__in=groups)
        .exclude(pk__in=found)
        .values_list("group_id", flat=True)
    )
    going: dict[int, list[int]] = defaultdict(list)
    for row in batch:
        master = found.get(row.target or 0)
        if master is None or master.group_id not in groups:
            continue
        if master.group_id not in left:
            skip(row, str(limits.LAST_MASTER))
        else:
            going[master.group_id].append(master.member_id)
    keep([row for row in batch if not row.state], found)
    before = {pk: _masters_of(pk) for pk in going}
    for pk, members in going.items():
        Master.objects.filter(group=pk, member__in=members).delete()
        groups[pk].version += 1
    Group.objects.filter(pk__in=going).update(version=F("version") + 1)
    record(
        run,
        company,
        "group.remove_master",
        [(groups[pk], {"masters": [before[pk], _masters_of(pk)]}) for pk in going],
    )


def _masters_of(group: int) -> list[dict[str, Any]]:
    return people_items(Master.objects.filter(group=group).values_list("member_id", flat=True))


def _places(run: Run, company: Company, batch: list[Row]) -> None:
    found = TeamMembership.objects.filter(
        team__company=company, source=run.source, pk__in=[row.target for row in batch]
    ).select_related("team")
    keep(batch, {place.pk: place for place in found})
    by_team: dict[int, list[TeamMembership]] = defaultdict(list)
    for place in found:
        by_team[place.team_id].append(place)
    for places in by_team.values():
        leaving = frozenset(place.member_id for place in places)
        set_team_people(places[0].team, frozenset(), leaving, actor=run.actor)


def _group(run: Run, company: Company, row: Row) -> None:
    group = Group.objects.live().filter(company=company, source=run.source, pk=row.target or 0).first()
    if group is None:
        raise Invalid(None, _("This group was deleted in the meantime."))
    keep_around(row, group)
    delete_group(group, actor=run.actor)
