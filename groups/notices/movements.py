"""Notifies people who join or leave a group, in any way (rules 5.1, 2.10).

Membership is computed, so a change of one entry, a team or a contained group can move people in many groups.
An action wraps its change:

    with movements(actor, groups=[group.pk], people=...):
        ...

Once per transaction and object: people who come and go within it are notified of the result only.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from accounts.actor import Actor
from groups import notices
from groups.membership import effective
from groups.models import Group, Notice


@contextmanager
def movements(
    actor: Actor, *, people: Iterable[int], groups: Collection[int] = (), teams: Collection[int] = ()
) -> Iterator[None]:
    """Compares which people are in which groups before and after, and notifies them.

    `people` are the ids of all whom the change may move, needed only if somebody may be notified.
    `groups` and `teams` are what changes directly, and teams under which others are put. Only groups that
    send notifications count, as set after the change; so do those that contain a group or a team.
    """
    touched = effective.notifying_ids(groups, teams)
    moving = set(people) if touched else set()
    before = effective.pairs_among(moving, set(touched))
    yield
    if not moving:
        return
    still = set(Group.objects.live().filter(pk__in=touched, notifies=True).values_list("pk", flat=True))
    after = effective.pairs_among(moving, still)
    _tell(Notice.Kind.JOINED, after - before, actor)
    _tell(Notice.Kind.REMOVED, {pair for pair in before - after if pair[0] in still}, actor)


def _tell(kind: Notice.Kind, moved: set[tuple[int, int]], actor: Actor) -> None:
    groups = Group.objects.in_bulk({group for group, _member in moved})
    people: dict[int, set[int]] = {}
    for group, member in moved:
        people.setdefault(group, set()).add(member)
    notices.tell_by_group(kind, [(groups[pk], people[pk]) for pk in sorted(people)], actor=actor)
