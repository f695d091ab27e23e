"""How many people groups lose by a change (rule 10.5): computed membership is counted before and after.

Nothing is counted where too few people leave to be asked about.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db.models import QuerySet

from accounts.actions.losses import check_group_losses
from accounts.actor import Actor
from accounts.losses import is_large
from accounts.models import Member
from groupadmin.base.sql import Carry, Sql, query
from groups.models import Group

from . import sql as recursive
from .counts import count_people
from .effective import ASKED_AT_ONCE, FEW_PEOPLE, GROUPS_AT_ONCE, PEOPLE_PER_GROUP

IDS_AT_ONCE = 5_000


@contextmanager
def watched(actor: Actor, leaving: Iterable[int], touched: Collection[int]) -> Iterator[None]:
    """Wraps a change: raises LosesMany if it takes many people from a group, and the actor has not agreed.

    `leaving` are the ids of all whom the change may take away, `touched` those of the groups that may lose
    them. None of `leaving` comes into one of these groups by the change.
    """
    least = actor.fewest_asked
    people = _active(leaving, least) if touched and not actor.accepts_loss else set()
    if len(people) < least:
        yield
        return
    before = {pk: count for pk, count in count_among(people, touched).items() if count >= least}
    numbers = _sizes(before)
    if actor.step is None:
        before = {pk: count for pk, count in before.items() if is_large(count, numbers[pk])}
    yield
    if not before:
        return
    after = count_among(people, before)
    lost = {pk: count - after[pk] for pk, count in before.items() if count - after[pk] >= least}
    groups = Group.objects.in_bulk(lost)
    check_group_losses({groups[pk]: (count, numbers[pk]) for pk, count in lost.items()}, actor)


def groups_losing(people: Collection[int], least: int) -> Mapping[Group, tuple[int, int]]:
    """The live groups in which at least so many of these active people are: how many, of how many."""
    counts = Counter[int]()
    for chunk in _chunks(sorted(people), ASKED_AT_ONCE):
        counts.update(_groups_of(chunk))
    many = sorted(pk for pk, count in counts.items() if count >= least)
    numbers = _sizes(many)
    live = Group.objects.live().filter(pk__in=many)
    return {group: (counts[group.pk], numbers[group.pk]) for group in live}


def count_among(people: Collection[int], groups: Collection[int]) -> Counter[int]:
    """How many of these active people are in each of these groups.

    Few people are followed upwards; for many, searching the groups is faster.
    """
    counts = Counter[int]()
    if len(people) <= min(FEW_PEOPLE, PEOPLE_PER_GROUP * len(groups)):
        for chunk in _chunks(sorted(people), ASKED_AT_ONCE):
            counts.update({pk: count for pk, count in _groups_of(chunk).items() if pk in groups})
        return counts
    for chunk in _chunks(sorted(groups), GROUPS_AT_ONCE):
        found = query(Sql("SELECT origin, id FROM person"), *recursive.people_of_groups(chunk))
        counts.update(group for group, member in found.rows() if member in people)
    return counts


def _groups_of(people: Sequence[int]) -> dict[int, int]:
    """The groups that these people are in, and how many of them."""
    counted = Sql("SELECT id, count(*) FROM group_above GROUP BY id")
    return dict(query(counted, *recursive.groups_of_people(people, Carry.ORIGIN)).rows())


def _sizes(groups: Iterable[int]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for chunk in _chunks(sorted(groups), ASKED_AT_ONCE):
        sizes |= count_people(Group.objects.filter(pk__in=chunk).only("pk"))
    return sizes


def _active(people: Iterable[int], least: int) -> set[int]:
    """Those who are active, as nobody else is in a group; none if too few are given."""
    if isinstance(people, QuerySet):
        return set(people.filter(is_active=True))
    ids = sorted(people)
    if len(ids) < least:
        return set()
    active = Member.objects.active()
    return {
        pk for chunk in _chunks(ids, IDS_AT_ONCE) for (pk,) in active.filter(pk__in=chunk).values_list("pk")
    }


def _chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
