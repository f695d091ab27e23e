"""Tasks of a room: what one sees, adds and changes (rule 3.5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Member
from groupadmin.base.errors import Invalid
from groups.models import Group, Membership, Task
from groups.room.tasks import actions
from groups.room.tasks.actions import TaskText
from groups.room.tasks.reading import describe_due
from tests.factories import MemberFactory, TaskFactory
from tests.helpers import ActorOf, ClientOf

from .pages import fields, shown, switch_on, titles, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def task_is_on(group: Group) -> None:
    switch_on(group)


TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


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
        (7, "Dec 1"),
        (-2, "Nov 22"),
        (60, "Jan 23, 2027"),
    ],
)
def test_days_in_words(days: int, words: str) -> None:
    due = describe_due(TODAY + timedelta(days=days), TODAY)
    assert due is not None
    assert (due.label, due.is_overdue) == (words, days < 0)


def test_what_is_done_is_not_overdue() -> None:
    due = describe_due(TODAY - timedelta(days=3), TODAY, is_done=True)
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
    """The master is in no room (rule 2.12); the team and the group are no persons."""
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
    asked = {"purpose": "assignees", "group": str(group.pk), "q": "m"}
    found = client_of(member).get(reverse("groups:pick"), asked).content.decode()
    assert "Momo Member" in found
    assert "Tae Teammate" in found
    assert "Mira" not in found
    pasted = {"text": f"team:{group.entries.get(team__isnull=False).team_id} mira@hanbit.example"}
    query = f"?purpose=assignees&group={group.pk}"
    answer = client_of(member).post(reverse("groups:pick_paste") + query, pasted).json()
    assert answer["missing"] == ["mira@hanbit.example"]
    assert "Platform" not in answer["chips"]
    assert client_of(outsider).get(reverse("groups:pick"), asked).status_code == 403
    assert client_of(master).get(reverse("groups:pick"), asked).status_code == 403
    assert client_of(member).get(reverse("groups:pick"), asked | {"group": ""}).status_code == 404
    Group.objects.filter(pk=group.pk).update(task=False)
    assert client_of(member).get(reverse("groups:pick"), asked).status_code == 403


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
    """Whose it was, not what it said (rule 3.6)."""
    Membership.objects.create(group=group, member=master)
    own, others = (
        TaskFactory.create(group=group, author=master),
        TaskFactory.create(group=group, author=member),
    )
    for task in (own, others):
        actions.delete(group, task.pk, actor=actor_of(master))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("task.delete", {"task_of": [member.name, None]})
