"""Actions on tasks (rule 3.5): each one transaction under the room's lock.

Every member edits, moves and deletes every task, whoever added it: a list that only its authors could tidy
would fill up with abandoned tasks. None of this is audited (rule 3.6), except when a master deletes somebody
else's task.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from groupadmin.base import dates
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.text import check_length, clean_line, clean_text, has_visible
from groups import notices
from groups.models import Assignee, Feature, Group, Notice, Task
from groups.room.access import Entered, enter, enter_locked, lock_room
from groups.room.permissions import RoomAct, audit_deletion
from groups.room.unread import mark_seen

from .reading import Show, choosable, hidden_and_inside, task_for, tasks_shown

TITLE_LENGTH = 200
TITLE_CODE_POINTS = 1000
NOTES_LENGTH = 5_000
NOTES_CODE_POINTS = 20_000
ASSIGNEES_AT_MOST = 50
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)

STEP = 1024.0
# Neighbours closer than this are moved apart before a task goes between them.
NARROWEST = 1e-6

_RENUMBER = """
UPDATE groups_task SET position = numbered.place * %s
FROM (SELECT id, row_number() OVER (ORDER BY position, id) AS place FROM groups_task WHERE group_id = %s)
     AS numbered
WHERE groups_task.id = numbered.id
"""


@dataclass(frozen=True)
class TaskText:
    """The fields of a task that a person edits."""

    title: str
    notes: str = ""
    due_on: date | None = None
    assignees: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def of(cls, task: Task) -> "TaskText":
        assignees = frozenset(one.member_id for one in task.assignees.all())
        return cls(task.title, task.notes, task.due_on, assignees)


@audit.action
def add(group: Group, text: TaskText, *, actor: Actor) -> Task:
    """Adds a task at the top. Raises Invalid for "title", "notes", "due_on" and "assignees"."""
    room = lock_room(group)
    here = enter(actor, group.pk, Feature.TASK)
    if there := once.made(actor, Task):
        return there
    text = _checked(text)
    _check_choosable(here, text.assignees)
    top = Task.objects.filter(group=group).aggregate(top=Min("position"))["top"]
    task = Task.objects.create(
        group=here.group,
        author=here.member,
        author_name=here.member.name,
        title=text.title,
        notes=text.notes,
        due_on=text.due_on,
        position=0 if top is None else top - STEP,
    )
    _assign(here, task, text.assignees, frozenset())
    room.last_activity_at = timezone.now()
    room.save(update_fields=["last_activity_at"])
    mark_seen(here, task.pk)
    once.keep(actor, task)
    return task


@audit.action
def edit(group: Group, pk: int, text: TaskText, *, version: int, actor: Actor) -> Task:
    """Edits the fields of a task. Raises Invalid as `add` does, or Conflict.

    Assignees whom the actor cannot see stay (rule 2.21). Assignees who have left the group may stay too: only
    new ones must be in it.
    """
    here = enter_locked(actor, group, Feature.TASK)
    task = task_for(here, pk)
    if task.version != version:
        raise Conflict(task.version)
    text = _checked(text)
    before = TaskText.of(task)
    hidden, _inside = hidden_and_inside(here, [one.member for one in task.assignees.all()])
    assignees = text.assignees | hidden
    _check_choosable(here, assignees - before.assignees)
    after = TaskText(text.title, text.notes, text.due_on, assignees)
    if after == before:
        return task
    task.title, task.notes, task.due_on = after.title, after.notes, after.due_on
    task.edited_at = timezone.now()
    task.version += 1
    task.save(update_fields=["title", "notes", "due_on", "edited_at", "version"])
    _assign(here, task, assignees, before.assignees)
    return task


@audit.action
def set_done(group: Group, pk: int, is_done: bool, *, actor: Actor) -> Task:
    """Marks a task as done, or as open again; twice is once."""
    here = enter_locked(actor, group, Feature.TASK)
    task = task_for(here, pk)
    if is_done is (task.done_at is not None):
        return task
    task.done_at = timezone.now() if is_done else None
    task.done_by_name = here.member.name if is_done else ""
    task.save(update_fields=["done_at", "done_by_name"])
    return task


@audit.action
def put_back_done(
    group: Group, pk: int, done: tuple[datetime | None, str], now: datetime | None, *, actor: Actor
) -> Task:
    """When and by whom the task was done, as it stood before (rule 10.13).

    Raises Conflict if its moment is not `now` any more.
    """
    here = enter_locked(actor, group, Feature.TASK)
    task = task_for(here, pk)
    if task.done_at != now:
        raise Conflict(0)
    task.done_at, task.done_by_name = done
    task.save(update_fields=["done_at", "done_by_name"])
    return task


@audit.action
def delete(group: Group, pk: int, *, actor: Actor) -> Task:
    """Deletes a task."""
    here = enter_locked(actor, group, Feature.TASK)
    task = task_for(here, pk)
    audit_deletion(here, RoomAct.DELETE_TASK, task)
    task.delete()
    return task


@audit.action
def move(group: Group, pk: int, beside_pk: int, *, below: bool, actor: Actor) -> Task:
    """Puts a task directly above or below another one."""
    here = enter_locked(actor, group, Feature.TASK)
    task, beside = task_for(here, pk), task_for(here, beside_pk)
    if task.pk != beside.pk:
        _put_beside(task, beside, below=below)
    return task


@audit.action
def step(group: Group, pk: int, *, down: bool, show: Show, actor: Actor) -> Task:
    """Moves a task past the one above or below it in the list shown. At the end it stays."""
    here = enter_locked(actor, group, Feature.TASK)
    task = task_for(here, pk)
    others = tasks_shown(here, Show.OPEN if show is Show.DONE else show).exclude(pk=task.pk)
    if beside := _next_to(task, down=down, among=others):
        _put_beside(task, beside, below=down)
    return task


def _next_to(task: Task, *, down: bool, among: QuerySet[Task]) -> Task | None:
    """The nearest of these tasks below it, or above it."""
    side = "gt" if down else "lt"
    beyond = Q(**{f"position__{side}": task.position}) | Q(
        **{"position": task.position, f"id__{side}": task.pk}
    )
    order = ("position", "id") if down else ("-position", "-id")
    return among.filter(beyond).order_by(*order).first()


def _put_beside(task: Task, beside: Task, *, below: bool) -> None:
    """Halfway to the neighbour on that side; renumbers the whole list if nothing fits between."""
    neighbour = _neighbour(task, beside, below=below)
    if neighbour is not None and abs(neighbour.position - beside.position) < NARROWEST:
        with connection.cursor() as cursor:
            cursor.execute(_RENUMBER, [STEP, task.group_id])
        beside.refresh_from_db(fields=["position"])
        neighbour = _neighbour(task, beside, below=below)
    if neighbour is None:
        task.position = beside.position + (STEP if below else -STEP)
    else:
        task.position = (neighbour.position + beside.position) / 2
    task.save(update_fields=["position"])


def _neighbour(task: Task, beside: Task, *, below: bool) -> Task | None:
    """The task on that side of `beside` now, ignoring the moved task itself."""
    others = Task.objects.filter(group=task.group_id).exclude(pk=task.pk)
    return _next_to(beside, down=below, among=others)


def _checked(text: TaskText) -> TaskText:
    """The fields as they are stored. Raises Invalid."""
    title, notes = clean_line(text.title), clean_text(text.notes)
    if not has_visible(title):
        raise Invalid("title", _("Enter a title."))
    check_length("title", title, TITLE_LENGTH, TITLE_CODE_POINTS)
    check_length("notes", notes, NOTES_LENGTH, NOTES_CODE_POINTS)
    if text.due_on is not None and not EARLIEST <= text.due_on <= LATEST:
        raise Invalid(
            "due_on",
            _("Choose a date from %(earliest)s to %(latest)s.")
            % {"earliest": dates.day(EARLIEST), "latest": dates.day(LATEST)},
        )
    if len(text.assignees) > ASSIGNEES_AT_MOST:
        raise Invalid(
            "assignees", _("Assign a task to at most %(most)d people.") % {"most": ASSIGNEES_AT_MOST}
        )
    return TaskText(title, notes, text.due_on, text.assignees)


def _check_choosable(here: Entered, added: Collection[int]) -> None:
    if added and choosable(here).filter(pk__in=added).count() < len(added):
        raise Invalid("assignees", _("Only people in this group can be assigned a task."))


def _assign(here: Entered, task: Task, wanted: frozenset[int], before: frozenset[int]) -> None:
    """Saves the assignees, and notifies the new ones except the actor."""
    task.assignees.exclude(member__in=wanted).delete()
    new = wanted - before
    Assignee.objects.bulk_create(Assignee(task=task, member_id=pk) for pk in sorted(new))
    notices.tell(
        Notice.Kind.TASK_ASSIGNED, new, actor=here.actor, group=here.group, details={"task": task.pk}
    )
