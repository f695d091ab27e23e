"""What rows name, looked up under the lock: only what is there now counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from accounts.audit.items import Item
from accounts.models import Company, Member, Team
from groupadmin.base.text import balanced
from groups import limits
from groups.models import Group, is_live

from ..judging.directory import Directory
from ..rows import Row
from .batch import Person, Run, connects, find_people


class Named(NamedTuple):
    """A team or group as entries and audit entries need it."""

    pk: int
    name: str
    is_external: bool = False


class Teams:
    """The paths of all teams; read again only if one has changed (rule 1.3)."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.fingerprint: tuple[int | None, ...] = ()
        self.paths: dict[str, Named] = {}

    def now(self, company: Company) -> dict[str, Named]:
        """Each team by the key of its path. Needs the company's lock."""
        teams = Team.objects.filter(company=company)
        seen = teams.aggregate(count=Count("pk"), versions=Sum("version"), newest=Max("pk"))
        if (fingerprint := tuple(seen.values())) != self.fingerprint:
            present = Directory(self.run.directory_import).present_teams()
            self.paths = {
                key: Named(known.pk, known.name.rpartition(" / ")[2])
                for key, known in present
                if known.pk is not None
            }
            self.fingerprint = fingerprint
        return self.paths


@dataclass
class Found:
    """People, teams and groups that some rows point to."""

    company: Company
    people: dict[str, Person]
    teams: dict[str, Named]
    groups: dict[str, Named]
    full: dict[int, int]
    """How many groups more people near the limit can be in, by id (rule 1.8)."""

    @classmethod
    def of(cls, run: Run, company: Company, teams: Teams, batch: Sequence[Row]) -> "Found":
        """Looks up all of them. Needs the company's lock."""
        people = find_people(
            company, (row.values.get("member", "") for row in batch if row.object_kind == "member")
        )
        has_teams = any(row.object_kind == "team" for row in batch)
        keys = {row.object for row in batch if row.object_kind == "group"}
        near = {person.pk for person in people.values()} & run.near_limit
        return cls(
            company,
            people,
            teams.now(company) if has_teams else {},
            live_groups(company, keys) if keys else {},
            _room_left(near) if near else {},
        )

    def thing(self, row: Row) -> Person | Named | None:
        """What the row points to, None if it is not there."""
        if row.object_kind == "member":
            return self.people.get(row.values.get("member", ""))
        return (self.teams if row.object_kind == "team" else self.groups).get(row.object)

    def problem(self, row: Row, thing: Person | Named | None, is_external: bool) -> str:
        """Why it cannot be in such a group now, as groups.limits says it (rules 1.8, 2.7–2.9)."""
        if thing is None:
            return _("%(name)s is not there any more.") % {"name": row.name.partition(" › ")[0]}
        if isinstance(thing, Person):
            if not thing.is_active and not comes_inactive(row):
                return _("%(name)s is inactive.") % {"name": thing.name}
            if is_external and not connects(self.company, thing):
                return _("%(name)s cannot connect with other companies.") % {"name": thing.name}
        elif is_external:
            return _("External groups can only have people, not teams or groups.")
        elif thing.is_external:
            return _("External groups cannot be in other groups.")
        return ""

    def takes(self, person: int) -> bool:
        """Counts one group more for this person, unless they are in as many as anybody can be."""
        if person not in self.full:
            return True
        self.full[person] -= 1
        return self.full[person] >= 0

    def item(self, kind: str, thing: Person | Named) -> Item:
        """As the audit lists it."""
        if isinstance(thing, Person):
            return thing.item(self.company.pk)
        return {"kind": kind, "id": thing.pk, "name": balanced(thing.name)}


def comes_inactive(row: Row) -> bool:
    """Whether the person it points to came inactive by the same import."""
    return bool((row.after or {}).get("inactive"))


def live_groups(company: Company, keys: set[str]) -> dict[str, Named]:
    """The live groups that have these names now."""
    found = Group.objects.live().filter(company=company, name_key__among=keys)
    return {
        key: Named(pk, name, kind == Group.Kind.EXTERNAL)
        for key, pk, name, kind in found.values_list("name_key", "pk", "name", "kind")
    }


def _room_left(near: set[int]) -> dict[int, int]:
    counted = Member.objects.filter(pk__in=near).annotate(
        direct=Count("memberships", filter=is_live("memberships__group__"))
    )
    return {pk: limits.DIRECT_GROUPS_LIMIT - direct for pk, direct in counted.values_list("pk", "direct")}


def too_many_groups() -> str:
    """Why somebody cannot be in one more (rule 1.8)."""
    return _("This person would be in more than %(limit)s groups.") % {
        "limit": f"{limits.DIRECT_GROUPS_LIMIT:,}"
    }
