"""Uploads in pieces, for a feature of a room (rule 3.5). A script sends them, and gets JSON."""

import uuid

from django.http import Http404, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_number
from groups.models import Feature, Folder, Upload
from groups.room.access import Entered, entered

from . import pieces

KEYS_AT_MOST = 100


@require_POST
def begin(request: MemberRequest, pk: int, feature: Feature) -> JsonResponse:
    """Where to send the pieces of a file for a note or a message, and how many bytes are already here."""
    return begin_response(request, entered(request, pk, feature), f"room:{feature.value}_upload_piece")


def begin_response(
    request: MemberRequest, here: Entered, name: str, folder: Folder | None = None
) -> JsonResponse:
    """The same; `name` is the URL for the pieces, and `folder` where the file goes."""
    sent = request.POST
    try:
        upload = pieces.begin(
            here.group,
            here.feature,
            sent.get("name", ""),
            size_of(sent.get("size", "")),
            sent.get("modified", "")[:40],
            folder=folder,
            actor=here.actor,
        )
    except Invalid as invalid:
        return json_problem(invalid.message)
    url = reverse(name, args=[here.group.pk, upload.key])
    return JsonResponse({"url": url, "key": str(upload.key), "received": pieces.received(upload) or 0})


@require_http_methods(["GET", "HEAD", "POST"])
def piece(request: MemberRequest, pk: int, key: uuid.UUID, feature: Feature) -> JsonResponse:
    """GET returns the number of bytes received; POST adds a piece, or cancels the upload."""
    here = entered(request, pk, feature)
    upload = pieces.find(here, key)
    try:
        done = {"done": True, "key": str(key), "message": _("Uploaded")}
        return piece_response(request, here, upload) or JsonResponse(done)
    except Invalid as invalid:
        return json_problem(invalid.message)


def piece_response(request: MemberRequest, here: Entered, upload: Upload) -> JsonResponse | None:
    """The response to a piece; None if the file is now complete. Raises Invalid."""
    if request.method != "POST":
        return JsonResponse({"received": pieces.received(upload)})
    if "cancel" in request.POST:
        pieces.cancel(here.group, here.feature, upload.key, actor=here.actor)
        return JsonResponse({"cancelled": True})
    offset = size_of(request.POST.get("offset", ""))
    sent = request.FILES.get("piece")
    received = pieces.add_piece(here.group, here.feature, upload.key, offset, sent, actor=here.actor)
    return JsonResponse({"received": received}) if received < upload.size else None


def size_of(text: str) -> int:
    """A number of bytes. Raises Http404 for anything else."""
    size = parse_number(text)
    if size is None:
        raise Http404
    return size


def json_problem(message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=422)


def keys_of(request: MemberRequest) -> list[uuid.UUID]:
    """The keys of the uploads that belong to a form."""
    keys = []
    for text in request.POST.getlist("arrived")[:KEYS_AT_MOST]:
        try:
            keys.append(uuid.UUID(text))
        except ValueError:
            # Nobody's upload: handled like one that no longer exists.
            keys.append(uuid.UUID(int=0))
    return keys
