"""What a row's names mean: things of the company, and those that the import itself brings.

Asked for many rows at once; what was found last is remembered, up to a limit.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Address, Company, Member, Team
from groups.directory.records import Kind
from groups.models import DirectoryImport, Group, ImportKey, ImportRow, list_at

from .. import keys, rows
from ..rows import Row

REMEMBERED = 50_000
_PEOPLE = (Address.Kind.MEMBER, Address.Kind.ALIAS)


@dataclass(slots=True, frozen=True)
class Known:
    """A person, team or group, as it will be after the import."""

    kind: str
    subject: str
    name: str
    pk: int | None = None
    """None for what the import adds."""
    is_active: bool = True
    may_connect: bool = False
    is_external: bool = False
    refused: str = ""
    """Where its refused row stands, if it is not there otherwise."""

    @property
    def comes_inactive(self) -> bool:
        """Whether it is somebody inactive whom the import brings, who keeps their places (rule 2.23)."""
        return not self.is_active and self.pk is None


class Directory:
    """Looks things up for one import."""

    def __init__(self, directory_import: DirectoryImport) -> None:
        self.directory_import = directory_import
        self.company_id = directory_import.company_id
        self.connecting = directory_import.company.connecting
        self._people: dict[str, Known | None] = {}
        self._groups: dict[str, Known | None] = {}
        self._teams: dict[str, Known] | None = None

    # People

    def people(self, wanted: Mapping[str, str]) -> dict[str, Known]:
        """Those that are there, by the key of an address of theirs; `wanted` has the address of each key."""
        missing = {key: email for key, email in wanted.items() if key not in self._people}
        if missing:
            if len(self._people) > REMEMBERED:
                self._people.clear()
                missing = dict(wanted)
            for chunk in rows.chunks(missing):
                self._people |= self._find_people({key: missing[key] for key in chunk})
        return {key: found for key in wanted if (found := self._people[key]) is not None}

    def forget(self) -> None:
        """After rows have got other verdicts."""
        self._people.clear()
        self._groups.clear()
        self._teams = None

    def _find_people(self, wanted: Mapping[str, str]) -> dict[str, Known | None]:
        claimed = self.claims(wanted)
        subjects = {key: subject for key, (kind, subject) in claimed.items() if kind == Kind.MEMBER}
        defined = self.defining(Kind.MEMBER, set(subjects.values()))
        stored = Address.objects.filter(email__among=list(wanted.values()), kind__in=_PEOPLE)
        owners = dict(stored.filter(domain__company=self.company_id).values_list("email", "member_id"))
        pks = {row.target for row in defined.values() if row.target} | {pk for pk in owners.values() if pk}
        members = Member.objects.in_bulk(pks)
        found: dict[str, Known | None] = {}
        for key, email in wanted.items():
            row = defined.get(subjects.get(key, ""))
            there = members.get(owners.get(email) or 0)
            found[key] = _person(key, row, members.get(row.target or 0) if row else None, there)
        return found

    def can_connect(self, person: Known) -> bool:
        """Whether they may be in external groups (rule 1.4)."""
        everybody = self.connecting == Company.Connecting.EVERYBODY
        chosen = self.connecting == Company.Connecting.CHOSEN and person.may_connect
        return person.is_active and (everybody or chosen)

    # Groups

    def groups(self, wanted: Collection[str]) -> dict[str, Known]:
        """Live groups and those that the import adds, by their keys."""
        missing = {key for key in wanted if key not in self._groups}
        if missing:
            if len(self._groups) > REMEMBERED:
                self._groups.clear()
                missing = set(wanted)
            for chunk in rows.chunks(sorted(missing)):
                self._groups |= self._find_groups(chunk)
        return {key: found for key in wanted if (found := self._groups[key]) is not None}

    def _find_groups(self, wanted: Collection[str]) -> dict[str, Known | None]:
        defined = self.defining(Kind.GROUP, wanted)
        live = Group.objects.live().filter(company=self.company_id)
        there = {group.name_key: group for group in live.filter(name_key__among=wanted)}
        moved = live.in_bulk([row.target for row in defined.values() if row.target])
        found: dict[str, Known | None] = {}
        for key in wanted:
            row = defined.get(key)
            group = moved.get(row.target or 0) if row else None
            group = group or there.get(key)
            if group is not None:
                found[key] = Known("group", key, group.name, group.pk, is_external=group.is_external)
            elif row is None:
                found[key] = None
            else:
                external = row.values.get("kind") == Group.Kind.EXTERNAL
                refused = row.place if row.is_refused else ""
                found[key] = Known("group", key, row.values["group"], is_external=external, refused=refused)
        return found

    def live_groups(self, wanted: Collection[str]) -> set[str]:
        """Which of these keys live groups have now."""
        live = Group.objects.live().filter(company=self.company_id, name_key__among=list(wanted))
        return set(live.values_list("name_key", flat=True))

    # Teams: as many as a plan allows, so all at once

    def teams(self) -> dict[str, Known]:
        """All teams, those of the import included, by the keys of their paths."""
        if self._teams is None:
            self._teams = dict(self.present_teams())
            mine = ImportRow.objects.filter(directory_import=self.directory_import, kind=Kind.TEAM)
            good = mine.exclude(verdict=ImportRow.Verdict.REFUSED)
            for key, name, target in good.order_by("id").values_list("subject", "name", "target").iterator():
                self._teams.setdefault(key, Known("team", key, name, target))
        return self._teams

    def present_teams(self) -> Iterable[tuple[str, Known]]:
        """The teams that are there now."""
        teams = Team.objects.filter(company=self.company_id)
        nodes = {pk: (name, parent) for pk, name, parent in teams.values_list("pk", "name", "parent_id")}
        for pk in nodes:
            path: list[str] = []
            at: int | None = pk
            while at is not None and at in nodes:
                path.append(nodes[at][0])
                at = nodes[at][1]
            key = keys.team(tuple(reversed(path)))
            yield key, Known("team", key, " / ".join(reversed(path)), pk)

    def refused_teams(self, wanted: Collection[str]) -> dict[str, Row]:
        """Rows of teams that were refused, for reasons that name them."""
        return {key: row for key, row in self.defining(Kind.TEAM, wanted).items() if row.is_refused}

    # Addresses and ids

    def claims(self, wanted: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Whose the import says that these addresses and ids are: kind and subject; the first row counts."""
        found = ImportKey.objects.filter(directory_import=self.directory_import, key__in=list(wanted))
        claimed: dict[str, tuple[str, str]] = {}
        for key, kind, subject in found.order_by("id").values_list("key", "kind", "subject"):
            claimed.setdefault(key, (kind, subject))
        return claimed

    def owners(self, wanted: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """What has these addresses: kind and key of a person, team or group of the company."""
        found: dict[str, tuple[str, str]] = {}
        claimed = self.claims(wanted)
        addresses = Address.objects.filter(
            email__among=list(wanted.values()), domain__company=self.company_id
        ).select_related("team", "mailing_list__group", "list_alias__mailing_list__group", "member")
        stored = {address.email: address for address in addresses}
        paths = {known.pk: key for key, known in self.present_teams()} if stored else {}
        for key, email in wanted.items():
            if key in claimed:
                found[key] = claimed[key]
            elif email in stored and (owner := _owner(stored[email], paths)):
                found[key] = owner
        return found

    def defining(self, kind: str, subjects: Collection[str]) -> dict[str, Row]:
        """The rows that say what these things are, the good one of several."""
        if not subjects:
            return {}
        mine = ImportRow.objects.filter(
            directory_import=self.directory_import, kind=kind, subject__among=list(subjects)
        )
        found: dict[str, Row] = {}
        for values in mine.order_by("id").values_list(*rows.FIELDS):
            row = Row(*values)
            if row.subject not in found or (found[row.subject].is_refused and not row.is_refused):
                found[row.subject] = row
        return found


def _owner(address: Address, paths: Mapping[int | None, str]) -> tuple[str, str] | None:
    if address.kind in _PEOPLE and address.member is not None:
        return "member", keys.address(address.member.email)
    if address.kind == Address.Kind.TEAM:
        team = getattr(address, "team", None)
        return ("team", paths[team.pk]) if team is not None and team.pk in paths else None
    if (mailing_list := list_at(address)) is not None:
        group = getattr(mailing_list, "group", None)
        return ("group", group.name_key) if group is not None and group.deleted_at is None else None
    return None


def _person(key: str, row: Row | None, own: Member | None, there: Member | None) -> Known | None:
    """A person as a row and the database have them."""
    if row is None or row.is_refused:
        if there is None:
            return Known("member", key, row.name, refused=row.place or row.name) if row else None
        return Known(
            "member", keys.address(there.email), there.name, there.pk, there.is_active, there.may_connect
        )
    after: dict[str, Any] = row.after or {}
    is_active = after.get("active", own.is_active if own else True)
    may_connect = after.get("may_connect", own.may_connect if own else False)
    return Known(
        "member", row.subject, after.get("name") or (own.name if own else row.name), row.target,
        bool(is_active), bool(may_connect),
    )  # fmt: skip
