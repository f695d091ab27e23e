"""What deactivation took away is given back (rule 2.23)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actions.members import activate_member, deactivate_member
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups.actions import delete_group
from groups.external import returning
from groups.models import FormerPlace, Group, Notice, Notification
from tests.factories import GroupFactory, MembershipFactory
from tests.helpers import actor_of

SYSTEM = Actor.system()


def away(member: Member) -> None:
    deactivate_member(member, actor=SYSTEM)


def back(member: Member) -> None:
    member.refresh_from_db()
    activate_member(member, actor=SYSTEM)
    member.refresh_from_db()


def obstacle(member: Member) -> str:
    [place] = returning.described(member, returning.places_of(member).select_related("group"))
    return str(place.obstacle)


def test_as_member_and_as_master(
    company: Company, administrator: Member, member: Member, master: Member, external_group: Group
) -> None:
    """Audited and told like an ordinary addition; nothing is kept of it."""
    external_group.masters.create(member=member)
    Group.objects.filter(pk=external_group.pk).update(notifies=True)
    away(member)
    assert not external_group.masters.filter(member=member).exists()
    back(member)
    version = Group.objects.get(pk=external_group.pk).version
    Notification.objects.all().delete()
    assert returning.give_back(member, None, actor=actor_of(administrator)) == 1
    assert external_group.entries.get(member=member).added_by == administrator
    assert set(external_group.masters.values_list("member", flat=True)) == {master.pk, member.pk}
    external_group.refresh_from_db()
    assert external_group.version == version + 1
    entry = AuditEntry.objects.get(action=returning.GIVE_BACK)
    assert [item["name"] for item in entry.changes["members_added"][1]] == ["Momo Member"]
    assert [len(side) for side in entry.changes["masters"]] == [1, 2]
    assert Notification.objects.get().notice.kind == Notice.Kind.JOINED
    assert not FormerPlace.objects.exists()
    assert returning.give_back(member, None, actor=actor_of(administrator)) == 0


def test_another_companys_group_gets_its_member_but_no_master(
    company: Company,
    other_company: Company,
    guest: Member,
    other_administrator: Member,
    external_group: Group,
) -> None:
    """Rule 7: who runs a group of another company, only its masters say. Both audits have it."""
    external_group.masters.create(member=guest)
    away(guest)
    back(guest)
    assert returning.give_back(guest, None, actor=actor_of(other_administrator)) == 1
    assert external_group.entries.filter(member=guest).exists()
    assert not external_group.masters.filter(member=guest).exists()
    entries = AuditEntry.objects.filter(action=returning.GIVE_BACK)
    assert set(entries.values_list("company_id", flat=True)) == {company.pk, other_company.pk}
    theirs = GroupFactory.create(company=company, external=True, masters=[guest])
    away(guest)
    back(guest)
    returning.give_back(guest, None, actor=actor_of(other_administrator))
    [place] = FormerPlace.objects.filter(group=theirs)
    assert obstacle(guest) == "Only the group's own masters can make them a master again."
    assert not place.was_member


def test_what_stands_in_the_way(company: Company, member: Member, external_group: Group) -> None:
    """Said, and left as it is."""
    away(member)
    member.refresh_from_db()
    assert obstacle(member) == "Activate this person first."
    back(member)
    assert obstacle(member) == ""
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)
    assert "can no longer connect" in obstacle(member)
    assert returning.give_back(member, None, actor=SYSTEM) == 0
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.EVERYBODY)
    entry = MembershipFactory.create(group=external_group, member=member)
    assert obstacle(member) == "They are in this group again."
    entry.delete()
    delete_group(external_group, actor=SYSTEM)
    assert obstacle(member) == "The group was deleted."
    Group.objects.filter(pk=external_group.pk).delete()
    assert obstacle(member) == "The group was deleted permanently."
    assert FormerPlace.objects.get().group_name == "Joint venture"


def test_what_it_is_called_since_is_for_those_who_may_be_in_it(
    company: Company, guest: Member, other_administrator: Member, external_group: Group
) -> None:
    """Rule 6: a company that no longer connects tells the other one nothing new."""
    away(guest)
    back(guest)
    Group.objects.filter(pk=external_group.pk).update(name="Bid against them")
    names = [place.name for place in returning.described(guest, returning.places_of(guest))]
    assert names == ["Bid against them"]
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)
    names = [place.name for place in returning.described(guest, returning.places_of(guest))]
    assert names == ["Joint venture"]
    assert returning.forget_places(guest, actor=actor_of(other_administrator)) == 1
    entry = AuditEntry.objects.get(action=returning.FORGET)
    assert entry.changes["former_places"][0] == ["Joint venture"]


def test_no_more_groups_than_anybody_may_be_in(
    company: Company, member: Member, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 1.8."""
    GroupFactory.create(company=company, members=[member])
    GroupFactory.create(company=company, external=True, members=[member])
    away(member)
    back(member)
    monkeypatch.setattr(returning, "DIRECT_GROUPS_LIMIT", 2)
    with pytest.raises(Invalid, match="1 more group only"):
        returning.give_back(member, None, actor=SYSTEM)
    assert FormerPlace.objects.count() == 2
    one = FormerPlace.objects.get(group=external_group).pk
    assert returning.give_back(member, [one], actor=SYSTEM) == 1


def test_only_the_persons_own_administrators(
    member: Member, master: Member, other_administrator: Member, external_group: Group
) -> None:
    away(member)
    back(member)
    for who in (master, member, other_administrator):
        with pytest.raises(Refused):
            returning.give_back(member, None, actor=actor_of(who))
        with pytest.raises(Refused):
            returning.forget_places(member, actor=actor_of(who))
    assert FormerPlace.objects.count() == 1


def test_twice_away(member: Member, external_group: Group, company: Company) -> None:
    """What was not given back the first time is still there the second."""
    other = GroupFactory.create(company=company, external=True, members=[member])
    away(member)
    back(member)
    returning.give_back(member, [FormerPlace.objects.get(group=other).pk], actor=SYSTEM)
    away(member)
    assert set(FormerPlace.objects.values_list("group", flat=True)) == {other.pk, external_group.pk}


def test_it_ends_after_half_a_year(member: Member, external_group: Group) -> None:
    away(member)
    FormerPlace.objects.update(left_at=timezone.now() - timedelta(days=179))
    returning.forget_old_places()
    assert FormerPlace.objects.exists()
    FormerPlace.objects.update(left_at=timezone.now() - timedelta(days=181))
    returning.forget_old_places()
    assert not FormerPlace.objects.exists()


def test_as_many_queries_for_many(
    company: Company, member: Member, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        GroupFactory.create(company=company, external=True, masters=[member], members=[member], notifies=True)
    away(member)
    back(member)
    with django_assert_max_num_queries(34):
        assert returning.give_back(member, None, actor=SYSTEM) == 12
