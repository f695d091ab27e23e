"""Reads the tasks of a room, and one person's tasks in all rooms (rule 3.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import CharField, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member
from groupadmin.base import dates
from groupadmin.base.paging import Key, Page, page_of
from groupadmin.base.text import isolated
from groups import limits
from groups.membership import effective
from groups.models import Assignee, Task, is_live
from groups.room.access import Entered, Gone

TASKS_AT_ONCE = 100
ASSIGNEES_SHOWN = 4
WEEK = timedelta(days=7)
NEVER = "9999-12-31"


class Show(StrEnum):
    """Which of a room's tasks are shown."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    DONE = "done"

    @classmethod
    def of(cls, value: str) -> "Show":
        """The value in an address; the open ones if it is not valid."""
        return cls(value) if value in list(cls) else cls.OPEN

    @property
    def label(self) -> str:
        return str(_SHOW_LABELS[self])


_SHOW_LABELS = {
    Show.OPEN: gettext_lazy("Open"),
    Show.MINE: gettext_lazy("Assigned to me"),
    Show.OVERDUE: gettext_lazy("Overdue"),
    Show.DONE: gettext_lazy("Done"),
}

_BY_POSITION: Key = {"position": float, "id": int}
_BY_DAY_DONE: Key = {"-done_at": datetime, "-id": int}
_BY_DUE: Key = {"due_text": str, "id": int}


@dataclass(frozen=True)
class Due:
    """When a task is due, relative to the reader's day."""

    day: date
    label: str
    is_overdue: bool
    is_soon: bool


@dataclass(frozen=True)
class ShownAssignee:
    """An assignee, as far as the reader may know them."""

    member: Member | None
    has_left: bool = False

    @property
    def name(self) -> str:
        return self.member.name if self.member else _("Someone in a private group")

    def __str__(self) -> str:
        return isolated(self.name) + (f" ({_('left the group')})" if self.has_left else "")


@dataclass
class Row:
    """A task as one person sees it."""

    task: Task
    due: Due | None
    people: list[ShownAssignee] = field(default_factory=list)
    section: str = ""

    @property
    def assignees(self) -> str:
        """The names of all assignees."""
        return ", ".join(map(str, self.people))

    @property
    def first_people(self) -> list[ShownAssignee]:
        return self.people[:ASSIGNEES_SHOWN]

    @property
    def more_people(self) -> int:
        return max(0, len(self.people) - ASSIGNEES_SHOWN)


def tasks_shown(here: Entered, show: Show) -> QuerySet[Task]:
    """The room's tasks of that kind. What is overdue depends on the reader's day."""
    tasks = Task.objects.filter(group=here.group)
    if show is Show.DONE:
        return tasks.filter(done_at__isnull=False)
    tasks = tasks.filter(done_at__isnull=True)
    if show is Show.MINE:
        return tasks.filter(assignees__member=here.member)
    if show is Show.OVERDUE:
        return tasks.filter(due_on__lt=timezone.localdate())
    return tasks


def page_shown(here: Entered, show: Show, wanted: QueryDict) -> Page[Row]:
    """A page of them in their order; completed ones by when they were done."""
    tasks = tasks_shown(here, show).prefetch_related(_assignees())
    page = page_of(tasks, _BY_DAY_DONE if show is Show.DONE else _BY_POSITION, wanted, TASKS_AT_ONCE)
    return Page(rows_of(here, page.rows), page.previous, page.next)


def _assignees() -> Prefetch[str]:
    return Prefetch(
        "assignees",
        Assignee.objects.select_related("member").order_by("member__name_sort__collated", "member_id"),
    )


def rows_of(here: Entered, tasks: Sequence[Task]) -> list[Row]:
    """The tasks with their assignees, in a fixed number of queries."""
    people = [one.member for task in tasks for one in task.assignees.all()]
    unnamed, inside = hidden_and_inside(here, people)
    today = timezone.localdate()
    return [
        Row(
            task,
            describe_due(task.due_on, today, is_done=task.done_at is not None),
            [
                ShownAssignee(None if one.member_id in unnamed else one.member, one.member_id not in inside)
                for one in task.assignees.all()
            ],
        )
        for task in tasks
    ]


def hidden_and_inside(here: Entered, people: Iterable[Member]) -> tuple[set[int], set[int]]:
    """Which of these people are in the group only through private groups that the reader does not know (rule
    2.21), and which are in it at all."""
    ids = {person.pk for person in people if person.is_active}
    inside = effective.members_inside(here.group, sorted(ids))
    shown = set(choosable(here).filter(pk__in=inside).values_list("pk", flat=True)) if inside else set()
    return inside - shown, inside


def choosable(here: Entered) -> QuerySet[Member]:
    """The people who can be assigned: the group's members whom the reader may know."""
    return limits.choosable_assignees(here.actor, here.group)


def task_for(here: Entered, pk: int) -> Task:
    """A task of this room. Raises Gone."""
    found = Task.objects.filter(group=here.group, pk=pk).prefetch_related(_assignees()).first()
    if found is None:
        raise Gone
    return found


def describe_due(due: date | None, today: date, *, is_done: bool = False) -> Due | None:
    """Near days by their names, others by their date."""
    if due is None:
        return None
    return Due(
        due,
        _describe_day(due, today),
        is_overdue=due < today and not is_done,
        is_soon=due == today and not is_done,
    )


def _describe_day(day: date, today: date) -> str:
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - today).days)
    if near is not None:
        return near
    if today < day < today + WEEK:
        return dates.weekday(day)
    return dates.day_of_year(day) if day.year == today.year else dates.day(day)


# In groups that were not deleted and have Task on (rules 2.17, 3.3).
_IN_LIVE_ROOM = is_live("group__") & Q(group__task=True, group__message=True)


def my_tasks(member: Member) -> QuerySet[Task]:
    """A person's open tasks in their rooms where Task is on (rules 2.16, 3.3)."""
    return Task.objects.filter(
        _IN_LIVE_ROOM,
        assignees__member=member,
        done_at__isnull=True,
        group__in=effective.belonging_ids(member),
    )


def my_tasks_page(member: Member, wanted: QueryDict) -> Page[Row]:
    """A page of them by due date, those without one last."""
    # As text, dates still sort in order, and fit into an address.
    due_text = Coalesce(Cast("due_on", CharField()), Value(NEVER))
    tasks = my_tasks(member).annotate(due_text=due_text).select_related("group")
    page = page_of(tasks, _BY_DUE, wanted, TASKS_AT_ONCE)
    today = timezone.localdate()
    rows = [
        Row(task, describe_due(task.due_on, today), section=_section(task.due_on, today))
        for task in page.rows
    ]
    return Page(rows, page.previous, page.next)


def _section(due: date | None, today: date) -> str:
    if due is None:
        return _("No due date")
    if due < today:
        return _("Overdue")
    if due == today:
        return _("Today")
    return _("In the next 7 days") if due < today + WEEK else _("Later")


def titles_for(member: Member, pks: Iterable[int]) -> dict[int, str]:
    """The titles of those tasks that the member can see now, for the bell."""
    tasks = Task.objects.filter(_IN_LIVE_ROOM, pk__in=list(pks), group__in=effective.belonging_ids(member))
    return dict(tasks.values_list("pk", "title"))
