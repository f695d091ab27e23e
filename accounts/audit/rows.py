"""Entries of the audit as text for a company's administrators, with links to what still exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import consequences
from accounts.models import AuditEntry, Company, Member, Team
from accounts.permissions import colleagues, is_foreign

from . import labels
from .reading import Detail, Reader


@dataclass(frozen=True)
class Row:
    """One entry. Of people of other companies it shows only the name and the company (rule 6.4)."""

    entry: AuditEntry
    task: str
    who: str
    email: str
    company: str
    ip: str
    kind: str
    target: str
    door: str
    result: str
    reason: str
    who_link: str = ""
    target_link: str = ""

    @property
    def is_refused(self) -> bool:
        return self.entry.result == AuditEntry.Result.REFUSED


@dataclass(frozen=True)
class Links:
    """Links to the people and objects named in entries, if they still exist and may be seen."""

    groups: frozenset[int] = frozenset()
    members: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()

    @classmethod
    def of(cls, viewer: Member, entries: Sequence[AuditEntry]) -> "Links":
        """Uses three queries, however many entries there are."""
        ids: dict[str, set[int]] = {"group": set(), "member": set(), "team": set()}
        for entry in entries:
            if entry.target_kind in ids and entry.target_id:
                ids[entry.target_kind].add(entry.target_id)
            if entry.actor_id:
                ids["member"].add(entry.actor_id)
        return cls(
            _present(consequences.in_groups().visible_groups(viewer), ids["group"]),
            _present(Member.objects.filter(colleagues(viewer)), ids["member"]),
            _present(Team.objects.filter(company=viewer.company_id), ids["team"]),
        )

    def to_member(self, pk: int | None) -> str:
        return consequences.in_groups().page_of_member(pk) if pk is not None and pk in self.members else ""

    def to_target(self, entry: AuditEntry) -> str:
        """The page of the entry's target."""
        pk = entry.target_id
        if entry.target_kind == "member":
            return self.to_member(pk)
        if entry.target_kind == "group" and pk is not None and pk in self.groups:
            return consequences.in_groups().page_of_group(pk)
        if entry.target_kind == "team" and pk in self.teams:
            return reverse("accounts:team_people", args=[pk])
        if entry.target_kind in ("company", "domain"):
            return reverse("accounts:company")
        return ""


def _present(rows: QuerySet[Any], ids: set[int]) -> frozenset[int]:
    return frozenset(rows.filter(pk__in=ids).values_list("pk", flat=True)) if ids else frozenset()


class Book:
    """A company's audit, as one of its administrators reads it."""

    def __init__(self, viewer: Member, company: Company, *, named_at_most: int | None = 20) -> None:
        self.viewer = viewer
        self.company = company
        # An administrator sees all groups of the company, so that the reader needs no entries.
        self.reader = Reader(viewer, company.pk, [], named_at_most=named_at_most)
        # Cached: looked up once per label, not once per line of a download.
        self._task, self._kind = cache(labels.task), cache(labels.kind)
        self._door = {value: str(label) for value, label in AuditEntry.Door.choices}
        self._result = {value: str(label) for value, label in AuditEntry.Result.choices}

    def rows(self, entries: Sequence[AuditEntry], *, linked: bool = True) -> list[Row]:
        links = Links.of(self.viewer, entries) if linked else Links()
        return [self._row(entry, links) for entry in entries]

    def details(self, entry: AuditEntry) -> tuple[Detail, ...]:
        return self.reader.details(entry)

    def _row(self, entry: AuditEntry, links: Links) -> Row:
        is_own = not is_foreign(self.viewer, entry.actor_company_id)
        # Whoever failed to sign in is nobody known, perhaps a stranger (rule 9.1).
        is_stranger = entry.action == "sign_in.failed"
        return Row(
            entry=entry,
            task=self._task(entry.action),
            who=_("Somebody") if is_stranger else entry.actor_name or _("The system"),
            email=entry.actor_email if is_own else "",
            company="" if is_own else self._company_of(entry),
            ip=(entry.ip or "") if is_own or is_stranger else "",
            kind=self._kind(entry.target_kind),
            target=self.reader.plain("target", entry.target_name),
            door=self._door.get(entry.door, entry.door),
            result=self._result.get(entry.result, entry.result),
            reason=labels.reason(entry.reason),
            who_link=links.to_member(entry.actor_id),
            target_link=links.to_target(entry),
        )

    def _company_of(self, entry: AuditEntry) -> str:
        """The actor's company, if it is another one."""
        if entry.actor_company_name or (entry.actor_id is None and entry.actor_company_id is None):
            return entry.actor_company_name
        return _("another company") if entry.actor_company_id else _("Superuser")
