"""Many at once that take many people away ask again, for all of it together (rules 10.5, 10.6)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import BulkChange, Company, Member, Team, TeamMembership
from groups.models import Group
from tests.accounts.bulk.many import change_many, choose, seal_in, undo
from tests.accounts.pages import text_of
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_are_many(settings: Any) -> None:
    settings.LOSS_ASKS_FROM, settings.LOSS_ASKS_PERCENT = 3, 50


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def people(company: Company) -> list[Member]:
    return MemberFactory.create_batch(4, company=company)


@pytest.fixture
def team(company: Company, people: list[Member]) -> Team:
    team = TeamFactory.create(company=company)
    TeamMembership.objects.bulk_create(TeamMembership(team=team, member=one) for one in people)
    return team


@pytest.fixture
def crowd(company: Company, team: Team) -> Group:
    """A group of the team's people."""
    return GroupFactory.create(company=company, name="Crowd", teams=[team])


def agreed(asked: Any) -> str:
    return text_of(asked).split('name="loss-agreed"')[1].split('value="')[1].split('"')[0]


def asks(client: Client, crowd: Group, things: str, action: str, *chosen: Any, **more: Any) -> BulkChange:
    """The question, after that of the action itself; and what follows it."""
    seal = seal_in(choose(client, things, action, *chosen))
    asked = choose(client, things, action, *chosen, seal=seal, **more)
    assert asked.status_code == 409
    assert "4 of 4 people from" in text_of(asked)
    assert crowd.name in text_of(asked)
    assert not BulkChange.objects.exists()
    answer = choose(client, things, action, *chosen, seal=seal, **more, **{"loss-agreed": agreed(asked)})
    assert answer.status_code == 302
    change = BulkChange.objects.get()
    assert set(change.rows.values_list("verdict", flat=True)) == {"done"}
    return change


def test_people(client: Client, crowd: Group, people: list[Member]) -> None:
    """Row by row, each is only one."""
    asks(client, crowd, "members", "member.deactivate", *people)


def test_people_who_leave_a_team(client: Client, crowd: Group, team: Team, people: list[Member]) -> None:
    asks(client, crowd, "members", "member.remove_from_teams", *people, teams=f"team:{team.pk}")
    assert not team.memberships.exists()


def test_teams_that_are_deleted(client: Client, company: Company, people: list[Member]) -> None:
    """Two halves of a group's people."""
    halves = TeamFactory.create_batch(2, company=company)
    TeamMembership.objects.bulk_create(
        TeamMembership(team=halves[number % 2], member=one) for number, one in enumerate(people)
    )
    crowd = GroupFactory.create(company=company, name="Crowd", teams=halves)
    asks(client, crowd, "teams", "team.delete", *halves, typed="2")


def test_teams_that_are_moved(client: Client, company: Company, team: Team) -> None:
    """Also to where another one has the name, which is said of that row alone."""
    top, other = TeamFactory.create_batch(2, company=company)
    Team.objects.filter(pk=team.pk).update(parent=top)
    TeamFactory.create(company=company, name="Twin", parent=other)
    TeamFactory.create(company=company, name="Twin")
    crowd = GroupFactory.create(company=company, name="Crowd", teams=[top])
    asks(client, crowd, "teams", "team.move", team, parent=f"team:{other.pk}")


def test_groups_that_are_deleted(client: Client, company: Company, people: list[Member]) -> None:
    """What contains them loses their people; a group that is deleted itself loses nobody."""
    halves = [GroupFactory.create(company=company, members=part) for part in (people[:2], people[2:])]
    crowd = GroupFactory.create(company=company, name="Crowd", subgroups=halves)
    asks(client, crowd, "groups", "group.delete", *halves, typed="2")
    inner = GroupFactory.create(company=company, members=people)
    outer = GroupFactory.create(company=company, subgroups=[inner])
    change_many(client, "groups", "group.delete", inner, outer, typed="2")


def test_undoing_too(client: Client, company: Company, people: list[Member]) -> None:
    team = TeamFactory.create(company=company)
    GroupFactory.create(company=company, name="Crowd", teams=[team])
    change = change_many(client, "members", "member.add_to_teams", *people, teams=f"team:{team.pk}")
    url = reverse("accounts:bulk_undo", args=[change.pk])
    asked = client.post(url)
    assert asked.status_code == 409
    assert team.memberships.count() == 4
    client.post(url, {"loss-agreed": agreed(asked)})
    assert not team.memberships.exists()


def test_few_are_not_asked_about(client: Client, crowd: Group, people: list[Member]) -> None:
    undo(client, change_many(client, "members", "member.deactivate", *people[:2]))
