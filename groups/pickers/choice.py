"""What a person sees of a thing that can be chosen: on a chip and in the list of results."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Member, Team, TeamMembership
from accounts.tree import path_text, team_paths
from groupadmin.base.text import isolated
from groups.membership import effective
from groups.models import Group

from .scope import PickScope
from .tokens import entries_of

TEAMS_NAMED = 2


@dataclass(frozen=True)
class Choice:
    """A member, a team or a group, under its token.

    Label and detail are isolated part by part: to stand in an element without a direction of its own, which
    the first of the parts would turn round.
    """

    token: str
    kind: str
    pk: int
    name: str
    label: str
    detail: str = ""
    people: int | None = None
    photo: str = ""

    @property
    def as_list(self) -> "list[Choice]":
        """For the template of several chips."""
        return [self]

    @property
    def count(self) -> str:
        """The number of people that a team or group stands for (spec 2.10)."""
        if self.people is None:
            return ""
        return ngettext("%(count)s person", "%(count)s people", self.people) % {"count": f"{self.people:,}"}


def choices_of(
    scope: PickScope,
    members: Collection[Member] = (),
    teams: Collection[Team] = (),
    groups: Collection[Group] = (),
    *,
    with_teams: bool = False,
) -> list[Choice]:
    """Choices of these things, in this order; the number of queries does not depend on how many there are.

    With `with_teams`, people come with the teams that they are in.
    """
    teams_of = _teams_of(members) if with_teams else {}
    paths = team_paths([*(team.pk for team in teams), *(pk for pks in teams_of.values() for pk in pks)])
    in_teams = effective.people_of_teams([team.pk for team in teams])
    in_groups = effective.count_people(groups)
    found = []
    for member in members:
        own = [path_text(paths[pk]) for pk in teams_of.get(member.pk, ()) if pk in paths]
        found.append(_member(scope, member, own))
    for team in teams:
        path = path_text(paths.get(team.pk, [team]))
        address = str(team.address) if team.address else ""
        found.append(Choice(f"team:{team.pk}", "team", team.pk, team.name, path, address, in_teams[team.pk]))
    found += [_group(group, in_groups[group.pk]) for group in groups]
    return found


def _member(scope: PickScope, member: Member, teams: Sequence[str]) -> Choice:
    if member.company_id == scope.address_company:
        detail = " · ".join([member.email, *teams[:TEAMS_NAMED]])
    else:
        detail = isolated(member.company.name) if member.company else ""
    photo = ""
    if member.photo_version:
        photo = f"{reverse('accounts:member_photo', args=[member.pk])}?v={member.photo_version}"
    label = isolated(member.name)
    return Choice(f"member:{member.pk}", "member", member.pk, member.name, label, detail, photo=photo)


def _group(group: Group, people: int) -> Choice:
    photo = ""
    if group.photo_small:
        photo = f"{reverse('groups:photo', args=[group.pk, 'small'])}?v={group.version}"
    label = isolated(group.name)
    return Choice(f"group:{group.pk}", "group", group.pk, group.name, label, group.address, people, photo)


def _teams_of(members: Iterable[Member]) -> dict[int, list[int]]:
    teams: defaultdict[int, list[int]] = defaultdict(list)
    rows = TeamMembership.objects.filter(member__in=[member.pk for member in members]).order_by("id")
    for member, team in rows.values_list("member", "team"):
        if len(teams[member]) < TEAMS_NAMED:
            teams[member].append(team)
    return dict(teams)


def describe(scope: PickScope, tokens: Sequence[str]) -> list[Choice]:
    """A choice for every token, in their order; what the actor may not know of is not named (spec 2.21)."""
    entries = entries_of(tokens)
    members = Member.objects.filter(scope.knows_member(), pk__in=entries.members).select_related("company")
    teams = Team.objects.filter(scope.knows_team(), pk__in=entries.teams).select_related("address__domain")
    groups = Group.objects.filter(pk__in=entries.groups).select_related("mailing_list__address__domain")
    named = scope.groups().filter(pk__in=entries.groups).values("pk")
    known = choices_of(
        scope,
        list(members) if entries.members else (),
        list(teams) if entries.teams else (),
        list(groups.filter(pk__in=named)) if entries.groups else (),
    )
    by_token = {choice.token: choice for choice in known}
    if unseen := [pk for pk in entries.groups if f"group:{pk}" not in by_token]:
        by_token |= _unseen(groups.filter(scope.has_subgroup(), pk__in=unseen))
    return [by_token.get(token) or _not_available(token) for token in tokens]


def _unseen(groups: Iterable[Group]) -> dict[str, Choice]:
    """Groups inside the one being edited that the actor may not see, without their names (spec 2.21)."""
    found = list(groups)
    counts = effective.count_people(found)
    name = _("A private group")
    return {
        f"group:{group.pk}": Choice(
            f"group:{group.pk}", "group", group.pk, name, name, people=counts[group.pk]
        )
        for group in found
    }


def _not_available(token: str) -> Choice:
    kind, pk = token.split(":")
    name = _("Not available")
    return Choice(token, kind, int(pk), name, name)
