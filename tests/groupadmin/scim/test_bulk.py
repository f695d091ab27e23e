"""Many requests in one (RFC 7644, 3.7; rule 11.2)."""

from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import Member, Team
from groups.models import Group

from .door import GROUP, TEAM, USER, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]
REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def bulk(door: Door, *operations: dict[str, Any], **more: Any) -> Any:
    return door.post("Bulk", {"schemas": [REQUEST], "Operations": list(operations)} | more)


def post(name: str, path: str, **data: Any) -> dict[str, Any]:
    return {"method": "POST", "bulkId": name, "path": path, "data": data}


def test_what_is_made_first_is_named_by_what_comes_after(door: Door, group: Group) -> None:
    got = bulk(
        door,
        post("nari", "/Users", schemas=[USER], userName="nari@hanbit.example"),
        post("sales", "/Teams", schemas=[TEAM], displayName="Sales", members=[{"value": "bulkId:nari"}]),
        post("all", "/Groups", schemas=[GROUP], displayName="All", members=[{"value": "bulkId:sales"}]),
        {
            "method": "PATCH",
            "path": f"/Groups/g-{group.pk}",
            "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:nari"}]}]},
        },
        {"method": "DELETE", "path": "/Groups/bulkId:all"},
    )
    assert got.status == 200
    assert [one["status"] for one in got["Operations"]] == ["201", "201", "201", "200", "204"]
    nari, sales = Member.objects.get(email="nari@hanbit.example"), Team.objects.get(name="Sales")
    assert [one.get("bulkId") for one in got["Operations"]] == ["nari", "sales", "all", None, None]
    assert got["Operations"][0]["location"].endswith(f"/Users/u-{nari.pk}")
    assert got["Operations"][0]["version"]
    assert sales.memberships.filter(member=nari).exists()
    assert group.entries.filter(member=nari).exists()
    assert Group.objects.get(name="All").deleted_at is not None


def test_what_fails_leaves_the_rest(door: Door, member: Member, other_administrator: Member) -> None:
    good = {"method": "PATCH", "path": f"/Users/u-{member.pk}"}
    title = {"Operations": [{"op": "replace", "path": "title", "value": "Boss"}]}
    got = bulk(
        door,
        post("a", "/Users", userName=member.email),
        post("b", "/Groups", displayName="B", members=[{"value": "bulkId:a"}]),
        {"method": "DELETE", "path": f"/Users/u-{other_administrator.pk}"},
        {"method": "GET", "path": "/Users"},
        {"method": "POST", "path": "/Users", "data": {}},
        {"method": "PUT", "path": f"/Users/u-{member.pk}"},
        {"method": "PATCH", "path": "Users"},
        post("c", "/Users/.search"),
        post("d", "/Bulk"),
        {"method": "DELETE", "path": "/Schemas"},
        good | {"version": 'W/"99"', "data": title},
        good | {"data": title},
    )
    statuses = [one["status"] for one in got["Operations"]]
    assert statuses == ["409", "409", "404", "400", "400", "400", "400", "400", "404", "405", "412", "200"]
    for one in got["Operations"][:-1]:
        check_error(one["response"], int(one["status"]), one["response"].get("scimType"))
    member.refresh_from_db()
    assert member.job_title == "Boss"


def test_it_ends_after_so_many_errors(door: Door) -> None:
    wrong = post("x", "/Users", userName="")
    assert len(bulk(door, wrong, wrong, wrong, failOnErrors=2)["Operations"]) == 2
    check_error(bulk(door, wrong, failOnErrors=0).body, 400, "invalidValue")


def test_what_is_no_bulk_request_is_refused(door: Door, settings: LazySettings) -> None:
    settings.SCIM_BULK_OPERATIONS = 2
    check_error(bulk(door, *[{"method": "DELETE", "path": "/Users/u-1"}] * 3).body, 413)
    check_error(door.post("Bulk", {"Operations": "x"}).body, 400, "invalidSyntax")
    check_error(door.post("Bulk", {"Operations": [5]}).body, 400, "invalidSyntax")
    check_error(door.get("Bulk").body, 405)
