"""The Message pages (rule 3.5)."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import colleagues, shown_to
from accounts.request import MemberRequest
from accounts.search import known_as
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_id, parse_number
from groupadmin.base.partials import fills, render_partial
from groupadmin.base.search_text import typed_words
from groupadmin.base.text import clean_line, fold, isolated
from groups import permissions
from groups.models import Feature, Message
from groups.permissions import Act
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of
from groups.room.permissions import RoomAct, check
from groups.room.unread import mark_seen, seen_id
from groups.room.uploads.files import request_bytes
from groups.room.uploads.views import keys_of

from . import actions, polling
from . import reading as reading_of
from .changes import change_count
from .reading import Reading, Slice

TEMPLATE = "room/messages.html"
TYPED_AT_MOST = 200
PEOPLE_AT_ONCE = 8
CHOSEN_AT_MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: MemberRequest, pk: int) -> HttpResponse:
    """The messages, newest at the bottom, and the form for a new one."""
    here = entered(request, pk, Feature.MESSAGE)
    if request.method == "POST":
        return _send(request, here)
    reading = Reading(here)
    if query := clean_line(request.GET.get("q", ""))[:TYPED_AT_MOST]:
        return _found(request, reading, query)
    wanted = _slice(request, reading)
    for target in ("older", "newer"):
        if fills(request, target):
            return _with_change(render(request, f"{TEMPLATE}#{target}_slice", _shown(here, wanted)), wanted)
    if fills(request, "reply"):
        return render(request, f"{TEMPLATE}#reply", _composer(request, reading))
    return _page(request, reading, wanted)


def _slice(request: MemberRequest, reading: Reading) -> Slice:
    if (before := parse_number(request.GET.get("before"))) is not None:
        return reading_of.slice_before(reading, before)
    if (after := parse_number(request.GET.get("after"))) is not None:
        return reading_of.slice_after(reading, after)
    if (at := parse_number(request.GET.get("at"))) is not None:
        return reading_of.slice_around(reading, at)
    return reading_of.newest_slice(reading)


def _page(
    request: MemberRequest, reading: Reading, wanted: Slice, *, status: int = 200, **more: Any
) -> HttpResponse:
    here = reading.entered
    seen = seen_id(here)
    reading_of.mark_first_new(wanted.lines, seen)
    context = frame_of(here) | _shown(here, wanted) | _composer(request, reading)
    context |= {
        "newest": reading.room.newest_message,
        "seen": seen,
        "may_edit_group": bool(permissions.may(here.actor, Act.EDIT, here.group)),
        "shares_history": reading.room.shares_history,
    }
    return render(request, TEMPLATE, context | more, status=status)


def _shown(here: Entered, wanted: Slice) -> dict[str, Any]:
    return {
        "group": here.group,
        "viewer": here.member,
        "slice": wanted,
        "recall_hours": here.group.company.recall_hours,
    }


def _composer(request: MemberRequest, reading: Reading) -> dict[str, Any]:
    """The context of the form for a new message, perhaps as a reply."""
    context: dict[str, Any] = {
        "group": reading.entered.group,
        "form_key": uuid4(),
        "text_length": actions.TEXT_LENGTH,
        "files_at_most": actions.FILES_AT_MOST,
        "most_bytes": request_bytes(),
        "most_megabytes": request_bytes() // (1024 * 1024),
        "piece_bytes": settings.ROOM_PIECE_BYTES,
        "file_most": settings.ROOM_FILE_MAX_BYTES,
    }
    source = request.POST if request.method == "POST" else request.GET
    name = "reply_to" if request.method == "POST" else "reply"
    if (pk := parse_id(source.get(name))) is not None:
        message = reading.messages().filter(pk=pk, kind=Message.Kind.TEXT).first()
        if message is not None and message.recalled_at is None:
            context["reply"] = reading_of.quote_of(message)
    return context


def _found(request: MemberRequest, reading: Reading, query: str) -> HttpResponse:
    before = parse_number(request.GET.get("before"))
    # A query of ignored characters only finds nothing rather than everything.
    found = reading_of.search(reading, query, before) if fold(query) else Slice([])
    context = frame_of(reading.entered) | _shown(reading.entered, found) | {"query": query}
    return render_partial(request, "room/messages_found.html", context, target="found", partial="found")


def _send(request: MemberRequest, here: Entered) -> HttpResponse:
    uploads = request.FILES.getlist("files")
    text = request.POST.get("text", "")
    try:
        message = actions.send(
            here.group,
            text,
            uploads,
            actor=here.actor,
            form_key=here.actor.form_key,
            reply_to=parse_id(request.POST.get("reply_to")),
            chosen=_chosen(request),
            keys=keys_of(request),
        )
    except Invalid as problem:
        return _not_sent(request, here, problem)
    if request.htmx:
        answer = HttpResponse(status=204)
        # The form stays as it is; only its key is new.
        answer["Form-Key"] = str(uuid4())
        return answer
    return redirect(f"{reverse('room:messages', args=[here.group.pk])}#message-{message.pk}")


def _not_sent(request: MemberRequest, here: Entered, problem: Invalid) -> HttpResponse:
    context = {"problem": problem.message, "problem_field": problem.field}
    if request.htmx:
        answer = render(request, f"{TEMPLATE}#problem", context, status=422)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#message-problem", "innerHTML"
        return answer
    reading = Reading(here)
    text = request.POST.get("text", "")[: actions.TEXT_CODE_POINTS * 2]
    key = _key(request.POST.get("form_key", "")) or uuid4()
    wanted = reading_of.newest_slice(reading)
    return _page(request, reading, wanted, status=422, entered_text=text, **context, form_key=key)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _chosen(request: MemberRequest) -> list[int]:
    ids = [parse_id(value) for value in request.POST.getlist("mentioned")[:CHOSEN_AT_MOST]]
    return [pk for pk in ids if pk is not None]


@require_safe
def message_changes(request: MemberRequest, pk: int) -> HttpResponse:
    """The changes since the count in `after`: every open page asks every moment."""
    after = parse_number(request.GET.get("after"))
    if after is not None and change_count(request.user.pk, pk) == after:
        answer = HttpResponse(status=204)
    else:
        here = entered(request, pk, Feature.MESSAGE)
        changed = reading_of.changes_after(Reading(here), after or 0)
        answer = _with_change(render(request, f"{TEMPLATE}#lines", _shown(here, changed)), changed)
    answer[polling.HEADER] = polling.ticket(request.user, pk)
    return answer


def _with_change(answer: HttpResponse, wanted: Slice) -> HttpResponse:
    answer["Room-Change"] = str(wanted.change)
    if wanted.has_newer:
        answer["Room-More"] = "1"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def message_edit(request: MemberRequest, pk: int, message_pk: int) -> HttpResponse:
    """Edits one's own message, inline or on a page."""
    here = entered(request, pk, Feature.MESSAGE)
    reading = Reading(here)
    message = actions.message_for(reading, message_pk)
    if request.method != "POST" and request.GET.get("as") == "line":
        return _line(request, here, message.pk)
    context: dict[str, Any] = {"message": message, "entered_text": message.text}
    if request.method == "POST":
        submitted = {"entered_text": request.POST.get("text", "")[: actions.TEXT_CODE_POINTS * 2]}
        try:
            actions.check_edits(reading, message)
            actions.edit(
                here.group,
                message.pk,
                request.POST.get("text", ""),
                actor=here.actor,
                chosen=_chosen(request),
            )
        except Invalid as problem:
            context |= submitted | {"problem": problem.message}
            return _edit_form(request, reading, context, status=422)
        except Gone:
            # A master recalled it: the entered text can become a new message.
            return _edit_form(request, reading, context | submitted | {"is_gone": True}, status=409)
        return _line(request, here, message.pk)
    actions.check_edits(reading, message)
    return _edit_form(request, reading, context)


def _edit_form(
    request: MemberRequest, reading: Reading, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context |= {"text_length": actions.TEXT_LENGTH}
    if request.htmx:
        context |= {"group": reading.entered.group}
        answer = render(request, "room/messages_edit.html#form", context, status=status)
        if status != 200:
            # Replaces the form that was sent, not the whole message.
            answer["HX-Retarget"] = f"#message-{context['message'].pk} .line-edit"
        return answer
    return render(request, "room/messages_edit.html", frame_of(reading.entered) | context, status=status)


def _line(request: MemberRequest, here: Entered, message_pk: int) -> HttpResponse:
    """The current message: alone for htmx, else on the page."""
    if not request.htmx:
        address = reverse("room:messages", args=[here.group.pk])
        return redirect(f"{address}?at={message_pk}#message-{message_pk}")
    reading = Reading(here)
    message = actions.message_for(reading, message_pk)
    wanted = Slice(reading_of.lines_of(reading, [message]))
    return render(request, f"{TEMPLATE}#lines", _shown(here, wanted))


@require_http_methods(["GET", "HEAD", "POST"])
def message_recall(request: MemberRequest, pk: int, message_pk: int) -> HttpResponse:
    """Recalls a message for everybody, after asking (rule 10.12)."""
    here = entered(request, pk, Feature.MESSAGE)
    if request.method != "POST":
        return ask(request, _recalling(here, message_pk))
    actions.recall(here.group, message_pk, actor=here.actor)
    return _line(request, here, message_pk)


def _recalling(here: Entered, message_pk: int) -> Question:
    message = actions.message_for(Reading(here), message_pk)
    check(here, RoomAct.RECALL_MESSAGE, message)
    files = message.files.count()
    heading = _("Take back this message?")
    if message.author_id != here.member.pk:
        heading = _("Take back this message from %(who)s?") % {"who": isolated(message.author_name)}
    said = ngettext(
        "Its text and %(count)d file are deleted for everyone.",
        "Its text and %(count)d files are deleted for everyone.",
        files,
    )
    text = said % {"count": files} if files else _("Its text is deleted for everyone.")
    return Question(
        heading=heading,
        answer=_("Take back"),
        back=reverse("room:messages", args=[here.group.pk]),
        lines=[
            Touched("trash-2", text),
            Touched("triangle-alert", _("This cannot be undone. That there was a message stays visible.")),
        ],
        fills=f"message-{message.pk}",
    )


@require_POST
def messages_seen(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks messages as seen up to this one."""
    here = entered(request, pk, Feature.MESSAGE)
    mark_seen(here, parse_id(request.POST.get("newest")) or 0)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("room:messages", pk=here.group.pk)


@require_safe
def people(request: MemberRequest, pk: int) -> HttpResponse:
    """Members of the group whose names match the text after an "@" (rule 12.2)."""
    here = entered(request, pk, Feature.MESSAGE)
    found = actions.people_to_mention(here).exclude(pk=here.member.pk)
    if typed_words(typed := clean_line(request.GET.get("q", ""))[:TYPED_AT_MOST]):
        found = found.filter(known_as(typed, colleagues(here.member)))
    shown = found.select_related("company").order_by("name_sort__collated", "pk")[:PEOPLE_AT_ONCE]
    people = [shown_to(here.member, person) for person in shown]
    context = {"people": people, "nobody": _("Nobody with that name is here.")}
    return render(request, "room/messages_people.html", context)
