"""Whom the company and its groups would lose by an import: asked before it starts (rule 10.5)."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.actions.losses import check_group_losses, check_people_leave
from accounts.actor import Actor
from groups.directory.records import Kind
from groups.membership import effective
from groups.models import DirectoryImport, Group, ImportRow, Membership


def check(directory_import: DirectoryImport, actor: Actor) -> None:
    """Raises LosesMany if the good rows take many people away, and the actor has not agreed."""
    if actor.accepts_loss:
        return
    waiting = ImportRow.objects.filter(directory_import=directory_import).good().filter(state="")
    leaving = waiting.filter(kind=Kind.MEMBER).filter(
        Q(verdict=ImportRow.Verdict.REMOVE) | Q(after__active=False, verdict=ImportRow.Verdict.CHANGE)
    )
    people = [pk for pk in leaving.values_list("target", flat=True) if pk]
    least = actor.fewest_asked
    with actor.in_one_step() as one:
        check_people_leave(people, one)
        removed = waiting.filter(kind=Kind.ENTRY, verdict=ImportRow.Verdict.REMOVE)
        losses = {}
        for pk in _losing(removed.values("target"), least):
            group = Group.objects.get(pk=pk)
            # Who stays by another way counts too: rather asked once too often.
            lost = _behind(group, removed.values("target"))
            losses[group] = (lost, effective.people_of(group).count())
        check_group_losses(losses, one)


def _losing(removed: "QuerySet[ImportRow, Any]", least: int) -> list[int]:
    """The groups that lose enough people, or a team or a group."""
    entries = Membership.objects.filter(pk__in=removed).order_by()
    counted = entries.values("group").annotate(
        people=Count("member"), others=Count("team") + Count("subgroup")
    )
    return list(counted.filter(Q(people__gte=least) | Q(others__gt=0)).values_list("group", flat=True))


def _behind(group: Group, removed: "QuerySet[ImportRow, Any]") -> int:
    entries = Membership.objects.filter(pk__in=removed, group=group)
    members, teams, groups = (
        {pk for pk in entries.values_list(name, flat=True) if pk}
        for name in ("member_id", "team_id", "subgroup_id")
    )
    behind = effective.people_ids_within(members, teams, groups)
    return effective.people_of(group).filter(pk__in=behind).count()
