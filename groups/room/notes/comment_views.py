"""Comments on notes (rule 3.5)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.request import MemberRequest
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groupadmin.base.partials import fills
from groupadmin.base.text import isolated
from groups.models import Feature, Note, NoteComment
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of
from groups.room.permissions import RoomAct, check

from . import actions, reading
from .views import note_page, offer_as_note


@require_POST
def comment_add(request: MemberRequest, pk: int, note_pk: int) -> HttpResponse:
    """Adds a comment."""
    here = entered(request, pk, Feature.NOTE)
    try:
        shown = reading.note_for(here, note_pk)
        comment = actions.add_comment(here.group, shown.pk, request.POST.get("text", ""), actor=here.actor)
    except Gone:
        return offer_as_note(request, here, _submitted_text(request))
    except Invalid as problem:
        context = {"problem": problem.message, "entered_text": _submitted_text(request)}
        return note_page(request, here, shown, status=422, **context)
    if fills(request, "comments"):
        return note_page(request, here, shown)
    return redirect(_place(shown, comment))


def _submitted_text(request: MemberRequest) -> str:
    return request.POST.get("text", "")[: actions.COMMENT_CODE_POINTS * 3]


def _place(shown: Note, comment: NoteComment) -> str:
    # Its id is in the query too: a browser already on the page would only scroll.
    address = reverse("room:note", args=[shown.group_id, shown.pk])
    return f"{address}?comment={comment.pk}#comment-{comment.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: MemberRequest, pk: int, note_pk: int, comment_pk: int) -> HttpResponse:
    """Edits one's own comment, inline or on a page."""
    here = entered(request, pk, Feature.NOTE)
    try:
        return _edit(request, here, note_pk, comment_pk)
    except Gone:
        if request.method != "POST":
            raise
    return _gone(request, here, note_pk, comment_pk)


def _gone(request: MemberRequest, here: Entered, note_pk: int, comment_pk: int) -> HttpResponse:
    """Someone has deleted it: the entered text can become a new comment."""
    try:
        shown = reading.note_for(here, note_pk)
    except Gone:
        answer = offer_as_note(request, here, _submitted_text(request))
        answer["HX-Retarget"], answer["HX-Reswap"] = "body", "innerHTML"
        return answer
    context = {"note": shown, "comment": NoteComment(pk=comment_pk), "entered_text": _submitted_text(request)}
    return _form(request, here, context | {"is_gone": True}, status=409)


def _edit(request: MemberRequest, here: Entered, note_pk: int, comment_pk: int) -> HttpResponse:
    shown = reading.note_for(here, note_pk)
    comment = reading.comment_for(shown, comment_pk)
    check(here, RoomAct.EDIT_COMMENT, comment)
    context: dict[str, Any] = {"note": shown, "comment": comment, "entered_text": comment.text}
    if request.method == "POST":
        try:
            actions.change_comment(
                here.group, shown.pk, comment.pk, request.POST.get("text", ""), actor=here.actor
            )
        except Invalid as problem:
            context |= {"problem": problem.message, "entered_text": _submitted_text(request)}
            return _form(request, here, context, status=422)
        return _line(request, here, shown, comment.pk)
    if request.GET.get("as") == "line":
        return _line(request, here, shown, comment.pk)
    return _form(request, here, context)


def _form(
    request: MemberRequest, here: Entered, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context |= {"group": here.group, "text_length": actions.COMMENT_LENGTH}
    if request.htmx:
        answer = render(request, "room/note_comment.html#form", context, status=status)
        if status != 200:
            # Replaces the form that was sent, not the whole comment.
            answer["HX-Retarget"] = f"#comment-{context['comment'].pk} .comment-text"
        return answer
    return render(request, "room/note_comment.html", frame_of(here) | context, status=status)


def _line(request: MemberRequest, here: Entered, shown: Note, comment_pk: int) -> HttpResponse:
    """The current comment: alone for htmx, else on the note's page."""
    comment = reading.comment_for(shown, comment_pk)
    if not request.htmx:
        return redirect(_place(shown, comment))
    context = {"group": here.group, "note": shown, "line": reading.comment_line(here, comment)}
    return render(request, "room/_note_comment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def comment_delete(request: MemberRequest, pk: int, note_pk: int, comment_pk: int) -> HttpResponse:
    """Deletes a comment, after asking (rule 10.12)."""
    here = entered(request, pk, Feature.NOTE)
    shown = reading.note_for(here, note_pk)
    if request.method != "POST":
        return ask(request, _deleting(here, shown, comment_pk))
    actions.delete_comment(here.group, shown.pk, comment_pk, actor=here.actor)
    if request.htmx and request.htmx.target:
        return HttpResponse("")
    return redirect("room:note", here.group.pk, shown.pk)


def _deleting(here: Entered, shown: Note, comment_pk: int) -> Question:
    comment = reading.comment_for(shown, comment_pk)
    check(here, RoomAct.DELETE_COMMENT, comment)
    heading = _("Delete this comment?")
    if comment.author_id != here.member.pk:
        heading = _("Delete this comment from %(who)s?") % {"who": isolated(comment.author_name)}
    return Question(
        heading=heading,
        answer=_("Delete comment"),
        back=reverse("room:note", args=[shown.group_id, shown.pk]),
        lines=[Touched("trash-2", _("It is deleted for everyone. This cannot be undone."))],
        fills=f"comment-{comment.pk}",
    )
