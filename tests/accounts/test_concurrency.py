"""Two administrators at once, on PostgreSQL with real threads (rules 1.3, 1.6, 1.9, 1.10)."""

import pytest
from django.db import connection  # noqa: F401  (for the condition below)

from accounts.actions.addresses import take_address
from accounts.actions.domains import lapse_claims, prove_domain
from accounts.actions.members import MemberSettings, add_member, deactivate_member
from accounts.actions.superusers import add_superuser
from accounts.actions.teams import TeamSettings, add_team, delete_team, move_team
from accounts.actor import Actor
from accounts.models import Address, Company, Domain, Member, Team
from groupadmin.base.errors import Invalid
from groups.models import Group
from tests.factories import DomainFactory, GroupFactory, MemberFactory, TeamFactory
from tests.groups import test_concurrency as groups
from tests.groups.test_concurrency import AtOnce
from tests.helpers import ActorOf

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]
at_once = groups.at_once


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def test_two_administrators_deactivate_each_other(
    company: Company, administrator: Member, actor: Actor, actor_of: ActorOf, at_once: AtOnce
) -> None:
    other = MemberFactory.create(company=company, administrator=True)
    _one, two = at_once(
        lambda: deactivate_member(other, actor=actor),
        lambda: deactivate_member(administrator, actor=actor_of(other)),
    )
    assert isinstance(two, Invalid)
    assert company.members.filter(is_active=True, is_administrator=True).get() == administrator


def test_one_address_for_two_people(company: Company, actor: Actor, at_once: AtOnce) -> None:
    settings = MemberSettings("New", "new", company.primary_domain.pk)
    one, two = at_once(
        lambda: add_member(company, settings, actor=actor),
        lambda: add_member(company, settings, actor=actor),
    )
    assert isinstance(one, Member)
    assert isinstance(two, Invalid)
    assert two.field == "local_part"
    assert Address.objects.filter(local_part="new").count() == 1


@pytest.mark.parametrize("superuser_first", [True, False])
def test_one_address_for_a_superuser_and_a_list(
    company: Company, at_once: AtOnce, superuser_first: bool
) -> None:
    """Rule 1.10: neither takes a lock of the other's, so the database decides."""
    domain = company.primary_domain

    def superuser() -> Member:
        return add_superuser("Chief", "chief@hanbit.example", actor=Actor.system())

    def mailing_list() -> Address:
        return take_address("chief", domain, Address.Kind.GROUP, field="address")

    requests = (superuser, mailing_list) if superuser_first else (mailing_list, superuser)
    one, two = at_once(*requests)
    assert isinstance(one, Member if superuser_first else Address)
    assert isinstance(two, Invalid)
    assert Address.objects.filter(email="chief@hanbit.example").count() == 1


def test_one_domain_for_two_companies(company: Company, other_company: Company, at_once: AtOnce) -> None:
    """Rule 1.9: whoever proves it first has it."""
    first, second = (
        DomainFactory.create(company=claiming, name="new.example", state=Domain.State.CLAIMED)
        for claiming in (company, other_company)
    )
    one, two = at_once(
        lambda: prove_domain(first, actor=Actor.system()), lambda: prove_domain(second, actor=Actor.system())
    )
    assert isinstance(one, Domain)
    assert isinstance(two, Invalid)
    assert Domain.objects.get(name="new.example").company == company


def test_a_claim_is_proven_while_it_lapses(company: Company, at_once: AtOnce) -> None:
    """Rule 1.9."""
    claim = DomainFactory.create(company=company, name="new.example", state=Domain.State.CLAIMED)
    Domain.objects.filter(pk=claim.pk).update(claimed_at="2026-01-01T12:00Z")
    _one, lapsed = at_once(lambda: prove_domain(claim, actor=Actor.system()), lapse_claims)
    assert lapsed == 0
    assert Domain.objects.get(pk=claim.pk).state == Domain.State.PROVEN


def test_two_halves_of_a_loop(company: Company, actor: Actor, at_once: AtOnce) -> None:
    """Each move is fine by itself."""
    first, second = TeamFactory.create_batch(2, company=company)
    _one, two = at_once(
        lambda: move_team(first, second, actor=actor), lambda: move_team(second, first, actor=actor)
    )
    assert isinstance(two, Invalid)
    assert two.field == "parent"
    assert set(Team.objects.values_list("parent", flat=True)) == {None, second.pk}


def test_the_last_team_of_the_plan(
    company: Company, actor: Actor, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Company.TEAM_LIMITS, Company.Plan.PAID, 1)
    _one, two = at_once(
        lambda: add_team(company, TeamSettings("A"), actor=actor),
        lambda: add_team(company, TeamSettings("B"), actor=actor),
    )
    assert isinstance(two, Invalid)
    assert Team.objects.get().name == "A"


def test_a_team_comes_below_one_that_is_being_deleted(
    company: Company, actor: Actor, at_once: AtOnce
) -> None:
    team = TeamFactory.create(company=company)
    group: Group = GroupFactory.create(company=company, teams=[team])
    _one, two = at_once(
        lambda: delete_team(team, actor=actor),
        lambda: add_team(company, TeamSettings("Below"), team, actor=actor),
    )
    assert isinstance(two, Invalid)
    assert two.field == "parent"
    assert not Team.objects.exists()
    assert not group.entries.exists()
