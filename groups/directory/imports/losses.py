"""Whom the company and its groups would lose by an import: asked before it starts (rule 10.5)."""

from django.db.models import Count, Q, QuerySet

from accounts.actions.losses import check_company_loss, check_group_losses
from accounts.actor import Actor
from accounts.models import Member
from groups.directory.records import Kind
from groups.membership import effective
from groups.models import DirectoryImport, Group, ImportEffect, ImportRow

from . import rows


def check(directory_import: DirectoryImport, actor: Actor) -> None:
    """Raises LosesMany if the good rows take many people away, and the actor has not agreed.

    In whatever way: by entries, places in teams, teams that move or go, groups and people that go. It
    is what the import means (meaning.py), of which all losses are kept.
    """
    if actor.accepts_loss:
        return
    waiting = ImportRow.objects.filter(directory_import=directory_import).good().filter(state="")
    with actor.in_one_step() as one:
        check_company_loss(directory_import.company, _deactivated(waiting), one)
        check_group_losses(_group_losses(directory_import, actor.fewest_asked), one)


def _deactivated(waiting: "QuerySet[ImportRow]") -> int:
    leaving = waiting.filter(kind=Kind.MEMBER).filter(
        Q(verdict=ImportRow.Verdict.REMOVE) | Q(after__active=False, verdict=ImportRow.Verdict.CHANGE)
    )
    pks = [pk for pk in leaving.values_list("target", flat=True) if pk]
    return sum(Member.objects.active().filter(pk__in=chunk).count() for chunk in rows.chunks(pks))


def _group_losses(directory_import: DirectoryImport, least: int) -> dict[Group, tuple[int, int]]:
    """The groups that lose enough people, unless they go themselves: how many of their people now.

    Of an import that was stopped, those who have left already are not counted again.
    """
    lost = ImportEffect.objects.filter(directory_import=directory_import, place=-1, group_ref__gt=0)
    counted = lost.order_by().values("group_ref").annotate(people=Count("id")).filter(people__gte=least)
    going = ImportRow.objects.filter(
        directory_import=directory_import, kind=Kind.GROUP, verdict=ImportRow.Verdict.REMOVE
    )
    staying = counted.exclude(group_ref__in=going.values("target"))
    groups = Group.objects.live().filter(pk__in=staying.values_list("group_ref", flat=True))
    losses: dict[Group, tuple[int, int]] = {}
    for group in groups:
        people = set(effective.people_of(group).values_list("pk", flat=True))
        leaving = set(lost.filter(group_ref=group.pk).values_list("member_ref", flat=True))
        losses[group] = (len(people & leaving), len(people))
    return losses
