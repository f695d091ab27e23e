"""Asks before many people are lost at once: for actions and imports that know the numbers (rule 10.5).

Call them in the transaction of the change, under its lock. They raise LosesMany unless the actor has agreed,
or accepts any loss.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from accounts import consequences
from accounts.actor import Actor
from accounts.losses import Loss
from accounts.models import Company, Member
from accounts.models.named import Named

G = TypeVar("G", bound=Named)

AT_ONCE = 5_000


def check_company_loss(company: Company, lost: int, actor: Actor) -> None:
    """Raises LosesMany if so many of a company's active people become inactive or go, not agreed to."""
    if lost >= actor.fewest_asked:
        actor.check_losses([_of_company(company, lost)])


def check_group_losses(losses: Mapping[G, tuple[int, int]], actor: Actor) -> None:
    """Raises LosesMany if groups lose many people, not agreed to; how many of how many, by group."""
    actor.check_losses(_of_groups(losses))


def check_people_leave(people: Collection[int], actor: Actor) -> None:
    """Raises LosesMany if these people, by id, are many of their companies' or groups', and not agreed to.

    Call it before they are deactivated or deleted, once for all of them.
    """
    if len(people) < actor.fewest_asked:
        return
    company_of = _companies_of(sorted(people))
    lost = Counter(company_of.values())
    companies = Company.objects.filter(pk__in=lost).order_by("pk")
    losses = [
        _of_company(company, lost[company.pk])
        for company in companies
        if lost[company.pk] >= actor.fewest_asked
    ]
    groups = consequences.in_groups().groups_losing(company_of.keys(), actor.fewest_asked)
    actor.check_losses([*losses, *_of_groups(groups)])


def _companies_of(ids: Sequence[int]) -> dict[int, int]:
    """The company of each of these people who is active."""
    found: dict[int, int] = {}
    active = Member.objects.active().filter(company__isnull=False)
    for start in range(0, len(ids), AT_ONCE):
        chunk = active.filter(pk__in=ids[start : start + AT_ONCE])
        found.update((pk, company or 0) for pk, company in chunk.values_list("pk", "company_id"))
    return found


def _of_company(company: Company, lost: int) -> Loss:
    people = Member.objects.active().filter(company=company).count()
    return Loss("company", company.pk, company.name, lost, people)


def _of_groups(losses: Mapping[G, tuple[int, int]]) -> list[Loss]:
    return [Loss("group", group.pk, group.name, *numbers) for group, numbers in losses.items()]
