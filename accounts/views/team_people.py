"""A team's page: who is in it, and adding people (rule 1.3)."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import teams as actions
from accounts.forms.team import TeamPeopleForm
from accounts.models import Member, Team
from accounts.request import MemberRequest
from accounts.search import find_members, with_children
from accounts.tree import count_people_of_teams, people_of_teams, team_path
from accounts.undo.teams import remove_person
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.partials import fills, render_partial
from groupadmin.base.text import isolated

from .lookups import member_of, page, page_by_name, require_administrator, search_query, team_of
from .teams import Branch
from .undo import say_done

TEAMS_SHOWN = 100


@require_safe
def team_people(request: MemberRequest, pk: int) -> HttpResponse:
    """A team with its people and the teams below it."""
    _actor, company = require_administrator(request, "team.see")
    team = team_of(company, pk)
    typed, show = search_query(request), request.GET.get("show", "")
    show = show if show == "below" else ""
    context: dict[str, object] = {
        "team": team,
        "page": page_by_name(people_of_list(team, typed, show), request, "q", "show"),
        "q": typed,
        "show": show,
    }
    if not fills(request, "results"):
        context |= _surroundings(team)
    return render_partial(request, "accounts/team_people.html", context, target="results", partial="results")


def _surroundings(team: Team) -> dict[str, object]:
    """What the page shows around the list: the team's path, the teams below it, and how many people."""
    below = with_children(team.children.all()).select_related("address__domain")
    children = list(below.order_by("name_sort__collated", "id")[: TEAMS_SHOWN + 1])
    people = count_people_of_teams([team.pk, *(child.pk for child in children[:TEAMS_SHOWN])])
    return {
        "path": team_path(team)[:-1],
        "branches": [Branch(child, people[child.pk], []) for child in children[:TEAMS_SHOWN]],
        "has_more_teams": len(children) > TEAMS_SHOWN,
        "in_team": team.memberships.filter(member__is_active=True).count(),
        "in_all": people[team.pk],
    }


def people_of_list(team: Team, typed: str, show: str) -> QuerySet[Member]:
    """The team's own people, including inactive ones; or the active ones of the teams below as well."""
    people = find_members(team.company, typed) if typed else Member.objects.filter(company=team.company_id)
    if show == "below":
        return people.filter(pk__in=people_of_teams([team.pk]).values("pk"))
    return people.filter(pk__in=team.memberships.values("member"))


@require_http_methods(["GET", "HEAD", "POST"])
def team_people_add(request: MemberRequest, pk: int) -> HttpResponse:
    """Adds people to a team."""
    actor, company = require_administrator(request, "team.set_people")
    team = team_of(company, pk)
    context: dict[str, object] = {"team": team, "path": team_path(team)}
    if request.method != "POST":
        form = TeamPeopleForm(actor=actor, company=company)
        return page(request, "accounts/team_people_add.html", context | {"form": form})
    form = TeamPeopleForm(request.POST, actor=actor, company=company)
    if form.is_valid():
        chosen = form.cleaned_data["people"].members
        try:
            actions.set_team_people(team, chosen, frozenset(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            done = ngettext("%(count)s person was added.", "%(count)s people were added.", len(chosen))
            messages.success(request, done % {"count": f"{len(chosen):,}"})
            return redirect("accounts:team_people", pk)
    return page(request, "accounts/team_people_add.html", context | {"form": form}, invalid=True)


@require_POST
def team_people_remove(request: MemberRequest, pk: int, member_pk: int) -> HttpResponse:
    """Removes one person from a team."""
    actor, company = require_administrator(request, "team.set_people")
    team = team_of(company, pk)
    member = member_of(company, member_pk)
    undoable = remove_person(team, member, actor=actor)
    said = _("%(name)s is no longer in this team.") % {"name": isolated(member.name)}
    say_done(request, said, undoable)
    return redirect("accounts:team_people", pk)
