"""Teams: the chart that all may read and administrators change (rules 1.3, 11.3)."""

import pytest

from accounts.models import AuditEntry, Company, Member, Team
from tests.factories import TeamFactory
from tests.groupadmin.api.calling import program_of

pytestmark = pytest.mark.django_db


def test_everybody_reads_the_chart_of_their_company_and_no_other(
    member: Member, team: Team, other_company: Company
) -> None:
    other = TeamFactory.create(company=other_company, name="Hidden")
    TeamFactory.create(company=member.company, name="Below", parent=team)
    program = program_of(member)
    found = program.get("/teams").json()["items"]
    assert [(one["name"], one["parent_id"]) for one in found] == [("Below", team.pk), ("Platform", None)]
    assert {one["source"] for one in found} == {None}
    assert [one["name"] for one in program.get("/teams?is_top=true").json()["items"]] == ["Platform"]
    assert [one["name"] for one in program.get(f"/teams?parent_id={team.pk}").json()["items"]] == ["Below"]
    answer, nowhere = program.get(f"/teams/{other.pk}"), program.get("/teams/987654321")
    assert (answer.status_code, answer.content) == (404, nowhere.content)


def test_administrators_add_change_move_and_delete_teams(administrator: Member, team: Team) -> None:
    program = program_of(administrator, source="hr")
    sent = {"name": "Kitchen", "parent_id": team.pk, "email": "kitchen@hanbit.example", "external_id": "K"}
    answer = program.post("/teams", sent)
    assert answer.status_code == 201, answer.content
    added = answer.json()
    assert added | sent | {"source": "hr"} == added
    assert answer["Location"] == f"/api/v1/teams/{added['id']}"
    assert program.get("/teams/ext:hr:K").json()["id"] == added["id"]
    changed = program.patch(f"/teams/{added['id']}", {"email": "", "parent_id": None, "description": "Soup"})
    assert changed.status_code == 200, changed.content
    assert changed.json() | {"email": "", "parent_id": None, "description": "Soup"} == changed.json()
    assert program.delete(f"/teams/{added['id']}").status_code == 204
    assert not Team.objects.filter(pk=added["id"]).exists()


def test_people_come_and_go(administrator: Member, member: Member, teammate: Member, team: Team) -> None:
    program = program_of(administrator)
    path = f"/teams/{team.pk}/members"
    answer = program.patch(path, {"add": [member.pk], "remove": [teammate.pk]})
    assert answer.status_code == 200, answer.content
    assert [one["id"] for one in program.get(path).json()["items"]] == [member.pk]
    assert program.get(f"/teams/{team.pk}").json()["version"] == answer.json()["version"]


def test_the_people_below_are_found_too(member: Member, team: Team, teammate: Member) -> None:
    below = TeamFactory.create(company=member.company, name="Below", parent=team, people=[member])
    program = program_of(member)
    found = program.get(f"/teams/{team.pk}/members?below=true").json()["items"]
    assert [one["name"] for one in found] == ["Momo Member", "Tae Teammate"]
    assert [one["id"] for one in program.get(f"/teams/{below.pk}/members").json()["items"]] == [member.pk]


def test_things_of_another_company_cannot_be_named(
    administrator: Member, team: Team, other_company: Company, guest: Member
) -> None:
    """What is said is the same as for ids that there are none of."""
    other = TeamFactory.create(company=other_company)
    program = program_of(administrator)
    parents = [program.patch(f"/teams/{team.pk}", {"parent_id": pk}) for pk in (other.pk, 987654321)]
    people = [program.patch(f"/teams/{team.pk}/members", {"add": [pk]}) for pk in (guest.pk, 987654321)]
    for theirs, nobody in (parents, people):
        assert (theirs.status_code, theirs.content) == (422, nobody.content)
    assert parents[0].json()["errors"][0]["field"] == "parent_id"
    assert people[0].json()["errors"][0]["field"] == "add"
    assert not team.memberships.filter(member=guest).exists()


def test_others_change_nothing(member: Member, team: Team) -> None:
    program = program_of(member)
    answers = [
        program.post("/teams", {"name": "Mine"}),
        program.patch(f"/teams/{team.pk}", {"name": "Mine"}),
        program.patch(f"/teams/{team.pk}/members", {"add": [member.pk]}),
        program.delete(f"/teams/{team.pk}"),
        program.get("/teams?external_id=1"),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED).count() == len(answers)
    team.refresh_from_db()
    assert (team.name, Team.objects.count()) == ("Platform", 1)
