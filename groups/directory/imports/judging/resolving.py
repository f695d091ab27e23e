"""Ids and things by their looks become the keys of what they mean (rule 10.4)."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Member, Team
from groups.directory.records import Kind
from groups.models import Group, ImportKey

from .. import keys, rows
from ..rows import Row
from .work import Work

_IDS = {"member": "member_id", "team": "team_id", "group": "group_id"}
_OBJECT_IDS = {"member": "member_id", "team": "team_id", "group": "subgroup_id"}
_KINDS = ("team", "member", "place", "group", "master", "entry", "list", "sender", "contact")


def resolve_ids(work: Work) -> None:
    """Gives rows that name things by id the keys of these things, or refuses them."""
    unresolved = work.to_judge(*_KINDS).filter(
        Q(subject__startswith=keys.UNRESOLVED) | Q(object__startswith=keys.UNRESOLVED)
    )
    for chunk in rows.chunks(rows.read(unresolved, "id")):
        _resolve_ids(work, chunk)
        rows.write(chunk)
        rows.write(chunk, ("values", "name"))
        moved = {row.kind: row for row in chunk if row.kind in ("team", "member", "group", "list")}
        for kind in moved:
            _move_keys(work, kind, chunk)


def resolve_things(work: Work) -> None:
    """Gives rows that name things by looks their keys; all teams have rows by then, or are there."""
    named = work.to_judge(Kind.ENTRY, Kind.SENDER).filter(object_kind="thing")
    for chunk in rows.chunks(rows.read(named, "id")):
        _resolve_things(work, chunk)
        rows.write(chunk)
        rows.write(chunk, ("values",))


def _move_keys(work: Work, kind: str, chunk: list[Row]) -> None:
    """What has no name in its row, but an id, is known by its name from here on."""
    of = "group" if kind == "list" else kind
    names = [
        (keys.address(email), of, row.subject)
        for row in chunk
        if row.kind == kind and not row.is_refused
        for email in [row.values.get("address", ""), *row.values.get("aliases", ())]
        if email
    ]
    ImportKey.objects.filter(
        directory_import=work.directory_import, subject__startswith=keys.UNRESOLVED, kind=of
    ).filter(key__in=[key for key, _kind, _subject in names]).delete()
    rows.add_keys(work.directory_import, names)


def _ids(chunk: Iterable[Row]) -> Iterable[tuple[Row, bool, str, str]]:
    """What is named by id: the row, whether it is what the row is about, the kind and the id."""
    for row in chunk:
        if row.subject.startswith(keys.UNRESOLVED):
            kind = {"place": "team", "team": "team", "member": "member"}.get(row.kind, "group")
            own = row.kind == kind
            yield row, True, kind, row.values["id" if own else _IDS[kind]]
        if row.object.startswith(keys.UNRESOLVED) and row.object_kind != "thing":
            yield row, False, row.object_kind, row.values[_OBJECT_IDS[row.object_kind]]


def _resolve_ids(work: Work, chunk: list[Row]) -> None:
    wanted = list(_ids(chunk))
    by_import = work.directory.claims({keys.external_id(kind, one) for _row, _is, kind, one in wanted})
    by_company = {
        kind: _stored(work, kind, {one for _row, _is, of, one in wanted if of == kind}) for kind in _IDS
    }
    named = _names(work, by_import.values())
    for row, is_subject, kind, known_as in wanted:
        key = by_import.get(keys.external_id(kind, known_as), ("", ""))[1]
        name = named.get((kind, key), "")
        if not key or key.startswith(keys.UNRESOLVED):
            key, name = by_company[kind].get(known_as, ("", ""))
        if not key:
            row.refuse(_no_such(kind, known_as))
            continue
        if is_subject:
            row.subject = key
            if name:
                row.values[kind] = name
                row.name = row.name.replace(known_as, name) if row.kind != kind else name
        else:
            row.object = key
            if name:
                row.values["subgroup" if kind == "group" else kind] = name


def _names(work: Work, claimed: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What the import's own rows call these things."""
    subjects: dict[str, set[str]] = {}
    for kind, subject in claimed:
        subjects.setdefault(kind, set()).add(subject)
    return {
        (kind, key): row.values.get(kind, "")
        for kind, some in subjects.items()
        for key, row in work.directory.defining(kind, some).items()
    }


def _stored(work: Work, kind: str, ids: set[str]) -> dict[str, tuple[str, str]]:
    """The key and name of each of these external ids of the source."""
    if not ids:
        return {}
    stored = {"company": work.company, "source": work.source, "external_id__in": ids}
    if kind == "member":
        people = Member.objects.filter(**stored).values_list("external_id", "email")
        return {one: (keys.address(email), email) for one, email in people}
    if kind == "group":
        live = Group.objects.live().filter(**stored).values_list("external_id", "name_key", "name")
        return {one: (key, name) for one, key, name in live}
    teams = Team.objects.filter(**stored).values_list("external_id", "pk")
    paths = {known.pk: known for _key, known in work.directory.present_teams()}
    return {one: (paths[pk].subject, paths[pk].name) for one, pk in teams}


def _no_such(kind: str, known_as: str) -> str:
    words = {
        "member": _("There is no person with the ID “%(id)s”."),
        "team": _("There is no team with the ID “%(id)s”."),
        "group": _("There is no group with the ID “%(id)s”."),
    }
    return words[kind] % {"id": known_as}


def _resolve_things(work: Work, chunk: list[Row]) -> None:
    """An address is a person's, a team's or a list's; other words are a team's path or a group's name."""
    emails = {row.values["thing"]: keys.clean_email(row.values["thing"]) for row in chunk}
    by_address = {keys.address(email): email for email in emails.values() if "@" in email}
    owners = work.directory.owners(by_address)
    teams = {key for key, _known in work.directory.present_teams()}
    parts = {row.values["thing"]: keys.team(keys.team_parts(row.values["thing"])) for row in chunk}
    teams |= set(work.rows("team").filter(subject__in=parts.values()).values_list("subject", flat=True))
    for row in chunk:
        thing = row.values["thing"]
        owner = owners.get(keys.address(emails[thing]))
        if owner is not None:
            row.object_kind, row.object = owner
            row.values["subgroup" if owner[0] == "group" else owner[0]] = thing
        elif "@" in thing:
            row.object_kind, row.object = "member", keys.address(emails[thing])
            row.values["member"] = emails[thing]
        elif parts[thing] in teams:
            row.object_kind, row.object, row.values["team"] = "team", parts[thing], thing
        else:
            row.object_kind, row.object, row.values["subgroup"] = "group", keys.group(thing), thing
