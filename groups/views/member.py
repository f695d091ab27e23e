"""A person's page: all groups they are in, directly or not, and why."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.models import Address, Member, Team
from accounts.permissions import is_administrator_of, is_foreign, may_administer, shown_to
from accounts.request import MemberRequest
from accounts.tree import team_paths
from groupadmin.base import finding
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groupadmin.base.search_text import typed_words
from groups import permissions
from groups.membership import effective
from groups.membership.abroad import is_abroad
from groups.membership.reasons import Reasons, reasons_of_member
from groups.models import Group, Master

from .group import BY_NAME, PAGE, search_query

TEAMS_AT_MOST = 50
REPORTS_NAMED = 5

_CALLABLE = re.compile(r"[\d\s+().\-/]{3,}")


@dataclass(frozen=True)
class Belonging:
    """A row of the list of groups."""

    group: Group
    is_master: bool
    reasons: Reasons
    # Whether to name the group's company: not the viewer's.
    is_foreign: bool


@dataclass(frozen=True)
class Known:
    """What colleagues know of a person (rule 1.12): job, how to reach them, whom they work with."""

    person: Member
    # What a phone dials; empty if it is not a number alone.
    dialled: str
    reports: list[Member]
    more_reports: int
    # Whether the employee number and the days of employment are shown too.
    is_all: bool

    @classmethod
    def of(cls, person: Member, *, is_all: bool) -> "Known":
        reports = person.reports.active()
        named = list(reports[: REPORTS_NAMED + 1])
        more = reports.count() - REPORTS_NAMED if len(named) > REPORTS_NAMED else 0
        dialled = re.sub(r"[^\d+]", "", person.phone) if _CALLABLE.fullmatch(person.phone) else ""
        return cls(person, dialled, named[:REPORTS_NAMED], more, is_all)

    @property
    def manager(self) -> Member | None:
        return self.person.manager

    @property
    def is_worth_showing(self) -> bool:
        """Whether there is anything to show in the list of facts."""
        person = self.person
        own = (person.employee_number, person.starts_on, person.ends_on) if self.is_all else ()
        return any((person.site, person.phone, person.manager_id, self.reports, *own))


@require_safe
def member(request: MemberRequest, pk: int) -> HttpResponse:
    """For people from other companies: name, company, photo and the groups one may see (rule 6.4)."""
    viewer = request.user
    person = permissions.get_person_for(viewer, pk)
    context: dict[str, Any] = {
        "person": person,
        "viewer": viewer,
        "shown": shown_to(viewer, person),
        "may_edit": bool(may_administer(Actor.of(request), person.company)),
        "typed": search_query(request),
    }
    if context["shown"].is_colleague:
        aliases = Address.objects.filter(member=person, kind=Address.Kind.ALIAS)
        known = Known.of(person, is_all=context["may_edit"] or viewer == person)
        context |= {"aliases": aliases.select_related("domain"), "teams": _teams(person), "known": known}
    if is_administrator_of(viewer, person.company_id):
        context["is_abroad"] = is_abroad(person)
    context |= _belongings(request, person, viewer)
    return render_partial(request, "groups/member.html", context, target="groups", partial="groups")


def _teams(person: Member) -> list[tuple[Team, ...]]:
    """The path from the top of the chart to each of the person's teams."""
    own = person.team_memberships.order_by("team__name_sort__collated", "pk").values_list(
        "team_id", flat=True
    )
    pks = list(own[:TEAMS_AT_MOST])
    paths = team_paths(pks)
    return [tuple(paths[pk]) for pk in pks]


def groups_found(person: Member, typed: str, visible: QuerySet[Group]) -> QuerySet[Group]:
    """The groups that the person is in or runs, as far as the viewer may know, found by name (rule 2.21)."""
    groups = effective.groups_shown(person, visible) if person.is_active else visible.none()
    return groups.filter(finding.finds("name_search", typed)) if typed_words(typed) else groups


def _belongings(request: MemberRequest, person: Member, viewer: Member) -> dict[str, Any]:
    """A page of the groups that the person is in or runs, with the reasons."""
    visible = permissions.visible_groups(viewer)
    groups = groups_found(person, "", visible)
    found = groups_found(person, search_query(request), visible)
    page = page_of(found.select_related("company"), BY_NAME, request.GET, PAGE)
    why = reasons_of_member(person, page.rows, visible)
    masters = Master.objects.filter(member=person, group__in=[group.pk for group in page.rows])
    runs = set(masters.values_list("group_id", flat=True))
    return {
        "group_count": groups.count(),
        "page": page,
        "belongings": [
            Belonging(group, group.pk in runs, why[group.pk], is_foreign(viewer, group.company_id))
            for group in page.rows
        ],
    }
