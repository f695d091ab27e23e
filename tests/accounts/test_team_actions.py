"""Adding, changing, moving, filling and deleting teams (rules 1.3, 1.6, 2.22)."""

from typing import Any

import pytest

from accounts.actions.teams import (
    TeamSettings,
    add_team,
    delete_team,
    move_team,
    set_team_people,
    update_team,
)
from accounts.actor import Actor, Refused
from accounts.models import Address, AuditEntry, Company, Member, Team
from groupadmin.base.errors import Invalid
from groups.models import Group
from tests.factories import AddressFactory, GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf, shown


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


@pytest.mark.parametrize(
    "name",
    [
        "Platform",
        "개발팀",
        "प्रबंधन",
        "مدیریت‌پروژه",
        ".!@&()-–_+[]{}",
        "R and D 2",
        "x" * 100,
        "각" * 100,
    ],
)
def test_names_that_a_team_can_have(company: Company, actor: Actor, name: str) -> None:
    assert add_team(company, TeamSettings(name), actor=actor).name == name


@pytest.mark.parametrize("name", ["", "  ", "\u200d", "a/b", "A#1", "<b>", "R\"D'", "emoji 🤖", "x" * 101])
def test_names_that_a_team_cannot_have(company: Company, actor: Actor, name: str) -> None:
    with pytest.raises(Invalid) as invalid:
        add_team(company, TeamSettings(name), actor=actor)
    assert invalid.value.field == "name"
    assert not Team.objects.exists()


def test_name_is_cleaned(company: Company, actor: Actor) -> None:
    assert add_team(company, TeamSettings(" Two\nlines "), actor=actor).name == "Two lines"


def test_name_is_unique_below_one_parent_without_regard_to_case(company: Company, actor: Actor) -> None:
    first = add_team(company, TeamSettings("Sales"), actor=actor)
    with pytest.raises(Invalid, match="at the top"):
        add_team(company, TeamSettings("ＳＡＬＥＳ"), actor=actor)
    add_team(company, TeamSettings("Sales"), first, actor=actor)
    with pytest.raises(Invalid, match=r"with this name in .*Sales"):
        add_team(company, TeamSettings("sales"), first, actor=actor)


def test_description_of_300_characters(company: Company, actor: Actor) -> None:
    assert add_team(company, TeamSettings("A", "한" * 300), actor=actor)
    with pytest.raises(Invalid) as invalid:
        add_team(company, TeamSettings("B", "x" * 301), actor=actor)
    assert invalid.value.field == "description"


def test_limit_of_the_plan(company: Company, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1.3: and the message names the limit and the plan."""
    monkeypatch.setitem(Company.TEAM_LIMITS, Company.Plan.PAID, 1)
    add_team(company, TeamSettings("A"), actor=actor)
    with pytest.raises(Invalid, match=r"1 teams.*Paid"):
        add_team(company, TeamSettings("B"), actor=actor)


def test_limits_are_the_specs() -> None:
    assert Company.TEAM_LIMITS == {"free": 100, "paid": 10_000}


def test_address_is_taken_changed_and_freed(company: Company, actor: Actor) -> None:
    """Rule 1.6: unique across members, teams and groups."""
    domain = company.primary_domain
    AddressFactory.create(company=company, local_part="taken")
    with pytest.raises(Invalid, match="a group") as invalid:
        add_team(company, TeamSettings("A", "", "taken", domain.pk), actor=actor)
    assert invalid.value.field == "local_part"
    team = add_team(company, TeamSettings("A", "", "sales", domain.pk), actor=actor)
    assert str(team.address) == "sales@hanbit.example"
    team = update_team(team, TeamSettings("A", "", "sales2", domain.pk), actor=actor)
    assert str(team.address) == "sales2@hanbit.example"
    team = update_team(team, TeamSettings("A"), actor=actor)
    assert team.address is None
    assert not Address.objects.filter(kind=Address.Kind.TEAM).exists()
    changes = AuditEntry.objects.filter(action="team.update").order_by("-pk")[0].changes
    assert changes == {"address": ["sales2@hanbit.example", ""]}


@pytest.mark.parametrize("local_part", ["A", "Upper", ".dot", "x" * 41])
def test_address_rules(company: Company, actor: Actor, local_part: str) -> None:
    """Rule 4.1."""
    with pytest.raises(Invalid) as invalid:
        add_team(company, TeamSettings("A", "", local_part, company.primary_domain.pk), actor=actor)
    assert invalid.value.field == "local_part"


def test_address_at_a_domain_of_others(company: Company, other_company: Company, actor: Actor) -> None:
    with pytest.raises(Invalid) as invalid:
        add_team(company, TeamSettings("A", "", "team", other_company.primary_domain.pk), actor=actor)
    assert invalid.value.field == "domain"


def test_parent_of_another_company(company: Company, other_company: Company, actor: Actor) -> None:
    with pytest.raises(Invalid) as invalid:
        add_team(company, TeamSettings("A"), TeamFactory.create(company=other_company), actor=actor)
    assert invalid.value.field == "parent"


def test_moved_and_audited(company: Company, actor: Actor) -> None:
    old, new = (TeamFactory.create(company=company, name=name) for name in ("Old", "New"))
    team = TeamFactory.create(company=company, name="Mover", parent=old)
    move_team(team, new, actor=actor)
    team.refresh_from_db()
    assert team.parent == new
    assert AuditEntry.objects.get().changes == {"parent": ["Old", "New"]}
    move_team(team, None, actor=actor)
    team.refresh_from_db()
    assert team.parent is None


def test_loop_is_refused_with_its_chain(company: Company, actor: Actor) -> None:
    top = TeamFactory.create(company=company, name="Top")
    middle = TeamFactory.create(company=company, name="Middle", parent=top)
    low = TeamFactory.create(company=company, name="Low", parent=middle)
    with pytest.raises(Invalid, match=r"Top.*Middle.*Low.*Top") as invalid:
        move_team(top, low, actor=actor)
    assert invalid.value.field == "parent"
    with pytest.raises(Invalid, match=r"Top.*Top"):
        move_team(top, top, actor=actor)
    top.refresh_from_db()
    assert top.parent is None


def test_move_to_where_the_name_is_taken(company: Company, actor: Actor) -> None:
    parent = TeamFactory.create(company=company)
    TeamFactory.create(company=company, name="Sales", parent=parent)
    team = TeamFactory.create(company=company, name="sales")
    with pytest.raises(Invalid) as invalid:
        move_team(team, parent, actor=actor)
    assert invalid.value.field == "name"


def test_people_are_put_in_and_taken_out(company: Company, actor: Actor) -> None:
    first, second, third = (MemberFactory.create(company=company) for _ in range(3))
    team = TeamFactory.create(company=company, people=[first, second])
    set_team_people(team, frozenset({second.pk, third.pk}), frozenset({first.pk}), actor=actor)
    assert set(team.members.all()) == {second, third}
    changes = AuditEntry.objects.get().changes
    assert {key: shown(after) for key, (_before, after) in changes.items()} == {
        "people_added": [f"{third.name} <{third.email}>"],
        "people_removed": [f"{first.name} <{first.email}>"],
    }


def test_same_people_again_change_nothing(company: Company, actor: Actor, member: Member) -> None:
    team = TeamFactory.create(company=company, people=[member])
    set_team_people(team, frozenset({member.pk}), frozenset(), actor=actor)
    assert not AuditEntry.objects.exists()


def test_who_cannot_be_put_in(company: Company, actor: Actor, stranger: Member) -> None:
    inactive = MemberFactory.create(company=company, is_active=False)
    team = TeamFactory.create(company=company)
    for pk in (stranger.pk, inactive.pk, 10**15):
        with pytest.raises(Invalid) as invalid:
            set_team_people(team, frozenset({pk}), frozenset(), actor=actor)
        assert invalid.value.field == "people"
    assert not team.memberships.exists()


def test_inactive_people_can_be_taken_out(company: Company, actor: Actor) -> None:
    inactive = MemberFactory.create(company=company, is_active=False)
    team = TeamFactory.create(company=company, people=[inactive])
    set_team_people(team, frozenset(), frozenset({inactive.pk}), actor=actor)
    assert not team.memberships.exists()


def test_team_with_teams_below_is_not_deleted(company: Company, actor: Actor) -> None:
    team = TeamFactory.create(company=company)
    TeamFactory.create(company=company, name="Below it", parent=team)
    with pytest.raises(Invalid, match="Below it"):
        delete_team(team, actor=actor)
    assert Team.objects.filter(pk=team.pk).exists()


def test_deletion_takes_the_entries_and_frees_the_address(
    company: Company, actor: Actor, member: Member
) -> None:
    """Rule 2.22: the groups stay; each says in the audit what it lost."""
    address = AddressFactory.create(company=company, local_part="gone", kind=Address.Kind.TEAM)
    team = TeamFactory.create(company=company, name="Gone", people=[member], address=address)
    group: Group = GroupFactory.create(company=company, name="Container", teams=[team])
    version = group.version
    delete_team(team, actor=actor)
    group.refresh_from_db()
    assert not group.entries.exists()
    assert group.version == version + 1
    assert not Address.objects.filter(local_part="gone").exists()
    assert Member.objects.filter(pk=member.pk).exists()
    on_group = AuditEntry.objects.get(target_kind="group")
    assert shown(on_group.changes["members_removed"][1]) == ["team Gone"]
    assert on_group.target_version == version + 1
    on_team = AuditEntry.objects.get(action="team.delete")
    assert shown(on_team.changes["contained_in"][0]) == ["group Container"]
    assert shown(on_team.changes["people"][0]) == [f"{member.name} <{member.email}>"]


def test_deletion_costs_the_same_for_many_groups(
    company: Company, actor: Actor, django_assert_max_num_queries: Any
) -> None:
    team = TeamFactory.create(company=company)
    for _ in range(30):
        GroupFactory.create(company=company, teams=[team])
    with django_assert_max_num_queries(25):
        delete_team(team, actor=actor)


def test_a_team_deleted_meanwhile(company: Company, actor: Actor) -> None:
    team = TeamFactory.create(company=company)
    Team.objects.filter(pk=team.pk).delete()
    with pytest.raises(Invalid, match="in the meantime"):
        update_team(team, TeamSettings("A"), actor=actor)


@pytest.mark.parametrize("who", ["master", "member", "other_administrator", "guest"])
def test_others_are_refused(
    company: Company, team: Team, who: str, request: pytest.FixtureRequest, actor_of: ActorOf
) -> None:
    """Rule 7."""
    actor = actor_of(request.getfixturevalue(who))
    with pytest.raises(Refused):
        add_team(company, TeamSettings("A"), actor=actor)
    with pytest.raises(Refused):
        update_team(team, TeamSettings("A"), actor=actor)
    with pytest.raises(Refused):
        move_team(team, None, actor=actor)
    with pytest.raises(Refused):
        set_team_people(team, frozenset(), frozenset(), actor=actor)
    with pytest.raises(Refused):
        delete_team(team, actor=actor)
    entries = AuditEntry.objects.filter(company_id=company.pk, result=AuditEntry.Result.REFUSED)
    assert entries.count() == 5
