"""The calendar of a room: month, week and list, and one event's page (rule 3.5)."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor
from accounts.permissions import shown_to
from accounts.request import MemberRequest
from groupadmin.base import zones
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_number
from groupadmin.base.partials import render_partial
from groups.membership import effective
from groups.models import Attendance, Event, Feature
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of
from groups.room.text import html_of
from groups.room.unread import mark_seen, newest_id

from . import actions
from .descriptions import describe_rule, when
from .occurrences import Occurrence, find, list_between, next_of, read_key, zone_of
from .periods import LIST, MONTH, VIEWS, WEEK, Period, agenda_of, days_of, period_of, read_day

SHOWN_A_DAY = 4
PEOPLE_SHOWN = 100
VIEW_LABELS = {MONTH: "Month", WEEK: "Week", LIST: "List"}


def entered_event(request: MemberRequest, pk: int, event_pk: int) -> tuple[Entered, Event]:
    """The room and one of its events. Raises Http404, which is Gone for the event, or Refused."""
    into = entered(request, pk, Feature.EVENT)
    event = Event.objects.filter(group=into.group, pk=event_pk).first()
    if event is None:
        raise Gone
    return into, event


def occurrence_at(event: Event, key: str) -> Occurrence:
    """The occurrence with this key; without a key the next one, or else the first. Raises Gone."""
    if key:
        moment = read_key(key)
        if moment is None or (found := find(event, moment)) is None:
            raise Gone
        return found
    coming = next_of(event, timezone.now())
    return coming or Occurrence(event, event.starts_at, event.ends_at)


def url_of(occurrence: Occurrence, name: str = "event") -> str:
    event = occurrence.event
    query = {"at": occurrence.key} if event.repeats else None
    return reverse(f"room:{name}", args=[event.group_id, event.pk], query=query)


@require_safe
def events(request: MemberRequest, pk: int) -> HttpResponse:
    """The events of a month, of a week or from a day on. Without a choice, phones get the list."""
    into = entered(request, pk, Feature.EVENT)
    view, today = request.GET.get("view", ""), timezone.localdate()
    day = read_day(request.GET.get("date", ""), today)
    chosen = view if view in VIEWS else ""
    shown = [_shown(into, view, day, today) for view in ([chosen] if chosen else [MONTH, LIST])]
    context = frame_of(into) | {
        "chosen": chosen,
        "shown": shown,
        "today": today,
        "newest": newest_id(into.group, Feature.EVENT),
    }
    return render_partial(request, "room/events.html", context, target="calendar", partial="calendar")


def _shown(into: Entered, view: str, day: date, today: date) -> dict[str, Any]:
    zone = timezone.get_current_timezone()
    period = period_of(view, day)
    listed = list_between(into.group, period.first, period.last, zone)
    context: dict[str, Any] = {
        "view": view,
        "period": period,
        "is_cut": listed.is_cut,
        "is_empty": not listed.occurrences,
        "links": _links(into.group.pk, period, day),
    }
    if view == LIST:
        return context | {"days": agenda_of(period, listed.occurrences, zone, today)}
    days = days_of(period, listed.occurrences, zone, today, day.month if view == MONTH else 0)
    return context | {"weeks": [days[n : n + 7] for n in range(0, len(days), 7)], "days": days}


def _links(pk: int, period: Period, day: date) -> dict[str, Any]:
    def link(view: str, to: date) -> str:
        return reverse("room:events", args=[pk], query={"view": view, "date": to.isoformat()})

    return {
        "previous": link(period.view, period.previous),
        "next": link(period.view, period.next),
        "today": reverse("room:events", args=[pk], query={"view": period.view}),
        "views": [
            (_("Month"), link(MONTH, day), period.view == MONTH),
            (_("Week"), link(WEEK, day), period.view == WEEK),
            (_("List"), link(LIST, day), period.view == LIST),
        ],
    }


@require_POST
def events_seen(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks the events up to this one as seen."""
    into = entered(request, pk, Feature.EVENT)
    newest = parse_number(request.POST.get("newest"))
    if newest is None:
        return HttpResponse(status=422)
    mark_seen(into, newest)
    return HttpResponse(status=204)


@require_safe
def event(request: MemberRequest, pk: int, event_pk: int) -> HttpResponse:
    """One event, or one occurrence of a repeating event, with its answers."""
    into, event = entered_event(request, pk, event_pk)
    occurrence = occurrence_at(event, request.GET.get("at", ""))
    return render_event(request, into, occurrence)


def render_event(request: MemberRequest, into: Entered, occurrence: Occurrence) -> HttpResponse:
    event = occurrence.event
    answers = Attendance.objects.filter(event=event, starts_at=occurrence.starts_at)
    # Answers of former members do not count.
    answers = answers.filter(member__in=effective.people_of(into.group).values("pk"))
    people = answers.select_related("member__company").order_by("member__name_sort__collated", "pk")[
        :PEOPLE_SHOWN
    ]
    counts = dict(answers.values_list("answer").annotate(Count("pk")).order_by())
    listed = list(people)
    context = frame_of(into) | {
        "event": event,
        "description": html_of(event.description),
        "occurrence": occurrence,
        "at": occurrence.key if event.repeats else "",
        "when": when(occurrence),
        "when_there": _when_there(occurrence),
        "rule": describe_rule(event),
        "series_url": reverse("room:event", args=[event.group_id, event.series_id])
        if event.series_id
        else "",
        "own": next(iter(answers.filter(member=into.member).values_list("answer", flat=True)), ""),
        "answers": [
            {
                "value": value,
                "label": label,
                "count": counts.get(value, 0),
                "people": [shown_to(into.member, one.member) for one in listed if one.answer == value],
            }
            for value, label in Attendance.Answer.choices
        ],
        "more": sum(counts.values()) - len(listed),
        "edit_url": url_of(occurrence, "event_edit"),
        "delete_url": url_of(occurrence, "event_delete"),
    }
    return render_partial(request, "room/event.html", context, target="attendance", partial="attendance")


def _when_there(occurrence: Occurrence) -> str:
    """The time in the event's own zone, if the reader's clock shows another."""
    event, here = occurrence.event, timezone.get_current_timezone()
    if event.is_all_day:
        return ""
    there = zone_of(event)
    begins = occurrence.starts_at
    if begins.astimezone(here).utcoffset() == begins.astimezone(there).utcoffset():
        return ""
    name = zones.shown(event.time_zone)
    return _("%(when)s in %(zone)s") % {"when": when(occurrence, there), "zone": name}


@require_POST
def event_attend(request: MemberRequest, pk: int, event_pk: int) -> HttpResponse:
    """Saves the member's answer."""
    into, event = entered_event(request, pk, event_pk)
    occurrence = occurrence_at(event, request.POST.get("at", ""))
    answer = request.POST.get("answer", "")
    try:
        actions.attend(into.group, event.pk, occurrence.starts_at, answer, actor=Actor.of(request))
    except Invalid as problem:
        messages.error(request, problem.message)
        return redirect(url_of(occurrence))
    if request.htmx:
        return render_event(request, into, occurrence)
    return redirect(url_of(occurrence))
