"""What is said to a note (spec 3.5)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from groupadmin.base.errors import Invalid
from groups.models import Feature, Note, NoteComment
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of

from . import comment_actions as actions
from . import reading
from .views import lost_comment, note_page


@require_POST
def comment_add(request: HttpRequest, pk: int, note_pk: int) -> HttpResponse:
    """Says something to a note."""
    here = entered(request, pk, Feature.NOTE)
    try:
        shown = reading.note_for(here, note_pk)
        comment = actions.add(here.group, shown.pk, request.POST.get("text", ""), actor=here.actor)
    except Gone:
        return lost_comment(request, here, _typed(request))
    except Invalid as problem:
        context = {"problem": problem.message, "typed_text": _typed(request)}
        return note_page(request, here, shown, status=422, **context)
    return redirect(_place(shown, comment))


def _typed(request: HttpRequest) -> str:
    return request.POST.get("text", "")[: actions.TEXT_CODE_POINTS * 3]


def _place(shown: Note, comment: NoteComment) -> str:
    # Its number is in the query too: a browser that is on the page already would only scroll.
    address = reverse("room:note", args=[shown.group_id, shown.pk])
    return f"{address}?said={comment.pk}#comment-{comment.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: HttpRequest, pk: int, note_pk: int, comment_pk: int) -> HttpResponse:
    """Changes one's own comment, in its place or on a page."""
    here = entered(request, pk, Feature.NOTE)
    try:
        return _edit(request, here, note_pk, comment_pk)
    except Gone:
        if request.method != "POST":
            raise
    return _gone(request, here, note_pk, min(comment_pk, reading.LARGEST_ID))


def _gone(request: HttpRequest, here: Entered, note_pk: int, comment_pk: int) -> HttpResponse:
    """Somebody else deleted it meanwhile: what was typed can become a new one."""
    try:
        shown = reading.note_for(here, note_pk)
    except Gone:
        answer = lost_comment(request, here, _typed(request))
        answer["HX-Retarget"], answer["HX-Reswap"] = "body", "innerHTML"
        return answer
    context = {"note": shown, "comment": NoteComment(pk=comment_pk), "typed_text": _typed(request)}
    return _form(request, here, context | {"is_gone": True}, status=409)


def _edit(request: HttpRequest, here: Entered, note_pk: int, comment_pk: int) -> HttpResponse:
    shown = reading.note_for(here, note_pk)
    comment = reading.comment_for(shown, comment_pk)
    actions.check_edits(here, comment)
    context: dict[str, Any] = {"note": shown, "comment": comment, "typed_text": comment.text}
    if request.method == "POST":
        try:
            actions.change(here.group, shown.pk, comment.pk, request.POST.get("text", ""), actor=here.actor)
        except Invalid as problem:
            context |= {"problem": problem.message, "typed_text": _typed(request)}
            return _form(request, here, context, status=422)
        return _line(request, here, shown, comment.pk)
    if request.GET.get("as") == "line":
        return _line(request, here, shown, comment.pk)
    return _form(request, here, context)


def _form(request: HttpRequest, here: Entered, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context |= {"group": here.group, "text_length": actions.TEXT_LENGTH}
    if request.htmx:  # type: ignore[attr-defined]
        answer = render(request, "room/note_comment.html#form", context, status=status)
        if status != 200:
            # In the place of the form that was sent, not of the whole comment.
            answer["HX-Retarget"] = f"#comment-{context['comment'].pk} .comment-text"
        return answer
    return render(request, "room/note_comment.html", frame_of(here) | context, status=status)


def _line(request: HttpRequest, here: Entered, shown: Note, comment_pk: int) -> HttpResponse:
    """The comment as it is now: alone for htmx, else on the note's page."""
    comment = reading.comment_for(shown, comment_pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_place(shown, comment))
    context = {"group": here.group, "note": shown, "line": reading.comment_line(here, comment)}
    return render(request, "room/_note_comment.html", context)


@require_POST
def comment_delete(request: HttpRequest, pk: int, note_pk: int, comment_pk: int) -> HttpResponse:
    """Removes a comment."""
    here = entered(request, pk, Feature.NOTE)
    shown = reading.note_for(here, note_pk)
    actions.delete(here.group, shown.pk, min(comment_pk, reading.LARGEST_ID), actor=here.actor)
    if request.htmx and request.htmx.target:  # type: ignore[attr-defined]
        return HttpResponse("")
    return redirect("room:note", here.group.pk, shown.pk)
