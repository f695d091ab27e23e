"""The Task pages (rule 3.5)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.partials import fills
from groupadmin.base.text import isolated
from groups.models import Feature, Task
from groups.room.access import Entered, Gone, entered
from groups.room.frame import frame_of
from groups.room.text import html_of
from groups.room.unread import mark_seen, newest_id, seen_id

from . import actions, undoing
from .actions import TaskText
from .forms import TaskForm
from .reading import Show, my_tasks_page, page_shown, rows_of, task_for

# The parameters of a list's address; every action in the list leads back there.
OF_A_LIST = ("show", "after", "before")
TITLE_KEPT = 2_000


def _enter(request: MemberRequest, pk: int) -> Entered:
    return entered(request, pk, Feature.TASK)


@require_http_methods(["GET", "HEAD", "POST"])
def tasks(request: MemberRequest, pk: int) -> HttpResponse:
    """The tasks in their order, and a field for a new one."""
    here = _enter(request, pk)
    if request.method == "POST":
        return _add_quickly(request, here)
    return _list(request, here)


def _add_quickly(request: MemberRequest, here: Entered) -> HttpResponse:
    """Adds a task with only a title; for oneself in the list of one's own tasks."""
    title = request.POST.get("title", "")
    assignees = (
        frozenset({here.member.pk}) if Show.of(request.GET.get("show", "")) is Show.MINE else frozenset()
    )
    try:
        actions.add(here.group, TaskText(title, assignees=assignees), actor=here.actor)
    except Invalid as problem:
        again = {"entered_title": title[:TITLE_KEPT], "problem": problem.message}
        return _list(request, here, status=422, **again)
    if fills(request, "tasks"):
        return _list(request, here, is_added=True)
    return redirect(_address(request, here))


def _list(request: MemberRequest, here: Entered, *, status: int = 200, **more: Any) -> HttpResponse:
    show = Show.of(request.GET.get("show", ""))
    context: dict[str, Any] = {
        "group": here.group,
        "viewer": here.member,
        "page": page_shown(here, show, request.GET),
        "show": show,
        "shows": list(Show),
        "query": _query(request.GET),
        "title_length": actions.TITLE_LENGTH,
        "is_fragment": fills(request, "tasks"),
    } | more
    context["done_query"] = context["query"]
    context["touched"] = _touched(more)
    if context["is_fragment"]:
        return render(request, "room/tasks.html#tasks", context, status=status)
    context |= frame_of(here) | _unseen(here)
    return render(request, "room/tasks.html", context, status=status)


def _unseen(here: Entered) -> dict[str, Any]:
    """What the page marks as seen once it is shown, if there was something new."""
    newest = newest_id(here.group, Feature.TASK)
    return {"newest": newest, "is_unseen": newest > seen_id(here)}


def _query(wanted: QueryDict) -> str:
    """The query string that selects the list."""
    again = QueryDict(mutable=True)
    for name in OF_A_LIST:
        if value := wanted.get(name):
            again[name] = value[:2_000]
    return again.urlencode()


def _address(request: MemberRequest, here: Entered) -> str:
    query = _query(request.GET)
    return reverse("room:tasks", args=[here.group.pk]) + (f"?{query}" if query else "")


@require_POST
def tasks_seen(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks the list as seen up to a task: later ones are new."""
    here = _enter(request, pk)
    if newest := parse_id(request.POST.get("newest")):
        mark_seen(here, newest)
    return HttpResponse(status=204)


@require_safe
def task(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """One task with all its fields."""
    here = _enter(request, pk)
    found = _task(here, task_pk)
    (row,) = rows_of(here, [found])
    context = frame_of(here) | {"row": row, "task": found, "notes": html_of(found.notes)}
    return render(request, "room/task.html", context)


def _task(here: Entered, task_pk: int) -> Task:
    return task_for(here, task_pk)


@require_http_methods(["GET", "HEAD", "POST"])
def task_add(request: MemberRequest, pk: int) -> HttpResponse:
    """The form for a new task."""
    here = _enter(request, pk)
    title = request.GET.get("title", "")[:TITLE_KEPT]
    form = TaskForm(request.POST if request.method == "POST" else None, here=here, title=title)
    if form.is_bound and (added := form.save()):
        messages.success(request, _("“%(title)s” was added.") % {"title": isolated(added.title)})
        return redirect("room:tasks", pk=here.group.pk)
    return _form(request, here, form)


@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """Edits a task; the later of two people sees what the other one changed."""
    here = _enter(request, pk)
    try:
        return _edit(request, here, task_pk)
    except Gone:
        if request.method != "POST":
            raise
    # Someone has deleted it: the entered text can become a new task.
    return _form(request, here, TaskForm(request.POST, here=here), status=409, is_gone=True)


def _edit(request: MemberRequest, here: Entered, task_pk: int) -> HttpResponse:
    found = _task(here, task_pk)
    form = TaskForm(request.POST if request.method == "POST" else None, here=here, task=found)
    try:
        if form.is_bound and form.save():
            messages.success(request, _("The task was saved."))
            return redirect("room:task", pk=here.group.pk, task_pk=found.pk)
    except Conflict as conflict:
        form.take_version(conflict)
        now = _task(here, task_pk)
        (row,) = rows_of(here, [now])
        return _form(request, here, form, status=409, row=row)
    return _form(request, here, form)


def _form(
    request: MemberRequest, here: Entered, form: TaskForm, *, status: int = 0, **more: Any
) -> HttpResponse:
    status = status or (422 if form.is_bound else 200)
    context = frame_of(here) | {"form": form, "task": form.task} | more
    return render(request, "room/task_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def task_delete(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """Asks first, then deletes a task."""
    here = _enter(request, pk)
    found = _task(here, task_pk)
    if request.method == "POST":
        deleted = actions.delete(here.group, found.pk, actor=here.actor)
        messages.success(request, _("“%(title)s” was deleted.") % {"title": isolated(deleted.title)})
        return redirect("room:tasks", pk=here.group.pk)
    return render(request, "room/task_delete.html", frame_of(here) | {"task": found})


@require_POST
def task_done(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """Marks a task as done, or as open again, in any list."""
    here = _enter(request, pk)
    is_done = request.POST.get("done") == "1"
    changed, undoable = undoing.set_done(here.group, _task(here, task_pk).pk, is_done, actor=here.actor)
    if not fills(request, "tasks"):
        text = _("“%(title)s” is done.") if is_done else _("“%(title)s” is open again.")
        say_done(request, text % {"title": isolated(changed.title)}, undoable)
    origin = request.GET.get("in", "")
    if origin == "mine":
        return _my_list(request, changed=changed) if fills(request, "tasks") else redirect("room:my_tasks")
    if origin == "task":
        return redirect("room:task", pk=here.group.pk, task_pk=changed.pk)
    return _after(request, here, changed=changed)


@require_POST
def task_move(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """Moves a task: one step, or next to the one that it was dropped at."""
    here = _enter(request, pk)
    moved = _task(here, task_pk)
    step = request.POST.get("step", "")
    if step in ("up", "down"):
        show = Show.of(request.GET.get("show", ""))
        actions.step(here.group, moved.pk, down=step == "down", show=show, actor=here.actor)
    else:
        side = "below" if "below" in request.POST else "above"
        beside = parse_id(request.POST.get(side))
        if beside is None:
            raise Http404
        actions.move(here.group, moved.pk, beside, below=side == "below", actor=here.actor)
    return _after(request, here, moved=moved)


def _after(request: MemberRequest, here: Entered, **more: Any) -> HttpResponse:
    if fills(request, "tasks"):
        return _list(request, here, **more)
    return redirect(_address(request, here))


@require_safe
def my_tasks(request: MemberRequest) -> HttpResponse:
    """One's open tasks in all rooms."""
    return _my_list(request)


def _touched(query: dict[str, Any]) -> int | None:
    """The task that was just done, reopened or moved, to highlight it."""
    task = query.get("changed") or query.get("moved")
    return task.pk if task else None


def _my_list(request: MemberRequest, **more: Any) -> HttpResponse:
    query = _query(request.GET)
    context = {
        "page": my_tasks_page(request.user, request.GET),
        "query": query,
        # Tells task_done which list to answer with.
        "done_query": f"in=mine&{query}" if query else "in=mine",
        "touched": _touched(more),
        "is_fragment": fills(request, "tasks"),
    } | more
    template = "room/my_tasks.html"
    return render(request, f"{template}#tasks" if context["is_fragment"] else template, context)
