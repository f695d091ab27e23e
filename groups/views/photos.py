"""A group's photo, for those who may see the group (rule 2.6)."""

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.request import MemberRequest
from groupadmin.base.pictures import picture_answer
from groups import permissions
from groups.models import Group
from groups.permissions import Act


@require_safe
def photo(request: MemberRequest, pk: int, size: str) -> HttpResponseBase:
    """In one of two sizes. Cached only if requested with the group's version."""
    group = Group.objects.filter(pk=pk).first()
    if group is None or not permissions.may(Actor.of(request), Act.SEE, group):
        raise Http404
    file = {"small": group.photo_small, "room": group.photo}.get(size)
    if not file:
        raise Http404
    return picture_answer(request, file)
