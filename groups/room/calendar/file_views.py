"""Calendar files: the private address for calendar programs, and the import (rule 3.5)."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actor import Actor
from accounts.request import MemberRequest
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Invalid
from groupadmin.base.files import needs_space
from groups.models import Feature, Group
from groups.room.access import Entered, entered
from groups.room.frame import frame_of

from . import import_actions as actions
from .descriptions import describe_rule, when
from .feed import CONTENT_TYPE, calendar_of, create_feed, etag_of, feed_of, group_of, remove_feed
from .ics_text import read_text
from .occurrences import Occurrence

INVALID = 422
ROWS_SHOWN = 200
LONGEST_KEY = 100


@login_not_required
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """A group's events for a calendar program with the address, while its owner is in the group.

    It reads no cookie and sets none; an unchanged feed costs a few small queries.
    """
    group = group_of(key) if len(key) <= LONGEST_KEY else None
    if group is None:
        return HttpResponseNotFound("Not found", content_type="text/plain; charset=utf-8")
    now = timezone.now()
    etag = etag_of(group, now)
    asked = parse_etags(request.headers.get("If-None-Match", "")[:1000])
    if etag in asked or f"W/{etag}" in asked:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(calendar_of(group, now), content_type=CONTENT_TYPE)
        response["Content-Disposition"] = 'inline; filename="events.ics"'
    response["ETag"] = etag
    # Never cached without asking: it stops working when its owner leaves.
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def events_feed(request: MemberRequest, pk: int) -> HttpResponse:
    """Shows whether the member has a private address."""
    into = entered(request, pk, Feature.EVENT)
    return _render_feed(request, into)


def _render_feed(request: MemberRequest, into: Entered, address: str = "") -> HttpResponse:
    own = feed_of(into.group, into.member)
    response = render(request, "room/events_feed.html", frame_of(into) | {"feed": own, "address": address})
    if address:
        response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def events_feed_create(request: MemberRequest, pk: int) -> HttpResponse:
    """Creates the address, or renews it after asking (rule 10.12); it is shown in this response only."""
    into = entered(request, pk, Feature.EVENT)
    if request.method != "POST":
        return ask(request, _ending(into.group, _("Renew your address?"), _("Renew")))
    address = create_feed(into.group, actor=Actor.of(request))
    return _render_feed(request, into, address)


def _ending(group: Group, heading: str, answer: str) -> Question:
    stops = _("Calendar programs that use the address get no more updates. It cannot be brought back.")
    back = reverse("room:events_feed", args=[group.pk])
    lines = [Touched("unplug", stops)]
    return Question(heading=heading, answer=answer, back=back, lines=lines, is_plain=True)


@require_http_methods(["GET", "HEAD", "POST"])
def events_feed_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """The address stops working, after asking (rule 10.12)."""
    into = entered(request, pk, Feature.EVENT)
    if request.method != "POST":
        return ask(request, _ending(into.group, _("Remove your address?"), _("Remove")))
    remove_feed(into.group, actor=Actor.of(request))
    messages.success(
        request, _("The address was removed. Calendar programs that used it no longer get updates.")
    )
    return redirect("room:events_feed", pk=into.group.pk)


@dataclass(frozen=True)
class PreviewRow:
    """One event of a file in the preview of the import."""

    title: str
    when: str
    rule: str
    problem: str
    # What of it is not kept.
    notes: list[str]
    is_new: bool
    is_changed: bool


@require_http_methods(["GET", "HEAD", "POST"])
def events_import(request: MemberRequest, pk: int) -> HttpResponse:
    """First previews the import of a file, then runs it."""
    into = entered(request, pk, Feature.EVENT)
    if request.method != "POST":
        return _render_import(request, into, {})
    try:
        if "text" in request.POST:
            return _import(request, into, request.POST["text"])
        upload = request.FILES.get("file")
        if upload is None:
            raise Invalid("file", _("Choose a calendar file."))
        with needs_space("file"):
            file = read_text(upload.read())
        planned = actions.plan_import(into.group, file.text)
    except Invalid as problem:
        return _render_import(request, into, {"problem": problem.message}, INVALID)
    context = {"preview": _preview(planned), "text": file.text, "encoding": file.encoding}
    return _render_import(request, into, context)


def _render_import(
    request: MemberRequest, into: Entered, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, "room/events_import.html", frame_of(into) | context, status=status)


def _preview(planned: list[actions.PlannedImport]) -> dict[str, Any]:
    # All problems first, then all of which something is not kept: somebody may want to fix them.
    in_order = sorted(planned, key=lambda one: (not one.problem, not one.notes))
    special = sum(bool(one.problem or one.notes) for one in planned)
    shown = in_order[: max(ROWS_SHOWN, special)]
    return {
        "is_known": not any(one.problem or one.is_new or one.is_changed for one in planned),
        "added": sum(one.is_new for one in planned),
        "updated": sum(one.is_changed for one in planned),
        "wrong": sum(bool(one.problem) for one in planned),
        "unchanged": sum(one.row.event is not None and not (one.is_new or one.is_changed) for one in planned),
        "shown": [_row(one) for one in shown],
        "more": len(planned) - len(shown),
    }


def _row(one: actions.PlannedImport) -> PreviewRow:
    event = one.row.event
    lies = when(Occurrence(event, event.starts_at, event.ends_at)) if event else ""
    rule = describe_rule(event) if event else ""
    notes = one.notes if event else []
    return PreviewRow(one.row.title, lies, rule, one.problem, notes, one.is_new, one.is_changed)


def _import(request: MemberRequest, into: Entered, text: str) -> HttpResponse:
    added, changed = actions.import_events(into.group, text, actor=Actor.of(request))
    if not added and not changed:
        messages.info(request, _("Nothing was imported: the file had nothing new."))
        return redirect("room:events", pk=into.group.pk)
    text = ngettext("%(n)d event was added", "%(n)d events were added", added) % {"n": added}
    if changed:
        more = ngettext("%(n)d was updated", "%(n)d were updated", changed) % {"n": changed}
        text = f"{text}, {more}"
    messages.success(request, f"{text}.")
    return redirect("room:events", pk=into.group.pk)
