"""What leads the administrator of a new company on, with what is done already (rule 1.14).

Nothing is ticked off: each step is looked up. Only that somebody wants to see no more of them is stored.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Domain, IdentityProvider, Member, Team

from .models import Group


@dataclass(frozen=True)
class Way:
    """Where a step can be taken."""

    label: str | Promise
    href: str


@dataclass(frozen=True)
class Step:
    """One thing to do, and whether it is done."""

    title: str | Promise
    why: str | Promise
    is_done: bool
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class FirstSteps:
    """The steps of a company: those that everybody takes, and those that help some."""

    steps: list[Step]
    more: list[Step]

    @property
    def has_domain(self) -> bool:
        """Whether a domain is proven, which is the first step."""
        return self.steps[0].is_done

    @property
    def are_done(self) -> bool:
        return all(step.is_done for step in self.steps)

    @property
    def next(self) -> Step | None:
        """The first one that is left."""
        return next((step for step in self.steps if not step.is_done), None)

    @property
    def count_done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @classmethod
    def of(cls, viewer: Member) -> "FirstSteps":
        """Those of the viewer's company, in one query."""
        company = _looked_up(viewer).get()
        return cls(_steps(company), _more(company))


def _looked_up(viewer: Member) -> QuerySet[Any]:
    own = OuterRef("pk")
    domains = Domain.objects.filter(company=own)
    groups = Group.objects.live().filter(company=own)
    unproven = domains.exclude(state=Domain.State.PROVEN).order_by("-is_primary", "pk")
    return Company.objects.filter(members=viewer).annotate(
        has_domain=Exists(domains.filter(state=Domain.State.PROVEN)),
        unproven_domain=Subquery(unproven.values("pk")[:1]),
        has_people=Exists(Member.objects.filter(company=own).exclude(pk=viewer.pk)),
        has_teams=Exists(Team.objects.filter(company=own)),
        has_groups=Exists(groups),
        newest_group=Subquery(groups.order_by("-pk").values("pk")[:1]),
        has_list=Exists(groups.filter(uses_mailing_list=True)),
        has_provider=Exists(IdentityProvider.objects.filter(company=own)),
    )


def _steps(company: Any) -> list[Step]:
    return [
        Step(
            _("Prove your domain"),
            _("Then people, teams and groups can have addresses there."),
            company.has_domain,
            (Way(_("Prove domain"), _page_of_domain(company.unproven_domain)),),
        ),
        Step(
            _("Add people"),
            _("One by one, or all at once from a file. Each gets an email to choose a password."),
            company.has_people,
            (
                Way(_("Add member"), reverse("accounts:member_add")),
                Way(_("Import people"), reverse("groups:imports")),
            ),
        ),
        Step(
            _("Make teams"),
            _("The organization chart. Whoever is in a team is in the groups that contain it."),
            company.has_teams,
            (Way(_("Add team"), reverse("accounts:team_add")),),
        ),
        Step(
            _("Add your first group"),
            _("People and teams with one name, one address, and one room for messages and files."),
            company.has_groups,
            (Way(_("Add Group"), reverse("groups:add")),),
        ),
    ]


def _page_of_domain(pk: int | None) -> str:
    return reverse("accounts:domain", args=[pk]) if pk else f"{reverse('accounts:company')}#domains"


def _more(company: Any) -> list[Step]:
    newest = company.newest_group
    group = reverse("groups:edit", args=[newest]) if newest else reverse("groups:add")
    return [
        Step(
            _("Give a group a mailing list"),
            _("One address reaches everybody in the group."),
            company.has_list,
            (Way(_("Set mailing list"), group),),
        ),
        Step(
            _("Ask for a second factor"),
            _("A passkey or an app protects those who administer, or everybody."),
            company.second_factor != Company.SecondFactor.NOBODY,
            (Way(_("Choose who needs one"), reverse("accounts:company")),),
        ),
        Step(
            _("Connect your sign-in"),
            _("People sign in with the accounts that they have already."),
            company.has_provider,
            (Way(_("Single sign-on"), reverse("accounts:providers")),),
        ),
    ]
