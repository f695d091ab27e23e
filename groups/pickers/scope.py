from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.models import Company, Member, Team
from groups import limits
from groups.models import Group


class Purpose(StrEnum):
    """What a picker chooses for."""

    MASTERS = "masters"
    MEMBERS = "members"  # entries of a group: people, teams and groups
    DESIGNATED = "designated"  # people who may send to a list or as the list
    PEOPLE = "people"  # people of the company, such as for a team
    CROWD = "crowd"  # people of the company, one by one or by the team
    CONTACTS = "contacts"  # people of other companies, for an external group, from the actor's Contacts
    TEAMS = "teams"  # teams of the company, such as for a person, or to stand below
    ASSIGNEES = "assignees"  # people who are in a group, to be given a task of its room


@dataclass(frozen=True)
class PickScope:
    """Who picks, and what for: decides what a picker offers, finds and names.

    What may be chosen is `groups.limits`' to say. `kind` is the group's, `group` the one that is
    being edited, if there is one already.
    """

    actor: Actor
    company: Company
    kind: str
    purpose: Purpose
    group: Group | None = None

    @property
    def is_own(self) -> bool:
        """Whether the company is the actor's. A master from another company cannot browse it (spec 6.2)."""
        return limits.is_of(self.actor, self.company)

    @property
    def browses(self) -> bool:
        """Whether the organization chart leads to those who can be chosen; contacts stand in none."""
        return self.is_own and self.purpose not in (Purpose.CONTACTS, Purpose.ASSIGNEES)

    @property
    def takes_all_kinds(self) -> bool:
        """Whether teams and groups can be chosen too (spec 2.8, 2.9)."""
        return self.is_own and self.purpose is Purpose.MEMBERS and self.kind == Group.Kind.INTERNAL

    @property
    def takes_teams(self) -> bool:
        """Whether teams can be chosen."""
        return self.takes_all_kinds or (self.is_own and self.purpose in (Purpose.TEAMS, Purpose.CROWD))

    def members(self) -> QuerySet[Member]:
        if self.purpose is Purpose.TEAMS:
            people: QuerySet[Member] = Member.objects.none()
        elif self.purpose is Purpose.CONTACTS:
            # The actor's own, whosever the group is: nothing is browsed.
            people = Member.objects.none()
            return limits.choosable_contacts(self.actor, self.group) if self.group else people
        elif self.purpose is Purpose.ASSIGNEES:
            return limits.choosable_assignees(self.actor, self.group)
        elif self.purpose is Purpose.MASTERS:
            people = limits.choosable_masters(self.company, self.kind, self.group)
        elif self.purpose is Purpose.MEMBERS:
            people = limits.choosable_members(self.company, self.kind)
        else:
            people = limits.choosable_members(self.company, Group.Kind.INTERNAL)
        return people if self.is_own else people.filter(self._is_in_group("member"))

    def teams(self) -> QuerySet[Team]:
        teams = limits.choosable_teams(self.company, self.kind)
        return teams if self.takes_teams else teams.none()

    def groups(self) -> QuerySet[Group]:
        groups = limits.choosable_groups(self.actor, self.company, self.kind)
        if not self.takes_all_kinds:
            return groups.none()
        return groups.exclude(pk=self.group.pk) if self.group else groups

    @property
    def address_company(self) -> int | None:
        """The company whose people's addresses the actor may know: their own (spec 6.4), of no contacts."""
        member = self.actor.member
        if self.purpose is Purpose.CONTACTS:
            return None
        return self.company.pk if self.actor.rules_everything or member is None else member.company_id

    def knows_member(self) -> Q:
        """The people who may be named on a chip: own ones, and those who are in the group already."""
        known = self._is_in_group("member") | self._is_in_group("master")
        if self.purpose is Purpose.CONTACTS:
            return known | Q(pk__in=limits.contacts_of(self.actor))
        return known | Q(company=self.company.pk) if self.is_own else known

    def knows_team(self) -> Q:
        if self.purpose is Purpose.ASSIGNEES:
            return Q(pk__in=[])
        return Q(company=self.company.pk) if self.is_own else self._is_in_group("team")

    def has_subgroup(self) -> Q:
        """The groups that are in the group already, seen by the actor or not (spec 2.21)."""
        return self._is_in_group("subgroup")

    def _is_in_group(self, role: str) -> Q:
        if self.group is None:
            return Q(pk__in=[])
        if role == "master":
            return Q(pk__in=self.group.masters.values("member"))
        return Q(pk__in=self.group.entries.filter(**{f"{role}__isnull": False}).values(role))

    @property
    def query(self) -> str:
        """The scope as the query string of the addresses that a picker asks."""
        parameters = {"purpose": self.purpose.value, "kind": self.kind}
        if self.group is not None:
            parameters["group"] = str(self.group.pk)
        return urlencode(parameters)
