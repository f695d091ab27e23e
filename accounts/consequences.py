"""The consequences in groups of changes to people, teams and companies, and what accounts ask of groups.

accounts does not import groups, which builds on it. The fields below are what accounts needs from groups;
groups/consequences.py implements them, and registers them at start-up. Actions call

    consequences.in_groups().member_deactivated(company, member, actor=actor)

inside their own transaction, under the locks that they already hold, so that it happens with the change or
not at all.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from .actor import Actor
from .losses import Loss
from .models import Company, Member, Team
from .models.named import Named

Progress = Callable[[int, int], None]
"""Called with the number of groups done, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """What accounts tells groups, or asks them, one callable each. Read it next to groups/consequences.py."""

    # Who may connect with other companies changes (rules 1.4, 2.15)

    leave_by_rule: "LeaveByRule"
    """After such a change: people who may no longer be in an external group leave it, and are notified."""
    departures_if: "DeparturesIf"
    """Before such a change: who would leave which groups. The change is tried and rolled back."""
    tell_connecting: "TellConnecting"
    """Notifies people that they may now connect with other companies, or no longer (rule 5.1)."""

    # Contacts (rule 6.2)

    tell_contact_asked: "TellContact"
    """Notifies a person that somebody asks to be their contact."""
    tell_contact_accepted: "TellContact"
    """Notifies a person that somebody is now their contact."""

    # A person

    member_deactivated: "MemberIsGone"
    """Ends their calendar feeds and external memberships, which are kept to be given back (rules 2.15, 2.23).
    Other entries stay, uncounted."""
    places_kept: Callable[[Member], "PlacesKept"]
    """What deactivation took away and can be given back (rule 2.23)."""
    give_places_back: "GivePlacesBack"
    """Gives a person back what deactivation took away since then (rules 2.23, 10.6). Returns how many."""
    tell_stays_active: Callable[[Member], None]
    """Tells a company's administrators who stays active though not employed, as the last one (rule 1.12)."""
    member_deleted: "MemberIsGone"
    """Before the row is deleted: they leave all groups, as members and masters, audited for each group."""
    groups_of_member: Callable[[Member], "MemberInGroups"]
    """How many groups a deletion or a deactivation would affect."""
    groups_of_members: Callable[[Collection[int]], "MembersInGroups"]
    """The same of many people, by id: each group is counted once (rule 10.6)."""
    groups_losing: Callable[[Collection[int], int], Mapping[Any, tuple[int, int]]]
    """The live groups in which at least so many of these active people are: how many, of how many."""
    files_of_member: Iterable["FileFields"]
    """Which files are deleted with a person."""
    get_person_for: Callable[[Member, int], Member]
    """The person with this id, if the viewer may know of them: a colleague, a contact, or in a group that the
    viewer sees (rules 1.1, 6.4). Raises Http404 otherwise."""

    # The organization chart

    movements: "Movements"
    """Wraps a change of team members: people who join or leave groups by it are notified (rule 5.1), and if
    many leave one, that is asked first (rule 10.5)."""
    team_leaves_groups: "TeamLeavesGroups"
    """Before a team is deleted: audits the groups that lose it (rule 2.22). Returns their names."""
    groups_with_team: Callable[[Team], QuerySet[Named]]
    """The live groups that contain the team directly."""
    count_groups_with_teams: Callable[[Collection[int]], int]
    """How many live groups contain one of these teams directly."""
    lists_with_team: Callable[[Team], QuerySet[Named]]
    """The live groups for whose mailing list the team is designated (rules 4.5, 4.6)."""

    # A company

    count_groups: Callable[[Company], int]
    """How many groups count towards the plan's limit (rule 2.2)."""
    groups_of_company: Callable[[Company], "CompanyInGroups"]
    """How many groups a deletion would affect."""
    company_deleted: Callable[[Company], None]
    """Deletes its groups with their content, and mail in transit. Called before people and domains go."""
    files_of_company: Iterable["FileFields"]
    """Which files are deleted with a company."""

    # The audit

    visible_groups: Callable[[Member], QuerySet[Named]]
    """The live groups whose names a person may read (rules 5.3, 5.4)."""
    page_of_group: Callable[[int], str]
    """The URL of a group's page, by its id."""
    page_of_member: Callable[[int], str]
    """The URL of a person's page, which shows their groups."""


class LeaveByRule(Protocol):
    def __call__(
        self,
        company: Company,
        *,
        actor: Actor,
        reason: str | Promise,
        members: Collection[int] | None = None,
        progress: Progress | None = None,
    ) -> "Departures": ...


class DeparturesIf(Protocol):
    def __call__(
        self, company: Company, change: Callable[[], object], *, members: Collection[int] | None = None
    ) -> "Departures": ...


class TellConnecting(Protocol):
    def __call__(self, people: Collection[int], *, may_connect: bool, actor: Actor) -> None: ...


class TellContact(Protocol):
    """The actor is the one who asks or accepts; the notification names them and their company."""

    def __call__(self, person: Member, *, actor: Actor) -> None: ...


class MemberIsGone(Protocol):
    def __call__(self, company: Company, member: Member, *, actor: Actor) -> None: ...


class GivePlacesBack(Protocol):
    """Raises Refused, or Invalid."""

    def __call__(self, member: Member, since: datetime, *, actor: Actor) -> int: ...


class Movements(Protocol):
    def __call__(
        self,
        actor: Actor,
        *,
        people: Collection[int] | QuerySet[Member, int],
        leaving: Collection[int] | QuerySet[Member, int] | None = None,
        teams: Collection[int],
    ) -> AbstractContextManager[None]: ...


class TeamLeavesGroups(Protocol):
    """Returns the names as the audit records them (accounts.audit.items)."""

    def __call__(self, team: Team, *, actor: Actor) -> list[dict[str, Any]]: ...


@dataclass
class Departures:
    """How much was left. Recently deleted groups are left too, but only count among the entries.

    `losses` are those groups that lose many: who starts a job for it has to agree before (rule 10.5).
    """

    people: int = 0
    groups: int = 0
    entries: int = 0
    without_master: int = 0
    losses: list[Loss] = field(default_factory=list, compare=False)

    def __bool__(self) -> bool:
        return bool(self.entries)


@dataclass(frozen=True)
class MemberInGroups:
    """How many live groups somebody is entered in, is a master of, and is the only master of.

    `inside` are all groups that they are in, also through teams and other groups; `external` those that a
    deactivation takes away; `lists` those whose mailing list they get mail of; `calendars` those whose events
    they subscribe to by an address of their own, which ends for good.
    """

    entered: int
    run: int
    run_alone: int
    inside: int
    external: int
    lists: int
    calendars: int


@dataclass(frozen=True)
class MembersInGroups:
    """How many live groups many people are entered in, are masters of, and are the only masters of.

    `external` are those that deactivation takes away.
    """

    entered: int
    run: int
    run_alone: int
    external: int


@dataclass(frozen=True)
class PlacesKept:
    """How many places in groups can perhaps be given back, and the URL of the page that does it."""

    count: int
    url: str


@dataclass(frozen=True)
class CompanyInGroups:
    """How many groups a company has, and how many of other companies its people are in."""

    own: int
    of_others: int


@dataclass(frozen=True)
class FileFields:
    """A model with files, the lookup that finds an owner's rows, and the names of the files' fields."""

    model: type[Model]
    owner: str
    fields: tuple[str, ...]


_handed_over: list[Consequences] = []


def hand_over(consequences: Consequences) -> None:
    """Called once, at start-up."""
    _handed_over[:] = [consequences]


def in_groups() -> Consequences:
    """What groups has registered."""
    if not _handed_over:
        raise ImproperlyConfigured("Nothing says what follows in groups: groups.apps has to hand it over.")
    return _handed_over[0]
