"""Teams by SCIM (rules 1.3, 10.4, 11.2)."""

from typing import Any

import pytest

from accounts.models import Company, Member, Team, TeamMembership
from tests.factories import TeamFactory

from .door import TEAM, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]


def new_team(name: str = "Sales", **more: Any) -> dict[str, Any]:
    return {"schemas": [TEAM], "displayName": name} | more


def people_of(team: Team) -> set[int]:
    return set(team.memberships.values_list("member", flat=True))


def test_a_team_comes_with_its_place_address_and_people(door: Door, team: Team, member: Member) -> None:
    got = door.post(
        "Teams",
        new_team(
            externalId="org-1",
            description="Sells",
            address="sales",
            parent={"value": f"t-{team.pk}"},
            members=[{"value": f"u-{member.pk}"}],
        ),
    )
    assert got.status == 201
    made = Team.objects.get(pk=got["id"][2:])
    assert (made.parent, made.description, str(made.address)) == (team, "Sells", "sales@hanbit.example")
    assert (made.source, made.external_id, people_of(made)) == ("entra", "org-1", {member.pk})
    assert made.memberships.get().source == "entra"
    read = door.get(f"Teams/{got['id']}")
    assert (read["parent"]["value"], read["address"], read["email"]) == (
        f"t-{team.pk}",
        "sales",
        "sales@hanbit.example",
    )
    assert [(one["value"], one["type"]) for one in read["members"]] == [(f"u-{member.pk}", "User")]


def test_a_team_is_moved_renamed_and_staffed(
    door: Door, team: Team, teammate: Member, member: Member, company: Company
) -> None:
    above = TeamFactory.create(company=company, name="Above")
    door.patch(
        f"Teams/t-{team.pk}",
        {"op": "replace", "value": {"displayName": "Platforms", "parent": {"value": f"t-{above.pk}"}}},
        {"op": "add", "path": "members", "value": [{"value": f"u-{member.pk}"}]},
    )
    team.refresh_from_db()
    assert (team.name, team.parent, people_of(team)) == ("Platforms", above, {teammate.pk, member.pk})
    # Places by hand stay (rule 10.4).
    for operation in (
        {"op": "remove", "path": f'members[value eq "u-{teammate.pk}"]'},
        {"op": "replace", "path": "members", "value": []},
    ):
        door.patch(f"Teams/t-{team.pk}", operation)
        assert teammate.pk in people_of(team)
    assert people_of(team) == {teammate.pk}
    door.patch(f"Teams/t-{team.pk}", {"op": "remove", "path": "parent"})
    team.refresh_from_db()
    assert team.parent is None


def test_a_team_is_replaced(door: Door, member: Member, master: Member) -> None:
    made = door.post("Teams", new_team(members=[{"value": f"u-{member.pk}"}], description="Old"))
    got = door.put(f"Teams/{made['id']}", new_team("New", members=[{"value": f"u-{master.pk}"}]))
    assert (got.status, got["displayName"], "description" in got.body) == (200, "New", False)
    assert set(TeamMembership.objects.values_list("member", flat=True)) == {master.pk}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"displayName": "Platform"}, 409),
        ({"displayName": ""}, 400),
        ({"displayName": "a/b"}, 400),
        ({"parent": {"value": "t-999999999"}}, 400),
        ({"parent": {"value": "u-1"}}, 400),
        ({"members": [{"value": "g-1"}]}, 400),
        ({"address": "x@elsewhere.example"}, 400),
    ],
)
def test_what_breaks_a_rule_is_refused(door: Door, team: Team, wrong: dict[str, Any], status: int) -> None:
    got = door.post("Teams", new_team() | wrong)
    check_error(got.body, status, "uniqueness" if status == 409 else "invalidValue")
    assert Team.objects.count() == 1


def test_a_team_cannot_be_below_itself(door: Door, team: Team, company: Company) -> None:
    below = TeamFactory.create(company=company, parent=team)
    move = {"op": "replace", "path": "parent.value", "value": f"t-{below.pk}"}
    check_error(door.patch(f"Teams/t-{team.pk}", move).body, 400, "invalidValue")


def test_only_its_own_teams_are_deleted(door: Door, team: Team) -> None:
    made = door.post("Teams", new_team())
    assert door.delete(f"Teams/{made['id']}").status == 204
    assert door.get(f"Teams/{made['id']}").status == 404
    check_error(door.delete(f"Teams/t-{team.pk}").body, 403)
