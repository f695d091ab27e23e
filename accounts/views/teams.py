"""The organization chart, for administrators (rule 1.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import consequences
from accounts.actions import teams as actions
from accounts.audit.conflicts import EditConflict
from accounts.bulk.bar import bar_of, filter_of
from accounts.bulk.teams import TEAMS
from accounts.forms.common import SeenForm
from accounts.forms.team import TeamForm, TeamMoveForm
from accounts.models import Company, Member, Team
from accounts.models.named import Named
from accounts.request import MemberRequest
from accounts.search import find_teams, with_children
from accounts.tree import count_people_of_teams, team_path, team_paths
from accounts.undo import teams as moving
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.partials import render_partial
from groupadmin.base.text import isolated

from . import undo
from .lookups import (
    page,
    page_by_name,
    posted_again,
    require_administrator,
    search_query,
    team_of,
)

BRANCH_SIZE = 100
GROUPS_NAMED = 20


@dataclass(frozen=True)
class Branch:
    """A team in the chart: with the number of people in and below it, and its path in search results."""

    team: Team
    people: int
    path: list[Team]


@require_safe
def team_list(request: MemberRequest) -> HttpResponse:
    """The chart from the top, or the teams that a search finds."""
    _actor, company = require_administrator(request, "team.see")
    typed = search_query(request)
    teams = find_teams(company, typed) if typed else Team.objects.filter(company=company, parent=None)
    return _chart(request, teams, {"q": typed}, with_paths=bool(typed))


@require_safe
def team_below(request: MemberRequest, pk: int) -> HttpResponse:
    """One more level of the chart: the teams directly below one."""
    _actor, company = require_administrator(request, "team.see")
    team = team_of(company, pk)
    if not request.htmx:
        return redirect("accounts:team_people", pk)
    return _chart(request, Team.objects.filter(parent=team), {}, above=team)


def _chart(
    request: MemberRequest,
    teams: QuerySet[Team],
    kept: dict[str, str],
    *,
    with_paths: bool = False,
    above: Team | None = None,
) -> HttpResponse:
    rows = with_children(teams).select_related("address__domain")
    found = page_by_name(rows, request, "q", "choose", size=BRANCH_SIZE)
    # Teams below others are chosen only on the page that has the bar.
    chooses = above is None or "choose" in request.GET
    context = {
        "branches": branches(found.rows, with_paths=with_paths),
        "page": found,
        "above": above,
        "bulk": bar_of(TEAMS, found, filter_of(q=kept.get("q", "")), has_more=not kept.get("q"))
        if chooses
        else None,
        **kept,
    }
    template = "accounts/team_list.html"
    if above is not None:
        return render_partial(request, template, context, target=request.htmx.target or "", partial="level")
    return render_partial(request, template, context, target="results", partial="results")


def branches(teams: Sequence[Team], *, with_paths: bool = False) -> list[Branch]:
    """Teams with their numbers of people, counted in one query."""
    people = count_people_of_teams([team.pk for team in teams])
    paths = team_paths(team.pk for team in teams) if with_paths else {}
    return [Branch(team, people[team.pk], paths.get(team.pk, [team])[:-1]) for team in teams]


@require_http_methods(["GET", "HEAD", "POST"])
def team_add(request: MemberRequest) -> HttpResponse:
    """ "Add team", at the top or below the team in `parent`."""
    actor, company = require_administrator(request, "team.add")
    parent = _parent(company, request.POST.get("parent") or request.GET.get("parent"))
    context: dict[str, object] = {"parent": parent, "path": team_path(parent) if parent else []}
    if request.method != "POST":
        return page(request, "accounts/team_form.html", context | {"form": TeamForm(company=company)})
    form = TeamForm(request.POST, company=company)
    if form.is_valid():
        try:
            team = actions.add_team(company, form.settings(), parent, actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": isolated(team.name)})
            return redirect("accounts:team_people", team.pk)
    return page(request, "accounts/team_form.html", context | {"form": form}, invalid=True)


def _parent(company: Company, given: str | None) -> Team | None:
    """The parent of a new team. If it has been deleted, the new one must not go to the top instead."""
    if not given:
        return None
    return team_of(company, parse_id(given) or 0)


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Name, description and address of a team."""
    actor, company = require_administrator(request, "team.update")
    team = team_of(company, pk)
    context: dict[str, object] = {"team": team, "path": team_path(team)[:-1]}
    if request.method != "POST":
        form = TeamForm(company=company, team=team)
        return page(request, "accounts/team_form.html", context | {"form": form})
    form = TeamForm(request.POST, company=company, team=team)
    if form.is_valid():
        try:
            actions.update_team(team, form.settings(), form.cleaned_data["version"], actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        except Conflict:
            now = team_of(company, pk)
            typed, present = form.settings().plain(), actions.TeamSettings.of(now).plain()
            fresh = TeamForm(posted_again(request, now.version), company=company, team=now)
            context |= _conflict_context(now, form, fresh, typed, present, request.user)
            return page(request, "accounts/team_form.html", context)
        else:
            name = isolated(form.cleaned_data["name"])
            messages.success(request, _("%(name)s was saved.") % {"name": name})
            return redirect("accounts:team_people", pk)
    return page(request, "accounts/team_form.html", context | {"form": form}, invalid=True)


def _conflict_context(
    now: Team, form: SeenForm, fresh: SeenForm, typed: dict[str, Any], present: dict[str, Any], viewer: Member
) -> dict[str, object]:
    """What others changed, and the form as entered: the person decides whether to save again (rule 2.18)."""
    fresh.is_valid()
    seen = form.cleaned_data["version"]
    conflict = EditConflict.of(now, seen, typed, present, viewer=viewer)
    return {"team": now, "path": team_path(now)[:-1], "form": fresh, "conflict": conflict}


@require_http_methods(["GET", "HEAD", "POST"])
def team_move(request: MemberRequest, pk: int) -> HttpResponse:
    """Moves a team, with everything below it."""
    actor, company = require_administrator(request, "team.move")
    team = team_of(company, pk)
    context: dict[str, object] = {"team": team, "path": team_path(team)[:-1]}
    if request.method != "POST":
        form = TeamMoveForm(actor=actor, team=team)
        return page(request, "accounts/team_move.html", context | {"form": form})
    form = TeamMoveForm(request.POST, actor=actor, team=team)
    if form.is_valid():
        try:
            parent_id = form.cleaned_data["parent"]
            parent = _chosen(company, parent_id) if parent_id else None
            undoable = moving.move_team(team, parent, form.cleaned_data["version"], actor=actor)
        except Invalid as invalid:
            # The page has no name field: the error is that the name is taken at the new place.
            show_invalid(form, invalid, renamed={"name": "parent"})
        except Conflict:
            now = team_of(company, pk)
            fresh = TeamMoveForm(posted_again(request, now.version), actor=actor, team=now)
            typed, present = ({"parent": above.name if above else ""} for above in (parent, now.parent))
            context |= _conflict_context(now, form, fresh, typed, present, request.user)
            return page(request, "accounts/team_move.html", context)
        else:
            said = _("%(name)s was moved.") % {"name": isolated(team.name)}
            undo.say_done(request, said, undoable)
            return redirect("accounts:team_people", pk)
    return page(request, "accounts/team_move.html", context | {"form": form}, invalid=True)


def _chosen(company: Company, pk: int) -> Team:
    team = Team.objects.filter(company=company, pk=pk).first()
    if team is None:
        raise Invalid("parent", _("The parent team is no longer available. Choose another one."))
    return team


@require_http_methods(["GET", "HEAD", "POST"])
def team_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Deletes a team, after showing what that affects."""
    actor, company = require_administrator(request, "team.delete")
    team = team_of(company, pk)
    if request.method != "POST":
        return page(request, "accounts/team_delete.html", _touched(team))
    try:
        actions.delete_team(team, actor=actor)
    except Invalid as invalid:
        return page(
            request, "accounts/team_delete.html", _touched(team) | {"problem": invalid.message}, invalid=True
        )
    messages.success(request, _("%(name)s was deleted.") % {"name": isolated(team.name)})
    if team.parent_id:
        return redirect("accounts:team_people", team.parent_id)
    return redirect("accounts:team_list")


def _touched(team: Team) -> dict[str, object]:
    """What the confirmation names: people, address, teams below, groups and lists with it (rule 2.22)."""
    in_groups = consequences.in_groups()
    return {
        "team": team,
        "path": team_path(team)[:-1],
        "people": team.memberships.count(),
        "below": list(team.children.all()[: GROUPS_NAMED + 1]),
        "places": [
            (
                _("Groups that contain it"),
                _("They lose these people, unless they were also added another way:"),
                *_named(in_groups.groups_with_team(team)),
            ),
            (
                _("Mailing lists"),
                _("These people are no longer designated to send, unless they are in another way:"),
                *_named(in_groups.lists_with_team(team)),
            ),
        ],
    }


def _named(groups: QuerySet[Named]) -> tuple[list[Named], int]:
    """The first few, and how many more there are."""
    return list(groups.order_by("name_sort__collated", "id")[:GROUPS_NAMED]), max(
        0, groups.count() - GROUPS_NAMED
    )
