"""A group's photo, for whoever may see the group (spec 2.6)."""

import hashlib

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from groupadmin.base import pictures
from groups import permissions
from groups.models import Group
from groups.permissions import Act

SECONDS_KEPT = 24 * 60 * 60


@require_safe
def photo(request: HttpRequest, pk: int, size: str) -> HttpResponseBase:
    """In one of two sizes. Asked for with the group's version it may be kept, else not."""
    group = Group.objects.filter(pk=pk).first()
    if group is None or not permissions.may(Actor.of(request), Act.SEE, group):
        raise Http404
    file = {"small": group.photo_small, "room": group.photo}.get(size)
    if not file:
        raise Http404
    return photo_answer(request, file)


def photo_answer(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    """The file; asked for with a version it may be kept, else not."""
    # Storage never gives a name twice, so a name stands for its content.
    etag = f'"{hashlib.sha256(str(file.name).encode()).hexdigest()[:32]}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = FileResponse(file.open("rb"), content_type=pictures.TYPE)
        except FileNotFoundError:
            raise Http404 from None
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    if request.GET.get("v"):
        patch_cache_control(response, private=True, max_age=SECONDS_KEPT)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response
