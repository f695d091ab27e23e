"""LINE WORKS' files for adding many at once, and its API's answers (rules 10.4, 10.10)."""

from datetime import date
from typing import Any

import pytest

from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.lineworks import SOURCE
from groups.directory.sources.own_domain import at_home

from .given import Given, csv, of, problems, read

pytestmark = pytest.mark.one_database

KOREAN = csv(
    "성(필수),이름(필수),닉네임,ID(필수),보조 메일,직급,조직/직책,"
    "휴대폰 번호,근무처,사원번호,입사일,External Key,상태",
    "김,지우,지우,jiwoo.kim,jay@hanbit.example;kim@hanbit.example,부장,영업본부>유럽팀:팀장;R&D,"
    "+82 10,서울 2층,17,2020.03.01,k17,사용 중",
    "이,하나,,HANA@hanbit.example,,사원,,,,,,,일시정지",
    "박,없음,,,,,,,,,,,",
)
JAPANESE = csv(
    "姓,名,姓 (フリガナ),名 (フリガナ),ID,役職,組織,電話番号,社員番号,入社日",
    "山田,太郎,ヤマダ,タロウ,yamada,部長,営業本部,03-1,9,2021/4/1",
)
ENGLISH = csv("Last name,First name,ID,Level,Team,Work phone", "Smith,Pat,pat,Lead,Sales,+1")


def test_the_korean_file_is_read_as_windows_writes_it() -> None:
    """An ID alone is an address at the company's domain; the title stands beside the first team."""
    found = read(SOURCE, Given("members.csv", KOREAN.encode("cp949")))
    assert of(found, "member") == [
        {
            "member": "jiwoo.kim@",
            "id": "k17",
            "name": "김지우",
            "nickname": "지우",
            "aliases": ["jay@hanbit.example", "kim@hanbit.example"],
            "job_title": "팀장",
            "site": "서울 2층",
            "phone": "+82 10",
            "employee_number": "17",
            "starts_on": date(2020, 3, 1),
            "active": True,
        },
        {"member": "hana@hanbit.example", "name": "이하나", "job_title": "사원", "active": False},
    ]
    assert of(found, "team") == [{"team": "영업본부"}, {"team": "영업본부 / 유럽팀"}, {"team": "R&D"}]
    assert [one["team"] for one in of(found, "place")] == ["영업본부 / 유럽팀", "R&D"]
    assert problems(found) == ["members.csv:4 박: This row has no ID."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932"])
def test_the_japanese_file_has_the_reading_of_names(encoding: str) -> None:
    found = read(SOURCE, Given("members.csv", JAPANESE.encode(encoding)))
    assert of(found, "member") == [
        {
            "member": "yamada@",
            "name": "山田太郎",
            "reading": "ヤマダ タロウ",
            "job_title": "部長",
            "phone": "03-1",
            "employee_number": "9",
            "starts_on": date(2021, 4, 1),
        }
    ]


def test_the_english_file_is_read_too() -> None:
    found = read(SOURCE, Given("members.csv", ENGLISH))
    assert of(found, "member") == [
        {"member": "pat@", "name": "Pat Smith", "job_title": "Lead", "phone": "+1"}
    ]
    assert of(found, "place") == [{"team": "Sales", "member": "pat@"}]


@pytest.mark.parametrize(
    "titles", ["1차 조직,2차 조직,3차 조직", "Depth 1,Depth 2,Depth 3", "組織1,組織2,組織3"]
)
def test_teams_have_a_column_for_each_depth(titles: str) -> None:
    found = read(SOURCE, Given("teams.csv", csv(titles, "Sales,,", "Sales,Europe,North/East", "Sales,Asia,")))
    assert [one["team"] for one in of(found, "team")] == [
        "Sales",
        "Sales / Europe",
        "Sales / Europe / North-East",
        "Sales / Asia",
    ]


def test_groups_have_masters_and_members_in_a_cell_each() -> None:
    table = csv(
        "그룹명,설명,메일링리스트,그룹 마스터,구성원",
        "동호회,모임,club@hanbit.example,jiwoo,hana;영업본부>유럽팀",
    )
    found = list(SOURCE.read([Given("groups.csv", table.encode("cp949"))]))
    own = {"group": "동호회"}
    assert of(found, "group") == [
        {**own, "kind": "internal", "description": "모임", "uses_mailing_list": True}
    ]
    assert of(found, "list") == [{**own, "address": "club@hanbit.example"}]
    assert of(found, "master") == [{**own, "member": "jiwoo@"}]
    assert of(found, "entry") == [{**own, "member": "hana@"}, {**own, "thing": "영업본부 / 유럽팀"}]


def test_short_addresses_get_the_companys_domain_and_others_stay() -> None:
    record = Record(Kind.MEMBER, {"member": "kim@", "manager": "pat@x.example", "id": "k@"}, "f", 3)
    completed = at_home(record, "hanbit.example")
    assert completed == Record(
        Kind.MEMBER, {"member": "kim@hanbit.example", "manager": "pat@x.example", "id": "k@"}, "f", 3
    )
    problem = Problem("x")
    assert at_home(problem, "hanbit.example") is problem


USERS: dict[str, Any] = {
    "users": [
        {
            "domainId": 1,
            "userId": "u1",
            "userExternalKey": "k1",
            "isAdministrator": True,
            "isSuspended": False,
            "isDeleted": False,
            "leaveOfAbsence": {"isLeaveOfAbsence": True},
            "email": "Jiwoo@hanbit.example",
            "userName": {
                "lastName": "김",
                "firstName": "지우",
                "phoneticLastName": "Kim",
                "phoneticFirstName": "J",
            },
            "nickName": "Jay",
            "aliasEmails": ["jay@hanbit.example"],
            "employeeNumber": "17",
            "hiredDate": "2020-03-01",
            "location": "Seoul",
            "cellPhone": "+82",
            "relations": [{"relationUserId": "u2", "relationName": "reports to"}],
            "organizations": [
                {
                    "primary": True,
                    "levelName": "부장",
                    "orgUnits": [
                        {"orgUnitId": "o1", "primary": False, "positionName": "Advisor"},
                        {"orgUnitId": "o2", "primary": True, "positionName": "팀장"},
                    ],
                }
            ],
        },
        {
            "domainId": 1,
            "userId": "u2",
            "email": "pat@hanbit.example",
            "isSuspended": True,
            "hiredDate": None,
        },
        {"domainId": 1, "userId": "u3", "email": "gone@hanbit.example", "isDeleted": True},
    ],
    "responseMetaData": {"nextCursor": None},
}
UNITS = {
    "orgUnits": [
        {
            "orgUnitId": "o2",
            "orgUnitName": "유럽팀",
            "parentOrgUnitId": "externalKey:s",
            "email": "eu@hanbit.example",
        },
        {"orgUnitId": "o1", "orgUnitExternalKey": "s", "orgUnitName": "영업/본부", "description": "판매"},
    ]
}
GROUPS = {
    "groups": [
        {
            "domainId": 1,
            "groupId": "g1",
            "groupExternalKey": "club",
            "groupName": "Club",
            "description": "We meet",
            "visible": False,
            "administrators": [{"userId": "u1"}],
            "members": [
                {"id": "u2", "type": "USER"},
                {"id": "o2", "type": "ORGUNIT"},
                {"id": "externalKey:other", "type": "GROUP"},
                {"id": "u9", "type": "USER"},
            ],
            "useMessage": True,
            "useCalendar": False,
            "useMail": True,
            "groupEmail": "club@hanbit.example",
            "aliasEmails": ["team@hanbit.example"],
            "canReceiveExternalMail": False,
            "membersAllowedToUseGroupEmailAsRecipient": [{"id": "u1", "type": "USER"}],
            "membersAllowedToUseGroupEmailAsSender": [{"id": "o1", "type": "ORGUNIT"}],
        },
        {
            "groupId": "g2",
            "groupExternalKey": "other",
            "groupName": "CLUB",
            "groupEmail": "two@hanbit.example",
        },
    ]
}


def test_the_apis_users_become_members() -> None:
    """Rule 1.12: who is suspended or on leave is inactive; administrators there are none here."""
    found = read(SOURCE, Given("users.json", USERS), Given("orgunits.json", UNITS))
    assert of(found, "member") == [
        {
            "member": "jiwoo@hanbit.example",
            "id": "u1",
            "name": "김지우",
            "nickname": "Jay",
            "reading": "Kim J",
            "employee_number": "17",
            "job_title": "팀장",
            "site": "Seoul",
            "phone": "+82",
            "manager": "pat@hanbit.example",
            "starts_on": date(2020, 3, 1),
            "active": False,
            "aliases": ["jay@hanbit.example"],
        },
        {"member": "pat@hanbit.example", "id": "u2", "active": False},
    ]
    places = [(one["team"], one["team_id"]) for one in of(found, "place")]
    assert places == [("영업-본부", "o1"), ("영업-본부 / 유럽팀", "o2")]
    assert of(found, "team") == [
        {"team": "영업-본부 / 유럽팀", "id": "o2", "address": "eu@hanbit.example"},
        {"team": "영업-본부", "id": "o1", "description": "판매"},
    ]


def test_the_apis_groups_become_groups_with_their_switches_and_lists() -> None:
    """Rules 2.4, 3.1, 4.4, 4.5, 4.6; whom the files do not have is named by their id."""
    found = read(
        SOURCE, Given("groups.json", GROUPS), Given("users.json", USERS), Given("orgunits.json", UNITS)
    )
    club = {"group": "Club (club@hanbit.example)", "group_id": "g1"}
    assert of(found, "group")[0] == {
        "group": club["group"],
        "kind": "internal",
        "id": "g1",
        "description": "We meet",
        "message": True,
        "event": False,
        "is_visible": False,
        "uses_mailing_list": True,
    }
    assert of(found, "master") == [{**club, "member": "jiwoo@hanbit.example"}]
    assert of(found, "entry") == [
        {**club, "member": "pat@hanbit.example"},
        {**club, "team": "영업-본부 / 유럽팀", "team_id": "o2"},
        {**club, "subgroup": "CLUB (two@hanbit.example)", "subgroup_id": "g2"},
        {**club, "member_id": "u9"},
    ]
    assert of(found, "list")[0] == {
        **club,
        "address": "club@hanbit.example",
        "aliases": ["team@hanbit.example"],
        "blocks_external_domains": True,
        "who_can_send": "designated",
    }
    assert of(found, "sender") == [
        {**club, "purpose": "to", "member": "jiwoo@hanbit.example"},
        {**club, "purpose": "as", "team": "영업-본부", "team_id": "o1"},
    ]


def test_teams_that_contain_each_other_end() -> None:
    ring = {
        "orgUnits": [
            {"orgUnitId": "a", "orgUnitName": "A", "parentOrgUnitId": "b"},
            {"orgUnitId": "b", "orgUnitName": "B", "parentOrgUnitId": "a"},
        ]
    }
    assert len(of(read(SOURCE, Given("orgunits.json", ring)), "team")) == 2


@pytest.mark.parametrize(
    "content",
    [
        csv("성,이름,닉네임,이메일,휴대폰,회사", "홍,길동,,gildong@client.example,010,고객사"),
        csv("primaryEmail,name.fullName", "a@b.example,A"),
        '{"kind": "admin#directory#orgUnit", "orgUnitId": "id:1", "orgUnitPath": "/x"}',
    ],
)
def test_other_files_are_not_taken_for_line_works(content: str) -> None:
    assert not SOURCE.recognises(Given("x", content))
