"""What there is, told to clients (RFC 7643, 5 to 7; rule 11.2)."""

import pytest

from .door import GROUP, OURS_OF_GROUP, OURS_OF_USER, TEAM, USER, WORK, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_the_server_says_what_it_can_do(door: Door) -> None:
    got = door.get("ServiceProviderConfig")
    assert all(got[name]["supported"] for name in ("patch", "bulk", "filter", "sort", "etag"))
    assert not got["changePassword"]["supported"]
    assert got["meta"]["resourceType"] == "ServiceProviderConfig"


def test_kinds_of_resources_and_schemas_are_told(door: Door) -> None:
    kinds = {one["id"]: one for one in door.get("ResourceTypes")["Resources"]}
    assert {name: one["schema"] for name, one in kinds.items()} == {
        "User": USER,
        "Group": GROUP,
        "Team": TEAM,
    }
    extensions = {one["schema"] for kind in kinds.values() for one in kind.get("schemaExtensions", [])}
    assert extensions == {WORK, OURS_OF_USER, OURS_OF_GROUP}
    listed = {one["id"] for one in door.get("Schemas")["Resources"]}
    assert listed == {USER, GROUP, TEAM, WORK, OURS_OF_USER, OURS_OF_GROUP}
    assert door.get("ResourceTypes/Team")["endpoint"] == "/Teams"
    ours = door.get(f"Schemas/{OURS_OF_GROUP}")
    described = {one["name"]: one["description"] for one in ours["attributes"]}
    assert {"masters", "address", "features"} <= described.keys()
    assert all(described.values())


def test_what_there_is_can_only_be_read(door: Door) -> None:
    check_error(door.post("Schemas", {}).body, 405)
    check_error(door.get("Schemas", {"filter": 'id eq "x"'}).body, 403)
