"""What an import means before it happens: the exact people, mail and rooms gained and lost (rule 10.2).

Who is in which group is asked of the company as it is and as it will be (after.py), for all groups that the
import touches, itself or through teams and groups inside them. The difference is stored.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Member
from accounts.tree_sql import teams_above
from groupadmin.base.bulk import insert_lines
from groupadmin.base.name_order import in_order
from groupadmin.base.sql import Sql, query, sql
from groups.directory.records import Kind
from groups.membership import sql as recursive
from groups.models import DirectoryImport, Group, ImportEffect, ImportRow, OptOut

from . import rows
from .after import after, world_after

GROUPS_AT_ONCE = 200
GROUPS_SHOWN = 100
# Gains beyond this are counted, but not kept by person; losses always are.
EFFECTS_KEPT = 300_000

WHAT = ("places", "rooms", "mail")
NOBODY: frozenset[int] = frozenset()

People = dict[int, set[int]]
Changes = dict[tuple[str, int], AbstractSet[int]]
"""Who gains (1) and who loses (-1) each of WHAT."""
Told = Callable[[int, int], None]


def compute(directory_import: DirectoryImport, tell: Told | None = None) -> None:
    """Stores what the good rows mean: `meaning` of the import, and its effects. Safe to begin again."""
    ImportEffect.objects.filter(directory_import=directory_import).delete()
    with world_after(directory_import):
        found = _Meaning(directory_import)
        touched = _touched()
        for start in range(0, len(touched), GROUPS_AT_ONCE):
            found.look_at(touched[start : start + GROUPS_AT_ONCE])
            if tell is not None:
                tell(min(start + GROUPS_AT_ONCE, len(touched)), len(touched))
    directory_import.meaning = found.plain()
    directory_import.save(update_fields=["meaning"])


def _touched() -> list[int]:
    """The groups whose people, room or list may change, with all that contain them, before or after."""
    teams = teams_above(
        Sql(
            "SELECT id FROM touched_team UNION SELECT team_id FROM accounts_teammembership"
            " WHERE member_id IN (SELECT id FROM after_member)"
        )
    )
    start = sql(
        "SELECT id FROM touched_group UNION SELECT group_id FROM groups_membership"
        " WHERE member_id IN (SELECT id FROM after_member) UNION {with_teams}",
        with_teams=recursive.groups_with_teams(),
    )
    question = query(Sql("SELECT DISTINCT id FROM group_above"), teams, recursive.groups_above(start))
    found = {pk for (pk,) in question.rows()} | {pk for (pk,) in after(question).rows()}
    return sorted(found)


@dataclass
class _Side:
    """Who gains, or who loses: people counted once, however many groups it is."""

    places: set[int] = field(default_factory=set)
    rooms: set[int] = field(default_factory=set)
    mail: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _State:
    """What a group has: its name, room and list."""

    name: str
    room: bool = False
    mail: bool = False
    is_there: bool = True


class _Meaning:
    def __init__(self, directory_import: DirectoryImport) -> None:
        self.directory_import = directory_import
        self.gained, self.lost = _Side(), _Side()
        self.groups: list[dict[str, Any]] = []
        self.without_master = self.without_members = self.groups_changed = self.kept = 0
        self.is_cut = False

    def look_at(self, refs: list[int]) -> None:
        """Compares some groups before and after."""
        before, later = self._states(refs)
        start = _start(refs)
        was: People = {}
        if any(state.is_there for state in before.values()):
            was = _by_group(query(_PEOPLE_NOW, *recursive.people_below(start)), before)
        will = _by_group(after(query(_PEOPLE_THEN, *recursive.people_below(start))), later)
        stopped = _stopped(refs)
        effects: list[tuple[int, ...]] = []
        for ref in refs:
            changes = _changes(
                before[ref], later[ref], was.get(ref, NOBODY), will.get(ref, NOBODY), stopped.get(ref, NOBODY)
            )
            if any(changes.values()):
                self._count(ref, later[ref] if later[ref].is_there else before[ref], changes)
                effects += self._kept(ref, changes)
        insert_lines(ImportEffect, _COLUMNS, effects)
        there = [ref for ref in refs if later[ref].is_there]
        self.without_members += sum(ref not in will for ref in there)
        run = {pk for (pk,) in sql(_RUN, refs=_start(there)).rows()} if there else set()
        self.without_master += sum(ref not in run for ref in there)

    def _count(self, ref: int, state: _State, changes: Changes) -> None:
        for (what, sign), people in changes.items():
            getattr(self.gained if sign > 0 else self.lost, what).update(people)
        self.groups_changed += 1
        room, mail = (len(changes[what, 1]) - len(changes[what, -1]) for what in ("rooms", "mail"))
        gained, lost = len(changes["places", 1]), len(changes["places", -1])
        counted = {"id": ref, "name": state.name, "gained": gained, "lost": lost, "room": room, "mail": mail}
        self.groups.append(counted)
        if len(self.groups) >= 2 * GROUPS_SHOWN:
            self._shorten()

    def _shorten(self) -> None:
        """Keeps those that lose and gain most."""
        self.groups.sort(key=lambda group: (-group["lost"], -group["gained"], in_order(group["name"])))
        del self.groups[GROUPS_SHOWN:]

    def _kept(self, ref: int, changes: Changes) -> list[tuple[int, ...]]:
        """The lines of one group to keep: of all who lose something, and of others while there is space."""
        lost = set().union(*(changes[what, -1] for what in WHAT))
        gained = set().union(*(changes[what, 1] for what in WHAT)) - lost
        space = max(0, EFFECTS_KEPT - self.kept)
        self.is_cut |= len(gained) > space
        people = [*lost, *(sorted(gained)[:space] if len(gained) > space else gained)]
        self.kept += len(people) - len(lost)
        mine = self.directory_import.pk
        return [
            (mine, ref, one, *((one in changes[what, 1]) - (one in changes[what, -1]) for what in WHAT))
            for one in sorted(people)
        ]

    def _states(self, refs: list[int]) -> tuple[dict[int, _State], dict[int, _State]]:
        """What these groups have, before and after."""
        there = Group.objects.live().filter(pk__in=[ref for ref in refs if ref > 0])
        before = {ref: _State("", is_there=False) for ref in refs}
        for pk, name, message, has_list in there.values_list("pk", "name", "message", "uses_mailing_list"):
            before[pk] = _State(name, message, has_list)
        later = dict(before)
        changing = ImportRow.objects.filter(directory_import=self.directory_import, kind=Kind.GROUP).good()
        for row in changing.filter(target__in=[ref for ref in refs if ref > 0]):
            later[row.target or 0] = _state_after(row, before[row.target or 0])
        for row in changing.filter(pk__in=[-ref for ref in refs if ref < 0]):
            later[-row.pk] = _state_after(row, _State(row.name))
        return before, later

    def plain(self) -> dict[str, Any]:
        """The meaning as the import stores it: numbers, and the groups that lose and gain most."""

        def both(name: str) -> dict[str, int]:
            return {"gained": len(getattr(self.gained, name)), "lost": len(getattr(self.lost, name))}

        self._shorten()
        contacts = ImportRow.objects.filter(directory_import=self.directory_import, kind=Kind.CONTACT)
        return {
            "people": both("places"),
            "rooms": both("rooms"),
            "mail": both("mail"),
            "contacts": {
                "gained": contacts.filter(verdict=ImportRow.Verdict.ADD).count(),
                "lost": contacts.filter(verdict=ImportRow.Verdict.REMOVE).count(),
            },
            "without_master": self.without_master,
            "without_members": self.without_members,
            "groups_changed": self.groups_changed,
            "groups": self.groups,
            "is_cut": self.is_cut,
        }


_PEOPLE_NOW = Sql(
    "SELECT person.origin, person.id FROM person JOIN accounts_member m ON m.id = person.id AND m.is_active"
)
_PEOPLE_THEN = Sql(
    "SELECT person.origin, person.id FROM person LEFT JOIN after_member n ON n.id = person.id"
    " LEFT JOIN accounts_member m ON m.id = person.id WHERE COALESCE(n.is_active, m.is_active)"
)
_RUN = (
    "SELECT DISTINCT s.group_id FROM after_master s JOIN ({refs}) asked ON asked.id = s.group_id"
    " LEFT JOIN after_member n ON n.id = s.member_id LEFT JOIN accounts_member m ON m.id = s.member_id"
    " WHERE COALESCE(n.is_active, m.is_active)"
)


def _start(refs: list[int]) -> Sql:
    """These groups as rows of origin and id; not from a table, since some are not there yet."""
    each = (f"SELECT CAST({int(ref)} AS bigint) AS origin, CAST({int(ref)} AS bigint) AS id" for ref in refs)
    return Sql(" UNION ALL ".join(each))


def _by_group(question: Sql, states: dict[int, _State]) -> People:
    """The people of each group that is there."""
    found: People = {}
    for group, member in question.rows():
        found.setdefault(group, set()).add(member)
    return {group: people for group, people in found.items() if states[group].is_there}


def _stopped(refs: list[int]) -> People:
    """Who has stopped the mail of which group's list (rule 4.3)."""
    lists = OptOut.objects.filter(mailing_list__group__in=[ref for ref in refs if ref > 0])
    found: People = {}
    for group, member in lists.values_list("mailing_list__group", "member"):
        found.setdefault(group or 0, set()).add(member)
    return found


def _changes(
    before: _State, later: _State, was: AbstractSet[int], will: AbstractSet[int], stopped: AbstractSet[int]
) -> Changes:
    found: Changes = {}
    for what, had, has in (
        ("places", was, will),
        ("rooms", was if before.room else NOBODY, will if later.room else NOBODY),
        ("mail", was - stopped if before.mail else NOBODY, will - stopped if later.mail else NOBODY),
    ):
        found[what, 1], found[what, -1] = has - had, had - has
    return found


_COLUMNS = ("directory_import_id", "group_ref", "member_ref", "place", "room", "mail")


def _state_after(row: ImportRow, before: _State) -> _State:
    said = row.after or {}
    return _State(
        said.get("name", before.name),
        bool(said.get("message", before.room)),
        bool(said.get("uses_mailing_list", before.mail)),
        row.verdict != ImportRow.Verdict.REMOVE,
    )


@dataclass(frozen=True)
class Effect:
    """What one person gains or loses in one group, with names, for people to read."""

    group: str
    member: str
    email: str
    place: int
    room: int
    mail: int


def effects(directory_import: DirectoryImport) -> Iterator[Effect]:
    """All that is kept, group by group, without holding it all."""
    kept = ImportEffect.objects.filter(directory_import=directory_import).order_by("group_ref", "id")
    for chunk in rows.chunks(kept.iterator(chunk_size=rows.AT_ONCE)):
        yield from named(chunk)


def named(found: list[ImportEffect]) -> Iterator[Effect]:
    """Effects with the names of their groups and people."""
    groups = {one.group_ref for one in found}
    members = {one.member_ref for one in found}
    group_names: dict[int, str] = dict(Group.objects.filter(pk__in=groups).values_list("pk", "name"))
    people = {
        pk: (name, email)
        for pk, name, email in Member.objects.filter(pk__in=members).values_list("pk", "name", "email")
    }
    brought = ImportRow.objects.filter(pk__in=[-ref for ref in groups | members if ref < 0])
    for pk, kind, name, said in brought.values_list("pk", "kind", "name", "after"):
        if kind == Kind.GROUP:
            group_names[-pk] = name
        else:
            people[-pk] = ((said or {}).get("name", name), (said or {}).get("email", ""))
    for one in found:
        member, email = people.get(one.member_ref, ("", ""))
        yield Effect(group_names.get(one.group_ref, ""), member, email, one.place, one.room, one.mail)
