"""Finding groups by the API, each as far as they may know of them (rules 5.3–5.5, 11.3)."""

from typing import Any

import pytest

from accounts.models import AuditEntry, Company, Member
from groups.models import Group
from tests.factories import GroupFactory
from tests.groupadmin.api.calling import Program, program_of

pytestmark = pytest.mark.django_db


def names(program: Program, query: str = "") -> list[str]:
    answer = program.get(f"/groups?{query}")
    assert answer.status_code == 200, answer.content
    return [one["name"] for one in answer.json()["items"]]


def test_everybody_lists_the_groups_that_they_may_see(
    group: Group,
    private_group: Group,
    external_group: Group,
    deleted_group: Group,
    company: Company,
    outsider: Member,
    guest: Member,
    stranger: Member,
) -> None:
    assert names(program_of(company)) == ["Joint venture", "Platform guild", "Secret surprise"]
    assert names(program_of(outsider)) == ["Platform guild"]
    assert names(program_of(guest)) == ["Joint venture"]
    assert names(program_of(stranger)) == []


def test_filters_narrow_the_list(
    group: Group,
    private_group: Group,
    external_group: Group,
    company: Company,
    master: Member,
    member: Member,
) -> None:
    program = program_of(company)
    Group.objects.filter(pk=group.pk).update(source="hr", external_id="G-7")
    for query, found in {
        "q=guild": ["Platform guild"],
        "kind=external": ["Joint venture"],
        "is_visible=false&kind=internal": ["Secret surprise"],
        "feature=message&feature=mailing_list": ["Platform guild"],
        "feature=note": [],
        "address=PLATFORM@hanbit.example": ["Platform guild"],
        "address=platform@nordlicht.example": [],
        "source=hr&external_id=G-7": ["Platform guild"],
        "without_master=true": [],
        "sort=-name": ["Secret surprise", "Platform guild", "Joint venture"],
    }.items():
        assert names(program, query) == found, query
    assert names(program_of(master), "show=managed") == ["Joint venture", "Platform guild"]
    assert names(program_of(member), "show=belonging") == ["Joint venture", "Platform guild"]
    assert names(program_of(member), "show=managed") == []


def test_a_filter_that_there_is_none_of_is_no_filter_that_finds_all(company: Company, group: Group) -> None:
    answer = program_of(company).get("/groups?vissible=true&kind=secret")
    assert answer.status_code == 422
    answer = program_of(company).get("/groups?kind=secret")
    assert [one["field"] for one in answer.json()["errors"]] == ["kind"]


def test_by_ids_of_other_systems_only_administrators_find(
    group: Group, company: Company, member: Member
) -> None:
    Group.objects.filter(pk=group.pk).update(source="hr", external_id="G-7")
    assert program_of(company).get("/groups/ext:hr:G-7").json()["id"] == group.pk
    assert program_of(member).get("/groups/ext:hr:G-7").status_code == 404
    assert program_of(member).get("/groups?source=hr").status_code == 403
    seen = program_of(member).get(f"/groups/{group.pk}").json()
    assert (seen["source"], seen["external_id"]) == (None, None)


def test_a_group_that_one_may_not_know_of_is_as_one_that_is_not_there(
    private_group: Group, external_group: Group, outsider: Member, stranger: Member
) -> None:
    for person, hidden in ((outsider, private_group), (stranger, external_group), (stranger, private_group)):
        program = program_of(person)
        there, nowhere = program.get(f"/groups/{hidden.pk}"), program.get("/groups/987654321")
        assert (there.status_code, there.content) == (404, nowhere.content)
    refused = AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED, target_id=private_group.pk)
    assert {entry.company_id for entry in refused} == {private_group.company_id}


def test_people_are_counted_if_that_is_asked(group: Group, company: Company) -> None:
    program = program_of(company)
    assert program.get(f"/groups/{group.pk}").json()["people_count"] is None
    assert program.get(f"/groups/{group.pk}?count=true").json()["people_count"] == 2
    [found] = program.get("/groups?count=true").json()["items"]
    assert found["people_count"] == 2


def test_who_has_a_group_already_is_told_so_unless_people_are_counted(group: Group, company: Company) -> None:
    program = program_of(company)
    etag = program.get(f"/groups/{group.pk}")["ETag"]
    assert program.get(f"/groups/{group.pk}", If_None_Match=etag).status_code == 304
    assert program.get(f"/groups/{group.pk}?count=true", If_None_Match=etag).status_code == 200


def test_pages_follow_each_other_in_each_order(company: Company) -> None:
    for name in ("b", "a", "c"):
        GroupFactory.create(company=company, name=name)
    program = program_of(company)
    for sort, order in (("name", "abc"), ("-name", "cba"), ("created_at", "bac"), ("-created_at", "cab")):
        found, cursor = "", ""
        for _page in range(3):
            answer = program.get(f"/groups?limit=1&sort={sort}&cursor={cursor}").json()
            found += answer["items"][0]["name"]
            cursor = answer["next_cursor"] or ""
        assert (found, cursor) == (order, "")


def test_a_page_of_groups_takes_the_same_queries_however_many_they_are(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    program = program_of(company)
    GroupFactory.create_batch(3, company=company, listed=True)
    with django_assert_max_num_queries(16) as few:
        program.get("/groups?count=true")
    GroupFactory.create_batch(9, company=company, listed=True)
    with django_assert_max_num_queries(len(few)):
        assert len(program.get("/groups?count=true").json()["items"]) == 12


def test_what_contains_a_group_is_told_as_far_as_it_is_visible(
    group: Group, company: Company, outsider: Member
) -> None:
    outer = GroupFactory.create(company=company, name="Outer", subgroups=[group])
    GroupFactory.create(company=company, name="Hidden", private=True, subgroups=[outer])

    def told(program: Program) -> list[str]:
        return [one["name"] for one in program.get(f"/groups/{group.pk}/part-of").json()["items"]]

    assert told(program_of(company)) == ["Hidden", "Outer"]
    assert told(program_of(outsider)) == ["Outer"]
