"""Keycloak's realm (rules 10.4, 10.10)."""

import json
from datetime import date
from typing import Any

import pytest

from groups.directory.sources.keycloak import SOURCE

from .given import Given, of, problems, read

pytestmark = pytest.mark.one_database

REALM: dict[str, Any] = {
    "id": "r1",
    "realm": "hanbit",
    "enabled": True,
    "roles": {"realm": [{"name": "admin", "attributes": {}}], "client": {"app": []}},
    "groups": [
        {
            "id": "g1",
            "name": "engineering",
            "path": "/engineering",
            "attributes": {"description": ["They build"]},
            "subGroups": [{"id": "g2", "name": "backend", "path": "/engineering/backend", "subGroups": []}],
        },
        {"id": "g3", "name": "sales", "path": "/sales", "subGroups": [{"name": "Backend", "id": "g4"}]},
    ],
    "clients": [{"clientId": "account", "protocolMappers": [{"config": {"a": "b"}}]}],
    "users": [
        {
            "id": "u1",
            "username": "kim",
            "enabled": False,
            "firstName": "지우",
            "lastName": "김",
            "email": "Kim@hanbit.example",
            "attributes": {
                "title": ["Head"],
                "employeeNumber": ["17"],
                "phoneNumber": ["+82"],
                "locality": ["Seoul"],
                "manager": ["uid=Pat,ou=people,dc=hanbit"],
                "hireDate": ["2020-03-01T00:00:00Z"],
            },
            "realmRoles": ["admin"],
            "groups": ["/engineering/backend", "/sales"],
        },
        {
            "id": "u2",
            "username": "pat@hanbit.example",
            "firstName": "Pat",
            "lastName": "Smith",
            "attributes": {"nickname": "Patty"},
        },
        {"id": "u3", "username": "nobody", "enabled": True},
        {
            "id": "u4",
            "username": "service-account-app",
            "serviceAccountClientId": "app",
            "email": "a@b.example",
        },
    ],
    "federatedUsers": [{"id": "f:1:kim", "groups": []}, {"id": "f:1:lee", "groups": ["/sales"]}],
}


def with_dn() -> dict[str, Any]:
    realm: dict[str, Any] = json.loads(json.dumps(REALM))
    realm["users"][1] |= {
        "email": "pat@hanbit.example",
        "attributes": {"LDAP_ENTRY_DN": ["uid=pat,ou=people,dc=hanbit"]},
    }
    return realm


def test_users_become_members_and_their_attributes_fields() -> None:
    """Rule 1.12: a realm's administrators are none here; accounts of programs are no people."""
    found = read(SOURCE, Given("realm.json", with_dn()))
    assert of(found, "member") == [
        {
            "member": "kim@hanbit.example",
            "id": "u1",
            "name": "김지우",
            "job_title": "Head",
            "employee_number": "17",
            "phone": "+82",
            "site": "Seoul",
            "manager": "pat@hanbit.example",
            "starts_on": date(2020, 3, 1),
            "active": False,
        },
        {"member": "pat@hanbit.example", "id": "u2", "name": "Pat Smith"},
    ]


def test_a_user_without_address_is_named_unless_the_user_name_is_one() -> None:
    found = read(SOURCE, Given("realm.json", REALM))
    assert of(found, "member")[1] == {
        "member": "pat@hanbit.example",
        "id": "u2",
        "name": "Pat Smith",
        "nickname": "Patty",
    }
    assert problems(found) == [
        "realm.json:5 nobody: This user has no email address.",
        "realm.json:8 f:1:lee: This user has no email address.",
    ]


def test_groups_in_groups_become_subgroups_and_equal_names_paths() -> None:
    """Rules 2.4, 2.8."""
    found = read(SOURCE, Given("realm.json", REALM))
    assert of(found, "group") == [
        {"group": "engineering", "kind": "internal", "id": "g1", "description": "They build"},
        {"group": "engineering / backend", "kind": "internal", "id": "g2"},
        {"group": "sales", "kind": "internal", "id": "g3"},
        {"group": "sales / Backend", "kind": "internal", "id": "g4"},
    ]
    backend = {"group": "engineering / backend", "group_id": "g2"}
    assert of(found, "entry") == [
        {"group": "engineering", "group_id": "g1", "subgroup": "engineering / backend", "subgroup_id": "g2"},
        {"group": "sales", "group_id": "g3", "subgroup": "sales / Backend", "subgroup_id": "g4"},
        {**backend, "member": "kim@hanbit.example"},
        {"group": "sales", "group_id": "g3", "member": "kim@hanbit.example"},
    ]


def test_users_may_stand_in_files_of_their_own_and_before_their_groups() -> None:
    """As `kc.sh export --dir` writes large realms, and as `kcadm.sh get` answers."""
    users = {"realm": "hanbit", "users": [REALM["users"][0]]}
    groups = {name: value for name, value in REALM.items() if name != "users"}
    found = read(SOURCE, Given("hanbit-users-0.json", users), Given("hanbit-realm.json", groups))
    assert of(found, "entry")[0] == {
        "group": "engineering / backend",
        "group_id": "g2",
        "member": "kim@hanbit.example",
    }
    listed = [user | {"requiredActions": []} for user in REALM["users"]]
    assert len(of(read(SOURCE, Given("users.json", listed)), "member")) == 2
    assert len(of(read(SOURCE, Given("groups.json", REALM["groups"])), "group")) == 4


def test_groups_nested_without_end_are_named() -> None:
    group: dict[str, Any] = {"name": "x60", "subGroups": []}
    for number in reversed(range(60)):
        group = {"name": f"x{number}", "subGroups": [group]}
    found = list(SOURCE.read([Given("realm.json", {"realm": "r", "groups": [group]})]))
    assert "Item 1 is too large." in problems(found)[0] or "nested too deeply" in problems(found)[0]
    assert len(problems(found)) == 1


def test_other_json_is_not_taken_for_a_realm() -> None:
    assert not SOURCE.recognises(Given("x.json", {"users": [{"primaryEmail": "a@b.example"}]}))
    assert not SOURCE.recognises(Given("x.csv", "realm,users\n"))
