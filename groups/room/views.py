"""The rooms of a person, and the way into one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.actor import Actor, Refused
from groups import permissions
from groups.permissions import Act
from groups.views.group import viewer_of

from .frame import PAGES, features_on
from .rooms import rooms_of

ROOMS_AT_MOST = 200


@require_safe
def my_rooms(request: HttpRequest) -> HttpResponse:
    """The rooms that one is in, by their last activity (spec 5.5)."""
    viewer = viewer_of(request)
    rooms = rooms_of(viewer, ROOMS_AT_MOST + 1)
    context = {
        "rooms": rooms[:ROOMS_AT_MOST],
        "has_more": len(rooms) > ROOMS_AT_MOST,
        "at_most": ROOMS_AT_MOST,
        "viewer": viewer,
    }
    return render(request, "room/list.html", context)


@require_safe
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to the first feature that is on, or a master who is no member to where they become one (2.12)."""
    actor, viewer = Actor.of(request), viewer_of(request)
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if not (verdict := permissions.may(actor, Act.USE_ROOM, group)):
        if not permissions.is_master_of(viewer, group):
            raise Refused(Act.USE_ROOM, verdict.reason, target=group)
        messages.info(request, str(verdict.reason))
        return redirect("groups:detail", pk=group.pk)
    for feature in features_on(group):
        return redirect(PAGES[feature], pk=group.pk)
    raise Http404
