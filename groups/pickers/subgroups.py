"""Groups as another choice in pickers: they can be added to other groups (rule 2.8)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Address
from accounts.pickers.choice import Choice
from accounts.pickers.scope import Further
from groupadmin.base.finding import FEW
from groupadmin.base.text import isolated
from groups.membership import effective
from groups.models import Group, ListAlias, MailingList


@dataclass(frozen=True)
class Subgroups(Further):
    """What can be added to a group.

    `inside` are those already in it, seen by the actor or not (rule 2.21).
    """

    choosable: QuerySet[Group]
    inside: Q
    offered: bool

    kind = "group"
    owners = ("mailing_list__group", "list_alias__mailing_list__group")

    def by_address(self) -> QuerySet[Group]:
        return self.choosable.filter(uses_mailing_list=True)

    def to_search(self, addresses: QuerySet[Address]) -> tuple[QuerySet[Group], Q] | None:
        if not self.offered:
            return None
        has_address = Q(uses_mailing_list=True) & _lists_at(addresses)
        return self.choosable.select_related("mailing_list__address__domain"), has_address

    def choices(self, things: Sequence[Group]) -> list[Choice]:
        people = effective.count_people(things)
        return [_choice(group, people[group.pk]) for group in things]

    def describe(self, ids: Collection[int]) -> list[Choice]:
        """Those that can be chosen, and those already inside, without names (rule 2.21)."""
        groups = Group.objects.filter(pk__in=ids).select_related("mailing_list__address__domain")
        named = self.choosable.filter(pk__in=ids).values("pk")
        known = self.choices(list(groups.filter(pk__in=named)))
        if unknown := [*{*ids} - {choice.pk for choice in known}]:
            known += _unseen(list(groups.filter(self.inside, pk__in=unknown)))
        return known


def _lists_at(addresses: QuerySet[Address]) -> Q:
    """The lists that have one of these addresses. The index of lists serves a few ids, not subqueries."""
    of_lists = addresses.filter(kind__in=(Address.Kind.GROUP, Address.Kind.GROUP_ALIAS))
    found = list(of_lists.values_list("mailing_list", "list_alias__mailing_list")[: FEW + 1])
    if len(found) <= FEW:
        return Q(mailing_list__in={pk for pair in found for pk in pair if pk})
    lists = MailingList.objects.filter(address__in=of_lists.values("pk"))
    aliases = ListAlias.objects.filter(address__in=of_lists.values("pk"))
    return Q(mailing_list__in=lists.values("pk")) | Q(mailing_list__in=aliases.values("mailing_list"))


def _choice(group: Group, people: int) -> Choice:
    photo = ""
    if group.photo_small:
        photo = f"{reverse('groups:photo', args=[group.pk, 'small'])}?v={group.version}"
    label = isolated(group.name)
    return Choice(f"group:{group.pk}", "group", group.pk, group.name, label, group.address, people, photo)


def _unseen(groups: Sequence[Group]) -> list[Choice]:
    people = effective.count_people(groups)
    name = _("A private group")
    return [
        Choice(f"group:{group.pk}", "group", group.pk, name, name, people=people[group.pk])
        for group in groups
    ]
