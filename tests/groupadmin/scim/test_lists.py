"""Filters, sorting, pages and chosen attributes (RFC 7644, 3.4.2 and 3.9; rule 11.2)."""

from datetime import date
from typing import Any

import pytest
from scim2_models import ScimFilter

from accounts.models import Company, Member, Team
from groupadmin.scim.schemas import FullGroup, FullTeam, FullUser
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory, TeamFactory

from .door import OURS_OF_GROUP, OURS_OF_USER, WORK, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]

OF_USERS = [
    'userName eq "ada@hanbit.example"',
    'userName eq "ADA@hanbit.example"',
    'userName ne "ada@hanbit.example"',
    'userName co "o@han"',
    'userName sw "m"',
    'userName ew ".EXAMPLE"',
    'userName gt "m"',
    'userName ge "mira@hanbit.example"',
    'userName lt "m"',
    'userName le "mira@hanbit.example"',
    "userName pr",
    'displayName eq "mira master"',
    'displayName sw "mi"',
    'displayName gt "mo"',
    'urn:ietf:params:scim:schemas:core:2.0:User:displayName co "MEMBER"',
    'title eq "Chief"',
    'title ne "chief"',
    "title pr",
    "not (title pr)",
    "title eq null",
    "title ne null",
    'title eq ""',
    'title co "ie"',
    "nickName pr",
    "active eq true",
    "active eq false",
    "active ne true",
    "active pr",
    'name.familyName eq "lima"',
    'name.givenName sw "a"',
    "name.givenName pr",
    'emails co "hanbit"',
    'emails.value eq "ada@hanbit.example"',
    "emails pr",
    'emails[value sw "ada"]',
    'emails[type eq "work" and value eq "ada@hanbit.example"]',
    "emails[primary eq true]",
    'phoneNumbers.value eq "123"',
    'externalId eq "aad-1"',
    'externalId eq "AAD-1"',
    'externalId ne "aad-1"',
    "externalId pr",
    'externalId sw "aad"',
    f'{WORK}:employeeNumber eq "E1"',
    f'{WORK}:department eq "sales"',
    f"{WORK}:department pr",
    f'{WORK}:department ne "Sales"',
    f'{OURS_OF_USER}:site eq "seoul"',
    f'{OURS_OF_USER}:firstDay eq "2020-01-01"',
    f'{OURS_OF_USER}:firstDay gt "2019-01-01"',
    f"{OURS_OF_USER}:firstDay pr",
    f'{OURS_OF_USER}:connecting eq "allowed"',
    'userName sw "m" and title pr',
    'userName sw "m" or title pr',
    'userName sw "m" and not (displayName co "master") or title eq "Chief"',
    'not (userName sw "m" or title pr)',
    'meta.resourceType eq "User"',
    'meta.resourceType ne "User"',
    'meta.created gt "2001-01-01T00:00:00Z"',
    'meta.created lt "2001-01-01T00:00:00Z"',
    'meta.lastModified ge "2001-01-01T00:00:00Z"',
]


@pytest.fixture
def people(company: Company, administrator: Member, master: Member, member: Member) -> list[Member]:
    details = {
        "job_title": "Chief",
        "phone": "123",
        "employee_number": "E1",
        "site": "Seoul",
        "starts_on": date(2020, 1, 1),
        "may_connect": True,
        "source": "entra",
        "external_id": "aad-1",
    }
    MemberFactory.create(company=company, name="Ana Lima", email="ana@hanbit.example", **details)
    MemberFactory.create(company=company, name="Émile", email="emile@hanbit.example", is_active=False)
    return list(Member.objects.filter(company=company))


@pytest.mark.parametrize("condition", OF_USERS)
def test_a_filter_finds_whom_the_library_would(door: Door, people: list[Member], condition: str) -> None:
    """The database is asked for what scim2-models reads out of a filter, resource by resource."""
    ana = next(one for one in people if one.name == "Ana Lima")
    named = {"name": {"givenName": "Ana", "familyName": "Lima"}, WORK: {"department": "Sales"}}
    door.patch(f"Users/u-{ana.pk}", {"op": "add", "value": named})
    resources = [FullUser.model_validate(one) for one in door.get("Users")["Resources"]]
    expected = {one.id for one in resources if ScimFilter[FullUser](condition).match(one)}
    assert door.found("Users", condition) == expected


OF_GROUPS = [
    'displayName eq "platform guild"',
    'displayName ne "platform guild"',
    'displayName co "GUILD"',
    'displayName gt "q"',
    "externalId pr",
    f'{OURS_OF_GROUP}:address eq "platform"',
    f"{OURS_OF_GROUP}:address pr",
    f'{OURS_OF_GROUP}:visibility eq "private"',
    f"{OURS_OF_GROUP}:description pr",
    f'{OURS_OF_GROUP}:features eq "message"',
    "members pr",
    'members[type eq "Team"]',
    'members.type eq "User"',
]


@pytest.mark.parametrize("condition", OF_GROUPS)
def test_a_filter_finds_the_groups_that_the_library_would(
    door: Door, group: Group, private_group: Group, condition: str
) -> None:
    GroupFactory.create(company=group.company, name="Zebra", description="Stripes")
    resources = [FullGroup.model_validate(one) for one in door.get("Groups")["Resources"]]
    expected = {one.id for one in resources if ScimFilter[FullGroup](condition).match(one)}
    assert door.found("Groups", condition) == expected


def test_groups_are_found_by_their_people_and_people_by_their_groups(
    door: Door,
    group: Group,
    private_group: Group,
    member: Member,
    insider: Member,
    team: Team,
    master: Member,
) -> None:
    found = door.found
    group_ref, private_ref = f"g-{group.pk}", f"g-{private_group.pk}"
    assert found("Groups", f'members.value eq "u-{member.pk}"') == {group_ref}
    assert found("Groups", f'members eq "t-{team.pk}"') == {group_ref}
    assert found("Groups", f'members[value eq "u-{insider.pk}"]') == {private_ref}
    assert found("Groups", f'members ne "u-{insider.pk}"') == {group_ref}
    # As Entra asks whether somebody is in a group.
    assert found("Groups", f'id eq "{group_ref}" and members eq "u-{member.pk}"') == {group_ref}
    assert found("Groups", f'id eq "{group_ref}" and members eq "u-{insider.pk}"') == set()
    assert found("Groups", f'{OURS_OF_GROUP}:masters.value eq "u-{master.pk}"') == {group_ref}
    assert found("Users", f'groups.value eq "{group_ref}"') == {f"u-{member.pk}"}
    assert found("Users", f'id eq "u-{member.pk}"') == {f"u-{member.pk}"}
    assert found("Users", 'id eq "u-5" or id eq "nobody"') == set()


def test_teams_are_found(door: Door, team: Team, company: Company, teammate: Member) -> None:
    below = TeamFactory.create(company=company, name="Below", parent=team)
    resources = [FullTeam.model_validate(one) for one in door.get("Teams")["Resources"]]
    for condition in (
        'displayName eq "platform"',
        f'parent.value eq "t-{team.pk}"',
        "parent.value pr",
        f'members.value eq "u-{teammate.pk}"',
        "not (members pr)",
        "address pr",
    ):
        expected = {one.id for one in resources if ScimFilter[FullTeam](condition).match(one)}
        assert door.found("Teams", condition) == expected, condition
    assert door.found("Teams", f'parent.value eq "t-{team.pk}"') == {f"t-{below.pk}"}


@pytest.mark.parametrize(
    "condition",
    [
        "userName",
        'userName eq "a',
        'userName xx "a"',
        'nothing eq "a"',
        "active gt true",
        'active eq "maybe"',
        "userName eq 5",
        "userName co null",
        'emails[value eq "a"',
        'title[value eq "a"]',
        'meta.created eq "yesterday"',
        'meta.version eq "1"',
        'members.value co "u"',
        "not (" * 500 + "title pr" + ")" * 500,
        " or ".join(["title pr"] * 300),
        'title eq "' + "x" * 20_000 + '"',
        'title eq "\\u0000"',
        'userName eq "\\ud800"',
        'title eq "\x00"',
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(door: Door, member: Member, condition: str) -> None:
    endpoint = "Groups" if "members" in condition else "Users"
    check_error(door.get(endpoint, {"filter": condition}).body, 400, "invalidFilter")


def ids(got: Any) -> list[str]:
    return [one["id"] for one in got["Resources"]]


def test_pages_follow_each_other(door: Door, people: list[Member]) -> None:
    everybody = ids(door.get("Users"))
    assert len(everybody) == len(people)
    got = door.get("Users", {"startIndex": "2", "count": "2"})
    assert (got["totalResults"], got["startIndex"], got["itemsPerPage"]) == (len(people), 2, 2)
    assert ids(got) == everybody[1:3]
    assert ids(door.get("Users", {"startIndex": "-5", "count": "1"})) == everybody[:1]
    nothing = door.get("Users", {"count": "0"})
    assert (nothing["totalResults"], nothing["Resources"]) == (len(people), [])
    assert ids(door.get("Users", {"startIndex": "99999999999999999999"})) == []
    check_error(door.get("Users", {"count": "many"}).body, 400, "invalidValue")


@pytest.mark.parametrize(
    "by", ["userName", "displayName", "title", "id", "meta.created", f"{WORK}:department"]
)
def test_resources_are_sorted(door: Door, people: list[Member], by: str) -> None:
    forth = ids(door.get("Users", {"sortBy": by}))
    back = ids(door.get("Users", {"sortBy": by, "sortOrder": "descending"}))
    assert set(forth) == set(back) == {f"u-{one.pk}" for one in people}
    if by == "userName":
        assert forth == [f"u-{one.pk}" for one in sorted(people, key=lambda one: one.email)]
        assert back == forth[::-1]
    if by == "title":
        # Who has none comes last, or first if it is the other way round.
        ana = next(f"u-{one.pk}" for one in people if one.job_title)
        assert (forth[0], back[-1]) == (ana, ana)


def test_what_cannot_be_sorted_by_is_refused(door: Door) -> None:
    for by in ("nothing", "members", "a b"):
        check_error(door.get("Groups", {"sortBy": by}).body, 400, "invalidPath")
    check_error(door.get("Users", {"sortBy": "title", "sortOrder": "up"}).body, 400, "invalidValue")


def test_only_what_is_wanted_is_sent(door: Door, group: Group) -> None:
    path = f"Groups/g-{group.pk}"
    assert set(door.get(path, {"attributes": "displayName"}).body) == {"schemas", "id", "displayName"}
    assert "members" not in door.get(path, {"excludedAttributes": "members"}).body
    assert "members" not in door.get("Groups", {"excludedAttributes": "Members,meta"})["Resources"][0]
    only = door.get(path, {"attributes": "members.type"})["members"][0]
    assert set(only) == {"value", "type"}
    address = door.get(path, {"attributes": f"{OURS_OF_GROUP}:email"})
    assert address[OURS_OF_GROUP] == {"email": "platform@hanbit.example"}
    check_error(door.get(path, {"attributes": "id", "excludedAttributes": "id"}).body, 400, "invalidValue")
    check_error(door.get(path, {"attributes": "id," * 201}).body, 400, "invalidValue")
    check_error(door.post("Groups/.search", {"attributes": ["id"] * 201}).body, 400, "invalidValue")


def test_a_search_is_posted(door: Door, people: list[Member]) -> None:
    schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    asked = {"schemas": [schema], "filter": 'title eq "Chief"', "attributes": ["userName"], "count": 5}
    got = door.post("Users/.search", asked)
    assert got.status == 200
    assert [set(one) for one in got["Resources"]] == [{"schemas", "id", "userName"}]
    check_error(door.get("Users/.search").body, 405)


def test_a_page_asks_as_often_for_many(
    door: Door,
    company: Company,
    people: list[Member],
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for endpoint, factory in (("Users", MemberFactory), ("Groups", GroupFactory), ("Teams", TeamFactory)):
        factory.create(company=company)
        with django_assert_max_num_queries(12) as few:
            door.get(endpoint, {"filter": "displayName pr"})
        factory.create_batch(5, company=company)
        with django_assert_num_queries(len(few)):
            door.get(endpoint, {"filter": "displayName pr"})
