"""A person's photo, for people who may know of the person (rule 6.4)."""

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts import consequences
from accounts.request import MemberRequest
from groupadmin.base.pictures import picture_answer


@require_safe
def member_photo(request: MemberRequest, pk: int) -> HttpResponseBase:
    """One's own photo, a colleague's, and those of people known through a group or as a contact."""
    viewer = request.user
    person = viewer if pk == viewer.pk else consequences.in_groups().get_person_for(viewer, pk)
    if not person.photo:
        raise Http404
    return picture_answer(request, person.photo)
