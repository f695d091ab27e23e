"""The URLs that pickers query while somebody types, browses or pastes.

One set of views serves all pickers. The function passed to `urls_for` determines the scope, and whether the
requester may use it.
"""

from collections.abc import Callable

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor, Refused
from accounts.permissions import may_administer
from accounts.request import MemberRequest
from groupadmin.base.ids import parse_id

from .addresses import resolve
from .describing import describe
from .fields import CHIPS_SHOWN, too_much
from .scope import CompanyScope, Purpose, Scope
from .search import MOST_RESULTS, search
from .tokens import is_token, parse
from .tree import level

ScopeOf = Callable[[MemberRequest], Scope]
"""Raises Refused or Http404 unless the requester could save the form that they pick for."""


def urls_for(scope_of: ScopeOf) -> list[URLPattern]:
    """The URLs that pickers with such scopes query."""
    return [
        path("pick/", pick, {"scope_of": scope_of}, name="pick"),
        path("pick/teams/", pick_teams, {"scope_of": scope_of}, name="pick_teams"),
        path("pick/paste/", pick_paste, {"scope_of": scope_of}, name="pick_paste"),
    ]


def company_scope_of(request: MemberRequest) -> CompanyScope:
    """Administrators pick people and teams of their company."""
    actor = Actor.of(request)
    company = request.user.company
    try:
        purpose = Purpose(request.GET.get("purpose", ""))
    except ValueError:
        raise Http404 from None
    if company is None:
        raise Http404
    if not (verdict := may_administer(actor, company)):
        raise Refused("member.pick", verdict.reason, company=company)
    return CompanyScope(actor, company, purpose)


@require_safe
def pick(request: MemberRequest, scope_of: ScopeOf) -> HttpResponse:
    """The options for the text `q`."""
    scope = scope_of(request)
    choices = search(scope, request.GET.get("q", ""))
    count = len(choices)
    said = ngettext("%(count)d result", "%(count)d results", count) % {"count": count}
    if count >= MOST_RESULTS:
        said = _("These are the first %(count)d results. Type more to narrow them down.") % {"count": count}
    if not count:
        said = scope.why_nobody() or _("Nothing found that you can choose here.")
    return render(request, "pickers/options.html", {"choices": choices, "said": said})


@require_safe
def pick_teams(request: MemberRequest, scope_of: ScopeOf) -> HttpResponse:
    """One level of the organization chart: what is below the team `parent`, or the top."""
    scope = scope_of(request)
    parent = request.GET.get("parent", "")
    after = request.GET.get("after", "")
    below = parse_id(parent)
    if (parent and below is None) or (after and not is_token(after)):
        raise Http404
    found = level(scope, below, after)
    context = {
        "level": found,
        "nothing": "" if found.choices else scope.why_nobody(),
        "parent": parent,
        "chooses_teams": scope.takes_teams,
    }
    return render(request, "pickers/level.html", context)


@require_POST
def pick_paste(request: MemberRequest, scope_of: ScopeOf) -> HttpResponse:
    """The choices for a pasted list of addresses, and which of them were not found."""
    scope = scope_of(request)
    typed = parse(request.POST.get("text", ""))
    if problem := too_much(typed):
        return JsonResponse({"problem": problem}, status=422)
    found = resolve(scope, typed.addresses)
    tokens = list(dict.fromkeys([*typed.tokens, *found.tokens.values()]))
    missing = [*found.missing, *typed.unknown]
    asked = len(typed.addresses) + len(typed.unknown)
    report = ngettext(
        "%(missing)s of %(asked)s address was not found",
        "%(missing)s of %(asked)s addresses were not found",
        asked,
    ) % {"missing": f"{len(missing):,}", "asked": f"{asked:,}"}
    chips = {"chips": describe(scope, tokens[:CHIPS_SHOWN])}
    return JsonResponse(
        {
            "tokens": tokens,
            "chips": render_to_string("pickers/chips.html", chips),
            "missing": missing,
            "report": report if missing else "",
        }
    )
