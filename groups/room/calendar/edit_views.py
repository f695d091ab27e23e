"""Adding, editing and deleting events: the whole event, one occurrence, or this and following (rule 3.12)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor
from accounts.request import MemberRequest
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.ids import parse_id
from groups.models import Event, Feature
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of

from . import actions
from .descriptions import describe_rule, when
from .forms import EventForm, initial_from, initial_of, initial_on
from .occurrences import Occurrence
from .periods import read_day
from .series import rest_of
from .views import entered_event, occurrence_at

INVALID, CONFLICT = 422, 409
ONE, FOLLOWING, ALL = "one", "following", "all"


def _render(
    request: MemberRequest, into: Entered, form: EventForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = frame_of(into) | {"form": form, "zone": timezone.get_current_timezone_name()} | more
    context["form_heading"] = _heading(more.get("event"), more.get("which", ""))
    return render(request, "room/event_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def event_add(request: MemberRequest, pk: int) -> HttpResponse:
    """The form for a new event."""
    into = entered(request, pk, Feature.EVENT)
    if request.method != "POST":
        asked = request.GET.get("date", "")
        day = read_day(asked, timezone.localdate()) if asked else None
        return _render(request, into, EventForm(initial=initial_on(day)))
    form = EventForm(request.POST)
    if form.is_valid():
        try:
            event = actions.add_event(into.group, form.settings(), actor=Actor.of(request))
        except Invalid as problem:
            show_invalid(form, problem)
        else:
            messages.success(request, _("The event was added."))
            return redirect("room:event", pk=into.group.pk, event_pk=event.pk)
    return _render(request, into, form, INVALID)


@require_http_methods(["GET", "HEAD", "POST"])
def event_edit(request: MemberRequest, pk: int, event_pk: int) -> HttpResponse:
    """The form for an event: of a repeating one, one occurrence, this and all following, or all."""
    try:
        return _edit(request, pk, event_pk)
    except Gone:
        if request.method != "POST":
            raise
    # Someone has deleted it: the entered text can become a new event.
    into = entered(request, pk, Feature.EVENT)
    form = EventForm(request.POST, repeats=request.POST.get("which") != ONE)
    return _render(request, into, form, CONFLICT, is_gone=True)


def _edit(request: MemberRequest, pk: int, event_pk: int) -> HttpResponse:
    into, event = entered_event(request, pk, event_pk)
    asked = request.POST if request.method == "POST" else request.GET
    occurrence = occurrence_at(event, asked.get("at", ""))
    which = _which(event, asked.get("which", ""), ALL)
    more: dict[str, Any] = {
        "event": event,
        "occurrence": occurrence,
        "which": which,
        "when": when(occurrence),
    }
    if request.method != "POST":
        if event.repeats and "which" not in asked:
            context = frame_of(into) | more | {"rule": describe_rule(event)}
            return render(request, "room/event_which.html", context)
        return _render(request, into, _form_of(occurrence, which), **more)
    form = _form_of(occurrence, which, request.POST)
    if form.is_valid():
        try:
            changed = _change(into, occurrence, form, which, Actor.of(request))
        except Invalid as problem:
            show_invalid(form, problem)
        except Conflict:
            event.refresh_from_db()
            return _conflict(request, into, form, event, more)
        else:
            messages.success(request, _("The event was saved."))
            return redirect("room:event", pk=into.group.pk, event_pk=changed.pk)
    return _render(request, into, form, INVALID, **more)


def _heading(event: Event | None, which: str) -> str:
    if event is None:
        return _("Add event")
    if which == ONE:
        return _("Edit only this event")
    if which == FOLLOWING:
        return _("Edit this and all later events")
    return _("Edit all events") if event.repeats else _("Edit event")


def _which(event: Event, asked: str, otherwise: str) -> str:
    """Which of its occurrences; without repetition, all."""
    if not event.repeats:
        return ALL
    return asked if asked in (ONE, FOLLOWING, ALL) else otherwise


def _form_of(occurrence: Occurrence, which: str, data: QueryDict | None = None) -> EventForm:
    event = occurrence.event
    if which == FOLLOWING:
        return EventForm(data, initial=initial_from(occurrence), event=rest_of(occurrence))
    initial = initial_of(event, occurrence if which == ONE else None)
    return EventForm(data, initial=initial, event=event, repeats=which != ONE)


def _change(into: Entered, occurrence: Occurrence, form: EventForm, which: str, actor: Actor) -> Event:
    event, version = occurrence.event, form.cleaned_data["version"] or 0
    settings = form.settings()
    if which == ALL:
        return actions.change_event(into.group, event.pk, settings, version, actor=actor)
    change = actions.change_occurrence if which == ONE else actions.change_following
    return change(into.group, event.pk, occurrence.starts_at, settings, version, actor=actor)


def _conflict(
    request: MemberRequest, into: Entered, form: EventForm, event: Event, more: dict[str, Any]
) -> HttpResponse:
    """Shows how the event differs from the entered text, which stays; saving again overwrites (rule 2.18)."""
    submitted = form.cleaned_data
    whole = Occurrence(event, event.starts_at, event.ends_at)
    now = whole if more["which"] == ALL else more["occurrence"]
    other = EventForm(initial=initial_of(event), event=event)
    theirs = [
        (field.label, event_value)
        for name, event_value in (
            ("title", event.title),
            ("place", event.place),
            ("description", event.description),
        )
        if (field := other.fields[name]) and submitted[name] != event_value
    ]
    theirs.append((_("When"), when(now)))
    if event.repeats:
        theirs.append((_("Repeats"), describe_rule(event)))
    data = request.POST.copy()
    data["version"] = str(event.version)
    form.data = data
    return _render(request, into, form, CONFLICT, **more | {"event": event, "theirs": theirs})


@require_http_methods(["GET", "HEAD", "POST"])
def event_delete(request: MemberRequest, pk: int, event_pk: int) -> HttpResponse:
    """Asks first; for a repeating event, whether one occurrence, this and all following, or all."""
    into, event = entered_event(request, pk, event_pk)
    asked = request.POST if request.method == "POST" else request.GET
    occurrence = occurrence_at(event, asked.get("at", ""))
    context = frame_of(into) | {
        "event": event,
        "occurrence": occurrence,
        "when": when(occurrence),
        "rule": describe_rule(event),
    }
    if request.method == "POST":
        try:
            _delete(into, occurrence, request.POST, Actor.of(request))
        except (Conflict, Invalid) as problem:
            if isinstance(problem, Invalid):
                message = problem.message
            else:
                message = _("Someone changed this event in the meantime. Check it before you delete it.")
            event.refresh_from_db()
            context["problem"] = message
            return render(request, "room/event_delete.html", context, status=CONFLICT)
        messages.success(request, _("The event was deleted."))
        return redirect("room:events", pk=into.group.pk)
    return render(request, "room/event_delete.html", context)


def _delete(into: Entered, occurrence: Occurrence, posted: QueryDict, actor: Actor) -> None:
    event, version = occurrence.event, parse_id(posted.get("version")) or 0
    which, moment = _which(event, posted.get("which", ""), ONE), occurrence.starts_at
    if which == FOLLOWING:
        actions.delete_following(into.group, event.pk, moment, version, actor=actor)
    else:
        only = moment if which == ONE else None
        actions.delete_event(into.group, event.pk, version, only, actor=actor)
