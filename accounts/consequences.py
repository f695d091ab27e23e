"""What follows in groups from a change of people, teams or companies, and what groups tell accounts.

Accounts know nothing of groups, which build on them. Here stands, field by field, what accounts need of them;
groups/consequences.py has the answers, and hands them over when the programme starts. The actions call

    consequences.in_groups().member_deactivated(company, member, actor=actor)

inside their own transaction and under the locks that they hold already, so that it happens with the change or
not at all.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from .actor import Actor
from .models import Company, Member, Team
from .models.named import Named

Progress = Callable[[int, int], None]
"""Hears how many groups are done, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """One callable a line: what accounts tell groups, or ask them. Read groups/consequences.py beside it."""

    # Who may connect with other companies changes (rules 1.4, 2.15)

    leave_by_rule: "LeaveByRule"
    """After such a change: whoever may no longer be in an external group leaves it, and is told."""
    departures_if: "DeparturesIf"
    """Before such a change: who would leave what. The change is tried and taken back."""
    tell_connecting: "TellConnecting"
    """People are told that they may connect with other companies now, or no longer (rule 5.1)."""

    # Contacts (rule 6.2)

    tell_contact_asked: "TellContact"
    """A person is told that somebody asks to be their contact."""
    tell_contact_accepted: "TellContact"
    """A person is told that somebody is their contact now."""

    # A person

    member_deactivated: "MemberIsGone"
    """Their calendar feeds end and they leave external groups (rule 2.15). Other entries stay, uncounted."""
    member_deleted: "MemberIsGone"
    """Before the row goes: they leave all groups, as members and masters, as the audit of each group says."""
    groups_of_member: Callable[[Member], "MemberInGroups"]
    """How many groups a deletion would touch."""
    files_of_member: Iterable["FileFields"]
    """Where files lie that go with a person."""
    get_person_for: Callable[[Member, int], Member]
    """The person with this id, if the first may know of them: a colleague, a contact, or in a group that they
    see (rules 1.1, 6.4). Raises Http404 otherwise."""

    # The organization chart

    movements: "Movements"
    """Around a change of who is in which teams: who comes into groups or leaves by it is told (rule 5.1)."""
    team_leaves_groups: "TeamLeavesGroups"
    """Before a team goes: the groups that lose it are audited (rule 2.22). Returns their names."""
    groups_with_team: Callable[[Team], QuerySet[Named]]
    """The live groups that contain the team directly."""

    # A company

    count_groups: Callable[[Company], int]
    """How many groups count towards the limit of the plan (rule 2.2)."""
    groups_of_company: Callable[[Company], "CompanyInGroups"]
    """How many groups a deletion would touch."""
    company_deleted: Callable[[Company], None]
    """Its groups, with all that is in them, and mail that is on its way go. Before people and domains do."""
    files_of_company: Iterable["FileFields"]
    """Where files lie that go with a company."""

    # The audit

    visible_groups: Callable[[Member], QuerySet[Named]]
    """The live groups whose names a person may read (rules 5.3, 5.4)."""
    page_of_group: Callable[[int], str]
    """The address of a group's page, by its id."""
    page_of_member: Callable[[int], str]
    """The address of a person's page, which shows their groups."""


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
    """The actor is who asks or accepts; they are named, with their company."""

    def __call__(self, person: Member, *, actor: Actor) -> None: ...


class MemberIsGone(Protocol):
    def __call__(self, company: Company, member: Member, *, actor: Actor) -> None: ...


class Movements(Protocol):
    def __call__(
        self, actor: Actor, *, people: Iterable[int], teams: Collection[int]
    ) -> AbstractContextManager[None]: ...


class TeamLeavesGroups(Protocol):
    """The names are as the audit keeps them (accounts.audit.items)."""

    def __call__(self, team: Team, *, actor: Actor) -> list[dict[str, Any]]: ...


@dataclass
class Departures:
    """Who left what. Recently deleted groups are left too, but count only among the entries."""

    people: int = 0
    groups: int = 0
    entries: int = 0
    without_master: int = 0

    def __bool__(self) -> bool:
        return bool(self.entries)


@dataclass(frozen=True)
class MemberInGroups:
    """In how many live groups somebody is entered, how many they run, and how many nobody else does."""

    entered: int
    run: int
    run_alone: int


@dataclass(frozen=True)
class CompanyInGroups:
    """How many groups a company has, and in how many of others its people are."""

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
    """Called once, when the programme starts."""
    _handed_over[:] = [consequences]


def in_groups() -> Consequences:
    """What groups have handed over."""
    if not _handed_over:
        raise ImproperlyConfigured("Nothing says what follows in groups: groups.apps has to hand it over.")
    return _handed_over[0]
