"""Who hears of it when people leave by rule, on each of the ways out (rule 2.15).

Whoever leaves hears of it while they can still sign in; the masters always; the people left where the group
sends notifications (rule 5.1).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from accounts.actions.company import CompanySettings, update_settings
from accounts.actions.connections import remove_partner_domain, withdraw_connection
from accounts.actions.deletion import delete_company, delete_member
from accounts.actions.domains import prove_domain, remove_domain
from accounts.actions.members import MemberSettings, deactivate_member, update_member
from accounts.actor import Actor
from accounts.models import Company, Domain, Member, PartnerDomain
from groups.actions import take_out_of_others
from groups.external.leaving import check_external_people
from groups.models import Group, Notice, Notification
from tests.factories import CompanyFactory, DomainFactory, GroupFactory, MasterFactory
from tests.helpers import actor_of

BY_RULE, REMOVED = Notice.Kind.LEFT_BY_RULE, Notice.Kind.REMOVED
SYSTEM = Actor.system()


@dataclass(frozen=True)
class Scene:
    """A group of Hanbit's, with the member, and with the guest from Nordlicht."""

    group: Group
    own: Company
    other: Company
    member: Member
    guest: Member
    other_administrator: Member


@pytest.fixture
def scene(
    company: Company,
    other_company: Company,
    external_group: Group,
    member: Member,
    guest: Member,
    other_administrator: Member,
) -> Scene:
    return Scene(external_group, company, other_company, member, guest, other_administrator)


def withdrawn(scene: Scene) -> None:
    _only_chosen(scene)
    withdraw_connection(scene.own, [scene.member.pk], actor=SYSTEM)


def edited(scene: Scene) -> None:
    _only_chosen(scene)
    scene.member.refresh_from_db()
    update_member(scene.member, replace(MemberSettings.of(scene.member), may_connect=False), actor=SYSTEM)


def _only_chosen(scene: Scene) -> None:
    Member.objects.filter(company=scene.own).update(may_connect=True)
    Company.objects.filter(pk=scene.own.pk).update(connecting=Company.Connecting.CHOSEN)


def stopped(scene: Scene) -> None:
    settings = replace(CompanySettings.of(scene.other), connecting=Company.Connecting.NOBODY)
    update_settings(scene.other, settings, actor=SYSTEM)


def _named(scene: Scene, domain: str) -> PartnerDomain:
    Company.objects.filter(pk=scene.own.pk).update(partners=Company.Partners.NAMED)
    return PartnerDomain.objects.create(company=scene.own, name=domain)


def partner_removed(scene: Scene) -> None:
    remove_partner_domain(_named(scene, "nordlicht.example"), actor=SYSTEM)


def domain_removed(scene: Scene) -> None:
    domain = DomainFactory.create(company=scene.other, name="second.example")
    _named(scene, domain.name)
    remove_domain(domain, actor=SYSTEM)


def domain_lost(scene: Scene) -> None:
    DomainFactory.create(company=scene.other, name="second.example", state=Domain.State.EXISTING)
    _named(scene, "second.example")
    rival = CompanyFactory.create(name="Rival", domain="rival.example")
    claim = Domain.objects.create(company=rival, name="second.example")
    prove_domain(claim, actor=SYSTEM)


def taken_out(scene: Scene) -> None:
    take_out_of_others(scene.group, scene.guest, actor=actor_of(scene.other_administrator))


def deactivated(scene: Scene) -> None:
    deactivate_member(scene.guest, actor=SYSTEM)


def deleted(scene: Scene) -> None:
    delete_member(scene.guest, actor=SYSTEM)


def company_deleted(scene: Scene) -> None:
    delete_company(scene.other, actor=SYSTEM)


def found_by_the_daily_check(scene: Scene) -> None:
    Company.objects.filter(pk=scene.other.pk).update(connecting=Company.Connecting.NOBODY)
    check_external_people()


# Who leaves, and what they are told.
WAYS: list[tuple[Callable[[Scene], None], str, Notice.Kind | None]] = [
    (withdrawn, "member", BY_RULE),
    (edited, "member", BY_RULE),
    (stopped, "guest", BY_RULE),
    (partner_removed, "guest", BY_RULE),
    (domain_removed, "guest", BY_RULE),
    (domain_lost, "guest", BY_RULE),
    (taken_out, "guest", REMOVED),
    (deactivated, "guest", None),
    (deleted, "guest", None),
    (company_deleted, "guest", None),
    (found_by_the_daily_check, "guest", BY_RULE),
]


def told(member: Member) -> list[str]:
    kinds = Notification.objects.filter(member=member.pk).values_list("notice__kind", flat=True)
    return sorted(set(kinds) - {Notice.Kind.DISCONNECTED})


@pytest.mark.parametrize("notifies", [False, True])
@pytest.mark.parametrize(("way", "who", "hears"), WAYS, ids=[way.__name__ for way, _who, _hears in WAYS])
def test_from_an_external_group(
    scene: Scene,
    master: Member,
    way: Callable[[Scene], None],
    who: str,
    hears: Notice.Kind | None,
    notifies: bool,
) -> None:
    Group.objects.filter(pk=scene.group.pk).update(notifies=notifies)
    leaver, stays = (scene.member, scene.guest) if who == "member" else (scene.guest, scene.member)
    way(scene)
    assert not scene.group.entries.filter(member=leaver.pk).exists()
    if way is not company_deleted:
        assert told(leaver) == ([hears] if hears else [])
    assert told(master) == [Notice.Kind.PEOPLE_LEFT]
    assert told(stays) == ([Notice.Kind.PEOPLE_LEFT] if notifies else [])
    [notice] = Notice.objects.filter(kind=Notice.Kind.PEOPLE_LEFT)
    assert notice.details == {"people": [leaver.name], "count": 1}


@pytest.mark.parametrize("notifies", [False, True])
@pytest.mark.parametrize("change", [deactivate_member, delete_member])
@pytest.mark.parametrize("role", ["member", "master"])
def test_from_an_internal_group(
    company: Company,
    administrator: Member,
    master: Member,
    member: Member,
    teammate: Member,
    outsider: Member,
    change: Callable[..., object],
    role: str,
    notifies: bool,
) -> None:
    """Whether as a member or as a master; not the administrator who did it, nor others' groups."""
    group = GroupFactory.create(
        company=company,
        notifies=notifies,
        masters=[master, administrator, *([member] if role == "master" else [])],
        members=[teammate, *([member] if role == "member" else [])],
    )
    GroupFactory.create(company=company, notifies=True, masters=[outsider], members=[outsider])
    GroupFactory.create(company=company, deleted=True, masters=[outsider], members=[member])
    change(member, actor=actor_of(administrator))
    assert told(master) == [Notice.Kind.PEOPLE_LEFT]
    assert told(teammate) == ([Notice.Kind.PEOPLE_LEFT] if notifies else [])
    assert told(administrator) == told(outsider) == []
    assert Notice.objects.get(kind=Notice.Kind.PEOPLE_LEFT).group == group


def test_the_last_master_leaves_the_rest_to_the_administrators(
    company: Company, administrator: Member, member: Member, teammate: Member
) -> None:
    """Rule 2.15: marked "No master"; the people left hear of it where the group sends notifications."""
    group = GroupFactory.create(company=company, masters=[member], members=[teammate])
    MasterFactory.create(group=group, member=teammate)
    Member.objects.filter(pk=teammate.pk).update(is_active=False)
    deactivate_member(member, actor=actor_of(administrator))
    assert not Notice.objects.filter(notifications__isnull=False).exists()
    assert Group.objects.live().without_master().get() == group
