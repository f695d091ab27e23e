from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Member, Team
from accounts.pickers.scope import Scope
from groups import limits
from groups.models import Group

from .subgroups import Subgroups


class Purpose(StrEnum):
    """What is picked for a group."""

    MASTERS = "masters"
    MEMBERS = "members"  # entries: people, teams and groups
    DESIGNATED = "designated"  # people, teams and groups who may send to a list or as the list
    ASKED = "asked"  # a person who is asked about: whether a list's mail reaches them
    CONTACTS = "contacts"  # people in other companies, for an external group, from the actor's Contacts
    ASSIGNEES = "assignees"  # people in a group, to be assigned a task of its room


@dataclass(frozen=True)
class GroupScope(Scope):
    """Somebody picks for a group.

    `groups.limits` decides what may be chosen. `kind` is the group's, `group` the one
    being edited, if there is one already.
    """

    kind: str
    purpose: Purpose
    group: Group | None = None

    asks = "groups"

    @classmethod
    def of(cls, group: Group, purpose: Purpose, actor: Actor) -> "GroupScope":
        """The scope of an existing group."""
        return cls(actor, group.company, group.kind, purpose, group)

    @property
    def is_own(self) -> bool:
        """Whether the company is the actor's. A master from another company cannot browse it (rule 6.2)."""
        return limits.is_of(self.actor, self.company)

    @property
    def browses(self) -> bool:
        """Contacts are in no organization chart; nor does it show who is in a group."""
        return self.is_own and self.purpose not in (Purpose.CONTACTS, Purpose.ASSIGNEES)

    @property
    def is_among_colleagues(self) -> bool:
        return self.is_own and self.kind == Group.Kind.INTERNAL

    @property
    def takes_teams(self) -> bool:
        """Teams and groups can be added to internal groups, and designated (rules 2.8, 2.9, 4.5)."""
        takes = self.purpose in (Purpose.MEMBERS, Purpose.DESIGNATED)
        return self.is_own and takes and self.kind == Group.Kind.INTERNAL

    @property
    def finds_by_company(self) -> bool:
        return self.purpose is Purpose.CONTACTS

    @property
    def address_company(self) -> int | None:
        """Of no contacts (rule 6.4)."""
        return None if self.purpose is Purpose.CONTACTS else super().address_company

    @property
    def placeholder(self) -> str:
        if self.takes_teams:
            return _("Add people, teams or groups")
        if self.purpose is Purpose.CONTACTS:
            return _("Find by name or company")
        return _("Add people") if self.is_own else _("People in this group")

    @property
    def parameters(self) -> dict[str, str]:
        parameters = {"purpose": self.purpose.value, "kind": self.kind}
        return parameters | ({"group": str(self.group.pk)} if self.group else {})

    def members(self) -> QuerySet[Member]:
        if self.purpose is Purpose.CONTACTS:
            # The actor's own, whatever the group: nothing is browsed.
            if self.group is None:
                return Member.objects.none()
            return limits.choosable_contacts(self.actor, self.group)
        if self.purpose is Purpose.ASSIGNEES:
            return limits.choosable_assignees(self.actor, self.group)
        if self.purpose is Purpose.MASTERS:
            people = limits.choosable_masters(self.company, self.kind, self.group)
        elif self.purpose is Purpose.MEMBERS:
            people = limits.choosable_members(self.company, self.kind)
        else:
            people = limits.choosable_members(self.company, Group.Kind.INTERNAL)
        return people if self.is_own else people.filter(self._is_in_group("member"))

    def why_nobody(self) -> str:
        """External groups need permissions that perhaps nobody has (rules 1.5, 2.7, 2.9, 6.1)."""
        if self.purpose is Purpose.CONTACTS:
            said = _("Nobody in your Contacts can be added to this group.")
        elif self.kind == Group.Kind.EXTERNAL:
            said = _(
                "Nobody in your company may connect with other companies. An administrator can allow it."
            )
        else:
            return ""
        return "" if self.members().exists() else said

    def teams(self) -> QuerySet[Team]:
        teams = limits.choosable_teams(self.company, self.kind)
        return teams if self.takes_teams else teams.none()

    @property
    def further(self) -> Subgroups:
        """Groups that can be added to the group (rule 2.8), or designated for its list, even itself (4.5)."""
        choosable = limits.choosable_groups(self.actor, self.company, self.kind)
        if not self.takes_teams:
            choosable = choosable.none()
        if self.purpose is Purpose.DESIGNATED:
            return Subgroups(choosable, inside=self._is_designated(), offered=self.takes_teams)
        if self.group:
            choosable = choosable.exclude(pk=self.group.pk)
        return Subgroups(choosable, inside=self._is_in_group("subgroup"), offered=self.takes_teams)

    def knows_member(self) -> Q:
        """Own people, and those who are in the group already."""
        known = self._is_in_group("member") | self._is_in_group("master")
        if self.purpose is Purpose.CONTACTS:
            return known | Q(pk__in=limits.contacts_of(self.actor))
        return known | Q(company=self.company.pk) if self.is_own else known

    def knows_team(self) -> Q:
        if self.purpose is Purpose.ASSIGNEES:
            return Q(pk__in=[])
        return Q(company=self.company.pk) if self.is_own else self._is_in_group("team")

    def _is_designated(self) -> Q:
        mailing_list = self.group.mailing_list if self.group else None
        if mailing_list is None:
            return Q(pk__in=[])
        return Q(pk__in=mailing_list.designations.filter(group__isnull=False).values("group"))

    def _is_in_group(self, role: str) -> Q:
        if self.group is None:
            return Q(pk__in=[])
        if role == "master":
            return Q(pk__in=self.group.masters.values("member"))
        return Q(pk__in=self.group.entries.filter(**{f"{role}__isnull": False}).values(role))
