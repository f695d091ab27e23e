"""What pickers ask while somebody types, browses or pastes."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor, Refused
from accounts.permissions import may_administer
from groups import permissions
from groups.models import Feature, Group
from groups.permissions import Act
from groups.pickers import PickScope, Purpose
from groups.pickers.addresses import resolve
from groups.pickers.choice import describe
from groups.pickers.fields import CHIPS_SHOWN, too_much
from groups.pickers.search import MOST_RESULTS, search
from groups.pickers.tokens import is_token, parse
from groups.pickers.tree import level
from groups.room.access import enter


def scope_of(request: HttpRequest) -> PickScope:
    """What the asker may choose from: only those may ask who could save the form that they pick for."""
    actor = Actor.of(request)
    try:
        purpose = Purpose(request.GET.get("purpose", ""))
        kind = Group.Kind(request.GET.get("kind", Group.Kind.INTERNAL))
    except ValueError:
        raise Http404 from None
    if raw := request.GET.get("group", ""):
        if purpose is Purpose.ASSIGNEES:
            group = enter(actor, _id(raw), Feature.TASK).group
            return PickScope(actor, group.company, group.kind, purpose, group)
        group = permissions.get_group_for(actor, _id(raw), Act.EDIT)
        if purpose is Purpose.CONTACTS and not group.is_external:
            raise Http404
        return PickScope(actor, group.company, group.kind, purpose, group)
    company = actor.member.company if actor.member else None
    if company is None or purpose in (Purpose.CONTACTS, Purpose.ASSIGNEES):
        raise Http404
    may = permissions.may_create_groups
    if purpose in (Purpose.PEOPLE, Purpose.CROWD, Purpose.TEAMS):
        may = may_administer
    elif kind == Group.Kind.EXTERNAL:
        may = permissions.may_create_external_groups
    if not (verdict := may(actor, company)):
        raise Refused("pick", verdict.reason, company=company)
    return PickScope(actor, company, kind, purpose)


def _id(raw: str) -> int:
    token = f"team:{raw}"
    if not is_token(token):
        raise Http404
    return int(raw)


@require_safe
def pick(request: HttpRequest) -> HttpResponse:
    """The options for what was typed (`q`)."""
    scope = scope_of(request)
    choices = search(scope, request.GET.get("q", ""))
    count = len(choices)
    said = ngettext("%(count)d result", "%(count)d results", count) % {"count": count}
    if count >= MOST_RESULTS:
        said = _("The first %(count)d results. Type more to narrow them down.") % {"count": count}
    if not count:
        said = _("Nothing found that can be chosen here.")
    return render(request, "groups/pickers/options.html", {"choices": choices, "said": said})


@require_safe
def pick_teams(request: HttpRequest) -> HttpResponse:
    """One level of the organization chart: what is below the team `parent`, or the top."""
    scope = scope_of(request)
    parent = request.GET.get("parent", "")
    after = request.GET.get("after", "")
    if after and not is_token(after):
        raise Http404
    context = {
        "level": level(scope, _id(parent) if parent else None, after),
        "parent": parent,
        "chooses_teams": scope.takes_teams,
    }
    return render(request, "groups/pickers/level.html", context)


@require_POST
def pick_paste(request: HttpRequest) -> HttpResponse:
    """What a pasted list of addresses stands for, and which of them were not found."""
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
            "chips": render_to_string("groups/pickers/chips.html", chips),
            "missing": missing,
            "report": report if missing else "",
        }
    )
