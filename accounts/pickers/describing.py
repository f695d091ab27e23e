"""Loads what a person sees of choices, many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.urls import reverse

from accounts.models import Member, Team, TeamMembership
from accounts.tree import count_people_of_teams, path_text, team_paths
from groupadmin.base.text import isolated

from .choice import Choice, not_available
from .scope import Scope
from .tokens import chosen_of

TEAMS_NAMED = 2


def choices_of(
    scope: Scope,
    members: Collection[Member] = (),
    teams: Collection[Team] = (),
    *,
    with_teams: bool = False,
) -> list[Choice]:
    """Choices of these people and teams, in this order; the number of queries does not grow with them.

    With `with_teams`, people are shown with their teams.
    """
    teams_of = _teams_of(members) if with_teams else {}
    paths = team_paths([*(team.pk for team in teams), *(pk for pks in teams_of.values() for pk in pks)])
    people = count_people_of_teams([team.pk for team in teams])
    found = []
    for member in members:
        own = [path_text(paths[pk]) for pk in teams_of.get(member.pk, ()) if pk in paths]
        found.append(_member(scope, member, own))
    for team in teams:
        path = path_text(paths.get(team.pk, [team]))
        address = str(team.address) if team.address else ""
        found.append(Choice(f"team:{team.pk}", "team", team.pk, team.name, path, address, people[team.pk]))
    return found


def _member(scope: Scope, member: Member, teams: Sequence[str]) -> Choice:
    if member.company_id == scope.address_company:
        called = [isolated(member.nickname)] if member.nickname else []
        detail = " · ".join([*called, member.email, *teams[:TEAMS_NAMED]])
    else:
        detail = isolated(member.company.name) if member.company else ""
    photo = ""
    if member.photo_version:
        photo = f"{reverse('accounts:member_photo', args=[member.pk])}?v={member.photo_version}"
    label = isolated(member.name)
    return Choice(f"member:{member.pk}", "member", member.pk, member.name, label, detail, photo=photo)


def _teams_of(members: Iterable[Member]) -> dict[int, list[int]]:
    teams: defaultdict[int, list[int]] = defaultdict(list)
    rows = TeamMembership.objects.filter(member__in=[member.pk for member in members]).order_by("id")
    for member, team in rows.values_list("member", "team"):
        if len(teams[member]) < TEAMS_NAMED:
            teams[member].append(team)
    return dict(teams)


def describe(scope: Scope, tokens: Sequence[str]) -> list[Choice]:
    """A choice for every token, in order; what the actor may not know of is not named (rule 2.21)."""
    chosen = chosen_of(tokens)
    members = Member.objects.filter(scope.knows_member(), pk__in=chosen.members).select_related("company")
    teams = Team.objects.filter(scope.knows_team(), pk__in=chosen.teams).select_related("address__domain")
    known = choices_of(scope, list(members) if chosen.members else (), list(teams) if chosen.teams else ())
    by_token = {choice.token: choice for choice in known}
    if chosen.groups and scope.further:
        by_token |= {choice.token: choice for choice in scope.further.describe(chosen.groups)}
    return [by_token.get(token) or not_available(token) for token in tokens]
