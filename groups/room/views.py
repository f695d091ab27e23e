"""A person's rooms, the way into a room, and its files.

Files are for members of the group alone, while the feature is on (rules 2.16, 3.3).
"""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.actor import Actor, Refused
from accounts.request import MemberRequest
from groups import permissions
from groups.models import Feature, FileVersion, StoredFile
from groups.permissions import Act

from .access import SwitchedOff, entered, features_on
from .frame import PAGES
from .messages.reading import Reading
from .unread import rooms_of
from .uploads import files

ROOMS_AT_MOST = 200


@require_safe
def my_rooms(request: MemberRequest) -> HttpResponse:
    """One's rooms, by last activity (rule 5.5)."""
    viewer = request.user
    rooms = rooms_of(viewer, ROOMS_AT_MOST + 1)
    context = {
        "rooms": rooms[:ROOMS_AT_MOST],
        "has_more": len(rooms) > ROOMS_AT_MOST,
        "at_most": ROOMS_AT_MOST,
        "viewer": viewer,
    }
    return render(request, "room/list.html", context)


@require_safe
def room(request: MemberRequest, pk: int) -> HttpResponse:
    """Redirects to the first feature that is on; masters outside the group to its page (rule 2.12)."""
    actor, viewer = Actor.of(request), request.user
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if not group.has(Feature.MESSAGE):
        raise SwitchedOff(group)
    if not (verdict := permissions.may(actor, Act.USE_ROOM, group)):
        if not permissions.is_master_of(viewer, group):
            raise Refused(Act.USE_ROOM, verdict.reason, target=group)
        messages.info(request, str(verdict.reason))
        return redirect("groups:detail", pk=group.pk)
    return redirect(PAGES[features_on(group)[0]], pk=group.pk)


@require_safe
def download(request: MemberRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The file itself, always as an attachment."""
    return files.answer(request, _stored(request, pk, file_pk))


@require_safe
def preview(request: MemberRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A picture's small copy."""
    return files.answer(request, _stored(request, pk, file_pk), preview=True)


def _stored(request: MemberRequest, pk: int, file_pk: int) -> StoredFile:
    stored = StoredFile.objects.filter(pk=file_pk, group=pk).first()
    # In this order, so that a missing group and one hidden from the requester answer alike.
    feature = Feature(stored.feature) if stored else Feature.MESSAGE
    here = entered(request, pk, feature)
    if stored is None:
        raise Http404
    message = stored.message
    # Nothing of recalled messages, or of those from before they joined, is shown (rule 3.7).
    if message is not None and (message.recalled_at is not None or not Reading(here).may_see(message)):
        raise Http404
    if stored.feature == Feature.FOLDER and not _is_in_a_folder(stored):
        raise Http404
    return stored


def _is_in_a_folder(stored: StoredFile) -> bool:
    """Whether it belongs to a file that is not in the bin."""
    return FileVersion.objects.filter(stored=stored, folder_file__binned_at__isnull=True).exists()
