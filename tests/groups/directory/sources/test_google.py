"""Google Workspace's directory, as its interfaces answer and as GAM prints it (rules 10.4, 10.10)."""

import json
from typing import Any

import pytest

from groups.directory.sources.google import SOURCE

from .given import Given, csv, of, problems, read

pytestmark = pytest.mark.one_database

USERS = {
    "kind": "admin#directory#users",
    "users": [
        {
            "kind": "admin#directory#user",
            "id": "1001",
            "primaryEmail": "Jiwoo.Kim@hanbit.example",
            "name": {"givenName": "지우", "familyName": "김", "fullName": "지우 김", "displayName": "Jay"},
            "isAdmin": True,
            "suspended": False,
            "archived": False,
            "aliases": ["jay@hanbit.example"],
            "nonEditableAliases": ["jiwoo.kim@hanbit.example.test-google-a.com"],
            "orgUnitPath": "/Sales/Europe, North",
            "organizations": [{"title": "Intern"}, {"title": "Head of sales", "primary": True}],
            "locations": [{"type": "desk", "buildingId": "Seoul 2"}],
            "externalIds": [{"type": "custom", "value": "x"}, {"type": "organization", "value": "E-17"}],
            "phones": [{"type": "home", "value": "02"}, {"type": "work", "value": "+82 2 123"}],
            "relations": [
                {"type": "spouse", "value": "a@b.example"},
                {"type": "manager", "value": "Pat@hanbit.example"},
            ],
        },
        {
            "id": "1002",
            "primaryEmail": "pat@hanbit.example",
            "name": {"fullName": "Pat Smith"},
            "suspended": True,
            "orgUnitPath": "/",
            "phones": [
                {"type": "home", "value": "02 1", "primary": True},
                {"type": "home_fax", "value": "3"},
            ],
        },
        {"id": "1003", "primaryEmail": "gone@hanbit.example", "deletionTime": "2027-01-01T00:00:00Z"},
        {"id": "1004", "primaryEmail": "guest@elsewhere.example", "isGuestUser": True},
    ],
}
UNITS = {
    "kind": "admin#directory#orgUnits",
    "organizationUnits": [
        {"name": "Sales", "orgUnitPath": "/Sales", "orgUnitId": "id:9", "description": "They sell"}
    ],
}
TEAM = {"kind": "admin#directory#group", "id": "g1", "email": "team@hanbit.example", "name": "Team"}
OTHER = {"kind": "admin#directory#group", "id": "g2", "email": "other@hanbit.example", "name": "TEAM"}


def settings(email: str, **said: str) -> dict[str, Any]:
    return {"kind": "groupsSettings#groups", "email": email, "name": "Team"} | said


def member(email: str, role: str = "MEMBER", type_: str = "USER") -> dict[str, Any]:
    return {"kind": "admin#directory#member", "email": email, "role": role, "type": type_}


def test_users_become_members_with_what_we_know_of_people_too() -> None:
    """Rule 1.12: who is suspended is inactive; administrators there are no administrators here."""
    found = read(SOURCE, Given("users.json", USERS))
    assert of(found, "member") == [
        {
            "member": "jiwoo.kim@hanbit.example",
            "id": "1001",
            "name": "김지우",
            "nickname": "Jay",
            "job_title": "Head of sales",
            "site": "Seoul 2",
            "employee_number": "E-17",
            "phone": "+82 2 123",
            "manager": "pat@hanbit.example",
            "active": True,
            "aliases": ["jay@hanbit.example"],
        },
        {"member": "pat@hanbit.example", "id": "1002", "name": "Pat Smith", "active": False},
    ]
    assert problems(found) == []


def test_organizational_units_become_teams_and_those_above_come_first() -> None:
    """Rule 1.3: no team's name has a comma; a unit that only users name is a team too."""
    found = read(SOURCE, Given("users.json", USERS), Given("units.json", UNITS))
    assert of(found, "team") == [
        {"team": "Sales / Europe- North"},
        {"team": "Sales", "id": "id:9", "description": "They sell"},
    ]
    assert of(found, "place") == [{"team": "Sales / Europe- North", "member": "jiwoo.kim@hanbit.example"}]


def test_owners_and_managers_are_masters_and_stay_members() -> None:
    """Rule 2.12: a member of a group at Google gets its mail, whatever their role."""
    members = {"members": [member("PAT@hanbit.example", "OWNER"), member("jay@hanbit.example", "MANAGER")]}
    found = read(
        SOURCE,
        Given("team@hanbit.example.json", members),
        Given("users.json", USERS),
        Given("groups.json", TEAM),
    )
    assert of(found, "master") == [
        {"group": "Team", "group_id": "g1", "member": "pat@hanbit.example"},
        {"group": "Team", "group_id": "g1", "member": "jiwoo.kim@hanbit.example"},
    ]
    assert of(found, "entry") == of(found, "master")


def test_what_a_member_is_decides_what_they_become() -> None:
    """A group of ours is a subgroup. Whom the files do not know is asked of the company."""
    members = {
        "group": "team@hanbit.example",
        "members": [
            member("other@hanbit.example", type_="GROUP"),
            member("unknown@hanbit.example", type_="GROUP"),
            member("group@elsewhere.example", type_="GROUP"),
            member("pat@elsewhere.example"),
            member("new@hanbit.example"),
            {"kind": "admin#directory#member", "id": "1", "role": "MEMBER", "type": "USER"},
        ],
    }
    found = read(SOURCE, Given("all.json", [TEAM, OTHER, USERS, members]))
    named = {"group": "Team (team@hanbit.example)", "group_id": "g1"}
    assert of(found, "entry") == [
        {**named, "subgroup": "TEAM (other@hanbit.example)", "subgroup_id": "g2"},
        {**named, "thing": "unknown@hanbit.example"},
        {**named, "subscriber": "group@elsewhere.example"},
        {**named, "subscriber": "pat@elsewhere.example"},
        {**named, "member": "new@hanbit.example"},
    ]
    assert problems(found) == ["all.json:13 Team (team@hanbit.example): This member has no email address."]


def test_everybody_in_the_organization_is_its_teams_and_who_is_in_none() -> None:
    """Who joins a team later is in the group too, as at Google (rule 2.10)."""
    all_ = {"group": "team@hanbit.example", "members": [{"id": "C01", "role": "MEMBER", "type": "CUSTOMER"}]}
    found = read(SOURCE, Given("all.json", [TEAM, USERS, all_]))
    named = {"group": "Team", "group_id": "g1"}
    assert of(found, "entry") == [{**named, "team": "Sales"}, {**named, "member": "pat@hanbit.example"}]
    alone = read(SOURCE, Given("some.json", [TEAM, all_]))
    assert "Import its users too" in problems(alone)[0]


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ({"whoCanPostMessage": "ANYONE_CAN_POST"}, ("everyone", False)),
        ({"whoCanPostMessage": "ALL_IN_DOMAIN_CAN_POST"}, ("everyone", True)),
        ({"whoCanPostMessage": "ALL_MEMBERS_CAN_POST"}, ("designated", False)),
        ({"whoCanPostMessage": "ALL_OWNERS_CAN_POST"}, ("designated", False)),
        ({"whoCanPostMessage": "NONE_CAN_POST"}, ("designated", False)),
        ({"whoCanPostMessage": "ANYONE_CAN_POST", "archiveOnly": "true"}, ("designated", False)),
    ],
)
def test_who_may_post_decides_the_lists_rules(said: dict[str, str], rules: tuple[str, bool]) -> None:
    """Rules 4.4, 4.5."""
    found = read(SOURCE, Given("a.json", TEAM), Given("b.json", settings("team@hanbit.example", **said)))
    (a_list,) = of(found, "list")
    assert (a_list["who_can_send"], a_list["blocks_external_domains"]) == rules


def test_members_owners_or_nobody_are_designated() -> None:
    """Rule 4.5: members by their group, managers and owners one by one."""
    people = {
        "group": "team@hanbit.example",
        "members": [member("pat@hanbit.example", "OWNER"), member("jay@hanbit.example", "MANAGER")],
    }

    def senders(posting: str, **more: str) -> list[dict[str, Any]]:
        said = settings("team@hanbit.example", whoCanPostMessage=posting, **more)
        found = read(SOURCE, Given("x.json", [said, TEAM, USERS, people]))
        return [
            {key: value for key, value in one.items() if not key.startswith("group")}
            for one in of(found, "sender")
        ]

    pat = {"member": "pat@hanbit.example", "purpose": "to"}
    assert senders("ALL_MEMBERS_CAN_POST") == [{"subgroup": "Team", "subgroup_id": "g1", "purpose": "to"}]
    assert senders("ALL_OWNERS_CAN_POST") == [pat]
    assert senders("ALL_MANAGERS_CAN_POST") == [pat, {"member": "jiwoo.kim@hanbit.example", "purpose": "to"}]
    assert senders("NONE_CAN_POST") == []
    assert senders("ALL_MEMBERS_CAN_POST", archiveOnly="true") == []
    assert senders("ALL_OWNERS_CAN_POST", archiveOnly="true") == []
    assert senders("ANYONE_CAN_POST", membersCanPostAsTheGroup="true") == [
        {"subgroup": "Team", "subgroup_id": "g1", "purpose": "as"}
    ]


@pytest.mark.parametrize(
    ("discover", "members", "visible"),
    [
        ("ANYONE_CAN_DISCOVER", "ANYONE_CAN_VIEW", True),
        ("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", True),
        ("ALL_MEMBERS_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", False),
        ("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_MANAGERS_CAN_VIEW", False),
    ],
)
def test_a_group_is_visible_only_if_its_members_were(discover: str, members: str, visible: bool) -> None:
    """Rules 5.3, 5.5: nobody sees more than at Google."""
    said = settings("team@hanbit.example", whoCanDiscoverGroup=discover, whoCanViewMembership=members)
    (group,) = of(read(SOURCE, Given("a.json", [TEAM, said])), "group")
    assert group == {
        "group": "Team",
        "id": "g1",
        "kind": "internal",
        "uses_mailing_list": True,
        "is_visible": visible,
    }


def test_gam_prints_users_and_organizational_units() -> None:
    """Lists are spread over columns, after one with their number."""
    users = csv(
        "primaryEmail,name.familyName,name.givenName,aliases,aliases.0,aliases.1,organizations,"
        "organizations.0.title,relations.0.type,relations.0.value,suspended,orgUnitPath,id",
        'kim@hanbit.example,Kim,Lee,2,a@hanbit.example,b@hanbit.example,1,"Head, sales",'
        "manager,pat@hanbit.example,False,/Sales,77",
    )
    units = csv("orgUnitPath,orgUnitId,name,parentOrgUnitId", "/Sales/Asia,id:2,Asia,id:1")
    found = read(SOURCE, Given("users.csv", users), Given("orgs.csv", units))
    assert of(found, "member") == [
        {
            "member": "kim@hanbit.example",
            "id": "77",
            "name": "Lee Kim",
            "job_title": "Head, sales",
            "manager": "pat@hanbit.example",
            "active": True,
            "aliases": ["a@hanbit.example", "b@hanbit.example"],
        }
    ]
    assert of(found, "team") == [{"team": "Sales"}, {"team": "Sales / Asia", "id": "id:2"}]


def test_gam_prints_groups_with_settings_and_people_in_cells() -> None:
    groups = csv(
        "email,name,id,aliases,whoCanPostMessage,MembersCount,Members,ManagersCount,Managers,OwnersCount,Owners",
        "team@hanbit.example,Team,g1,crew@hanbit.example squad@hanbit.example,ALL_IN_DOMAIN_CAN_POST,2,"
        '"pat@hanbit.example other@hanbit.example",0,,1,kim@hanbit.example',
        "other@hanbit.example,Other,g2,,,0,,0,,0,",
    )
    found = read(SOURCE, Given("groups.csv", groups))
    assert of(found, "list")[0] == {
        "group": "Team",
        "group_id": "g1",
        "address": "team@hanbit.example",
        "aliases": ["crew@hanbit.example", "squad@hanbit.example"],
        "who_can_send": "everyone",
        "blocks_external_domains": True,
    }
    named = {"group": "Team", "group_id": "g1"}
    assert of(found, "entry") == [
        {**named, "subscriber": "kim@hanbit.example"},
        {**named, "subscriber": "pat@hanbit.example"},
        {**named, "subgroup": "Other", "subgroup_id": "g2"},
    ]
    assert of(found, "master") == [{**named, "subscriber": "kim@hanbit.example"}]


def test_gam_prints_members_and_a_group_that_nothing_else_names_is_called_by_its_address() -> None:
    members = csv(
        "group,type,role,id,status,email",
        "team@hanbit.example,USER,MANAGER,1,ACTIVE,pat@hanbit.example",
        "team@hanbit.example,USER,MEMBER,2,ACTIVE,kim@hanbit.example",
        ",USER,MEMBER,2,ACTIVE,kim@hanbit.example",
    )
    found = read(SOURCE, Given("members.csv", members))
    named = {"group": "team@hanbit.example"}
    assert of(found, "group") == [{**named, "kind": "internal", "uses_mailing_list": True}]
    assert of(found, "list") == [{**named, "address": "team@hanbit.example"}]
    assert of(found, "master") == [{**named, "subscriber": "pat@hanbit.example"}]
    assert [one["subscriber"] for one in of(found, "entry")] == ["pat@hanbit.example", "kim@hanbit.example"]
    assert problems(found)[0].startswith(
        "members.csv:4 kim@hanbit.example: This member's group is not named."
    )


def test_gam_prints_json_in_columns() -> None:
    def quoted(said: object) -> str:
        return '"' + json.dumps(said).replace('"', '""') + '"'

    groups = csv(
        "email,JSON,JSON-members,JSON-settings",
        f"team@hanbit.example,{quoted(TEAM)},{quoted([member('pat@hanbit.example', 'OWNER')])},"
        f"{quoted({'whoCanPostMessage': 'ANYONE_CAN_POST'})}",
        "other@hanbit.example,{nope,,",
        "number@hanbit.example,5,,",
        f"deep@hanbit.example,{'[' * 100_000},,",
    )
    found = read(SOURCE, Given("groups.csv", groups))
    assert of(found, "list")[0]["who_can_send"] == "everyone"
    assert of(found, "master") == [{"group": "Team", "group_id": "g1", "subscriber": "pat@hanbit.example"}]
    reason = "The JSON in this row cannot be read."
    assert problems(found) == [f"groups.csv:{line} : {reason}" for line in (3, 4, 5)]


def test_json_lines_and_pages_are_read_and_what_breaks_off_is_named() -> None:
    lines = "\n".join(json.dumps(one) for one in USERS["users"])
    assert len(of(read(SOURCE, Given("users.jsonl", lines)), "member")) == 2
    assert len(of(read(SOURCE, Given("pages.json", [USERS, USERS])), "member")) == 4
    found = read(SOURCE, Given("users.json", json.dumps(USERS)[:-60]))
    assert len(of(found, "member")) == 2
    assert problems(found) == ["users.json:4 : The file breaks off, or is no JSON, after item 3."]


@pytest.mark.parametrize(
    "content",
    [
        csv("email,name", "a@b.example,A"),
        '{"realm": "x", "users": []}',
        "dn: dc=example\n",
        b"PK\x03\x04",
        "",
    ],
)
def test_other_files_are_not_taken_for_googles(content: str | bytes) -> None:
    assert not SOURCE.recognises(Given("x", content))
