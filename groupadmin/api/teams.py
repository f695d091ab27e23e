"""Teams (rule 1.3): the company's organization chart, which everybody in it may read."""

from dataclasses import replace
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.actions import origin
from accounts.actions import teams as actions
from accounts.actions.locks import lock_company
from accounts.actions.teams import TeamSettings
from accounts.models import Company, Member, Scope, Team
from accounts.models.address import as_stored
from accounts.search import find_teams
from accounts.tree import people_of_teams
from groupadmin.base.errors import Invalid

from .addresses import EMAIL_LENGTH, Email, halves_of
from .callers import Call, call_of
from .fields import Flag, Id, In, Moment, Out, Ref, Text, one
from .members import MembersOut, shown
from .operations import operation
from .paging import BY_NAME, PageWish, page_of, replied
from .replies import NOTHING, Reply, created

router = Router(tags=["Teams"])

FIELD_NAMES = {"local_part": "email", "domain": "email", "parent": "parent_id"}
MOST_AT_ONCE = 10_000
"""So many people a request names at most."""


class TeamOut(Out):
    """A node of the organization chart."""

    id: int
    name: str
    description: str
    email: str = Field(description="Empty without an address.")
    parent_id: int | None = Field(description="The team above it; null at the top.")
    source: str | None = Field(
        description="The system that it comes from; empty if none. For administrators."
    )
    external_id: str | None = Field(description="Its id there. For administrators.")
    created_at: Moment
    version: int = Field(description="Also the ETag.")


class TeamsOut(Out):
    """A page of teams, by name."""

    items: list[TeamOut]
    next_cursor: str | None


class TeamPatch(In):
    """What is to be changed of a team; what is not sent stays as it is."""

    name: Text = Field(default_factory=str)
    description: Text = Field(default_factory=str)
    email: Email = Field(default_factory=str, description="Empty for no address.")
    parent_id: Id | None = Field(
        default=None, description="Moves the team, with all below it; null to the top."
    )
    external_id: Text = Field(
        default_factory=str, description="Its id in the system for which the token writes (its source)."
    )


class TeamIn(TeamPatch):
    """A new team."""

    name: Text


class TeamPeopleIn(In):
    """Whom to add and remove; the rest stay. Whoever is there already, or not there, is no mistake."""

    add: Annotated[list[Id], Field(max_length=MOST_AT_ONCE)] = Field(
        default_factory=list, description="Ids of members, who must be active."
    )
    remove: Annotated[list[Id], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)


class TeamFilter(BaseModel):
    """Which teams are listed."""

    q: Annotated[Text, Field(max_length=200)] = Field("", description="Part of the name or address.")
    email: Annotated[Text, Field(max_length=EMAIL_LENGTH)] = Field("", description="Exactly this address.")
    parent_id: Id | None = Field(None, description="Directly below this team.")
    is_top: Flag | None = Field(None, description="At the top of the chart, or below another team.")
    source: Annotated[Text, Field(max_length=100)] | None = Field(None, description="For administrators.")
    external_id: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="For administrators."
    )


class TeamPeopleFilter(BaseModel):
    """Which people are listed."""

    below: Flag = Field(False, description="The active people of the teams below it too.")


@operation(router, "GET", "/teams", Scope.DIRECTORY_READ, answers=TeamsOut, summary="List teams")
def list_teams(request: HttpRequest, wanted: Annotated[TeamFilter, Query(...)], page: PageWish) -> Reply:
    """The teams of the company, by name."""
    call = call_of(request)
    found = page_of(_found(call, wanted), BY_NAME, page)
    return replied(request, found, TeamsOut, [shown_team(call, team) for team in found.rows])


@operation(router, "GET", "/teams/{ref}", Scope.DIRECTORY_READ, answers=TeamOut, summary="Get a team")
def get_team(request: HttpRequest, ref: Ref) -> TeamOut:
    """One team of the company."""
    call = call_of(request)
    return shown_team(call, team_of(call, ref))


@operation(
    router,
    "POST",
    "/teams",
    Scope.MEMBERS_WRITE,
    answers=TeamOut,
    status=201,
    summary="Add a team",
    field_names=FIELD_NAMES,
)
def add_team(request: HttpRequest, body: TeamIn) -> Reply:
    """Adds a team, at the top or below another one. For administrators."""
    call = call_of(request)
    company = call.check_administers("team.add")
    settings = _settings(company, TeamSettings(name=""), body)
    team = actions.add_team(company, settings, _parent(company, body), actor=call.actor)
    _identify(call, team, body)
    return created(_again(call, team), f"/api/v1/teams/{team.pk}")


@operation(
    router,
    "PATCH",
    "/teams/{ref}",
    Scope.MEMBERS_WRITE,
    answers=TeamOut,
    summary="Change a team",
    field_names=FIELD_NAMES,
)
def update_team(request: HttpRequest, ref: Ref, body: TeamPatch) -> TeamOut:
    """Changes what is sent, and moves the team if `parent_id` is. For administrators."""
    call = call_of(request)
    company, team = _locked(call, ref, "team.update")
    actions.update_team(team, _settings(company, TeamSettings.of(team), body), actor=call.actor)
    if "parent_id" in body.model_fields_set:
        actions.move_team(team, _parent(company, body), actor=call.actor)
    _identify(call, team, body)
    return _again(call, team)


@operation(
    router,
    "DELETE",
    "/teams/{ref}",
    Scope.MEMBERS_WRITE,
    answers=None,
    status=204,
    summary="Delete a team",
)
def delete_team(request: HttpRequest, ref: Ref) -> Reply:
    """Deletes a team that has none below it. Groups that contain it lose the entry. For administrators."""
    call = call_of(request)
    _company, team = _locked(call, ref, "team.delete")
    actions.delete_team(team, actor=call.actor)
    return NOTHING


@operation(
    router,
    "GET",
    "/teams/{ref}/members",
    Scope.DIRECTORY_READ,
    answers=MembersOut,
    summary="List the people of a team",
)
def list_team_members(
    request: HttpRequest, ref: Ref, wanted: Annotated[TeamPeopleFilter, Query(...)], page: PageWish
) -> Reply:
    """The people of the team itself, including inactive ones, by name."""
    call = call_of(request)
    team = team_of(call, ref)
    inside = people_of_teams([team.pk]).values("pk") if wanted.below else team.memberships.values("member")
    found = page_of(Member.objects.filter(company=call.company, pk__in=inside), BY_NAME, page)
    return replied(request, found, MembersOut, shown(call, found.rows))


@operation(
    router,
    "PATCH",
    "/teams/{ref}/members",
    Scope.MEMBERS_WRITE,
    answers=TeamOut,
    summary="Add and remove people of a team",
    field_names={"people": "add"},
)
def edit_team_members(request: HttpRequest, ref: Ref, body: TeamPeopleIn) -> TeamOut:
    """Both in one step. Whoever is in both is removed. For administrators."""
    call = call_of(request)
    _company, team = _locked(call, ref, "team.set_people")
    added, removed = frozenset(body.add), frozenset(body.remove)
    return _again(call, actions.set_team_people(team, added, removed, actor=call.actor))


# How teams are found and shown


def team_of(call: Call, ref: str) -> Team:
    """The team of the company. Raises Http404 or NotVisible."""
    own = _with_shown(Team.objects.filter(company=call.company))
    if ref.startswith("ext:") and not call.administers:
        own = own.none()  # by these ids nobody else finds teams
    return one(own, ref, hidden=Team.objects.select_related("company"), action="team.see")


def _locked(call: Call, ref: str, action: str) -> tuple[Company, Team]:
    """The company and the team, which nobody else changes until the transaction ends.

    Raises Refused, Http404, or Conflict by If-Match.
    """
    company = lock_company(call.check_administers(action).pk)
    team = team_of(call, ref)
    call.check_version(team)
    return company, team


def _found(call: Call, wanted: TeamFilter) -> QuerySet[Team]:
    teams = _with_shown(find_teams(call.company, wanted.q))
    if wanted.email:
        teams = teams.filter(address__email=as_stored(wanted.email))
    restricted: dict[str, Any] = {"source": wanted.source, "external_id": wanted.external_id}
    if any(value is not None for value in restricted.values()):
        call.check_administers("team.see")
    exact = {"parent": wanted.parent_id, "parent__isnull": wanted.is_top, **restricted}
    return teams.filter(**{name: value for name, value in exact.items() if value is not None})


def _with_shown(teams: QuerySet[Team]) -> QuerySet[Team]:
    return teams.select_related("address__domain")


def shown_team(call: Call, team: Team) -> TeamOut:
    """The team as the caller may know it; needs no query."""
    administers = call.administers
    return TeamOut(
        id=team.pk,
        name=team.name,
        description=team.description,
        email=str(team.address) if team.address is not None else "",
        parent_id=team.parent_id,
        source=team.source if administers else None,
        external_id=team.external_id if administers else None,
        created_at=team.created_at,
        version=team.version,
    )


def _again(call: Call, team: Team) -> TeamOut:
    """The team as it is after a change."""
    return shown_team(call, _with_shown(Team.objects.all()).get(pk=team.pk))


# What is sent


def _settings(company: Company, present: TeamSettings, body: TeamPatch) -> TeamSettings:
    """The team's settings, with what is sent. Raises Invalid."""
    sent = body.model_fields_set
    changed: dict[str, Any] = {name: getattr(body, name) for name in ("name", "description") if name in sent}
    if "email" in sent:
        halves = halves_of(company, [body.email], "email")[0] if body.email else ("", None)
        changed["local_part"], changed["domain_id"] = halves
    return replace(present, **changed)


def _parent(company: Company, body: TeamPatch) -> Team | None:
    """The team above. Raises Invalid, whether it is another company's or none (rule 6.4)."""
    if body.parent_id is None:
        return None
    parent = Team.objects.filter(company=company, pk=body.parent_id).first()
    if parent is None:
        raise Invalid("parent", actions.no_parent())
    return parent


def _identify(call: Call, team: Team, body: TeamPatch) -> None:
    if "external_id" in body.model_fields_set:
        origin.set_external_id(team, body.external_id, actor=call.actor)
