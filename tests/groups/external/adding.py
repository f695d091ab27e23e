"""Short ways for tests of external members."""

from django.urls import reverse

from accounts.models import Company, Member, PartnerDomain
from groups import actions
from groups.models import Group
from tests.helpers import actor_of


def address(group: Group) -> str:
    return reverse("groups:add_external_members", args=[group.pk])


def add(group: Group, *people: Member, by: Member) -> Group:
    return actions.add_external_members(group, frozenset(p.pk for p in people), actor=actor_of(by))


def is_in(group: Group, person: Member) -> bool:
    return group.entries.filter(member=person).exists()


def connects_with_nobody(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)


def connects_with_another_only(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(partners=Company.Partners.NAMED)
    PartnerDomain.objects.create(company=company, name="another.example")


def lets_chosen_people_connect(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
