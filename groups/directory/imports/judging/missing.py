"""What a source has brought before and no longer has is removed, never what others brought (rule 10.4).

Only of kinds that the import has rows of: a list of people says nothing about groups. Masters and entries go
only from groups that the import names, places only from teams that it names.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from accounts.models import Member, Team, TeamMembership
from groups.directory.records import Kind
from groups.models import Group, Master, Membership

from .. import keys, rows
from ..rows import Row
from .members import named
from .work import REFUSED, REMOVE, Work


def find(work: Work) -> None:
    """Adds a row for each thing to be removed: members are deactivated, groups deleted for 30 days."""
    kinds = set(work.rows(*Kind).order_by().values_list("kind", flat=True).distinct())
    for kind, search in _SEARCHES.items():
        if kind in kinds:
            for chunk in rows.chunks(search(work)):
                rows.add(work.directory_import, chunk)


def _unnamed(work: Work, kind: str, there: Iterable[tuple[str, Row]]) -> Iterator[Row]:
    """The rows of those things that no row of the import is about, refused ones included."""
    for chunk in rows.chunks(there):
        subjects = {key for key, _row in chunk}
        targets = {row.target for _key, row in chunk}
        mine = work.rows(kind)
        named = set(mine.filter(subject__in=subjects).values_list("subject", flat=True))
        by_id = set(mine.filter(target__in=targets).values_list("target", flat=True))
        yield from (row for key, row in chunk if key not in named and row.target not in by_id)


def _members(work: Work) -> Iterator[Row]:
    """Active people of the source; never who imports, nor superusers, whom nobody deactivates here."""
    people = Member.objects.active().filter(company=work.company, source=work.source, is_superuser=False)
    if work.actor.member is not None:
        people = people.exclude(pk=work.actor.member.pk)
    there = (
        (
            keys.address(email),
            _row(Kind.MEMBER, keys.address(email), named(name, email), pk, {"member": email}, active=True),
        )
        for pk, email, name in people.order_by("pk").values_list("pk", "email", "name").iterator()
    )
    return _unnamed(work, Kind.MEMBER, there)


def _groups(work: Work) -> Iterator[Row]:
    groups = Group.objects.live().filter(company=work.company, source=work.source)
    there = (
        (key, _row(Kind.GROUP, key, name, pk, {"group": name}))
        for pk, key, name in groups.order_by("pk").values_list("pk", "name_key", "name").iterator()
    )
    return _unnamed(work, Kind.GROUP, there)


def _teams(work: Work) -> Iterator[Row]:
    """Teams, those below first."""
    own = set(Team.objects.filter(company=work.company, source=work.source).values_list("pk", flat=True))
    implied = _implied(work)
    paths = [known for key, known in work.directory.present_teams() if known.pk in own and key not in implied]
    paths.sort(key=lambda known: -len(keys.team_parts(known.name)))
    there = (
        (known.subject, _row(Kind.TEAM, known.subject, known.name, known.pk or 0, {"team": known.name}))
        for known in paths
    )
    return _unnamed(work, Kind.TEAM, there)


def _implied(work: Work) -> set[str]:
    """Teams that need no row to be there: those of places, and those above others (rule 10.2)."""
    there = dict(work.directory.present_teams())
    named = set(work.rows(Kind.PLACE).values_list("subject", flat=True).distinct())
    paths = {known.name for key, known in there.items() if key in named}
    paths |= set(work.rows(Kind.TEAM).exclude(verdict=REFUSED).values_list("name", flat=True))
    parts = (keys.team_parts(path) for path in paths)
    return named | {keys.team(some[:depth]) for some in parts for depth in range(1, len(some))}


def _places(work: Work) -> Iterator[Row]:
    teams = {known.pk: known for known in work.directory.teams().values() if known.pk}
    found = TeamMembership.objects.filter(team__company=work.company, source=work.source)
    pairs = found.order_by("pk").values_list("pk", "team_id", "member__email").iterator()
    for chunk in rows.chunks(pairs):
        kept = set(
            work.rows(Kind.PLACE)
            .filter(target__in=[pk for pk, _team, _email in chunk])
            .values_list("target", flat=True)
        )
        named = {teams[team].subject for _pk, team, _email in chunk if team in teams}
        said = set(
            work.rows(Kind.PLACE, Kind.TEAM).filter(subject__in=named).values_list("subject", flat=True)
        )
        for pk, team, email in chunk:
            known = teams.get(team)
            if pk not in kept and known is not None and known.subject in said:
                values = {"team": known.name, "member": email}
                yield _pointing(Kind.PLACE, known.subject, pk, values, "member", keys.address(email))


def _masters(work: Work) -> Iterator[Row]:
    found = Master.objects.filter(group__company=work.company, source=work.source)
    pairs = found.order_by("pk").values_list("pk", "group_id", "group__name", "member__email")
    for chunk in rows.chunks(pairs.iterator()):
        kept, said = _kept(work, Kind.MASTER, [(pk, group) for pk, group, _name, _email in chunk])
        for pk, group, name, email in chunk:
            if pk not in kept and group in said:
                values = {"group": name, "member": email}
                yield _pointing(Kind.MASTER, said[group], pk, values, "member", keys.address(email))


def _entries(work: Work) -> Iterator[Row]:
    teams = {known.pk: known for known in work.directory.teams().values() if known.pk}
    found = Membership.objects.filter(group__company=work.company, source=work.source)
    entries = found.order_by("pk").values_list(
        *("pk", "group_id", "group__name", "member__email", "team_id", "subgroup__name")
    )
    for chunk in rows.chunks(entries.iterator()):
        kept, said = _kept(work, Kind.ENTRY, [(line[0], line[1]) for line in chunk])
        for pk, group, name, email, team, subgroup in chunk:
            if pk in kept or group not in said:
                continue
            if email:
                thing, kind, key = {"member": email}, "member", keys.address(email)
            elif team:
                known = teams.get(team)
                thing = {"team": known.name if known else ""}
                kind, key = "team", known.subject if known else ""
            else:
                thing, kind, key = {"subgroup": subgroup}, "group", keys.group(subgroup)
            yield _pointing(Kind.ENTRY, said[group], pk, {"group": name, **thing}, kind, key)


def _kept(work: Work, kind: str, pairs: list[tuple[int, int]]) -> tuple[set[int | None], dict[int, str]]:
    """What the import still has of these, and the keys of their groups, as far as it names them."""
    kept = set(
        work.rows(kind).filter(target__in=[pk for pk, _group in pairs]).values_list("target", flat=True)
    )
    groups = Group.objects.live().filter(pk__in={group for _pk, group in pairs})
    named = dict(groups.values_list("pk", "name_key"))
    mine = work.rows(Kind.GROUP, kind).filter(subject__in=named.values())
    said = set(mine.values_list("subject", flat=True))
    renamed = work.rows(Kind.GROUP).filter(target__in=named).values_list("target", "subject")
    found = {pk: key for pk, key in named.items() if key in said}
    return kept, found | {pk: named[pk] for pk, _subject in renamed if pk is not None}


def _row(kind: str, key: str, name: str, pk: int, values: dict[str, Any], **before: Any) -> Row:
    return Row(
        kind=kind,
        subject=key,
        name=name[: rows.NAME_SHOWN],
        values=values,
        verdict=REMOVE,
        target=pk,
        before=before or None,
    )


def _pointing(kind: str, subject: str, pk: int, values: dict[str, Any], object_kind: str, key: str) -> Row:
    group_or_team = values.get("group") or values["team"]
    thing = values.get("member") or values.get("subgroup") or values["team"]
    row = _row(kind, subject, f"{thing} › {group_or_team}", pk, values)
    row.object_kind, row.object = object_kind, key
    return row


_SEARCHES = {
    Kind.ENTRY: _entries,
    Kind.MASTER: _masters,
    Kind.PLACE: _places,
    Kind.GROUP: _groups,
    Kind.TEAM: _teams,
    Kind.MEMBER: _members,
}
"""What removes comes in this order: what is in groups and teams, then these, then people."""
