"""Masters, and who is in a group in the end and why, by the API (rules 2.7, 2.10, 2.12, 2.21)."""

from typing import Any

import pytest

from accounts.models import Company, Member, Team
from groups.models import Group, Membership
from tests.factories import GroupFactory, MemberFactory
from tests.groupadmin.api.calling import Program, program_of

pytestmark = pytest.mark.django_db


def items(program: Program, path: str) -> list[Any]:
    answer = program.get(path)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["items"])


# Masters


def test_masters_are_added_removed_and_replaced(
    group: Group, company: Company, master: Member, member: Member, outsider: Member
) -> None:
    program, path = program_of(company), f"/groups/{group.pk}/masters"

    def run_by() -> list[int]:
        return [one["member"]["id"] for one in items(program, path)]

    assert run_by() == [master.pk]
    hr = program_of(company, source="hr")
    assert hr.patch(path, {"add": [member.email]}).json()["version"] == 2
    assert {one["source"] for one in items(program, path)} == {"", "hr"}
    assert program("PUT", path, {"members": [outsider.pk]}).status_code == 200
    assert run_by() == [outsider.pk]
    for verb, body in (("PATCH", {"remove": [outsider.pk]}), ("PUT", {"members": []})):
        answer = program(verb, path, body)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == ["masters"]
    assert program("PUT", path, {}).status_code == 422
    assert run_by() == [outsider.pk]


def test_masters_name_others_in_their_own_groups_alone(
    group: Group, private_group: Group, master: Member, member: Member, outsider: Member, guest: Member
) -> None:
    body = {"add": [outsider.pk]}
    assert program_of(member).patch(f"/groups/{group.pk}/masters", body).status_code == 403
    assert program_of(master).patch(f"/groups/{group.pk}/masters", body).status_code == 200
    assert program_of(master).patch(f"/groups/{private_group.pk}/masters", body).status_code == 404
    assert program_of(master).patch(f"/groups/{group.pk}/masters", {"add": [guest.pk]}).status_code == 422


def test_inactive_masters_are_told_to_those_who_run_the_group(
    group: Group, company: Company, master: Member, member: Member
) -> None:
    Member.objects.filter(pk=master.pk).update(is_active=False)
    path = f"/groups/{group.pk}/masters"
    assert items(program_of(member), path) == []
    assert [one["member"]["is_active"] for one in items(program_of(company), path)] == [False]


# People


def test_people_are_all_who_are_in_it_once(
    group: Group, company: Company, member: Member, teammate: Member, team: Team
) -> None:
    inner = GroupFactory.create(company=company, name="Inner", members=[member], teams=[team])
    Membership.objects.create(group=group, subgroup=inner)
    Membership.objects.create(group=group, member=MemberFactory.create(company=company, is_active=False))
    path = f"/groups/{group.pk}/people"
    found = items(program_of(company), path)
    assert [one["member"]["id"] for one in found] == [member.pk, teammate.pk]
    assert found[0]["why"] is None
    assert [one["member"]["id"] for one in items(program_of(company), f"{path}?q=tae")] == [teammate.pk]
    page = program_of(company).get(f"{path}?limit=1").json()
    assert page["next_cursor"]
    rest = program_of(company).get(f"{path}?limit=1&cursor={page['next_cursor']}").json()
    assert ([one["member"]["id"] for one in rest["items"]], rest["next_cursor"]) == ([teammate.pk], None)


def test_every_way_into_a_group_is_told(
    group: Group, company: Company, member: Member, teammate: Member, team: Team
) -> None:
    inner = GroupFactory.create(company=company, name="Inner", members=[member], teams=[team])
    Membership.objects.create(group=group, subgroup=inner)
    program = program_of(company)
    found = program.get(f"/groups/{group.pk}/people/{member.pk}").json()
    assert (found["is_in"], found["is_master"], found["why"]["has_more"]) == (True, False, False)
    direct, through = found["why"]["ways"]
    assert (direct["groups"], direct["teams"]) == ([], [])
    assert direct["entry_id"] == group.entries.get(member=member).pk
    assert (through["groups"], through["entry_id"]) == (
        [{"id": inner.pk, "name": "Inner"}],
        inner.entries.get(member=member).pk,
    )
    listed = items(program, f"/groups/{group.pk}/people?why=true")
    assert [one["why"]["ways"] for one in listed if one["member"]["id"] == member.pk] == [[direct, through]]
    by_team = program.get(f"/groups/{group.pk}/people/{teammate.pk}").json()["why"]["ways"]
    assert [way["teams"] for way in by_team] == [[{"id": team.pk, "name": team.name}]] * 2


def test_who_is_not_in_it_has_no_way(group: Group, company: Company, master: Member) -> None:
    found = program_of(company).get(f"/groups/{group.pk}/people/{master.pk}").json()
    assert (found["is_in"], found["is_master"], found["why"]["ways"]) == (False, True, [])


def test_ways_through_hidden_groups_are_not_told(
    group: Group, private_group: Group, company: Company, insider: Member, outsider: Member
) -> None:
    """Rule 2.21: neither in the list nor asked for by name."""
    Membership.objects.create(group=group, subgroup=private_group)
    path = f"/groups/{group.pk}/people"
    assert insider.pk in {one["member"]["id"] for one in items(program_of(company), path)}
    program = program_of(outsider)
    assert insider.pk not in {one["member"]["id"] for one in items(program, path)}
    told = program.get(f"{path}/{insider.pk}").json()
    assert (told["is_in"], told["why"]["ways"]) == (False, [])
    assert "Secret surprise" not in program.get(f"/members/{insider.pk}/groups?why=true").content.decode()


def test_the_groups_of_a_person_are_told_with_why(
    group: Group,
    private_group: Group,
    external_group: Group,
    company: Company,
    member: Member,
    master: Member,
) -> None:
    found = items(program_of(company), f"/members/{member.pk}/groups?why=true")
    assert [one["group"]["id"] for one in found] == [external_group.pk, group.pk]
    assert [len(one["why"]["ways"]) for one in found] == [1, 1]
    run = items(program_of(company), f"/members/{master.pk}/groups?q=guild&why=true")
    assert [(one["is_master"], one["why"]["ways"]) for one in run] == [(True, [])]


def test_nobody_asks_about_people_whom_they_may_not_know(
    group: Group, external_group: Group, company: Company, member: Member, stranger: Member, guest: Member
) -> None:
    """Rule 6.4: guests are known where they are."""
    program = program_of(member)
    for path in (f"/groups/{group.pk}/people/{stranger.pk}", f"/members/{stranger.pk}/groups"):
        assert program.get(path).status_code == 404, path
    assert program.get(f"/members/{guest.pk}/groups").json()["items"][0]["group"]["id"] == external_group.pk
    for ref in ("ext:hr:E-1", "x", "0"):
        assert program.get(f"/members/{ref}/groups").status_code == 404


def test_pages_of_people_take_the_same_queries_however_many_they_are(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    group, program = GroupFactory.create(company=company), program_of(company)
    path = f"/groups/{group.pk}/people?why=true"
    Membership.objects.create(group=group, member=MemberFactory.create(company=company))
    with django_assert_max_num_queries(22) as few:
        program.get(path)
    crowd = MemberFactory.create_batch(12, company=company)
    Membership.objects.bulk_create(Membership(group=group, member=one) for one in crowd)
    with django_assert_max_num_queries(len(few)):
        assert len(program.get(path).json()["items"]) == 13
