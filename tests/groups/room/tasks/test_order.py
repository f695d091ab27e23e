"""The order of tasks is that of a list (rule 3.5)."""

from itertools import pairwise

import pytest
from django.http import Http404
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Member
from groups.models import Group, Membership, Task
from groups.room.tasks import actions
from groups.room.tasks.actions import NARROWEST
from groups.room.tasks.reading import Show
from tests.factories import GroupFactory, MemberFactory, TaskFactory
from tests.helpers import ActorOf, ClientOf, actor_of

from .pages import shown, switch_on, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def task_is_on(group: Group) -> None:
    switch_on(group)


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


def test_beside_what_is_deleted_meanwhile(group: Group, member: Member, actor_of: ActorOf) -> None:
    one, other = TaskFactory.create_batch(2, group=group)
    gone = other.pk
    other.delete()
    with pytest.raises(Http404):
        actions.move(group, one.pk, gone, below=True, actor=actor_of(member))
    assert Task.objects.get().position == one.position
