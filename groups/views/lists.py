"""The lists of groups (rule 5.5)."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.bulk.bar import bar_of
from accounts.models import Domain, Member
from accounts.permissions import may_administer
from accounts.request import MemberRequest
from groupadmin.base.partials import render_partial
from groups import permissions
from groups.bulk.groups import GROUPS
from groups.first_steps import FirstSteps
from groups.listing.masterless import some_without_master
from groups.listing.query import Scope, Sort, Wanted, page_for, rows_of
from groups.models import ROOM_FEATURES, Feature, Group

WITHOUT_MASTER_SHOWN = 5
UNPROVEN_SHOWN = 5


@dataclass(frozen=True)
class Choice:
    """A link to another list: a filter to set or clear, an order."""

    label: str
    href: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Column:
    """A heading that sorts."""

    href: str
    direction: str = ""


@require_safe
def all_groups(request: MemberRequest) -> HttpResponse:
    """All groups the viewer may see."""
    return _list(request, Scope.ALL)


@require_safe
def managed(request: MemberRequest) -> HttpResponse:
    """Groups the viewer is a master of."""
    return _list(request, Scope.MANAGED)


@require_safe
def belonging(request: MemberRequest) -> HttpResponse:
    """Groups the viewer is effectively in."""
    return _list(request, Scope.BELONGING)


def _list(request: MemberRequest, scope: Scope) -> HttpResponse:
    actor, member = Actor.of(request), request.user
    wanted = Wanted.read(request.GET)
    page = page_for(member, scope, wanted, request.GET)
    administers = bool(may_administer(actor, member.company))
    is_whole = wanted == Wanted() and not page.previous
    context = {
        "scope": scope,
        "title": title_of(scope, administers=administers),
        "wanted": wanted,
        "page": page,
        "rows": rows_of(member, page.rows),
        # Nothing to look through: neither search nor filters.
        "is_empty": is_whole and not page.rows,
        "new": request.GET.get("new", ""),
        "may_create": permissions.may_create_groups(actor, member.company),
        "may_create_external": permissions.may_create_external_groups(actor, member.company),
        "administers_company": administers and member.company is not None,
        "cleared": _href(request, wanted.cleared()),
        "unsearched": _href(request, replace(wanted, search="")),
        **_choices(request, wanted),
    }
    if scope is Scope.ALL and administers and member.company is not None:
        # Masters alone change their few groups one by one (rule 10.6).
        context["bulk"] = bar_of(GROUPS, page, replace(wanted, sort=Sort.NEWEST).query.urlencode())
    if scope is Scope.ALL and administers and is_whole:
        steps = _first_steps(member)
        context |= {"first_steps": steps} | _without_master(request, member)
        # The first step says it as well.
        context |= _unproven(member) if steps is None or steps.has_domain else {}
        context["has_deleted"] = not page.rows and _has_deleted(member)
    return render_partial(request, "groups/list.html", context, target="results", partial="results")


def _first_steps(administrator: Member) -> FirstSteps | None:
    """What leads on in a new company, until it is done or hidden (rule 1.14)."""
    if administrator.hides_first_steps:
        return None
    steps = FirstSteps.of(administrator)
    return None if steps.are_done else steps


def _has_deleted(administrator: Member) -> bool:
    return Group.objects.deleted().filter(company=administrator.company_id).exists()


def _without_master(request: MemberRequest, administrator: Member) -> dict[str, Any]:
    """The first groups that nobody runs, which need attention first (rule 2.15)."""
    if administrator.company is None:
        return {}
    found = some_without_master(administrator.company, WITHOUT_MASTER_SHOWN + 1)
    return {
        "without_master": found[:WITHOUT_MASTER_SHOWN],
        "all_without_master": _href(request, Wanted(no_master=True)) if found else "",
        "has_more_without_master": len(found) > WITHOUT_MASTER_SHOWN,
    }


def _unproven(administrator: Member) -> dict[str, Any]:
    """The domains in use that nobody has proven, or another company has (rule 1.9)."""
    states = (Domain.State.EXISTING, Domain.State.LOST)
    found = Domain.objects.filter(company=administrator.company, state__in=states)
    return {"unproven_domains": found[:UNPROVEN_SHOWN]}


def title_of(scope: Scope, *, administers: bool = True) -> str:
    """The heading of a list."""
    if scope is Scope.MANAGED:
        return _("Groups I manage")
    if scope is Scope.BELONGING:
        return _("Groups I belong to")
    return _("Groups") if administers else _("All groups")


def _href(request: MemberRequest, wanted: Wanted) -> str:
    query = wanted.query.urlencode()
    return f"{request.path}?{query}" if query else request.path


def _choices(request: MemberRequest, wanted: Wanted) -> dict[str, Any]:
    """The filters, as pills and as a menu of features, and the orders, as headings and as a menu."""

    def toggle(label: str, is_chosen: bool, **change: Any) -> Choice:
        return Choice(label, _href(request, replace(wanted, **change)), is_chosen)

    def one_of(name: str, value: str, label: str) -> Choice:
        is_chosen = getattr(wanted, name) == value
        return toggle(label, is_chosen, **{name: "" if is_chosen else value})

    def feature(feature: Feature, label: str) -> Choice:
        return Choice(label, _href(request, wanted.toggled(feature)), feature in wanted.features)

    orders = {
        Sort.NEWEST: _("Newest first"),
        Sort.OLDEST: _("Oldest first"),
        Sort.NAME: _("Name, A to Z"),
        Sort.NAME_BACKWARDS: _("Name, Z to A"),
    }
    menu = [feature(one, str(one.label)) for one in ROOM_FEATURES]
    return {
        "filters": [
            Choice(_("All"), _href(request, wanted.cleared()), not wanted.narrows),
            one_of("kind", Group.Kind.INTERNAL, _("Internal")),
            one_of("kind", Group.Kind.EXTERNAL, _("External")),
            one_of("visibility", "private", _("Private")),
            one_of("visibility", "public", _("Public")),
            feature(Feature.MAILING_LIST, _("With mailing list")),
        ],
        "warnings": [
            toggle(_("No master"), wanted.no_master, no_master=not wanted.no_master),
            toggle(_("No members"), wanted.no_members, no_members=not wanted.no_members),
        ],
        "features": menu,
        "features_chosen": [choice for choice in menu if choice.is_chosen],
        "orders": [toggle(label, wanted.sort is sort, sort=sort) for sort, label in orders.items()],
        "by_name": _column(request, wanted, Sort.NAME, Sort.NAME_BACKWARDS, Sort.NAME),
        "by_creation": _column(request, wanted, Sort.OLDEST, Sort.NEWEST, Sort.NEWEST),
    }


def _column(request: MemberRequest, wanted: Wanted, up: Sort, down: Sort, first: Sort) -> Column:
    """A heading that sorts one way, or the other way if already sorted."""
    direction = {up: "ascending", down: "descending"}.get(wanted.sort, "")
    other = {up: down, down: up}.get(wanted.sort, first)
    return Column(_href(request, replace(wanted, sort=other)), direction)
