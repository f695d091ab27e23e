"""A person's photo, for whoever may know of the person (spec 6.4)."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.pictures import picture_answer
from groups import permissions


@require_safe
def member_photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One's own, a colleague's, and that of people whom one knows by a group or as a contact."""
    viewer = Actor.of(request).member
    assert isinstance(viewer, Member)  # noqa: S101  (Actor.of a request has one)
    person = viewer if pk == viewer.pk else permissions.get_person_for(viewer, pk)
    if not person.photo:
        raise Http404
    return picture_answer(request, person.photo)
