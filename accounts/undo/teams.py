"""Undo after a team was moved, or somebody was taken out of it (rules 1.3, 10.13)."""

from django.utils.translation import gettext as _

from accounts.actions import teams as actions
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.models import Member, Team, TeamMembership, Undoable
from groupadmin.base.errors import Conflict
from groupadmin.base.kept_rows import plain, put_back
from groupadmin.base.text import isolated

from .keeping import keep, together
from .kinds import State

MOVED, PEOPLE = "team.move", "team.people"


def move_team(
    team: Team, parent: Team | None, version: int | None = None, *, actor: Actor
) -> Undoable | None:
    """The action of this name. Raises what it raises."""
    with together():
        lock_company(team.company_id)
        before = Team.objects.get(pk=team.pk)
        done = actions.move_team(team, parent, version, actor=actor)
        if done.version == before.version:
            return None
        (row,) = plain([before])
        about = {"parent": before.parent_id, "moved_at": row["moved_at"]}
        return keep(actor, MOVED, {"team": team.pk, "version": done.version, **about})


def move_back(state: State, actor: Actor) -> str:
    """Below the team where it was; whoever joined there meanwhile is as before."""
    team = _team(state)
    parent = Team.objects.filter(pk=state["parent"]).first()
    if parent is None and state["parent"] is not None:
        raise Conflict(0)
    moved = actions.move_team(team, parent, state["version"], actor=actor)
    moved_at = Team._meta.get_field("moved_at").to_python(state["moved_at"])
    Team.objects.filter(pk=moved.pk).update(moved_at=moved_at)
    return _("%(name)s is where it was before.") % {"name": isolated(moved.name)}


def remove_person(team: Team, member: Member, *, actor: Actor) -> Undoable | None:
    """The action that sets a team's people. Raises what it raises."""
    with together():
        lock_company(team.company_id)
        gone = plain(TeamMembership.objects.filter(team=team, member=member))
        done = actions.set_team_people(team, frozenset(), frozenset({member.pk}), actor=actor)
        if not gone:
            return None
        return keep(actor, PEOPLE, {"team": done.pk, "version": done.version, "people": gone})


def put_people_back(state: State, actor: Actor) -> str:
    """Into the team, since when they were in it."""
    team = _team(state)
    lock_company(team.company_id)
    back = frozenset(row["member_id"] for row in state["people"])
    actions.set_team_people(team, back, frozenset(), actor=actor)
    put_back(
        TeamMembership, state["people"], instead_of=TeamMembership.objects.filter(team=team, member__in=back)
    )
    return _("The people of %(name)s are as before.") % {"name": isolated(team.name)}


def _team(state: State) -> Team:
    team = Team.objects.select_related("company", "parent").filter(pk=state["team"]).first()
    if team is None or team.version != state["version"]:
        raise Conflict(0)
    return team
