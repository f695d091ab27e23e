"""Notifies people who join or leave a group, in any way (rules 5.1, 2.10); asks if many leave (rule 10.5).

Membership is computed, so a change of one entry, a team or a contained group can move people in many groups.
An action wraps its change:

    with movements(actor, groups=[group.pk], people=...):
        ...

Once per transaction and object: people who come and go within it are notified of the result only.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import Member
from groups import notices
from groups.membership import effective, losses
from groups.models import Group, Notice


@contextmanager
def movements(
    actor: Actor,
    *,
    people: Collection[int] | QuerySet[Member, int],
    leaving: Collection[int] | QuerySet[Member, int] | None = None,
    groups: Collection[int] = (),
    teams: Collection[int] = (),
) -> Iterator[None]:
    """Compares which people are in which groups before and after, and notifies them.

    `people` are the ids of all whom the change may move, needed only if somebody may be notified; `leaving`
    those of them who may leave, by default all. `groups` and `teams` are what changes directly, and teams
    under which others are put; so do groups that contain a group or a team. Only groups that send
    notifications, as set after the change, notify.

    Raises LosesMany if many leave a group, and the actor has not agreed (rule 10.5).
    """
    touched = effective.touched_ids(groups, teams)
    telling = {pk for pk, notifies in touched.items() if notifies}
    moving = set(people) if telling else set()
    before = effective.pairs_among(moving, telling)
    with losses.watched(actor, people if leaving is None else leaving, touched):
        yield
    if not moving:
        return
    still = set(Group.objects.live().filter(pk__in=telling, notifies=True).values_list("pk", flat=True))
    after = effective.pairs_among(moving, still)
    _tell(Notice.Kind.JOINED, after - before, actor)
    _tell(Notice.Kind.REMOVED, {pair for pair in before - after if pair[0] in still}, actor)


def _tell(kind: Notice.Kind, moved: set[tuple[int, int]], actor: Actor) -> None:
    groups = Group.objects.in_bulk({group for group, _member in moved})
    people: dict[int, set[int]] = {}
    for group, member in moved:
        people.setdefault(group, set()).add(member)
    notices.tell_by_group(kind, [(groups[pk], people[pk]) for pk in sorted(people)], actor=actor)
