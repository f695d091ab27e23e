"""What becomes of masters and entries of groups (rules 2.7–2.11)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from groups.directory.records import Kind
from groups.models import Master, Membership

from .. import rows
from ..rows import Row
from .directory import Known
from .places import missing_person
from .work import ADD, SAME, Work, repeat

INACTIVE = {"inactive": True}
"""Said of places of people who come inactive: what others did since to make them so counts no less."""

Pairs = dict[tuple[int, str, int], int]
"""The row in the database of each group, kind and thing."""


def judge_masters(work: Work) -> None:
    """Gives each master's row its verdict."""
    _judge(work, Kind.MASTER, _present_masters)


def judge_entries(work: Work) -> None:
    """Gives each entry its verdict, on its own; loops and empty groups come after it."""
    _judge(work, Kind.ENTRY, _present_entries)


def _judge(work: Work, kind: str, present: Callable[[list[tuple[int, str, int]]], Pairs]) -> None:
    first: Row | None = None
    order = ("subject", "object_kind", "object", "id")
    for chunk in work.chunks(work.to_judge(kind), *order, columns=rows.POINTING):
        things = Things(work, chunk)
        there = present(things.pairs(chunk))
        for row in chunk:
            things.name(row)
            if first is not None and _same(first, row):
                repeat(first, row)
                continue
            first = row
            things.judge(row, there)


def _same(one: Row, other: Row) -> bool:
    return (one.subject, one.object_kind, one.object) == (other.subject, other.object_kind, other.object)


class Things:
    """The groups of some rows, and what they point to."""

    def __init__(self, work: Work, chunk: list[Row]) -> None:
        self.work = work
        directory = work.directory
        emails = {row.object: row.values.get("member", "") for row in chunk if row.object_kind == "member"}
        self.people = directory.people(emails)
        if missing := {key: email for key, email in emails.items() if key not in self.people}:
            # An address that is a team's or a list's stands for the team or the group.
            owners = directory.owners(missing)
            for row in chunk:
                if row.kind != Kind.MASTER and (owner := owners.get(row.object)) and owner[0] != "member":
                    row.object_kind, row.object = owner
        wanted = {row.subject for row in chunk}
        wanted |= {row.object for row in chunk if row.object_kind == "group"}
        self.groups = directory.groups(wanted)
        has_teams = any(row.object_kind == "team" for row in chunk)
        self.teams = directory.teams() if has_teams else {}
        missing_teams = {row.object for row in chunk if row.object_kind == "team"} - self.teams.keys()
        self.refused_teams = directory.refused_teams(missing_teams)

    def thing(self, row: Row) -> Known | None:
        found = {"member": self.people, "team": self.teams, "group": self.groups}[row.object_kind]
        return found.get(row.object)

    def name(self, row: Row) -> None:
        """An alias is its person."""
        if (known := self.thing(row)) is not None:
            row.object = known.subject
            self.people.setdefault(known.subject, known) if row.object_kind == "member" else None

    def pairs(self, chunk: Iterable[Row]) -> list[tuple[int, str, int]]:
        """Which groups and things are both there already."""
        found = []
        for row in chunk:
            group, thing = self.groups.get(row.subject), self.thing(row)
            if group is not None and thing is not None and group.pk and thing.pk:
                found.append((group.pk, row.object_kind, thing.pk))
        return found

    def judge(self, row: Row, there: Pairs) -> None:
        group, thing = self.groups.get(row.subject), self.thing(row)
        if group is None or group.refused:
            row.refuse(refused_group(group))
        elif thing is None or thing.refused:
            row.refuse(self._missing(row, thing))
        elif (pk := there.get((group.pk or 0, row.object_kind, thing.pk or 0))) is not None:
            row.verdict, row.target = SAME, pk
        elif problem := self._problem(row, group, thing):
            row.refuse(problem)
        else:
            row.verdict = ADD
            row.after = INACTIVE if thing.comes_inactive else None

    def _problem(self, row: Row, group: Known, thing: Known) -> str:
        """As groups.limits: who and what may be chosen (rules 2.7–2.9)."""
        if row.object_kind == "member" and not thing.is_active and not thing.comes_inactive:
            return _("%(name)s is inactive.") % {"name": thing.name}
        if group.is_external:
            if row.object_kind != "member":
                return _("External groups can only have people, not teams or groups.")
            if not self.work.directory.can_connect(thing):
                return _("%(name)s cannot connect with other companies.") % {"name": thing.name}
        if row.object_kind == "group" and thing.is_external:
            return _("External groups cannot be in other groups.")
        return ""

    def _missing(self, row: Row, thing: Known | None) -> str:
        if row.object_kind == "member":
            return missing_person(row.values.get("member", ""), thing.refused if thing else "")
        if row.object_kind == "team":
            if other := self.refused_teams.get(row.object):
                return _("The team is refused: %(place)s.") % {"place": other.place}
            return _("There is no team “%(name)s”.") % {"name": row.values.get("team", "")}
        if thing is not None:
            return _("The group in it is refused: %(place)s.") % {"place": thing.refused}
        return _("There is no group “%(name)s”.") % {"name": row.values.get("subgroup", "")}


def refused_group(group: Known | None) -> str:
    """Why a row about a group cannot be brought in."""
    if group is None:
        return _("There is no such group.")
    return _("The group is refused: %(place)s.") % {"place": group.refused}


def _present_masters(pairs: list[tuple[int, str, int]]) -> Pairs:
    found = Master.objects.filter(
        group__in={group for group, _kind, _pk in pairs}, member__in={pk for _group, _kind, pk in pairs}
    )
    return {(group, "member", pk): row for row, group, pk in found.values_list("pk", "group_id", "member_id")}


COLUMNS = {"member": "member_id", "team": "team_id", "group": "subgroup_id"}


def _present_entries(pairs: list[tuple[int, str, int]]) -> Pairs:
    there: Pairs = {}
    for kind, column in COLUMNS.items():
        of_kind = [(group, pk) for group, one, pk in pairs if one == kind]
        if not of_kind:
            continue
        wanted: dict[str, Any] = {f"{column}__in": {pk for _group, pk in of_kind}}
        found = Membership.objects.filter(group__in={group for group, _pk in of_kind}, **wanted)
        for row, group, pk in found.values_list("pk", "group_id", column):
            there[group, kind, pk] = row
    return there
