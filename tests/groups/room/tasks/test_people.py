"""Who is given tasks, who is told, who has left, and one's own tasks in all rooms (rule 3.5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Refused
from accounts.models import Member
from groups.models import Group, Membership, Notice, Notification, Task
from groups.notices.texts import describe
from groups.room.access import SwitchedOff
from groups.room.tasks import actions
from groups.room.tasks.actions import TaskText
from groups.room.tasks.reading import my_tasks
from tests.factories import GroupFactory, TaskFactory
from tests.helpers import ActorOf, ClientOf

from .pages import fields, shown, switch_off, switch_on, titles, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def task_is_on(group: Group) -> None:
    switch_on(group)


TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(member: Member) -> list[str]:
    rows = Notification.objects.filter(member=member).select_related("notice__by")
    return [one.text.replace("\u2068", "").replace("\u2069", "") for one in describe(rows, member)]


def test_who_is_given_a_task_is_told_but_not_oneself(
    group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    both = frozenset({member.pk, teammate.pk})
    task = actions.add(group, TaskText("Sweep", assignees=both), actor=actor_of(member))
    assert told(teammate) == ["Momo Member assigned you a task in Platform guild: Sweep."]
    assert told(member) == []
    actions.edit(group, task.pk, TaskText("Mop", assignees=both), version=1, actor=actor_of(member))
    assert told(teammate) == ["Momo Member assigned you a task in Platform guild: Mop."]
    (words,) = describe(Notification.objects.all(), teammate)
    assert words.url == url("task", group.pk, task.pk)


@pytest.mark.parametrize("switch", ["task", "message", "left"])
def test_the_bell_names_no_task_that_one_cannot_see(
    switch: str, group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    text = TaskText("Sweep", assignees=frozenset({teammate.pk}))
    actions.add(group, text, actor=actor_of(member))
    switch_off(switch, group)
    assert told(teammate) == ["Momo Member assigned you a task in Platform guild."]
    assert Notice.objects.get().details == {"task": Task.objects.get().pk}


def test_who_left_is_marked_and_may_stay(
    group: Group, member: Member, teammate: Member, client_of: ClientOf
) -> None:
    """By name only (rule 2.16); a change of the title does not need them to be back."""
    Member.objects.filter(pk=teammate.pk).update(photo="members/tae.webp")
    task = TaskFactory.create(group=group, assignees=[teammate])
    switch_off("left", group)
    page = client_of(member).get(url("task", group.pk, task.pk)).content.decode()
    assert "Tae Teammate" in page
    assert "Left the group" in page
    assert reverse("accounts:member_photo", args=[teammate.pk]) not in page
    assert "left the group" in client_of(member).get(url("tasks", group.pk)).content.decode()
    assert (
        client_of(member).post(url("task_edit", group.pk, task.pk), fields(task, title="Other")).status_code
        == 302
    )
    task.refresh_from_db()
    assert [one.member for one in task.assignees.all()] == [teammate]
    assert (
        client_of(member).post(url("task_edit", group.pk, task.pk), fields(task, assignees="")).status_code
        == 302
    )
    assert not task.assignees.exists()
    answer = client_of(member).post(
        url("task_edit", group.pk, task.pk), fields(Task.objects.get(), assignees=f"member:{teammate.pk}")
    )
    assert answer.status_code == 422


def test_people_of_a_private_group_inside_are_not_named(
    group: Group, private_group: Group, member: Member, insider: Member, client_of: ClientOf
) -> None:
    """Rule 2.21. They keep what they were given when somebody who does not see them changes it."""
    Membership.objects.create(group=group, subgroup=private_group)
    task = TaskFactory.create(group=group, author=member, assignees=[insider, member])
    for name in ("task", "task_edit"):
        page = client_of(member).get(url(name, group.pk, task.pk)).content.decode()
        assert "Ines" not in page
        assert "Ines" in client_of(insider).get(url(name, group.pk, task.pk)).content.decode()
    answer = client_of(member).post(
        url("task_add", group.pk), {"title": "x", "version": 0, "assignees": f"member:{insider.pk}"}
    )
    assert answer.status_code == 422
    typed = fields(task, title="Other", assignees="")
    assert client_of(member).post(url("task_edit", group.pk, task.pk), typed).status_code == 302
    assert [one.member for one in task.assignees.all()] == [insider]


def test_my_tasks_by_day(group: Group, member: Member, teammate: Member, client_of: ClientOf) -> None:
    other = GroupFactory.create(company=group.company, name="Ops", members=[member], message=True, task=True)
    today = timezone.localdate()
    TaskFactory.create(group=group, title="some day", assignees=[member])
    TaskFactory.create(group=other, title="soon", assignees=[member, teammate], due_on=today + timedelta(3))
    TaskFactory.create(group=group, title="late", assignees=[member], due_on=today - timedelta(3))
    TaskFactory.create(group=group, title="done", assignees=[member], done_at=NOON)
    TaskFactory.create(group=group, title="theirs", assignees=[teammate])
    page = client_of(member).get(url("my_tasks"))
    assert titles(page) == ["late", "soon", "some day"]
    assert "Ops" in page.content.decode()
    soon = Task.objects.get(title="soon")
    answer = client_of(member).post(url("task_done", other.pk, soon.pk, query="?in=mine"), {"done": "1"})
    assert answer.headers["Location"] == url("my_tasks")
    assert titles(client_of(member).get(url("my_tasks"))) == ["late", "some day"]


def test_my_tasks_go_on_by_page(group: Group, member: Member, client_of: ClientOf) -> None:
    today = timezone.localdate()
    for n in range(103):
        due = today + timedelta(days=n % 7) if n % 3 else None
        TaskFactory.create(group=group, title=f"{n:03}", assignees=[member], due_on=due)
    first = client_of(member).get(url("my_tasks"))
    second = client_of(member).get(url("my_tasks") + first.context["page"].next)
    assert len(titles(first)) == 100
    assert sorted(titles(first) + titles(second)) == [f"{n:03}" for n in range(103)]
    for cursor in ("W251bGwsMV0", "WyJcdWQ4MDAiLDFd", "x" * 3000, "\x00"):
        assert len(titles(client_of(member).get(url("my_tasks"), {"after": cursor}))) == 100
        assert client_of(member).get(url("tasks", group.pk), {"after": cursor}).status_code == 200


@pytest.mark.parametrize("switch", ["task", "message", "left", "deleted"])
def test_what_is_off_or_left_is_hidden_at_once_and_kept(
    switch: str, group: Group, member: Member, teammate: Member, client_of: ClientOf
) -> None:
    """Rules 2.16, 3.3."""
    task = TaskFactory.create(group=group, assignees=[teammate])
    assert my_tasks(teammate).exists()
    if switch == "deleted":
        Group.objects.filter(pk=group.pk).update(deleted_at=NOON)
    else:
        switch_off(switch, group)
    status = 404 if switch == "deleted" else 403
    client = client_of(teammate)
    assert titles(client.get(url("my_tasks"))) == []
    assert client.get(url("tasks", group.pk)).status_code == status
    assert client.get(url("task", group.pk, task.pk)).status_code == status
    assert client.post(url("tasks", group.pk), {"title": "x"}).status_code == status
    for name in ("task_done", "task_move", "task_delete", "task_edit"):
        assert client.post(url(name, group.pk, task.pk), {"done": "1"}).status_code == status
    task.refresh_from_db()
    assert task.done_at is None
    Group.objects.filter(pk=group.pk).update(message=True, task=True, deleted_at=None)
    assert shown(client_of(member), group) == [task.title]


def test_actions_look_again(group: Group, member: Member, teammate: Member, actor_of: ActorOf) -> None:
    """Whoever opened the page before is refused all the same."""
    task = TaskFactory.create(group=group)
    switch_off("left", group)
    with pytest.raises(Refused):
        actions.set_done(group, task.pk, True, actor=actor_of(teammate))
    switch_off("task", group)
    with pytest.raises(SwitchedOff):
        actions.set_done(group, task.pk, True, actor=actor_of(member))


def test_tasks_of_another_room_are_not_there(group: Group, member: Member, client_of: ClientOf) -> None:
    other = TaskFactory.create(group__members=[member])
    task = TaskFactory.create(group=group)
    client = client_of(member)
    for name in ("task", "task_edit", "task_delete"):
        assert client.get(url(name, group.pk, other.pk)).status_code == 404
    for name in ("task_done", "task_move", "task_edit", "task_delete"):
        for pk in (other.pk, 2**63, 10**40):
            answer = client.post(url(name, group.pk, pk), {"done": "1", "step": "up", "title": "x"})
            # As if it were gone: what was typed comes back.
            assert answer.status_code == (409 if name == "task_edit" else 404)
            assert other.title not in answer.content.decode()
    for beside in (other.pk, 10**40, "", "x", "\u0661", "-1"):
        assert client.post(url("task_move", group.pk, task.pk), {"above": beside}).status_code == 404
    other.refresh_from_db()
    assert other.done_at is None
    for pk in (2**63, 10**40):
        assert client.get(url("tasks", pk)).status_code == 404


def test_what_is_new_is_marked_until_it_was_shown(
    group: Group, member: Member, teammate: Member, actor_of: ActorOf, client_of: ClientOf
) -> None:
    task = actions.add(group, TaskText("Sweep"), actor=actor_of(member))

    def has_dot(who: Member) -> bool:
        tabs = client_of(who).get(url("messages", group.pk)).context["tabs"]
        return any(tab["is_unread"] for tab in tabs if tab["feature"] == "task")

    assert not has_dot(member)
    assert has_dot(teammate)
    assert client_of(teammate).get(url("tasks", group.pk)).context["is_unseen"]
    assert has_dot(teammate)
    for newest in ("", "x", "9" * 30, task.pk):
        assert client_of(teammate).post(url("tasks_seen", group.pk), {"newest": newest}).status_code == 204
    assert not has_dot(teammate)
