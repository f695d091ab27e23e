"""Tasks of a room: what to do, by whom, until when, in which order (spec 3.5)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Conflict, Invalid, Refused
from accounts.models import AuditEntry, Member
from groups.models import Group, Membership, Notice, Notification, Task
from groups.notice_words import in_words
from groups.room.actions import tasks as actions
from groups.room.actions.tasks import NARROWEST, TaskText
from groups.room.tasks import Show, due_in_words, my_tasks
from tests.factories import GroupFactory, MemberFactory, TaskFactory
from tests.helpers import ActorOf, ClientOf, actor_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def task_is_on(group: Group) -> None:
    group.task = True
    group.save()


def url(name: str, *args: int, query: str = "") -> str:
    return reverse(f"room:{name}", args=args) + query


def titles(page: Any) -> list[str]:
    return [row.task.title for row in page.context["page"].rows]


def shown(client: Client, group: Group, show: str = "open") -> list[str]:
    return titles(client.get(url("tasks", group.pk), {"show": show}))


def fields(task: Task, **typed: Any) -> dict[str, Any]:
    """A form as it is posted."""
    people = "\n".join(f"member:{one.member_id}" for one in task.assignees.all())
    return {"title": task.title, "version": task.version, "assignees": people, "notes": task.notes} | typed


# --- What one sees


def test_the_list_has_four_sorts(group: Group, member: Member, client_of: ClientOf) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    TaskFactory.create(group=group, title="late", due_on=yesterday)
    TaskFactory.create(group=group, title="mine", assignees=[member])
    TaskFactory.create(group=group, title="first done", done_at=NOON)
    TaskFactory.create(group=group, title="then done", done_at=NOON + timedelta(hours=1), due_on=yesterday)
    TaskFactory.create(title="elsewhere", assignees=[member])
    client = client_of(member)
    assert shown(client, group) == ["late", "mine"]
    assert shown(client, group, "mine") == ["mine"]
    assert shown(client, group, "overdue") == ["late"]
    assert shown(client, group, "done") == ["then done", "first done"]
    for query in ("?show=%ED%A0%80", "?show=%00", "?show=x'", "?show=done&show=open"):
        assert titles(client.get(url("tasks", group.pk, query=query))) == ["late", "mine"]


def test_overdue_is_by_the_readers_day(
    group: Group, member: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At noon in London it is the next day at Kiritimati already."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    TaskFactory.create(group=group, title="due", due_on=TODAY)
    Member.objects.filter(pk=member.pk).update(time_zone="Europe/London")
    assert shown(client_of(member), group, "overdue") == []
    assert "today" in client_of(member).get(url("tasks", group.pk)).content.decode()
    Member.objects.filter(pk=member.pk).update(time_zone="Pacific/Kiritimati")
    assert shown(client_of(member), group, "overdue") == ["due"]
    assert "Overdue" in client_of(member).get(url("tasks", group.pk)).content.decode()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (6, "Monday"),
        (7, "December 1"),
        (-2, "November 22"),
        (60, "Jan. 23, 2027"),
    ],
)
def test_days_in_words(days: int, words: str) -> None:
    due = due_in_words(TODAY + timedelta(days=days), TODAY)
    assert due is not None
    assert (due.words, due.is_overdue) == (words, days < 0)


def test_what_is_done_is_not_overdue() -> None:
    due = due_in_words(TODAY - timedelta(days=3), TODAY, is_done=True)
    assert due is not None
    assert not due.is_overdue


def test_queries_do_not_grow_with_tasks_and_people(
    group: Group, member: Member, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = MemberFactory.create_batch(6, company=group.company)
    TaskFactory.create_batch(120, group=group, assignees=[member, *people])
    client = client_of(member)
    client.get(url("tasks", group.pk))
    with django_assert_max_num_queries(45):
        page = client.get(url("tasks", group.pk))
    assert len(titles(page)) == 100
    following = client.get(url("tasks", group.pk) + page.context["page"].next)
    assert len(titles(following)) == 20
    assert not set(titles(page)) & set(titles(following))


# --- Adding and changing


def test_a_title_is_enough(group: Group, member: Member, client_of: ClientOf) -> None:
    client = client_of(member)
    for title in ("first", "  second\n"):
        answer = client.post(url("tasks", group.pk), {"title": title})
        assert answer.headers["Location"] == url("tasks", group.pk)
    assert shown(client, group) == ["second", "first"]
    assert Task.objects.get(title="second").author_name == member.name
    client.post(url("tasks", group.pk, query="?show=mine"), {"title": "for me"})
    assert shown(client, group, "mine") == ["for me"]


@pytest.mark.parametrize("title", ["", " \x00\u200b ", "x" * 201, "🇩🇪" * 201, "e" + "\u0301" * 1000])
def test_what_is_no_title_is_said_beside_the_field(
    title: str, group: Group, member: Member, client_of: ClientOf
) -> None:
    """As people count: 200 flags are 200 characters. What was typed is kept."""
    answer = client_of(member).post(url("tasks", group.pk), {"title": title})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    answer = client_of(member).post(url("task_add", group.pk), {"title": title, "version": 0})
    assert answer.status_code == 422
    assert answer.context["form"].errors["title"]
    assert not Task.objects.exists()


def test_two_hundred_characters_of_any_kind(group: Group, member: Member, client_of: ClientOf) -> None:
    assert client_of(member).post(url("tasks", group.pk), {"title": "🇩🇪" * 200}).status_code == 302


def test_a_task_with_everything(group: Group, member: Member, teammate: Member, client_of: ClientOf) -> None:
    typed = {
        "title": "Launch <b>it</b>",
        "version": 0,
        "due_on": "2026-12-01",
        "assignees": [f"member:{member.pk}", f"member:{teammate.pk}"],
        "notes": "See https://example.com/a\n<script>alert(1)</script>",
    }
    client_of(member).post(url("task_add", group.pk), typed)
    task = Task.objects.get()
    assert task.due_on == date(2026, 12, 1)
    assert {one.member for one in task.assignees.all()} == {member, teammate}
    page = client_of(teammate).get(url("task", group.pk, task.pk)).content.decode()
    assert 'href="https://example.com/a"' in page
    assert "<script>alert" not in page
    assert "<b>it" not in page
    assert "Launch &lt;b&gt;it" in page
    assert "<b>it" not in client_of(member).get(url("tasks", group.pk)).content.decode()


@pytest.mark.parametrize(
    "day",
    ["0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31", "soon", "2026-02-30", "\x00", "9" * 9999],
)
def test_days_that_are_none(day: str, group: Group, member: Member, client_of: ClientOf) -> None:
    typed = {"title": "kept", "version": 0, "due_on": day}
    answer = client_of(member).post(url("task_add", group.pk), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["due_on"]
    assert 'value="kept"' in answer.content.decode()
    assert not Task.objects.exists()


def test_a_megabyte_of_notes(group: Group, member: Member, client_of: ClientOf) -> None:
    typed = {"title": "kept", "version": 0, "notes": "🇩🇪" * 130_000}
    answer = client_of(member).post(url("task_add", group.pk), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["notes"]
    assert client_of(member).post(url("tasks", group.pk), {"title": "x" * 1_000_000}).status_code == 422


def test_only_people_of_the_group_are_given_tasks(
    group: Group, member: Member, outsider: Member, guest: Member, master: Member, client_of: ClientOf
) -> None:
    """The master is in no room (spec 2.12); the team and the group are no persons."""
    client = client_of(member)
    for token in [f"member:{who.pk}" for who in (outsider, guest, master)] + [
        "member:9223372036854775807",
        "member:99999999999999999999",
        f"team:{group.entries.get(team__isnull=False).team_id}",
        f"group:{group.pk}",
        "guest@nordlicht.example",
    ]:
        answer = client.post(url("task_add", group.pk), {"title": "kept", "version": 0, "assignees": token})
        assert answer.status_code == 422, token
        assert answer.context["form"].errors["assignees"]
    assert not Task.objects.exists()


def test_too_many_people(group: Group, member: Member, actor_of: ActorOf) -> None:
    with pytest.raises(Invalid):
        actions.add(group, TaskText("x", assignees=frozenset(range(1, 52))), actor=actor_of(member))


def test_the_picker_finds_people_of_the_group_alone(
    group: Group, member: Member, outsider: Member, master: Member, client_of: ClientOf
) -> None:
    asked = {"purpose": "assignees", "group": group.pk, "q": "m"}
    found = client_of(member).get(reverse("groups:pick"), asked).content.decode()
    assert "Momo Member" in found
    assert "Tae Teammate" in found
    assert "Mira" not in found
    assert client_of(outsider).get(reverse("groups:pick"), asked).status_code == 403
    assert client_of(master).get(reverse("groups:pick"), asked).status_code == 403
    assert client_of(member).get(reverse("groups:pick"), asked | {"group": ""}).status_code == 404
    Group.objects.filter(pk=group.pk).update(task=False)
    assert client_of(member).get(reverse("groups:pick"), asked).status_code == 404


def test_who_saves_later_is_told_what_came_between(
    group: Group, member: Member, teammate: Member, client_of: ClientOf
) -> None:
    """Nothing is overwritten unseen, and nothing typed is lost."""
    task = TaskFactory.create(group=group, title="Old", author=member)
    mine, theirs = fields(task, title="Mine", notes="my notes"), fields(task, title="Theirs")
    assert client_of(teammate).post(url("task_edit", group.pk, task.pk), theirs).status_code == 302
    answer = client_of(member).post(url("task_edit", group.pk, task.pk), mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Theirs" in page
    assert 'value="Mine"' in page
    assert "my notes" in page
    task.refresh_from_db()
    assert task.title == "Theirs"
    again = mine | {"version": answer.context["form"]["version"].value()}
    assert client_of(member).post(url("task_edit", group.pk, task.pk), again).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.notes) == ("Mine", "my notes")


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999", "\x00"])
def test_versions_that_are_none(version: str, group: Group, member: Member, client_of: ClientOf) -> None:
    task = TaskFactory.create(group=group)
    answer = client_of(member).post(url("task_edit", group.pk, task.pk), fields(task, version=version))
    assert answer.status_code == 422


def test_done_and_open_again(group: Group, member: Member, teammate: Member, client_of: ClientOf) -> None:
    task = TaskFactory.create(group=group, title="Sweep")
    client = client_of(member)
    done = url("task_done", group.pk, task.pk)
    for _twice in range(2):
        assert client.post(done, {"done": "1"}).headers["Location"] == url("tasks", group.pk)
    first = Task.objects.get().done_at
    client_of(teammate).post(done, {"done": "1"})
    assert (Task.objects.get().done_at, Task.objects.get().done_by_name) == (first, member.name)
    assert shown(client, group) == []
    client.post(done, {"done": "0"})
    assert shown(client, group) == ["Sweep"]
    assert Task.objects.get().version == 1


def test_htmx_gets_the_list_and_a_way_back(group: Group, member: Member, client_of: ClientOf) -> None:
    task = TaskFactory.create(group=group, title="Sweep")
    TaskFactory.create(group=group, title="Mop")
    client = client_of(member, htmx=True)
    answer = client.post(
        url("task_done", group.pk, task.pk, query="?show=open"),
        {"done": "1"},
        headers={"HX-Target": "tasks"},
    )
    page = answer.content.decode()
    assert titles(answer) == ["Mop"]
    assert "<html" not in page
    assert "Undo" in page


def test_every_member_changes_and_deletes(
    group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    task = TaskFactory.create(group=group, author=member)
    actions.edit(group, task.pk, TaskText("Other"), version=1, actor=actor_of(teammate))
    actions.delete(group, task.pk, actor=actor_of(teammate))
    assert not Task.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_master_deleting_somebody_elses_is_audited(
    group: Group, member: Member, master: Member, actor_of: ActorOf
) -> None:
    """Whose it was, not what it said (spec 3.6)."""
    Membership.objects.create(group=group, member=master)
    own, others = (
        TaskFactory.create(group=group, author=master),
        TaskFactory.create(group=group, author=member),
    )
    for task in (own, others):
        actions.delete(group, task.pk, actor=actor_of(master))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("task.delete", {"task_of": [member.name, None]})


# --- Who is told


def told(member: Member) -> list[str]:
    rows = Notification.objects.filter(member=member).select_related("notice__by")
    return [one.text.replace("\u2068", "").replace("\u2069", "") for one in in_words(rows, member)]


def test_who_is_given_a_task_is_told_but_not_oneself(
    group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    both = frozenset({member.pk, teammate.pk})
    task = actions.add(group, TaskText("Sweep", assignees=both), actor=actor_of(member))
    assert told(teammate) == ["Momo Member gave you a task in Platform guild: Sweep."]
    assert told(member) == []
    actions.edit(group, task.pk, TaskText("Mop", assignees=both), version=1, actor=actor_of(member))
    assert told(teammate) == ["Momo Member gave you a task in Platform guild: Mop."]
    (words,) = in_words(Notification.objects.all(), teammate)
    assert words.url == url("task", group.pk, task.pk)


@pytest.mark.parametrize("switch", ["task", "message", "left"])
def test_the_bell_names_no_task_that_one_cannot_see(
    switch: str, group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    text = TaskText("Sweep", assignees=frozenset({teammate.pk}))
    actions.add(group, text, actor=actor_of(member))
    _switch_off(switch, group)
    assert told(teammate) == ["Momo Member gave you a task in Platform guild."]
    assert Notice.objects.get().details == {"task": Task.objects.get().pk}


def _switch_off(switch: str, group: Group) -> None:
    if switch == "left":
        group.entries.filter(team__isnull=False).delete()
    else:
        off = {"task": False} | ({"message": False} if switch == "message" else {})
        Group.objects.filter(pk=group.pk).update(**off)


# --- People who left, and who are hidden


def test_who_left_is_marked_and_may_stay(
    group: Group, member: Member, teammate: Member, client_of: ClientOf
) -> None:
    """By name only (spec 2.16); a change of the title does not need them to be back."""
    Member.objects.filter(pk=teammate.pk).update(photo="members/tae.webp")
    task = TaskFactory.create(group=group, assignees=[teammate])
    _switch_off("left", group)
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
    """Spec 2.21. They keep what they were given when somebody who does not see them changes it."""
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


# --- My tasks


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
    """Spec 2.16, 3.3."""
    task = TaskFactory.create(group=group, assignees=[teammate])
    assert my_tasks(teammate).exists()
    if switch == "deleted":
        Group.objects.filter(pk=group.pk).update(deleted_at=NOON)
    else:
        _switch_off(switch, group)
    status = 403 if switch == "left" else 404
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
    _switch_off("left", group)
    with pytest.raises(Refused):
        actions.set_done(group, task.pk, True, actor=actor_of(teammate))
    _switch_off("task", group)
    with pytest.raises(Http404):
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
            assert answer.status_code == 404
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


# --- Order

MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["up", "down", "above", "below"]), st.integers(0, 5)),
    max_size=25,
)


@pytest.mark.django_db(transaction=False)
@given(moves=MOVES)
@settings(max_examples=40)
def test_moves_give_the_order_that_a_list_would_have(moves: list[tuple[int, str, int]]) -> None:
    group = GroupFactory.create(message=True, task=True)
    person = MemberFactory.create(company=group.company)
    Membership.objects.create(group=group, member=person)
    actor = actor_of(person)
    # All in one place, as if they had come from elsewhere: the order is then that of their ids.
    tasks = [TaskFactory.create(group=group, author=person, position=0).pk for _n in range(6)]
    expected = list(tasks)
    for which, how, where in moves:
        pk, beside = tasks[which], tasks[where]
        at = expected.index(pk)
        if how in ("up", "down"):
            actions.step(group, pk, down=how == "down", show=Show.OPEN, actor=actor)
            to = min(max(at + (1 if how == "down" else -1), 0), len(expected) - 1)
            expected.insert(to, expected.pop(at))
        else:
            actions.move(group, pk, beside, below=how == "below", actor=actor)
            if pk != beside:
                expected.remove(pk)
                expected.insert(expected.index(beside) + (how == "below"), pk)
        assert list(Task.objects.filter(group=group).values_list("pk", flat=True)) == expected


def test_there_is_always_room_between_two(group: Group, member: Member, actor_of: ActorOf) -> None:
    """A hundred halves would be finer than numbers are; elsewhere nothing moves."""
    elsewhere = TaskFactory.create(position=7)
    first, second, third, fourth = TaskFactory.create_batch(4, group=group)
    below = [third, fourth]
    for n in range(100):
        moved = below[n % 2]
        actions.move(group, moved.pk, second.pk, below=False, actor=actor_of(member))
        order = list(Task.objects.filter(group=group))
        assert order == [first, below[(n + 1) % 2], moved, second] if n else order[1] == moved
        gaps = [b.position - a.position for a, b in pairwise(order)]
        assert min(gaps) >= NARROWEST / 2
    elsewhere.refresh_from_db()
    assert elsewhere.position == 7


def test_a_step_passes_what_is_shown(group: Group, member: Member, client_of: ClientOf) -> None:
    """Among one's own, one step passes all that stands between two of them."""
    for title, people in (("a", [member]), ("x", []), ("y", []), ("b", [member])):
        TaskFactory.create(group=group, title=title, assignees=people)
    pk = Task.objects.get(title="b").pk
    client = client_of(member)
    client.post(url("task_move", group.pk, pk, query="?show=mine"), {"step": "up"})
    assert shown(client, group) == ["b", "a", "x", "y"]
    client.post(url("task_move", group.pk, pk, query="?show=mine"), {"step": "up"})
    assert shown(client, group) == ["b", "a", "x", "y"]
    answer = client.post(url("task_move", group.pk, pk, query="?show=mine&x=1"), {"step": "down"})
    assert answer.headers["Location"] == url("tasks", group.pk) + "?show=mine"
    assert shown(client, group) == ["a", "b", "x", "y"]
    below = Task.objects.get(title="y").pk
    client.post(url("task_move", group.pk, pk), {"below": below})
    assert shown(client, group) == ["a", "x", "y", "b"]


def test_a_deleted_neighbour_is_said(group: Group, member: Member, actor_of: ActorOf) -> None:
    one, other = TaskFactory.create_batch(2, group=group)
    other.delete()
    with pytest.raises(Http404):
        actions.move(group, one.pk, other.pk or 0, below=True, actor=actor_of(member))
    with pytest.raises(Conflict):
        actions.edit(group, one.pk, TaskText("x"), version=7, actor=actor_of(member))
    with pytest.raises(ObjectDoesNotExist):
        other.refresh_from_db()
