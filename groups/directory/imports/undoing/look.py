"""Who has touched since what an import did: asked for many rows at once (rule 10.3).

The order matters: a person stays who is in a group that stays, so groups are looked at first.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Member, Team, TeamMembership
from groups import limits
from groups.directory.records import Kind
from groups.models import (
    Assignee,
    Designation,
    DirectoryImport,
    Event,
    ExternalContact,
    Folder,
    FolderFile,
    Group,
    ImportRow,
    Mail,
    MailingList,
    Master,
    Membership,
    Note,
    Room,
    Task,
)

from .. import rows
from ..judging import groups as group_rows
from ..judging import lists as list_rows
from ..judging import members as member_rows
from ..rows import Row
from . import removals

Reasons = dict[int, str]
"""Why rows stay, by their ids; those that can be taken back are not in it."""

ADD, REMOVE = ImportRow.Verdict.ADD, ImportRow.Verdict.REMOVE
WITHIN = (Kind.MASTER, Kind.ENTRY, Kind.LIST, Kind.SENDER, Kind.CONTACT)
TABLES: dict[str, type[models.Model]] = {
    Kind.ENTRY: Membership,
    Kind.MASTER: Master,
    Kind.PLACE: TeamMembership,
    Kind.SENDER: Designation,
    Kind.CONTACT: ExternalContact,
}
LACKING: dict[str, Any] = {Kind.ENTRY: limits.NO_ENTRY, Kind.MASTER: limits.LAST_MASTER}
_USED = (Note, Task, Event, Folder, FolderFile)


def look_at_all(directory_import: DirectoryImport) -> None:
    """Writes for each row that is in why it stays; nothing for those that can be taken back."""
    look = Look(directory_import)
    look.done().update(touched="", state=ImportRow.State.DONE, is_left_out=False)
    for kinds, find in look.steps():
        for chunk in rows.chunks(rows.read(look.done(*kinds), "id")):
            write(find(chunk))


def write(reasons: Reasons) -> None:
    """Writes why rows stay."""
    by_reason: dict[str, list[int]] = {}
    for pk, reason in reasons.items():
        by_reason.setdefault(reason[:1000], []).append(pk)
    for reason, pks in by_reason.items():
        ImportRow.objects.filter(pk__in=pks).update(touched=reason)


class Look:
    """Looks at the rows of one import."""

    def __init__(self, directory_import: DirectoryImport) -> None:
        self.directory_import = directory_import
        self.company = directory_import.company

    def done(self, *kinds: str) -> "QuerySet[ImportRow]":
        """The rows that are in, of these kinds."""
        mine = ImportRow.objects.filter(directory_import=self.directory_import).good()
        mine = mine.filter(state__in=(ImportRow.State.DONE, ImportRow.State.LEFT))
        return mine.filter(kind__in=kinds) if kinds else mine

    def steps(self) -> Iterable[tuple[tuple[Kind, ...], Any]]:
        """What is looked at, in order."""
        yield (Kind.GROUP,), self.groups
        yield WITHIN, self.within
        yield (Kind.PLACE,), self.within
        yield (Kind.MEMBER,), self.members
        yield (Kind.TEAM,), self.teams

    def mine(self, kind: str) -> "QuerySet[ImportRow, Any]":
        """The ids of what rows of a kind have written, and what can be taken back of it."""
        return self.written(kind).filter(touched="").values("target")

    def written(self, kind: str) -> "QuerySet[ImportRow]":
        """The rows that have added something."""
        return self.done(kind).filter(verdict=ADD, target__isnull=False)

    # Groups

    def groups(self, chunk: list[Row]) -> Reasons:
        """A new group stays if anybody has edited or used it, a changed one if it was changed again."""
        targets = {row.target for row in chunk if row.target}
        there = Group.objects.live().filter(company=self.company).in_bulk(targets)
        added = {row.target for row in chunk if row.verdict == ADD and row.target in there}
        used = self._used_groups({pk for pk in added if pk})
        found: Reasons = {}
        for row in chunk:
            group = there.get(row.target or 0)
            if row.verdict == REMOVE:
                if group is not None:
                    found[row.pk] = _("It was brought back since.")
            elif group is None:
                found[row.pk] = _("It was deleted since.")
            elif changed := _changed(row, group_rows.present(group)):
                found[row.pk] = changed
            elif row.verdict == ADD and group.pk in used:
                found[row.pk] = used[group.pk]
        return found

    def _used_groups(self, pks: Collection[int]) -> dict[int, str]:
        """New groups that others have put something into, or taken something out of, since."""
        used: dict[int, str] = {}
        for kind, table in ((Kind.ENTRY, Membership), (Kind.MASTER, Master)):
            written = self.written(kind).values("target")
            now = Counter(table.objects.filter(group__in=pks).values_list("group", flat=True))
            mine = Counter(
                table.objects.filter(group__in=pks, pk__in=written).values_list("group", flat=True)
            )
            brought = self._brought(kind, pks)
            for pk in pks:
                if now[pk] != mine[pk] or mine[pk] != brought[pk]:
                    used[pk] = _("Its members or masters were changed since.")
        entries = self.written(Kind.ENTRY).values("target")
        outside = Membership.objects.filter(subgroup__in=pks).exclude(pk__in=entries)
        used |= dict.fromkeys(
            outside.values_list("subgroup", flat=True), _("It was added to another group since.")
        )
        senders = self.written(Kind.SENDER).values("target")
        elsewhere = Designation.objects.filter(group__in=pks).exclude(pk__in=senders)
        used |= dict.fromkeys(
            elsewhere.values_list("group", flat=True), _("It was designated for a list since.")
        )
        for model in _USED:
            used |= dict.fromkeys(
                model.objects.filter(group__in=pks).values_list("group", flat=True),
                _("Its room has been used since."),
            )
        rooms = Room.objects.filter(group__in=pks, newest_message__gt=0).values_list("group", flat=True)
        used |= dict.fromkeys(rooms, _("Its room has been used since."))
        mails = Mail.objects.filter(group_id__in=pks).values_list("group_id", flat=True)
        return used | {pk: _("Its list has been used since.") for pk in mails if pk}

    def _brought(self, kind: str, pks: Collection[int]) -> Counter[int]:
        """How many rows of a kind came into each group."""
        heads = self.done(Kind.GROUP).filter(target__in=pks)
        by_subject = {subject: pk for subject, pk in heads.values_list("subject", "target") if pk}
        within = self.written(kind).filter(subject__in=by_subject)
        return Counter(by_subject[subject] for subject in within.values_list("subject", flat=True))

    def kept_groups(self, chunk: Iterable[Row]) -> dict[str, bool]:
        """New groups of the import among the subjects of these rows, and whether they stay."""
        subjects = {row.subject for row in chunk}
        heads = self.done(Kind.GROUP).filter(verdict=ADD, subject__in=subjects)
        return {subject: bool(touched) for subject, touched in heads.values_list("subject", "touched")}

    # What is in groups and teams

    def within(self, chunk: list[Row]) -> Reasons:
        """What is gone already stays gone; what is in a new group goes or stays with it."""
        kept = self.kept_groups([row for row in chunk if row.kind in WITHIN])
        found: Reasons = {}
        for kind in {row.kind for row in chunk}:
            some = [row for row in chunk if row.kind == kind]
            there = self._there(kind, some)
            for row in some:
                if kept.get(row.subject):
                    found[row.pk] = _("Its group stays.")
                elif row.subject in kept:
                    continue
                elif kind == Kind.LIST:
                    found |= self._list(row)
                elif row.verdict != REMOVE and row.target not in there:
                    found[row.pk] = _("It was removed since.")
            found |= self._of_others(kind, some, kept)
        return found

    def _of_others(self, kind: str, some: list[Row], kept: dict[str, bool]) -> Reasons:
        """What was taken out comes back if it can; the last entry and master stay (rules 2.7, 2.8)."""
        found: Reasons = {}
        if gone := [row for row in some if row.verdict == REMOVE]:
            found |= removals.reasons(self, kind, gone)
        others = [row for row in some if row.verdict != REMOVE and row.subject not in kept]
        if kind in LACKING and others:
            needed = removals.entries_left(self, kind, others)
            found |= {row.pk: str(LACKING[kind]) for row in others if row.target in needed}
        return found

    def _there(self, kind: str, chunk: list[Row]) -> set[int | None]:
        if (table := TABLES.get(kind)) is None:
            return set()
        wanted = [row.target for row in chunk if row.target]
        return set(table._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))

    def _list(self, row: Row) -> Reasons:
        mailing_list = (
            MailingList.objects.select_related("address", "group").filter(pk=row.target or 0).first()
        )
        if mailing_list is None:
            return {row.pk: _("It was deleted since.")}
        if changed := _changed(row, list_rows.present_list(mailing_list)):
            return {row.pk: changed}
        if row.verdict == ADD and Mail.objects.filter(mailing_list=mailing_list).exists():
            return {row.pk: _("The list has been used since.")}
        return {}

    # People and teams

    def members(self, chunk: list[Row]) -> Reasons:
        """A new person stays who has signed in, was edited, or is somewhere that stays."""
        people = Member.objects.filter(company=self.company).prefetch_related("addresses")
        there = people.in_bulk({row.target for row in chunk if row.target})
        bound = self._bound({row.target for row in chunk if row.target and row.verdict == ADD})
        found: Reasons = {}
        for row in chunk:
            member = there.get(row.target or 0)
            if member is None:
                found[row.pk] = _("This person was deleted since.")
            elif row.verdict == REMOVE:
                if member.is_active:
                    found[row.pk] = _("This person was activated since.")
            elif changed := _changed(row, member_rows.present(member)):
                found[row.pk] = changed
            elif row.verdict == ADD and member.last_login is not None:
                found[row.pk] = _("This person has signed in since.")
            elif row.verdict == ADD and member.pk in bound:
                found[row.pk] = bound[member.pk]
        return found

    def _bound(self, pks: Collection[int]) -> dict[int, str]:
        """People who are somewhere that stays."""
        bound: dict[int, str] = {}
        reason = _("This person is in groups or teams that stay.")
        for kind, table in ((Kind.ENTRY, Membership), (Kind.MASTER, Master), (Kind.PLACE, TeamMembership)):
            staying = table._default_manager.filter(member__in=pks).exclude(pk__in=self.mine(kind))
            bound |= dict.fromkeys(staying.values_list("member", flat=True), reason)
        senders = Designation.objects.filter(member__in=pks).exclude(pk__in=self.mine(Kind.SENDER))
        bound |= {pk: reason for pk in senders.values_list("member", flat=True) if pk}
        tasks = Assignee.objects.filter(member__in=pks).values_list("member", flat=True)
        bound |= dict.fromkeys(tasks, _("This person has tasks."))
        added = self.written(Kind.MEMBER).values("target")
        reports = Member.objects.filter(manager__in=pks).exclude(pk__in=added)
        managers = reports.values_list("manager", flat=True)
        return bound | {pk: _("This person is somebody's manager.") for pk in managers if pk}

    def teams(self, chunk: list[Row]) -> Reasons:
        """A new team stays that was edited, or has people, teams or groups that stay."""
        targets = {row.target for row in chunk if row.target}
        there = Team.objects.filter(company=self.company).select_related("address").in_bulk(targets)
        bound = self._bound_teams({row.target for row in chunk if row.target and row.verdict == ADD})
        found: Reasons = {}
        for row in chunk:
            team = there.get(row.target or 0)
            if row.verdict == REMOVE:
                found[row.pk] = _("A deleted team cannot be brought back.")
            elif team is None:
                found[row.pk] = _("It was deleted since.")
            elif changed := _changed(row, present_team(team)):
                found[row.pk] = changed
            elif row.verdict == ADD and team.pk in bound:
                found[row.pk] = _("It has people, teams or groups that stay.")
        return found

    def _bound_teams(self, pks: Collection[int]) -> set[int]:
        places = TeamMembership.objects.filter(team__in=pks).exclude(pk__in=self.mine(Kind.PLACE))
        entries = Membership.objects.filter(team__in=pks).exclude(pk__in=self.mine(Kind.ENTRY))
        senders = Designation.objects.filter(team__in=pks).exclude(pk__in=self.mine(Kind.SENDER))
        below = Team.objects.filter(parent__in=pks).exclude(pk__in=self.written(Kind.TEAM).values("target"))
        found = {*places.values_list("team", flat=True), *below.values_list("parent", flat=True)}
        found |= {*entries.values_list("team", flat=True), *senders.values_list("team", flat=True)}
        return {pk for pk in found if pk}


def present_team(team: Team) -> dict[str, Any]:
    """What is there of a team, as rows say it; its place in the chart is asked when it is moved back."""
    return {
        "name": team.name,
        "description": team.description,
        "address": team.address.email if team.address else "",
        "id": team.external_id,
        "source": team.source,
    }


def _changed(row: Row, present: dict[str, Any]) -> str:
    """Why the row stays, if somebody has changed since what it wrote."""
    wrote: dict[str, Any] = row.after or {}
    fields = [name for name, value in wrote.items() if name in present and present[name] != value]
    return _("It was edited since: %(fields)s.") % {"fields": ", ".join(sorted(fields))} if fields else ""
