"""Note: posts with a title, formatted text and files (rule 3.5)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.request import MemberRequest
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.partials import render_partial
from groupadmin.base.text import clean_line, isolated
from groups.models import Feature, Note
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of
from groups.room.people import author_of
from groups.room.permissions import RoomAct, check, may
from groups.room.unread import mark_seen, newest_id, seen_id
from groups.room.uploads.files import request_bytes
from groups.room.uploads.views import keys_of

from . import actions, markdown, reading

TYPED_AT_MOST = 200
TAKEN_OFF_AT_MOST = 100


@require_safe
def note_list(request: MemberRequest, pk: int) -> HttpResponse:
    """The notes: pinned ones first, then the newest; or those that contain the query."""
    here = entered(request, pk, Feature.NOTE)
    query = clean_line(request.GET.get("q", ""))[:TYPED_AT_MOST]
    newest = newest_id(here.group, Feature.NOTE)
    context = frame_of(here) | {
        "listed": reading.listed(here, request.GET, query),
        "query": query,
        "newest": newest,
        "has_new": newest > seen_id(here),
    }
    return render_partial(request, "room/notes.html", context, target="notes", partial="list")


@require_POST
def notes_seen(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks the notes as seen."""
    here = entered(request, pk, Feature.NOTE)
    mark_seen(here, parse_id(request.POST.get("newest")) or 0)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("room:notes", pk=here.group.pk)


@require_safe
def note(request: MemberRequest, pk: int, note_pk: int) -> HttpResponse:
    """One note with its comments."""
    here = entered(request, pk, Feature.NOTE)
    return note_page(request, here, reading.note_for(here, note_pk))


def note_page(
    request: MemberRequest, here: Entered, shown: Note, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a note, perhaps with what is wrong with a comment."""
    comments, page = reading.comments_of(here, shown, request.GET)
    context = frame_of(here) | {
        "note": shown,
        "by": author_of(here, shown),
        "html": markdown.html_of(shown.text),
        "files": shown.files.order_by("pk"),
        "may_change": bool(may(here, RoomAct.EDIT_NOTE, shown)),
        "comments": comments,
        "page": page,
        "comment_length": actions.COMMENT_LENGTH,
    }
    return render(request, "room/note.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def note_add(request: MemberRequest, pk: int) -> HttpResponse:
    """The form for a new note."""
    here = entered(request, pk, Feature.NOTE)
    if request.method != "POST":
        return _form(request, here, {})
    submitted = _submitted(request)
    try:
        added = actions.add(
            here.group,
            submitted["title"],
            submitted["text"],
            request.FILES.getlist("files"),
            keys=keys_of(request),
            actor=here.actor,
        )
    except Invalid as problem:
        return _form(request, here, submitted | _problem(problem), status=422)
    return redirect("room:note", here.group.pk, added.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def note_edit(request: MemberRequest, pk: int, note_pk: int) -> HttpResponse:
    """Edits a note. Two people at once do not silently overwrite each other (as in rule 2.18)."""
    here = entered(request, pk, Feature.NOTE)
    try:
        return _edit(request, here, note_pk)
    except Gone:
        if request.method != "POST":
            raise
    # Someone has deleted it: the entered text can become a new note.
    return _form(request, here, _submitted(request) | {"is_gone": True}, status=409)


def offer_as_note(request: MemberRequest, here: Entered, text: str) -> HttpResponse:
    """A comment on a deleted note can become a note."""
    context = {"text": text, "is_gone": True, "is_comment": True}
    return _form(request, here, context, status=409, is_whole=True)


def _edit(request: MemberRequest, here: Entered, note_pk: int) -> HttpResponse:
    shown = reading.note_for(here, note_pk)
    check(here, RoomAct.EDIT_NOTE, shown)
    context: dict[str, Any] = {"note": shown, "files": shown.files.order_by("pk")}
    if request.method != "POST":
        saved = {"title": shown.title, "text": shown.text, "version": shown.version}
        return _form(request, here, context | saved)
    submitted = _submitted(request)
    taken_off = _taken_off(request)
    submitted |= {"taken_off": taken_off}
    try:
        actions.change(
            here.group,
            shown.pk,
            submitted["title"],
            submitted["text"],
            request.FILES.getlist("files"),
            taken_off,
            keys=keys_of(request),
            version=submitted["version"],
            actor=here.actor,
        )
    except Invalid as problem:
        return _form(request, here, context | submitted | _problem(problem), status=422)
    except Conflict:
        return _show_conflict(request, here, shown.pk, context | submitted)
    return redirect("room:note", here.group.pk, shown.pk)


def _show_conflict(
    request: MemberRequest, here: Entered, note_pk: int, context: dict[str, Any]
) -> HttpResponse:
    """Shows what the other person changed next to the entered text; saving again overwrites."""
    now = reading.note_for(here, note_pk)
    context |= {
        "note": now,
        "files": now.files.order_by("pk"),
        "version": now.version,
        "conflict": now,
        "title_differs": now.title != clean_line(context["title"]),
        "difference": reading.difference(now.text, actions.clean_body(context["text"])),
    }
    return _form(request, here, context, status=409)


def _submitted(request: MemberRequest) -> dict[str, Any]:
    return {
        "title": request.POST.get("title", "")[: actions.TITLE_CODE_POINTS * 3],
        "text": request.POST.get("text", "")[: actions.TEXT_CODE_POINTS * 3],
        "version": parse_id(request.POST.get("version")) or 0,
    }


def _taken_off(request: MemberRequest) -> list[int]:
    ids = [parse_id(value) for value in request.POST.getlist("taken_off")[:TAKEN_OFF_AT_MOST]]
    return [pk for pk in ids if pk is not None]


def _problem(problem: Invalid) -> dict[str, Any]:
    return {"problems": {problem.field or "text": problem.message}}


def _form(
    request: MemberRequest,
    here: Entered,
    context: dict[str, Any],
    *,
    status: int = 200,
    is_whole: bool = False,
) -> HttpResponse:
    """The form; for htmx only its messages, so that chosen files stay chosen."""
    most_bytes = request_bytes()
    context = {"title": "", "text": "", "problems": {}} | context
    context |= {
        "group": here.group,
        "title_length": actions.TITLE_LENGTH,
        "text_length": actions.TEXT_LENGTH,
        "files_at_most": actions.FILES_AT_MOST,
        "most_bytes": most_bytes,
        "most_megabytes": most_bytes // (1024 * 1024),
        "piece_bytes": settings.ROOM_PIECE_BYTES,
        "file_most": settings.ROOM_FILE_MAX_BYTES,
    }
    if status != 200 and request.htmx and not is_whole:
        return render(request, "room/note_form.html#feedback", context | {"is_feedback": True}, status=status)
    return render(request, "room/note_form.html", frame_of(here) | context, status=status)


@require_POST
def note_preview(request: MemberRequest, pk: int) -> HttpResponse:
    """Renders the entered text. Nothing is saved."""
    here = entered(request, pk, Feature.NOTE)
    context: dict[str, Any] = {"title": request.POST.get("title", "")[: actions.TITLE_CODE_POINTS]}
    try:
        text = actions.clean_body(request.POST.get("text", ""))
        context |= {"html": markdown.html_of(text)}
    except Invalid as problem:
        context |= {"problem": problem.message}
    if request.htmx:
        return render(request, "room/note_preview.html#preview", context)
    return render(request, "room/note_preview.html", frame_of(here) | context)


@require_http_methods(["GET", "HEAD", "POST"])
def note_delete(request: MemberRequest, pk: int, note_pk: int) -> HttpResponse:
    """Asks first, then deletes a note."""
    here = entered(request, pk, Feature.NOTE)
    shown = reading.note_for(here, note_pk)
    if request.method == "POST":
        actions.delete(here.group, shown.pk, actor=here.actor)
        messages.success(request, _("The note %(title)s was deleted.") % {"title": isolated(shown.title)})
        return redirect("room:notes", here.group.pk)
    check(here, RoomAct.DELETE_NOTE, shown)
    context = frame_of(here) | {
        "note": shown,
        "comment_count": shown.comments.count(),
        "file_count": shown.files.count(),
    }
    return render(request, "room/note_delete.html", context)


@require_POST
def note_pin(request: MemberRequest, pk: int, note_pk: int) -> HttpResponse:
    """Pins a note to the top (`pinned=1`), or unpins it."""
    here = entered(request, pk, Feature.NOTE)
    try:
        actions.pin(here.group, note_pk, request.POST.get("pinned") == "1", actor=here.actor)
    except Invalid as problem:
        messages.error(request, problem.message)
    return redirect("room:note", here.group.pk, note_pk)
