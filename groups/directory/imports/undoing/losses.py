"""Whom the company and its groups would lose by undoing an import: asked before it starts (rule 10.5)."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts import consequences
from accounts.actions.losses import check_company_loss, check_group_losses
from accounts.actor import Actor
from accounts.models import Member
from groups.directory.records import Kind
from groups.membership import effective
from groups.models import Group, Membership

from .look import Look


def check(look: Look, actor: Actor) -> None:
    """Raises LosesMany if it takes many people away, and the actor has not agreed."""
    if actor.accepts_loss:
        return
    added = Member.objects.active().filter(company=look.company, pk__in=look.mine(Kind.MEMBER))
    people = set(added.values_list("pk", flat=True))
    least = actor.fewest_asked
    with actor.in_one_step() as one:
        check_company_loss(look.company, len(people), one)
        entries = Membership.objects.filter(pk__in=look.mine(Kind.ENTRY))
        groups = _losing(entries, least) | set(consequences.in_groups().groups_losing(people, least))
        going = set(look.mine(Kind.GROUP).values_list("target", flat=True))
        losses = {}
        for group in groups:
            if group.pk not in going:
                inside = set(effective.people_of(group).values_list("pk", flat=True))
                # Who stays by another way counts too: rather asked once too often.
                losses[group] = (len(inside & (people | _behind(entries.filter(group=group)))), len(inside))
        check_group_losses(losses, one)


def _losing(entries: "QuerySet[Membership]", least: int) -> set[Group]:
    """The groups that lose enough people, or a team or a group."""
    counted = (
        entries.order_by()
        .values("group")
        .annotate(people=Count("member"), others=Count("team") + Count("subgroup"))
    )
    many = counted.filter(Q(people__gte=least) | Q(others__gt=0)).values("group")
    return set(Group.objects.live().filter(pk__in=many))


def _behind(entries: "QuerySet[Membership]") -> set[int]:
    named: list[set[Any]] = [
        set(entries.values_list(name, flat=True)) - {None} for name in ("member_id", "team_id", "subgroup_id")
    ]
    return set(effective.people_ids_within(*named))
