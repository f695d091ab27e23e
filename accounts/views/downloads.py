"""Lists of members and teams as files, as they are shown and filtered (rules 1.2, 1.3, 8.1, 10.11)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.actions.downloads import record_download
from accounts.actor import Actor
from accounts.models import Address, Company, Member, Team, TeamMembership
from accounts.request import MemberRequest
from accounts.search import find_teams, listed_members
from accounts.tree import count_people_of_teams, team_paths
from groupadmin.base.downloads import Format, filters_of, in_batches, table_answer
from groupadmin.base.spreadsheets.writing import Cells

from .lookups import BY_NAME, clean_search, require_administrator, team_of
from .team_people import people_of_list


def download(
    request: MemberRequest,
    action: str,
    name: str,
    head: Callable[[], list[str]],
    rows: Iterable[Cells],
    *,
    target: Model | None = None,
    company: Company | None = None,
) -> HttpResponseBase:
    """The list as a file, recorded in the audit (rule 8.1). The caller has checked who may see it."""
    record_download(action, company, target, filters_of(request.POST), actor=Actor.of(request))
    return table_answer(Format.of(request.POST), name, head, rows)


@require_POST
def member_table(request: MemberRequest) -> HttpResponseBase:
    """The members that the list shows."""
    _actor, company = require_administrator(request, "member.download")
    people = listed_members(company, clean_search(request.POST), request.POST.get("show", ""))
    return download(
        request,
        "member.download",
        _("Members"),
        _member_head,
        _members(people),
        target=company,
        company=company,
    )


@require_POST
def team_people_table(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A team's people, or those of the teams below it as well."""
    _actor, company = require_administrator(request, "team.download")
    team = team_of(company, pk)
    people = people_of_list(team, clean_search(request.POST), request.POST.get("show", ""))
    return download(request, "team.download", team.name, _member_head, _members(people), target=team)


@require_POST
def team_table(request: MemberRequest) -> HttpResponseBase:
    """The whole organization chart, or the teams that a search finds."""
    _actor, company = require_administrator(request, "team.download")
    teams = find_teams(company, clean_search(request.POST)).select_related("address__domain")
    rows = in_batches(teams.order_by(*BY_NAME), _teams)
    return download(request, "team.download", _("Teams"), _team_head, rows, target=company, company=company)


def _member_head() -> list[str]:
    return [
        *(_("Name"), _("Email address"), _("Aliases"), _("Teams"), _("Active"), _("Administrator")),
        *(_("Can connect"), _("Employee number"), _("Job title"), _("Site"), _("Phone")),
    ]


def _members(people: QuerySet[Member]) -> Iterator[Cells]:
    return in_batches(people.select_related("company").order_by(*BY_NAME), _member_cells)


def _member_cells(people: list[Member]) -> Iterator[Cells]:
    aliases, teams = defaultdict[int, list[str]](list), defaultdict[int, list[int]](list)
    found = Address.objects.filter(member__in=people, kind=Address.Kind.ALIAS).select_related("domain")
    for address in found.order_by("local_part", "pk"):
        aliases[address.member_id or 0].append(str(address))
    places = TeamMembership.objects.filter(member__in=people).order_by("pk")
    for member_id, team_id in places.values_list("member_id", "team_id"):
        teams[member_id].append(team_id)
    paths = team_paths({pk for own in teams.values() for pk in own})
    yes_no = {True: _("yes"), False: _("no")}
    for one in people:
        yield [
            *(one.name, one.email, ", ".join(aliases[one.pk])),
            "; ".join(_path(paths[pk]) for pk in teams[one.pk] if pk in paths),
            *(yes_no[is_so] for is_so in (one.is_active, one.is_administrator, one.can_connect)),
            *(one.employee_number, one.job_title, one.site, one.phone),
        ]


def _team_head() -> list[str]:
    return [_("Team"), _("Name"), _("Description"), _("Email address"), _("People")]


def _teams(teams: list[Team]) -> Iterator[Cells]:
    pks = [team.pk for team in teams]
    paths, people = team_paths(pks), count_people_of_teams(pks)
    for team in teams:
        address = str(team.address) if team.address else ""
        yield [_path(paths[team.pk]), team.name, team.description, address, people[team.pk]]


def _path(teams: list[Team]) -> str:
    """From the top of the chart; no team's name has a slash."""
    return " / ".join(team.name for team in teams)
