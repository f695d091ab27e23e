"""The rooms of a person, and the way into one."""

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from groups import directory, permissions
from groups.models import Group
from groups.permissions import Act
from groups.room.frame import PAGES, features_on
from groups.views.group import viewer_of

ROOMS_AT_MOST = 200


@require_safe
def my_rooms(request: HttpRequest) -> HttpResponse:
    """The rooms that one is in, by their last activity (spec 5.5)."""
    viewer = viewer_of(request)
    rooms = Group.objects.filter(
        pk__in=directory.belonging_ids(viewer), message=True, deleted_at__isnull=True
    )
    newest = rooms.select_related("company", "room").order_by(
        F("room__last_activity_at").desc(nulls_last=True), "name_sort", "pk"
    )
    return render(request, "room/list.html", {"rooms": newest[:ROOMS_AT_MOST], "viewer": viewer})


@require_safe
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to the first feature that is on."""
    group = permissions.get_group_for(Actor.of(request), pk, Act.USE_ROOM)
    for feature in features_on(group):
        return redirect(PAGES[feature], pk=group.pk)
    raise Http404
