"""What a picker offers, finds and names, and to whom."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Address, Company, Member, Team

from .choice import Choice


@dataclass(frozen=True)
class Scope(ABC):
    """Who picks, and from which company.

    A picker for something other than a company's people and teams has its own scope, which determines what
    can be chosen, and may add another kind of objects.
    """

    actor: Actor
    company: Company

    asks: ClassVar[str]
    """The URL namespace that the picker queries (see views.urls_for)."""

    @property
    def browses(self) -> bool:
        """Whether those who can be chosen can be found through the organization chart."""
        return True

    @property
    def takes_teams(self) -> bool:
        """Whether teams can be chosen."""
        return False

    @property
    def finds_by_company(self) -> bool:
        """Whether people are also found by the name of their company."""
        return False

    @property
    def address_company(self) -> int | None:
        """The company whose people's addresses the actor may know: their own (rule 6.4)."""
        member = self.actor.reader
        return self.company.pk if self.actor.rules_everything or member is None else member.company_id

    @property
    def is_among_colleagues(self) -> bool:
        """Whether all who can be chosen are of the company whose people the actor knows."""
        return False

    @property
    @abstractmethod
    def placeholder(self) -> str:
        """The placeholder of the empty field."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, str]:
        """The scope as URL parameters of the picker's queries."""

    @abstractmethod
    def members(self) -> QuerySet[Member]:
        """The people who can be chosen."""

    @abstractmethod
    def teams(self) -> QuerySet[Team]:
        """The teams that can be chosen."""

    @abstractmethod
    def knows_member(self) -> Q:
        """The people who may be named on a chip."""

    @abstractmethod
    def knows_team(self) -> Q:
        """The teams that may be named on a chip."""

    @property
    def further(self) -> "Further | None":
        """What can be chosen besides people and teams."""
        return None

    def why_nobody(self) -> str:
        """Why nobody at all can be chosen here; empty if somebody can. Asked only where nothing was found."""
        return ""

    @property
    def urls(self) -> dict[str, str]:
        """The URLs that the picker queries, by purpose."""
        query = urlencode(self.parameters)
        names = {"search": "pick", "teams": "pick_teams", "paste": "pick_paste"}
        return {key: f"{reverse(f'{self.asks}:{name}')}?{query}" for key, name in names.items()}


class Further(ABC):
    """Another kind of objects that can be chosen."""

    kind: ClassVar[str]
    """Its name in tokens."""
    owners: ClassVar[tuple[str, ...]]
    """The lookups from an address to the object that has it."""

    @abstractmethod
    def by_address(self) -> QuerySet[Any]:
        """Those that can be chosen by their address."""

    @abstractmethod
    def to_search(self, addresses: QuerySet[Address]) -> tuple[QuerySet[Any], Q] | None:
        """Those that can be chosen, and which of them have one of these addresses; None if there are none."""

    @abstractmethod
    def choices(self, things: Sequence[Any]) -> Iterable[Choice]:
        """Choices of these objects, in this order."""

    @abstractmethod
    def describe(self, ids: Collection[int]) -> Iterable[Choice]:
        """Choices for those of the ids that the actor may know of."""


class Purpose(StrEnum):
    """What a company's people and teams are picked for."""

    PEOPLE = "people"  # people, such as for a team
    CROWD = "crowd"  # people, individually or by team
    TEAMS = "teams"  # teams, such as a person's, or as a parent


@dataclass(frozen=True)
class CompanyScope(Scope):
    """An administrator picks people or teams of their company."""

    purpose: Purpose

    asks = "accounts"

    @property
    def is_among_colleagues(self) -> bool:
        return True

    @property
    def takes_teams(self) -> bool:
        return self.purpose in (Purpose.TEAMS, Purpose.CROWD)

    @property
    def placeholder(self) -> str:
        if self.purpose is Purpose.CROWD:
            return _("Add people or teams")
        return _("Add teams") if self.takes_teams else _("Add people")

    @property
    def parameters(self) -> dict[str, str]:
        return {"purpose": self.purpose.value}

    def members(self) -> QuerySet[Member]:
        people = Member.objects.active().filter(company=self.company)
        return people.none() if self.purpose is Purpose.TEAMS else people

    def teams(self) -> QuerySet[Team]:
        teams = Team.objects.filter(company=self.company)
        return teams if self.takes_teams else teams.none()

    def knows_member(self) -> Q:
        return Q(company=self.company.pk)

    def knows_team(self) -> Q:
        return Q(company=self.company.pk)
