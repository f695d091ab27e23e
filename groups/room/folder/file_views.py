"""Files of folders: uploading, downloading, versions (rule 3.5)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.paging import page_of
from groupadmin.base.text import isolated
from groups.models import FileVersion
from groups.room.access import Entered
from groups.room.frame import frame_of
from groups.room.permissions import RoomAct, check, may
from groups.room.uploads import files, pieces
from groups.room.uploads.views import begin_response, json_problem, piece_response, size_of

from . import file_actions as actions
from . import reading
from .views import address_of, enter, show

FILES_AT_ONCE = 50
LATEST_FIRST = {"-number": int}
PAGE = 25


@require_POST
def upload(request: MemberRequest, pk: int) -> HttpResponse:
    """Takes small files: from a plain form, or one by one from a script that wants JSON."""
    here = enter(request, pk)
    folder = reading.live_folder(here.group, request.POST.get("folder", ""))
    added, problems = [], []
    into = folder.pk if folder else None
    for number, file in enumerate(request.FILES.getlist("files")[:FILES_AT_ONCE]):
        try:
            added.append(actions.add_file(here.group, into, file, place=number, actor=here.actor))
        except Invalid as invalid:
            problems.append({"name": file.name or "", "message": invalid.message})
    if _wants_json(request):
        if problems or not added:
            return json_problem(problems[0]["message"] if problems else _("Choose a file."))
        return _json_done(added[0])
    if not added and not problems:
        problems.append({"name": "", "message": _("Choose a file.")})
    if added:
        text = ngettext("%(count)d file was uploaded.", "%(count)d files were uploaded.", len(added))
        messages.success(request, text % {"count": len(added)})
    if problems:
        return show(request, here, folder, status=422, problems=problems)
    return redirect(address_of(here.group, folder))


def _wants_json(request: MemberRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _json_done(version: FileVersion) -> JsonResponse:
    return JsonResponse({"done": True, "message": _uploaded_text(version)})


def _uploaded_text(version: FileVersion) -> str:
    if version.number == 1:
        return _("Uploaded")
    return _("Uploaded as version %d: there was already a file with this name") % version.number


@require_POST
def upload_begin(request: MemberRequest, pk: int) -> HttpResponse:
    """Tells the script where to send the pieces of a large file, and how many bytes are already here."""
    here = enter(request, pk)
    folder = reading.live_folder(here.group, request.POST.get("folder", ""))
    return begin_response(request, here, "room:upload_piece", folder)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_piece(request: MemberRequest, pk: int, key: uuid.UUID) -> HttpResponse:
    """GET returns the number of bytes here; POST adds a piece, the last one the file to its folder."""
    here = enter(request, pk)
    upload = pieces.find(here, key)
    try:
        if answer := piece_response(request, here, upload):
            return answer
        return _json_done(actions.finish_upload(here.group, key, actor=here.actor))
    except Invalid as invalid:
        return json_problem(invalid.message)


@require_safe
def download(request: MemberRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file or one of its versions, always as an attachment."""
    here = enter(request, pk)
    item = reading.live_file(here.group, file_pk)
    number = request.GET.get("version", "")
    stored = actions.stored_of(here.group, item, _version(number) if number else None)
    return files.answer(request, stored, name=item.name)


def _version(text: str) -> int:
    number = size_of(text)
    if number > 2**31 - 1:
        raise Http404
    return number


@require_safe
def versions(request: MemberRequest, pk: int, file_pk: int) -> HttpResponse:
    """The page of a file: its preview and its earlier versions."""
    here = enter(request, pk)
    item = reading.live_file(here.group, file_pk)
    page = page_of(item.versions.select_related("stored__author"), LATEST_FIRST, request.GET, PAGE)
    newest = item.versions.select_related("stored__author").order_by("-number").first()
    path = reading.path_of(item.folder)
    context: dict[str, Any] = frame_of(here) | {
        "item": item,
        "is_only": newest is None or (len(page.rows) == 1 and not page.next and not page.previous),
        "token": reading.token_of(item),
        "deletable": {one.pk for one in page.rows if may(here, RoomAct.DELETE_FILE, one)},
        "newest": newest,
        "page": page,
        "path": path,
        "back": address_of(here.group, item.folder),
    }
    return render(request, "room/folder_file.html", context)


@require_POST
def restore_version(request: MemberRequest, pk: int, file_pk: int) -> HttpResponse:
    """Makes an old version the newest."""
    here: Entered = enter(request, pk)
    number = _version(request.POST.get("version", ""))
    version = actions.restore_version(here.group, file_pk, number, actor=here.actor)
    name = isolated(version.folder_file.name)
    messages.success(request, _("The earlier version of %(name)s was restored.") % {"name": name})
    return redirect("room:file_versions", here.group.pk, file_pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_version(request: MemberRequest, pk: int, file_pk: int, version_pk: int) -> HttpResponse:
    """Asks first, then deletes one version of a file permanently."""
    here = enter(request, pk)
    item = reading.live_file(here.group, file_pk)
    version = actions.version_for(item, version_pk)
    context: dict[str, Any] = {"item": item, "version": version}
    if request.method == "POST":
        number = _version(request.POST.get("number", ""))
        try:
            actions.delete_version(here.group, item.pk, version.pk, number, actor=here.actor)
        except Invalid as invalid:
            messages.error(request, invalid.message)
        else:
            text = _("Version %(number)d of %(name)s was deleted.")
            messages.success(request, text % {"number": number, "name": isolated(item.name)})
        return redirect("room:file_versions", here.group.pk, item.pk)
    check(here, RoomAct.DELETE_FILE, version)
    return render(request, "room/folder_version_delete.html", frame_of(here) | context)
