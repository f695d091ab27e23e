# mypy: disable-error-code="no-untyped-call,untyped-decorator"
"""Groups, each perhaps with a mailing list, and who is in them."""

from typing import Any

from django.utils import timezone
from factory.declarations import LazyFunction, SelfAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from accounts.models import Member, Team
from groups.models import Group, MailingList, Master, Membership

from .accounts import AddressFactory, CompanyFactory, MemberFactory


class MailingListFactory(DjangoModelFactory[MailingList]):
    """A list at an address of `company`."""

    class Meta:
        model = MailingList
        exclude = ["company"]

    company = SubFactory(CompanyFactory)
    address = SubFactory(AddressFactory, company=SelfAttribute("..company"))


class GroupFactory(DjangoModelFactory[Group]):
    """A group, internal and public. Lists of people and things fill it: masters, members, teams, subgroups.

    `listed=True` gives it a mailing list (`mailing_list__address__local_part="…"` names it), `private`,
    `external` and `deleted` do what they say.
    """

    class Meta:
        model = Group
        skip_postgeneration_save = True

    class Params:
        private = Trait(is_visible=False)
        external = Trait(kind=Group.Kind.EXTERNAL, is_visible=False)
        deleted = Trait(deleted_at=LazyFunction(timezone.now))
        listed = Trait(
            uses_mailing_list=True,
            mailing_list=SubFactory(MailingListFactory, company=SelfAttribute("..company")),
        )

    company = SubFactory(CompanyFactory)
    name = Sequence("Group {}".format)

    @post_generation
    def masters(group: Group, create: bool, masters: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Master.objects.bulk_create(Master(group=group, member=master) for master in masters or ())

    @post_generation
    def members(group: Group, create: bool, members: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(Membership(group=group, member=member) for member in members or ())

    @post_generation
    def teams(group: Group, create: bool, teams: list[Team] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(Membership(group=group, team=team) for team in teams or ())

    @post_generation
    def subgroups(group: Group, create: bool, groups: list[Group] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(
            Membership(group=group, subgroup=subgroup) for subgroup in groups or ()
        )


class MembershipFactory(DjangoModelFactory[Membership]):
    """An entry of a group: give one of member, team and subgroup; without, it is a new member."""

    class Meta:
        model = Membership

    group = SubFactory(GroupFactory)

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if not kwargs.keys() & {"member", "team", "subgroup"}:
            kwargs["member"] = MemberFactory.create(company=kwargs["group"].company)
        return kwargs


class MasterFactory(DjangoModelFactory[Master]):
    """Somebody who runs a group."""

    class Meta:
        model = Master

    group = SubFactory(GroupFactory)
    member = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
