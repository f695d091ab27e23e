"""Versions of resources: nobody overwrites what they have not read (RFC 7644, 3.14; rule 11.2)."""

import pytest

from accounts.models import Member, Team
from groups.models import Group

from .door import Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]
RENAME = {"op": "replace", "path": "displayName", "value": "Renamed"}


def paths(member: Member, group: Group, team: Team) -> list[str]:
    return [f"Users/u-{member.pk}", f"Groups/g-{group.pk}", f"Teams/t-{team.pk}"]


def test_what_has_not_changed_is_not_sent_again(door: Door, member: Member, group: Group, team: Team) -> None:
    for path in paths(member, group, team):
        version = door.get(path).headers["ETag"]
        got = door.get(path, If_None_Match=version)
        assert (got.status, got.body, got.headers["ETag"]) == (304, None, version)
        assert door.get(path, If_None_Match=f'"x", {version}').status == 304
        door.patch(path, RENAME)
        changed = door.get(path, If_None_Match=version)
        assert changed.status == 200
        assert changed["meta"]["version"] == changed.headers["ETag"] != version
        assert changed["meta"]["lastModified"] >= changed["meta"]["created"]


def test_only_the_version_that_was_read_is_changed(
    door: Door, member: Member, group: Group, team: Team
) -> None:
    for path in paths(member, group, team):
        old = door.get(path).headers["ETag"]
        assert door.patch(path, RENAME, If_Match=old).status == 200
        check_error(door.patch(path, RENAME | {"value": "Again"}, If_Match=old).body, 412)
        check_error(
            door.put(path, {"displayName": "Again", "userName": member.email}, If_Match=old).body, 412
        )
        check_error(door.delete(path, If_Match=old).body, 412)
        assert door.get(path)["displayName"] == "Renamed"
        assert door.patch(path, RENAME | {"value": "Again"}, If_Match="*").status == 200


def test_a_member_more_is_another_version(door: Door, group: Group, team: Team, outsider: Member) -> None:
    for path in (f"Groups/g-{group.pk}", f"Teams/t-{team.pk}"):
        version = door.get(path).headers["ETag"]
        add = {"op": "add", "path": "members", "value": [{"value": f"u-{outsider.pk}"}]}
        assert door.patch(path, add).headers["ETag"] != version
        # The same again is no change.
        assert door.patch(path, add).headers["ETag"] == door.get(path).headers["ETag"]
