"""Leaving external groups by rule (rule 2.15)."""

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.consequences import Departures
from accounts.models import AuditEntry, Company, Member, PartnerDomain
from groups.external.leaving import check_external_people, departures_if, leave_by_rule
from groups.models import Group, Notice, Notification
from tests.factories import GroupFactory, MasterFactory, MemberFactory
from tests.helpers import actor_of

LATER = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
NOBODY = Company.Connecting.NOBODY


def _leave(company: Company, actor: Actor | None = None, **values: object) -> Departures:
    """The rule after a change, as an action calls it."""
    with transaction.atomic():
        return leave_by_rule(company, actor=actor or Actor.system(), reason="Test", **values)  # type: ignore[arg-type]


def _connecting(company: Company, connecting: str) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=connecting)


def _people(group: Group) -> list[str]:
    return sorted(group.entries.values_list("member__name", flat=True))


def _masters(group: Group) -> list[str]:
    return sorted(group.masters.values_list("member__name", flat=True))


def test_nobody_leaves_while_all_are_allowed(company: Company, external_group: Group) -> None:
    assert not _leave(company)
    assert len(_people(external_group)) == 2
    assert not AuditEntry.objects.exists()
    assert not Notice.objects.exists()


def test_a_company_that_stops_connecting_leaves_its_own_and_others_groups(
    company: Company, external_group: Group, guest: Member, master: Member, other_company: Company
) -> None:
    """Rule 2.15: as members and as masters, its own people and the guests in its groups."""
    theirs = GroupFactory.create(
        company=other_company, external=True, masters=[guest, master], members=[master]
    )
    third = GroupFactory.create(external=True, members=[guest])
    internal = GroupFactory.create(company=company, masters=[master], members=[master])
    _connecting(company, NOBODY)
    left = _leave(company)
    assert left == Departures(people=3, groups=2, entries=5, without_master=1)
    assert _people(external_group) == _masters(external_group) == []
    assert _people(theirs) == []
    assert _masters(theirs) == ["Greta Guest"]
    assert _people(third) == ["Greta Guest"]
    assert _masters(internal) == _people(internal) == ["Mira Master"]
    assert list(Group.objects.live().without_master().filter(kind="external", company=company)) == [
        external_group
    ]


def test_the_other_company_stops(company: Company, external_group: Group, other_company: Company) -> None:
    _connecting(other_company, NOBODY)
    assert _leave(other_company).people == 1
    assert _people(external_group) == ["Momo Member"]
    assert _masters(external_group) == ["Mira Master"]


@pytest.mark.parametrize("active", [True, False])
def test_one_person_whose_permission_is_gone(
    company: Company, external_group: Group, member: Member, master: Member, active: bool
) -> None:
    """Rule 2.15: withdrawn, or deactivated; nobody else is looked at."""
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    Member.objects.filter(pk=member.pk).update(may_connect=active, is_active=active)
    Member.objects.filter(pk=master.pk).update(may_connect=False)
    left = _leave(company, members=[member.pk])
    assert bool(left) is not active
    assert ("Momo Member" in _people(external_group)) is active
    assert _masters(external_group) == ["Mira Master"]


@pytest.mark.parametrize("active", [True, False])
def test_a_master_who_is_inactive_runs_nothing(
    company: Company, external_group: Group, master: Member, active: bool
) -> None:
    """Rule 2.15: said before, done and listed alike: who is left counts as a master only if active."""
    MasterFactory.create(group=external_group, member=MemberFactory.create(company=company, is_active=active))
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    said = departures_if(company, lambda: None, members=[master.pk])
    left = _leave(company, members=[master.pk])
    assert said.without_master == left.without_master == (0 if active else 1)
    assert Group.objects.live().without_master().filter(pk=external_group.pk).exists() is not active


def test_a_named_partnership_ends(company: Company, external_group: Group, other_company: Company) -> None:
    """Rule 1.4: only with named companies."""
    Company.objects.filter(pk=company.pk).update(partners=Company.Partners.NAMED)
    partner = PartnerDomain.objects.create(company=company, name="nordlicht.example")
    assert not _leave(company)
    partner.delete()
    assert _leave(company).people == 1
    assert _people(external_group) == ["Momo Member"]


def test_restoring_brings_nobody_back(company: Company, master: Member, guest: Member) -> None:
    """Rules 2.15, 2.17: recently deleted groups are left too, but nobody is told of them."""
    deleted = GroupFactory.create(
        company=company, external=True, deleted=True, masters=[master], members=[guest]
    )
    _connecting(company, NOBODY)
    assert _leave(company) == Departures(people=0, groups=0, entries=2, without_master=0)
    assert _people(deleted) == _masters(deleted) == []
    assert not Notice.objects.exists()


def test_both_audits_have_it(
    company: Company,
    external_group: Group,
    administrator: Member,
    guest: Member,
    master: Member,
    other_company: Company,
) -> None:
    """Rules 2.15, 6.4: each with addresses of its own people only, and of the other's nothing but names."""
    theirs = GroupFactory.create(company=other_company, name="Theirs", external=True, masters=[guest, master])
    _connecting(company, NOBODY)
    _leave(company, actor_of(administrator))
    own = AuditEntry.objects.get(company_id=company.pk, target_id=external_group.pk)
    assert own.action == "group.leave_by_rule"
    assert (own.actor_email, own.reason, own.target_version) == ("ada@hanbit.example", "Test", 2)
    external_group.refresh_from_db()
    assert external_group.version == 2  # so that whoever has it open is told (rule 2.18)
    removed = own.changes["members_removed"][1]
    assert [(item["name"], item["email"]) for item in removed] == [
        ("Greta Guest", ""),
        ("Momo Member", "momo@hanbit.example"),
    ]
    assert [[item["name"] for item in masters] for masters in own.changes["masters"]] == [["Mira Master"], []]
    entry = AuditEntry.objects.get(company_id=company.pk, target_id=theirs.pk)
    assert [[item["name"] for item in masters] for masters in entry.changes["masters"]] == [
        ["Mira Master"],
        [],
    ]
    foreign = AuditEntry.objects.filter(company_id=other_company.pk)
    assert {entry.target_name for entry in foreign} == {"Joint venture", "Theirs"}
    for entry in foreign:
        assert (entry.actor_name, entry.actor_id, entry.actor_email, entry.ip) == ("Hanbit", None, "", None)
        assert "hanbit.example" not in str(entry.changes)
        assert "Momo" not in str(entry.changes)
        assert entry.reason == "No longer allowed."


def test_people_are_told_once(
    company: Company, external_group: Group, administrator: Member, member: Member, guest: Member
) -> None:
    """Rules 2.15, 5.1: each person who left, and those left where the group sends notifications."""
    loud = GroupFactory.create(
        company=company, name="Loud", external=True, notifies=True, masters=[guest], members=[member, guest]
    )
    _connecting(company, NOBODY)
    _leave(company, actor_of(administrator))
    notice = Notice.objects.get(kind=Notice.Kind.LEFT_BY_RULE, notifications__member=member)
    assert notice.details == {"groups": ["Joint venture", "Loud"], "count": 2}
    assert notice.by == administrator
    assert Notice.objects.get(notifications__member=guest).by_name == ""
    assert Notification.objects.count() == 3
    told = Notice.objects.get(kind=Notice.Kind.PEOPLE_LEFT)
    assert (told.group, told.details["count"], told.by_name) == (loud, 2, "")


@pytest.mark.parametrize("notifies", [False, True])
def test_masters_who_stay_are_told_always(
    company: Company, other_company: Company, administrator: Member, guest: Member, notifies: bool
) -> None:
    """Rule 2.15: once each, members or not, whatever the group sends; not for their own doing."""
    manager = MemberFactory.create(company=company)
    member_too = MemberFactory.create(company=company)
    gone = MemberFactory.create(company=company, is_active=False)
    group = GroupFactory.create(
        company=company,
        external=True,
        notifies=notifies,
        masters=[manager, member_too, gone, administrator],
        members=[member_too, guest, MemberFactory.create(company=company)],
    )
    _connecting(other_company, NOBODY)
    _leave(other_company, actor_of(administrator), members=[guest.pk])
    told = Notification.objects.filter(notice__kind=Notice.Kind.PEOPLE_LEFT, notice__group=group)
    masters = told.filter(member__masterships__group=group)
    assert list(masters.order_by("member").values_list("member", flat=True)) == [manager.pk, member_too.pk]
    assert told.count() == (3 if notifies else 2)
    assert {one.notice.details["people"][0] for one in told} == {"Greta Guest"}


@override_settings(TASKS=LATER)
def test_asks_as_often_for_many_as_for_few(
    company: Company, guest: Member, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [MemberFactory.create(company=company) for _ in range(20)]
    for _ in range(10):
        GroupFactory.create(
            company=company, external=True, notifies=True, masters=people[:2], members=[*people, guest]
        )
    _connecting(company, NOBODY)
    with django_assert_max_num_queries(24):
        assert _leave(company, Actor.system(accepts_loss=True)).entries == 230


def test_what_if_changes_nothing(company: Company, external_group: Group, other_company: Company) -> None:
    """For the page that asks first: the same numbers as afterwards."""
    GroupFactory.create(company=company, external=True, deleted=True, members=[MemberFactory.create()])
    foreseen = departures_if(company, lambda: _connecting(company, NOBODY))
    assert len(_people(external_group)) == 2
    company.refresh_from_db()
    assert company.connecting == Company.Connecting.EVERYBODY
    _connecting(company, NOBODY)
    assert _leave(company) == foreseen


def test_the_daily_check_finds_who_may_not_be_there(
    company: Company, external_group: Group, other_company: Company
) -> None:
    assert not check_external_people()
    _connecting(other_company, NOBODY)
    assert check_external_people().people == 1
    entry = AuditEntry.objects.get(company_id=company.pk)
    assert (entry.door, entry.actor_id) == ("system", None)
    assert _people(external_group) == ["Momo Member"]
