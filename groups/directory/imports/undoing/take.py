"""Takes back what an import did, batch by batch, each a short transaction (rule 10.3).

Backwards: what is in groups, new groups, places in teams, people, teams. Every batch is looked at again
under the company's lock, so what somebody touches meanwhile stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actions.members import activate_member
from accounts.actions.teams import delete_team
from accounts.actor import Actor
from accounts.audit.items import Item, people_items
from accounts.consequences import Progress
from accounts.models import Address, Company, Member, Team, TeamMembership
from accounts.permissions import check_administers
from groupadmin.base.errors import Conflict, Invalid
from groups import limits
from groups.actions.entries import entry_names
from groups.directory.records import Kind
from groups.entries import Entries, entries_of
from groups.membership import effective
from groups.models import DirectoryImport, Group, ImportRow, MailingList, Master, Membership
from groups.notices.movements import movements

from .. import rows
from ..rows import Row
from ..running.batch import Run
from ..running.members import change_member
from ..running.teams import change_team
from .look import ADD, REMOVE, WITHIN, Look, Reasons
from .removals import bring_back
from .settings import change_back

UNDO = "directory.undo"
AT_ONCE, GROUPS_AT_ONCE, FEW = 1_000, 250, 20
State = ImportRow.State
Act = Callable[[Company, list[Row]], Reasons]


def take_back(directory_import: DirectoryImport, actor: Actor, tell: Progress | None) -> None:
    """All that can be; goes on where it was interrupted. Raises Refused if the actor administers no more."""
    undo = _Undo(directory_import, actor, tell)
    # What it took away first, so that nothing is left without masters or members by what it added.
    undo.each(undo.waiting(Kind.MEMBER).filter(verdict=REMOVE).order_by("id"), FEW, undo.change_people)
    undo.each(undo.waiting(Kind.GROUP).filter(verdict=REMOVE).order_by("id"), FEW, undo.change_groups)
    for kind in (Kind.ENTRY, Kind.MASTER, Kind.PLACE):
        removed = undo.waiting(kind).filter(verdict=REMOVE).order_by("id")
        undo.each(removed, AT_ONCE, partial(bring_back, undo.look, actor))
    undo.each(undo.people(), AT_ONCE, undo.leave_groups)
    undo.each(undo.settings(), FEW, undo.change_groups, whole=True)
    undo.each(undo.new_groups(), GROUPS_AT_ONCE, undo.remove_groups)
    undo.each(undo.rest_of_groups(), AT_ONCE, undo.leave_rest)
    undo.each(undo.waiting(Kind.PLACE).order_by("subject", "id"), AT_ONCE, undo.leave_teams)
    undo.each(undo.waiting(Kind.MEMBER).exclude(verdict=ADD).order_by("id"), FEW, undo.change_people)
    undo.each(undo.waiting(Kind.MEMBER).order_by("id"), AT_ONCE, undo.remove_people)
    undo.each(undo.waiting(Kind.TEAM).exclude(verdict=ADD).order_by("id"), FEW, undo.change_teams)
    # Their rows stand in the order in which they were made: those below others came later.
    undo.each(undo.waiting(Kind.TEAM).order_by("-target"), FEW, undo.remove_teams)


class _Undo:
    def __init__(self, directory_import: DirectoryImport, actor: Actor, tell: Progress | None) -> None:
        self.directory_import, self.actor, self.tell = directory_import, actor, tell
        self.look = Look(directory_import)
        self.run = Run(directory_import, actor)
        self.total, self.done = self.waiting().count(), 0

    def waiting(self, *kinds: str) -> "QuerySet[ImportRow]":
        return self.look.done(*kinds).filter(state=State.DONE)

    def people(self) -> "QuerySet[ImportRow]":
        """Entries and masters of groups that were there before."""
        return self._outside(Kind.ENTRY, Kind.MASTER).order_by("kind", "subject", "id")

    def settings(self) -> "QuerySet[ImportRow]":
        """All that is set of groups that were there before."""
        found = self._outside(Kind.GROUP, Kind.LIST, Kind.SENDER, Kind.CONTACT)
        return found.order_by("subject", "id")

    def new_groups(self) -> "QuerySet[ImportRow]":
        """Those that contain others before these: `object` is how deep they are (judging/loops.py)."""
        return self.waiting(Kind.GROUP).order_by("-object", "-id")

    def rest_of_groups(self) -> "QuerySet[ImportRow]":
        """What is in new groups that stay."""
        return self.waiting(*WITHIN).order_by("id")

    def _outside(self, *kinds: str) -> "QuerySet[ImportRow]":
        new = ImportRow.objects.filter(directory_import=self.directory_import, kind=Kind.GROUP, verdict=ADD)
        new = new.exclude(state__in=(State.WAITING, State.SKIPPED))
        return self.waiting(*kinds).exclude(subject__in=new.values("subject"))

    def each(self, waiting: "QuerySet[ImportRow]", size: int, act: Act, *, whole: bool = False) -> None:
        """Settles rows until none waits: each is taken back, or left with the reason."""
        while True:
            with self._batch() as company:
                batch = _read(waiting[:size])
                if whole and batch:
                    # What is set of a group is set at once: one part would count as touched for the other.
                    last = batch[-1].subject
                    others = [row for row in batch if row.subject != last]
                    batch = others + _read(waiting.filter(subject=last))
                if not batch:
                    return
                self._settle(batch, act(company, batch))
            self.done += len(batch)
            if self.tell is not None:
                self.tell(min(self.done, self.total), self.total)

    @contextmanager
    def _batch(self) -> Iterator[Company]:
        with transaction.atomic():
            company = lock_company(self.directory_import.company_id)
            check_administers(self.actor, company, UNDO)
            yield company

    def _settle(self, batch: list[Row], reasons: Reasons) -> None:
        by_reason: dict[str, list[int]] = defaultdict(list)
        for row in batch:
            by_reason[reasons.get(row.pk, "")].append(row.pk)
        for reason, pks in by_reason.items():
            state = State.LEFT if reason else State.UNDONE
            ImportRow.objects.filter(pk__in=pks).update(
                state=state, touched=reason[:1000], is_left_out=bool(reason)
            )

    def _attempt(self, row: Row, act: Callable[[], object]) -> Reasons:
        """Takes back one row in a savepoint, by the actions that pages call, with all their rules."""
        try:
            with transaction.atomic():
                act()
        except Invalid as invalid:
            return {row.pk: invalid.message}
        except Conflict:
            return {row.pk: str(limits.LAST_MASTER)}
        return {}

    # Groups that were there before

    def leave_groups(self, company: Company, batch: list[Row]) -> Reasons:
        """Entries and masters go; look.py has left those without which a group would have none."""
        reasons = self.look.within(batch)
        good = [row for row in batch if row.pk not in reasons]
        entries = Membership.objects.filter(pk__in=[row.target for row in good if row.kind == Kind.ENTRY])
        masters = Master.objects.filter(pk__in=[row.target for row in good if row.kind == Kind.MASTER])
        self._remove(company, list(entries), list(masters))
        return reasons

    def _remove(self, company: Company, entries: list[Membership], masters: list[Master]) -> None:
        by_group: dict[int, list[Membership]] = defaultdict(list)
        for entry in entries:
            by_group[entry.group_id].append(entry)
        removed = {
            pk: entries_of((one.member_id, one.team_id, one.subgroup_id) for one in some)
            for pk, some in by_group.items()
        }
        masters_gone: dict[int, set[int]] = defaultdict(set)
        for master in masters:
            masters_gone[master.group_id].add(master.member_id)
        touched = Group.objects.filter(pk__in={*by_group, *masters_gone}).order_by("pk").select_for_update()
        groups = {group.pk: group for group in touched}
        told = list(self._told(company, groups, removed, masters_gone))
        all_gone = Entries()
        for one in removed.values():
            all_gone |= one
        people = effective.people_ids_within(all_gone.members, all_gone.teams, all_gone.groups)
        with movements(self.actor, people=people, groups=list(by_group)):
            Membership.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
        Master.objects.filter(pk__in=[master.pk for master in masters]).delete()
        Group.objects.filter(pk__in=groups).update(version=F("version") + 1)
        audit.record_in_bulk(self.actor, "group.edit_members", told)

    def _told(
        self,
        company: Company,
        groups: dict[int, Group],
        removed: dict[int, Entries],
        masters_gone: dict[int, set[int]],
    ) -> Iterator[audit.Entry]:
        for pk, group in groups.items():
            group.version += 1
            changes: audit.Changes = {}
            if gone := removed.get(pk):
                changes["members_removed"] = [None, entry_names(gone)]
            if pk in masters_gone:
                before = people_items(group.masters.values_list("member_id", flat=True))
                changes["masters"] = [before, [one for one in before if one["id"] not in masters_gone[pk]]]
            yield audit.Entry(group, changes, company.pk)

    def change_groups(self, company: Company, batch: list[Row]) -> Reasons:
        """Settings, lists, designated people and contacts, a group at a time, by update_group."""
        found = [row for row in batch if row.kind == Kind.GROUP]
        reasons = self.look.groups(found) | self.look.within([row for row in batch if row.kind != Kind.GROUP])
        by_subject: dict[str, list[Row]] = defaultdict(list)
        for row in batch:
            if row.pk not in reasons:
                by_subject[row.subject].append(row)
        for some in by_subject.values():
            for reason in self._attempt(some[0], partial(change_back, company, some, self.actor)).values():
                reasons |= {row.pk: reason for row in some}
        return reasons

    # New groups

    def remove_groups(self, company: Company, batch: list[Row]) -> Reasons:
        """New groups go for good: nobody has used them. What is in them goes or stays with them."""
        reasons = self.look.groups(batch)
        good = [row for row in batch if row.pk not in reasons]
        groups = list(Group.objects.filter(company=company, pk__in=[row.target for row in good]))
        audit.record_each(self.actor, "group.purge", groups)
        lists = [group.mailing_list_id for group in groups if group.mailing_list_id]
        of_lists = Q(mailing_list__in=lists) | Q(list_alias__mailing_list__in=lists)
        addresses = Address.objects.filter(of_lists).values_list("pk", flat=True)
        freed = list(addresses)
        Group.objects.filter(pk__in=[group.pk for group in groups]).delete()
        MailingList.objects.filter(pk__in=lists).delete()
        Address.objects.filter(pk__in=freed).delete()
        within = self.waiting(*WITHIN).filter(subject__in=[row.subject for row in good])
        self.done += within.update(state=State.UNDONE, touched="")
        return reasons

    def leave_rest(self, _company: Company, batch: list[Row]) -> Reasons:
        """What is in new groups that stay, stays."""
        return self.look.within(batch)

    # Teams and people

    def leave_teams(self, company: Company, batch: list[Row]) -> Reasons:
        """People's places in teams go."""
        reasons = self.look.within(batch)
        found = TeamMembership.objects.filter(pk__in=[row.target for row in batch if row.pk not in reasons])
        by_team: dict[int, set[int]] = defaultdict(set)
        for team, member in found.values_list("team", "member"):
            by_team[team].add(member)
        people = {pk for members in by_team.values() for pk in members}
        teams = Team.objects.filter(company=company).in_bulk(by_team)
        with movements(self.actor, people=people, teams=list(teams)):
            found.delete()
        Member.objects.filter(pk__in=people).update(version=F("version") + 1)
        Team.objects.filter(pk__in=teams).update(version=F("version") + 1)
        items: dict[int, Item] = {item["id"]: item for item in people_items(people)}
        told = [
            audit.Entry(team, {"people_removed": [None, [items[one] for one in by_team[pk]]]}, company.pk)
            for pk, team in teams.items()
        ]
        audit.record_in_bulk(self.actor, "team.set_people", told)
        return reasons

    def change_people(self, company: Company, batch: list[Row]) -> Reasons:
        """Each gets back what they had, by the actions of pages."""
        reasons = self.look.members(batch)
        for row in batch:
            if row.pk in reasons:
                continue
            if row.verdict == REMOVE:
                member = Member.objects.get(pk=row.target)
                reasons |= self._attempt(row, partial(activate_member, member, actor=self.actor))
            else:
                back = Row(pk=row.pk, kind=row.kind, target=row.target, after=row.before, values=row.values)
                reasons |= self._attempt(row, partial(change_member, self.run, company, back))
        return reasons

    def remove_people(self, company: Company, batch: list[Row]) -> Reasons:
        """New people go for good: they never signed in, and are nowhere any more."""
        reasons = self.look.members(batch)
        gone = Member.objects.filter(company=company)
        gone = gone.filter(pk__in=[row.target for row in batch if row.pk not in reasons])
        told = [
            audit.Entry(member, {"name": [member.name, None], "email": [member.email, None]}, company.pk)
            for member in gone
        ]
        audit.record_in_bulk(self.actor, "member.delete", told)
        gone.delete()
        return reasons

    def change_teams(self, company: Company, batch: list[Row]) -> Reasons:
        """Each gets back its name, address and place."""
        reasons = self.look.teams(batch)
        for row in batch:
            if row.pk not in reasons:
                back = Row(pk=row.pk, kind=row.kind, target=row.target, after=row.before, values=row.values)
                reasons |= self._attempt(row, partial(change_team, self.run, company, back))
        return reasons

    def remove_teams(self, company: Company, batch: list[Row]) -> Reasons:
        """New teams go, those below others first."""
        reasons = self.look.teams(batch)
        teams = Team.objects.filter(company=company).in_bulk([row.target for row in batch])
        for row in batch:
            if row.pk not in reasons:
                team = teams[row.target]
                reasons |= self._attempt(row, partial(delete_team, team, actor=self.actor))
        return reasons


def _read(waiting: "QuerySet[ImportRow]") -> list[Row]:
    return [Row(*values) for values in waiting.values_list(*rows.FIELDS)]
