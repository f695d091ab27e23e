"""Many at once (rule 10.6): the question before, and the result with its verdicts."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actor import Actor
from accounts.bulk import running, starting
from accounts.bulk.actions import ACTIONS, THINGS, BulkAction, Things
from accounts.bulk.choosing import Choice, read_choice
from accounts.models import BulkChange, BulkRow, Company
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groupadmin.base.spreadsheets.writing import csv_lines

from .lookups import get_or_404, page, require_administrator

PAGE_SIZE = 100
NAMED_AT_MOST = 10
LISTED_AT_ONCE = 25
LATEST_FIRST = {"-pk": int}
IN_PLACE = {"place": int}
Verdict = BulkRow.Verdict


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: MemberRequest, things: str) -> HttpResponse:
    """Starts an action on what was chosen, after a question where it is delicate, or wants to know more."""
    chosen_from = THINGS.get(things)
    if chosen_from is None:
        raise Http404
    actor, company = require_administrator(request, "bulk.change")
    action = ACTIONS.get(request.POST.get("action", ""))
    if request.method != "POST" or action is None or action.things is not chosen_from:
        return redirect(chosen_from.back)
    choice = read_choice(request.POST, chosen_from, request.user, company)
    if not choice.ids:
        messages.warning(request, _("Nothing was chosen. Choose at least one row."))
        return redirect(_list_of(chosen_from, choice.filter))
    question = _Question(request, action, choice, actor, company)
    if not question.is_answered:
        return question.page()
    change = starting.start(company, action, choice.ids, question.values, actor=actor)
    _say_missing(request, choice)
    return redirect("accounts:bulk", change.pk)


def _list_of(things: Things, filter_: str) -> str:
    query = QueryDict(filter_).urlencode()
    return reverse(things.back) + (f"?{query}" if query else "")


def _say_missing(request: MemberRequest, choice: Choice) -> None:
    if choice.missing:
        messages.info(request, _("Some of the rows you chose are no longer there."))


class _Question:
    """What has to be answered before an action starts on a choice."""

    def __init__(
        self, request: MemberRequest, action: BulkAction, choice: Choice, actor: Actor, company: Company
    ) -> None:
        self.request, self.action, self.choice = request, action, choice
        self.actor, self.company = actor, company
        self.is_sent = "seal" in request.POST
        self.form: Any = None
        if action.form is not None:
            self.form = action.form(request.POST if self.is_sent else None, actor=actor, company=company)
        self.typed = request.POST.get("typed", "")[:20]
        self.has_changed = self.is_sent and request.POST["seal"] != choice.seal
        self.is_wrong_number = self.is_sent and action.wants_number and not self._is_number(self.typed)

    def _is_number(self, typed: str) -> bool:
        """The number as people type it, with separators or without."""
        digits = "".join(letter for letter in typed if letter.isdecimal())
        return bool(digits) and int(digits) == len(self.choice.ids)

    @property
    def is_answered(self) -> bool:
        """Whether it can start: nothing to ask, or all is answered, and of what was asked."""
        asks = self.action.asks or self.action.form is not None or self.choice.is_all
        if not asks:
            return True
        if not self.is_sent or self.has_changed or self.is_wrong_number:
            return False
        return self.form is None or bool(self.form.is_valid())

    @property
    def values(self) -> dict[str, Any]:
        """What the form asked for."""
        return dict(self.form.values()) if self.form is not None else {}

    def page(self) -> HttpResponse:
        """The question, with its consequences in numbers."""
        action, choice = self.action, self.choice
        count = len(choice.ids)
        lines = action.consequences(self.company, choice.ids, self.actor) if action.consequences else []
        context = {
            "action": action,
            "things": action.things,
            "question": action.question(count),
            "count": count,
            "named": action.things.model._default_manager.filter(pk__in=choice.ids[:NAMED_AT_MOST]),
            "more": max(0, count - NAMED_AT_MOST),
            "choice": choice,
            "lines": lines,
            "form": self.form,
            "back": _list_of(action.things, choice.filter),
            "has_changed": self.has_changed,
            "is_wrong_number": self.is_wrong_number,
            "typed": self.typed,
        }
        # A choice that has changed is news, no mistake in the form.
        invalid = self.is_wrong_number or bool(self.is_sent and self.form and self.form.errors)
        return page(self.request, "accounts/bulk_ask.html", context, invalid=invalid)


@require_safe
def latest(request: MemberRequest) -> HttpResponse:
    """The changes that the company's administrators have begun, the latest first."""
    _actor, company = require_administrator(request, "bulk.change")
    found = page_of(_changes_of(company), LATEST_FIRST, request.GET, LISTED_AT_ONCE)
    rows = [{"change": change, "title": _title(change, ACTIONS[change.action])} for change in found.rows]
    return page(request, "accounts/bulk_list.html", {"rows": rows, "page": found})


@require_safe
def result(request: MemberRequest, pk: int) -> HttpResponse:
    """What has become of each row; htmx reloads the head while it is being done."""
    change = _change_of(request, pk)
    action = ACTIONS[change.action]
    counts = running.counts_of(change)
    show = request.GET.get("show", "")
    show = show if show in Verdict.values else ""
    rows = change.rows.filter(verdict=show) if show else change.rows.all()
    kept = QueryDict(mutable=True)
    for name in ("after", "before", "show"):
        if value := request.GET.get(name):
            kept[name] = value
    undoing = change.undone_by.order_by("-pk").first()
    waiting = counts.get(Verdict.WAITING, 0) + len(change.chosen)
    is_running = change.finished_at is None and (change.job is None or not change.job.is_over)
    context = {
        "change": change,
        "action": action,
        "title": _title(change, action),
        "counts": [(verdict, counts[verdict]) for verdict in Verdict if counts.get(verdict)],
        "done": change.count - waiting,
        "percent": (change.count - waiting) * 100 // max(1, change.count),
        "is_running": is_running and change.job is not None,
        "is_left": change.finished_at is None and not (is_running and change.job is not None),
        "page": page_of(rows, IN_PLACE, kept, PAGE_SIZE),
        "show": show,
        "undoing": undoing,
        "may_undo": _may_undo(change, action) and undoing is None and bool(counts.get(Verdict.DONE)),
        "back": reverse(action.things.back),
    }
    return render_partial(request, "accounts/bulk.html", context, target="bulk-state", partial="state")


def _title(change: BulkChange, action: BulkAction) -> str:
    if change.undoes_id is not None:
        return _("Undo: %(what)s") % {"what": action.title}
    return str(action.title)


def _may_undo(change: BulkChange, action: BulkAction) -> bool:
    return action.undo is not None and change.undoes_id is None and change.finished_at is not None


def _changes_of(company: Company) -> QuerySet[BulkChange]:
    return BulkChange.objects.filter(company=company, action__in=ACTIONS).select_related(
        "company", "job", "started_by", "undoes"
    )


def _change_of(request: MemberRequest, pk: int) -> BulkChange:
    """One of the company's; for administrators."""
    _actor, company = require_administrator(request, "bulk.change")
    return get_or_404(_changes_of(company), pk)


@require_safe
def result_csv(request: MemberRequest, pk: int) -> StreamingHttpResponse:
    """All rows with their verdicts, as a table for spreadsheets."""
    change = _change_of(request, pk)
    answer = StreamingHttpResponse(_lines(change), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{change.action}-{change.pk}.csv"'
    return answer


def _lines(change: BulkChange) -> Iterator[str]:
    verdicts = {value: str(label) for value, label in Verdict.choices}
    rows = change.rows.order_by("place").values_list("name", "verdict", "reason").iterator()
    table = ([name, verdicts[verdict], reason] for name, verdict, reason in rows)
    return csv_lines(chain([[_("Name"), _("Result"), _("Reason")]], table))


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: MemberRequest, pk: int) -> HttpResponse:
    """GET says how many can be undone and asks; POST undoes."""
    change = _change_of(request, pk)
    action = ACTIONS[change.action]
    if not _may_undo(change, action):
        return redirect("accounts:bulk", pk)
    if request.method == "POST":
        try:
            undoing = starting.undo(change, actor=Actor.of(request))
        except Invalid as invalid:
            messages.error(request, invalid.message)
            return redirect("accounts:bulk", pk)
        return redirect("accounts:bulk", undoing.pk)
    done, untouched = starting.done_rows(change).count(), starting.count_untouched(change)
    question = action.undo_question or action.question
    context = {
        "change": change,
        "action": action,
        "title": _title(change, action),
        "question": question(untouched),
        "untouched": untouched,
        "touched": done - untouched,
        "back": reverse("accounts:bulk", args=[pk]),
    }
    return page(request, "accounts/bulk_undo.html", context)


@require_POST
def stop(request: MemberRequest, pk: int) -> HttpResponse:
    """What is not done yet stays as it is."""
    starting.stop(_change_of(request, pk), actor=Actor.of(request))
    return redirect("accounts:bulk", pk)


@require_POST
def carry_on(request: MemberRequest, pk: int) -> HttpResponse:
    """Does the rest, after something went wrong."""
    starting.carry_on(_change_of(request, pk), actor=Actor.of(request))
    return redirect("accounts:bulk", pk)
