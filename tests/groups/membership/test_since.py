"""Since when somebody is in a group (rule 3.7)."""

from datetime import UTC, datetime

import pytest

from accounts.models import Member, TeamMembership
from groups.membership.since import member_since
from groups.models import Group, Membership
from tests.factories import GroupFactory, MembershipFactory, TeamFactory

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def entered_on(entry: Membership, when: datetime) -> None:
    Membership.objects.filter(pk=entry.pk).update(added_at=when)


def test_nobody_who_is_not_in_it(group: Group, outsider: Member) -> None:
    assert member_since(outsider, group) is None


def test_a_way_is_as_old_as_its_youngest_link(group: Group, outsider: Member) -> None:
    """In the team since the 5th, the team in a group since the 2nd, and that in this one since the 3rd."""
    top = TeamFactory.create(company=group.company)
    team = TeamFactory.create(company=group.company, parent=top, people=[outsider])
    TeamMembership.objects.filter(team=team).update(since=day(5))
    inner = GroupFactory.create(company=group.company)
    entered_on(MembershipFactory.create(group=inner, team=top), day(2))
    entered_on(MembershipFactory.create(group=group, subgroup=inner), day(3))
    assert member_since(outsider, group) == day(5)


def test_the_oldest_way_counts(group: Group, outsider: Member) -> None:
    team = TeamFactory.create(company=group.company, people=[outsider])
    TeamMembership.objects.filter(team=team).update(since=day(1))
    entered_on(MembershipFactory.create(group=group, team=team), day(9))
    entered_on(MembershipFactory.create(group=group, member=outsider), day(4))
    assert member_since(outsider, group) == day(4)
