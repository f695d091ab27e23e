"""Adding, changing and deleting events, all of an event or one occurrence of it (spec 3.5)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor, Conflict, Invalid
from groups.forms.fields import show_invalid
from groups.models import Event, Feature
from groups.room.access import Entered, Gone, entered
from groups.room.actions import events as actions
from groups.room.calendar.forms import EventForm, initial_of, initial_on
from groups.room.calendar.occurrences import Occurrence
from groups.room.calendar.periods import read_day
from groups.room.calendar.words import rule_in_words, when
from groups.room.frame import frame_of

from .events import entered_event, occurrence_at

INVALID, CONFLICT = 422, 409
ONE, ALL = "one", "all"


def _render(
    request: HttpRequest, into: Entered, form: EventForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = frame_of(into) | {"form": form, "zone": timezone.get_current_timezone_name()} | more
    return render(request, "room/event_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def event_add(request: HttpRequest, pk: int) -> HttpResponse:
    """ "Add event"."""
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
def event_edit(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """ "Change event": of one that repeats, one occurrence or all."""
    try:
        return _edit(request, pk, event_pk)
    except Gone:
        if request.method != "POST":
            raise
    # Somebody else deleted it meanwhile: what was typed can become a new one.
    into = entered(request, pk, Feature.EVENT)
    form = EventForm(request.POST, repeats=request.POST.get("which") != ONE)
    return _render(request, into, form, CONFLICT, is_gone=True)


def _edit(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    into, event = entered_event(request, pk, event_pk)
    asked = request.POST if request.method == "POST" else request.GET
    occurrence = occurrence_at(event, asked.get("at", ""))
    only_one = bool(event.repeats) and asked.get("which") == ONE
    more: dict[str, Any] = {
        "event": event,
        "occurrence": occurrence,
        "only_one": only_one,
        "when": when(occurrence),
    }
    initial = initial_of(event, occurrence if only_one else None)
    if request.method != "POST":
        form = EventForm(initial=initial, event=event, repeats=not only_one)
        return _render(request, into, form, **more)
    form = EventForm(request.POST, event=event, repeats=not only_one)
    if form.is_valid():
        try:
            changed = _change(into, occurrence, form, only_one, Actor.of(request))
        except Invalid as problem:
            show_invalid(form, problem)
        except Conflict:
            event.refresh_from_db()
            return _conflict(request, into, form, event, more)
        else:
            messages.success(request, _("The event was changed."))
            return redirect("room:event", pk=into.group.pk, event_pk=changed.pk)
    return _render(request, into, form, INVALID, **more)


def _change(into: Entered, occurrence: Occurrence, form: EventForm, only_one: bool, actor: Actor) -> Event:
    event, version = occurrence.event, form.cleaned_data["version"] or 0
    settings = form.settings()
    if only_one:
        moment = occurrence.starts_at
        return actions.change_occurrence(into.group, event.pk, moment, settings, version, actor=actor)
    return actions.change_event(into.group, event.pk, settings, version, actor=actor)


def _conflict(
    request: HttpRequest, into: Entered, form: EventForm, event: Event, more: dict[str, Any]
) -> HttpResponse:
    """Says what is different now from what was typed, which stays; saving again goes over it (spec 2.18)."""
    typed = form.cleaned_data
    now = Occurrence(event, event.starts_at, event.ends_at)
    other = EventForm(initial=initial_of(event), event=event)
    theirs = [
        (field.label, event_value)
        for name, event_value in (
            ("title", event.title),
            ("place", event.place),
            ("description", event.description),
        )
        if (field := other.fields[name]) and typed[name] != event_value
    ]
    theirs.append((_("When"), when(now)))
    if event.repeats:
        theirs.append((_("Repeats"), rule_in_words(event)))
    data = request.POST.copy()
    data["version"] = str(event.version)
    form.data = data
    return _render(request, into, form, CONFLICT, **more | {"event": event, "theirs": theirs})


@require_http_methods(["GET", "HEAD", "POST"])
def event_delete(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """Asks first; of one that repeats, whether one occurrence or all."""
    into, event = entered_event(request, pk, event_pk)
    asked = request.POST if request.method == "POST" else request.GET
    occurrence = occurrence_at(event, asked.get("at", ""))
    context = frame_of(into) | {
        "event": event,
        "occurrence": occurrence,
        "when": when(occurrence),
        "rule": rule_in_words(event),
    }
    if request.method == "POST":
        only_one = bool(event.repeats) and request.POST.get("which") != ALL
        version = request.POST.get("version", "")
        try:
            actions.delete_event(
                into.group,
                event.pk,
                int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
                occurrence.starts_at if only_one else None,
                actor=Actor.of(request),
            )
        except (Conflict, Invalid) as problem:
            if isinstance(problem, Invalid):
                said = problem.message
            else:
                said = _("Somebody changed this event meanwhile. Look at it again before you delete it.")
            event.refresh_from_db()
            context["problem"] = said
            return render(request, "room/event_delete.html", context, status=CONFLICT)
        messages.success(request, _("The event was deleted."))
        return redirect("room:events", pk=into.group.pk)
    return render(request, "room/event_delete.html", context)
