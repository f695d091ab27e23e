"""Removes people from external groups that they may no longer be in (rule 2.15).

Only accounts.connecting.is_allowed_in decides who may be. Code that changes what it depends on calls
leave_by_rule in the same transaction, after the change.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.connecting import is_allowed_in
from accounts.consequences import Departures, Progress
from accounts.losses import Loss, fewest
from accounts.models import Company
from groupadmin.base.text import balanced
from groups import notices
from groups.membership.counts import count_people
from groups.models import Group, Master, Membership, Notice

ACTION = "group.leave_by_rule"
GROUPS_AT_ONCE = 200
ROWS_AT_ONCE = 10_000
NAMED_AT_MOST = 20
NO_LONGER = gettext_lazy("No longer allowed.")


class _Row(NamedTuple):
    """An entry for a member, or a master, with the person."""

    pk: int
    group: int
    member: int
    name: str
    email: str
    company: int | None
    is_active: bool

    def item(self, reader: int) -> dict[str, Any]:
        """The person as a company's audit shows them: no address if from another (rule 6.4)."""
        email = self.email if self.company == reader else ""
        name = balanced(self.name)
        return {"kind": "member", "id": self.member, "name": name, "email": email, "company": self.company}


_FIELDS = [
    "pk", "group_id", "member_id",
    "member__name", "member__email", "member__company_id", "member__is_active",
]  # fmt: skip


def leave_by_rule(
    company: Company,
    *,
    actor: Actor,
    reason: str | Promise,
    members: Collection[int] | None = None,
    progress: Progress | None = None,
) -> Departures:
    """Removes members and masters from external groups that they may not be in, or no longer.

    Checks the company's own people, wherever they are, and everybody in the company's groups; only `members`,
    if given. Call it inside an action, after the change, with the company locked. Groups are locked in
    the order of their ids, audited, and their people notified. Raises LosesMany if a group loses many
    people, and the actor has not agreed (rule 10.5).
    """
    if not actor.accepts_loss:
        actor.check_losses(_losses(company, members))
    leaving = _Leaving(company, actor, reason)
    groups = sorted(_groups_concerned(company, members))
    for start in range(0, len(groups), GROUPS_AT_ONCE):
        leaving.leave(groups[start : start + GROUPS_AT_ONCE], members)
        if progress is not None:
            progress(min(start + GROUPS_AT_ONCE, len(groups)), len(groups))
    leaving.tell()
    return leaving.departures


def departures_if(
    company: Company, change: Callable[[], object], *, members: Collection[int] | None = None
) -> Departures:
    """What leave_by_rule would do after a change, which is tried and rolled back; to ask first."""
    with transaction.atomic():
        change()
        departures = _count(company, members)
        transaction.set_rollback(True)
    return departures


@audit.action
def _check_company(company_id: int, *, actor: Actor) -> Departures:
    company = lock_company(company_id)
    return leave_by_rule(company, actor=actor, reason=gettext_lazy("Found by the daily check."))


def check_external_people() -> Departures:
    """Removes people from external groups that they may not be in: nobody, unless something failed."""
    found = Departures()
    companies = {pk for model in (Membership, Master) for pk in _outlaws(model).values_list("group__company")}
    for (company_id,) in sorted(companies):
        # What the rule forbids goes, however many they are.
        left = _check_company(company_id, actor=Actor.system(accepts_loss=True))
        found.people += left.people
        found.groups += left.groups
        found.entries += left.entries
        found.without_master += left.without_master
    return found


def _outlaws(model: type[Membership] | type[Master]) -> QuerySet[Any, Any]:
    """The entries for people, or the masters, that the rule forbids."""
    external = Q(group__kind=Group.Kind.EXTERNAL, member__isnull=False)
    return model._default_manager.filter(external & ~is_allowed_in()).order_by()


def _concerned(
    model: type[Membership] | type[Master], company: Company, members: Collection[int] | None
) -> list[QuerySet[Any, Any]]:
    """Forbidden entries of the company's people and groups, or only of `members`.

    Two queries, not one with "or", so that each finds its rows by an index.
    """
    outlaws = _outlaws(model)
    if members is not None:
        return [outlaws.filter(member__in=members)]
    theirs = outlaws.filter(member__company=company).exclude(group__company=company)
    return [outlaws.filter(group__company=company), theirs]


def _groups_concerned(company: Company, members: Collection[int] | None) -> set[int]:
    return {
        pk
        for model in (Membership, Master)
        for rows in _concerned(model, company, members)
        for pk in rows.values_list("group_id", flat=True).distinct()
    }


def _count(company: Company, members: Collection[int] | None) -> Departures:
    """What leave_by_rule would do now."""
    rows = {
        model: [
            row
            for found in _concerned(model, company, members)
            for row in found.values_list("pk", "group_id", "member_id", "group__deleted_at")
        ]
        for model in (Membership, Master)
    }
    live = [row for found in rows.values() for row in found if row[3] is None]
    masters = {row[0] for row in rows[Master] if row[3] is None}
    ruled = {row[1] for row in rows[Master] if row[3] is None}
    return Departures(
        people=len({row[2] for row in live}),
        groups=len({row[1] for row in live}),
        entries=sum(len(found) for found in rows.values()),
        without_master=len(ruled - _still_ruled(ruled, masters)),
        losses=_losses(company, members),
    )


def _losses(company: Company, members: Collection[int] | None) -> list[Loss]:
    """The live groups that so many active people leave that it has to be asked, perhaps."""
    lost: dict[int, int] = {}
    for found in _concerned(Membership, company, members):
        many = found.filter(member__is_active=True, group__deleted_at=None).values("group_id").order_by()
        many = many.annotate(lost=Count("pk")).filter(lost__gte=fewest())
        lost |= dict(many.values_list("group_id", "lost"))
    groups = Group.objects.in_bulk(lost)
    numbers = count_people(groups.values())
    return [Loss("group", pk, group.name, lost[pk], numbers[pk]) for pk, group in groups.items()]


def _still_ruled(groups: set[int], gone: set[int]) -> set[int]:
    """The groups that still have an active master once these master rows are gone."""
    kept: set[int] = set()
    for chunk in _chunks(sorted(groups)):
        masters = Master.objects.active().filter(group__in=chunk).order_by()
        kept |= {group for pk, group in masters.values_list("pk", "group_id") if pk not in gone}
    return kept


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE))


@dataclass(frozen=True)
class _Change:
    """What happens to one group."""

    group: Group
    entries: list[_Row]
    masters: list[_Row]
    masters_before: list[_Row]

    @property
    def masters_after(self) -> list[_Row]:
        gone = {row.pk for row in self.masters}
        return [row for row in self.masters_before if row.pk not in gone]

    @property
    def people(self) -> dict[int, _Row]:
        return {row.member: row for row in [*self.entries, *self.masters]}

    @property
    def loses_last_master(self) -> bool:
        return bool(self.masters) and not any(row.is_active for row in self.masters_after)


@dataclass
class _Leaving:
    """One run of the rule. It collects notices and sends each person one at the end."""

    company: Company
    actor: Actor
    reason: str | Promise
    departures: Departures = field(default_factory=Departures)
    left: dict[int, list[str]] = field(default_factory=dict)
    people_left: list[notices.Told] = field(default_factory=list)
    company_of: dict[int, int | None] = field(default_factory=dict)

    def leave(self, ids: Sequence[int], members: Collection[int] | None) -> None:
        """Removes those the rule forbids from these groups."""
        locked = list(Group.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
        entries, masters = (self._read(model, locked, members) for model in (Membership, Master))
        concerned = {row.group for row in [*entries, *masters]}
        before = _by_group(_rows(Master.objects.filter(group__in=concerned)))
        of_entries, of_masters = _by_group(entries), _by_group(masters)
        changes = [
            _Change(group, of_entries[group.pk], of_masters[group.pk], before[group.pk])
            for group in locked
            if group.pk in of_entries or group.pk in of_masters
        ]
        _delete(Membership, entries)
        _delete(Master, masters)
        Group.objects.filter(pk__in=[change.group.pk for change in changes]).update(version=F("version") + 1)
        for change in changes:
            change.group.version += 1
            self._collect(change)
        entries_of_audit = [entry for change in changes for entry in self._audited(change)]
        audit.record_in_bulk(self.actor, ACTION, entries_of_audit)

    def _read(
        self, model: type[Membership] | type[Master], groups: list[Group], members: Collection[int] | None
    ) -> list[_Row]:
        """The rows to remove, read once the groups are locked."""
        found = _concerned(model, self.company, members)
        return [row for rows in found for row in _rows(rows.filter(group__in=groups))]

    def _collect(self, change: _Change) -> None:
        self.departures.entries += len(change.entries) + len(change.masters)
        if change.group.deleted_at is not None:
            return  # to its people it is gone already
        self.departures.groups += 1
        self.departures.without_master += change.loses_last_master
        people = change.people
        for pk, row in people.items():
            self.left.setdefault(pk, []).append(change.group.name)
            self.company_of[pk] = row.company
        names = [row.name for row in people.values()][:NAMED_AT_MOST]
        by = self.actor.member.pk if self.actor.member else None
        masters = {row.member for row in change.masters_after} - {by}
        details = {"people": names, "count": len(people)}
        self.people_left.append(notices.Told.of(change.group, details, always=masters))

    def _audited(self, change: _Change) -> Iterable[audit.Entry]:
        """An entry for the group's company, and for each other one with its own people in it (rule 6.4)."""
        owner = change.group.company_id
        others = {row.company for row in change.people.values()} - {owner, None}
        for company in [owner, *sorted(pk for pk in others if pk is not None)]:
            own = None if company == owner else company
            reason = self.reason if company == self.company.pk else NO_LONGER
            yield audit.Entry(change.group, self._changes(change, company, own), company, reason)

    @staticmethod
    def _changes(change: _Change, reader: int, only: int | None) -> audit.Changes:
        def names(rows: list[_Row]) -> list[dict[str, Any]]:
            return [row.item(reader) for row in rows if only in (None, row.company)]

        changes: audit.Changes = {}
        if removed := names(change.entries):
            changes["members_removed"] = [None, removed]
        if names(change.masters):
            changes["masters"] = [names(change.masters_before), names(change.masters_after)]
        return changes

    def tell(self) -> None:
        """One notice per person, however many groups they left; one to each group's people (rule 5.1), and to
        its masters even if it sends none (rule 2.15)."""
        self.departures.people = len(self.left)
        details = {
            pk: {"groups": groups[:NAMED_AT_MOST], "count": len(groups)} for pk, groups in self.left.items()
        }
        foreign = {pk for pk, company in self.company_of.items() if company != self.company.pk}
        notices.tell_each(Notice.Kind.LEFT_BY_RULE, details, actor=self.actor, not_by=foreign)
        notices.tell_groups(Notice.Kind.PEOPLE_LEFT, self.people_left)


def _rows(rows: QuerySet[Any, Any]) -> list[_Row]:
    return [
        _Row(*values) for values in rows.order_by("member__name_sort__collated", "pk").values_list(*_FIELDS)
    ]


def _by_group(rows: Iterable[_Row]) -> defaultdict[int, list[_Row]]:
    of: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        of[row.group].append(row)
    return of


def _delete(model: type[Membership] | type[Master], rows: Sequence[_Row]) -> None:
    for chunk in _chunks([row.pk for row in rows]):
        model._default_manager.filter(pk__in=chunk).delete()
