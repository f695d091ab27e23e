"""What tokens are answered for each operation on groups, by role (rules 5.3, 5.4, 7, 11.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Company, Member, Scope
from groups.models import Group
from tests.groupadmin.api.calling import NOBODY, Program, program_of

pytestmark = pytest.mark.django_db

ADMINISTRATORS = {"service", "administrator"}
OWN = ADMINISTRATORS | {"master", "member", "outsider"}
OTHERS = {"guest", "stranger", "other_administrator"}

# Who may know of each group, and who runs it.
KNOWS = {
    "group": OWN,
    "private_group": ADMINISTRATORS,
    "external_group": ADMINISTRATORS | {"master", "member", "guest"},
    "deleted_group": set[str](),
}
RUNS = {name: knows & (ADMINISTRATORS | {"master"}) for name, knows in KNOWS.items()}


@dataclass(frozen=True)
class Row:
    """An operation on a group: who may do it, and with what it is answered if they may."""

    verb: str
    path: str
    may: Mapping[str, set[str]]
    body: Any = None
    answers: frozenset[int] = frozenset({200})


FINE = frozenset({200, 204})
# To whom nothing but a field is in the way, such as that external groups have no list.
MAYBE = FINE | {422}
ROWS = [
    Row("GET", "", KNOWS),
    Row("GET", "/part-of", KNOWS),
    Row("GET", "/entries", KNOWS),
    Row("GET", "/masters", KNOWS),
    Row("GET", "/people", KNOWS),
    Row("GET", "/mailing-list", KNOWS),
    Row("GET", "/room", KNOWS),
    Row("GET", "/mailing-list/contacts", RUNS),
    Row("GET", "/mailing-list/opt-outs", RUNS),
    Row("GET", "/mailing-list/designations/senders", RUNS),
    Row("PATCH", "", RUNS, {"description": "x"}),
    Row("DELETE", "", RUNS, answers=FINE),
    Row("DELETE", "/photo", RUNS),
    Row("POST", "/entries", RUNS, {}),
    Row("PATCH", "/entries", RUNS, {}),
    Row("PUT", "/entries", RUNS, {}, MAYBE),
    Row("DELETE", "/entries/1", RUNS, answers=frozenset({404})),
    Row("PATCH", "/masters", RUNS, {}),
    Row("PUT", "/masters", RUNS, {"members": []}, MAYBE),
    Row("PATCH", "/room", RUNS, {"message": True}),
    Row("PATCH", "/mailing-list", RUNS, {"blocks_external_domains": True}, MAYBE),
    Row("PATCH", "/mailing-list/contacts", RUNS, {"add": [{"email": "x@out.example"}]}, MAYBE),
    Row("PUT", "/mailing-list/contacts", RUNS, {"contacts": []}, MAYBE),
    Row("PATCH", "/mailing-list/designations/send-as", RUNS, {}, MAYBE),
    Row("PUT", "/mailing-list/designations/send-as", RUNS, {}, MAYBE),
]


@pytest.fixture
def programs(
    company: Company,
    administrator: Member,
    master: Member,
    member: Member,
    outsider: Member,
    guest: Member,
    stranger: Member,
    other_administrator: Member,
) -> dict[str, Program]:
    people = (administrator, master, member, outsider, guest, stranger, other_administrator)
    names = ("administrator", "master", "member", "outsider", "guest", "stranger", "other_administrator")
    found = {name: program_of(person) for name, person in zip(names, people, strict=True)}
    return found | {"service": program_of(company)}


@pytest.mark.one_database
def test_each_operation_on_each_group_by_role(
    programs: dict[str, Program],
    group: Group,
    private_group: Group,
    external_group: Group,
    deleted_group: Group,
) -> None:
    """404, byte for byte as if it were not there, to those who may not know of it; 403 to those who do."""
    groups = {
        "group": group,
        "private_group": private_group,
        "external_group": external_group,
        "deleted_group": deleted_group,
    }
    nowhere = programs["service"].get("/groups/987654321").content
    for row in ROWS:
        for name, found in groups.items():
            for role, program in programs.items():
                answer = undone(program, row, f"/groups/{found.pk}{row.path}")
                about = f"{row.verb} {row.path} of the {name} as {role}: {answer.content!r}"
                if role in row.may[name]:
                    assert answer.status_code in row.answers, about
                elif role in KNOWS[name]:
                    assert answer.status_code == 403, about
                else:
                    assert (answer.status_code, answer.content) == (404, nowhere), about


def undone(program: Program, row: Row, path: str) -> Any:
    with transaction.atomic():
        answer = program(row.verb, path, row.body)
        transaction.set_rollback(True)
    return answer


def test_groups_are_added_by_those_who_may(
    programs: dict[str, Program], company: Company, outsider: Member
) -> None:
    """Rule 1.5: members become masters of what they add; in each company for itself."""
    Company.objects.filter(pk=company.pk).update(group_creators=Company.Creators.ADMINISTRATORS)
    for role, program in programs.items():
        body = {"name": role, "masters": [outsider.pk], "entries": {"members": [outsider.pk]}}
        expected = dict.fromkeys(programs.keys() - ADMINISTRATORS, 403) | {"other_administrator": 422}
        assert program.post("/groups", body).status_code == expected.get(role, 201), role
    Company.objects.filter(pk=company.pk).update(group_creators=Company.Creators.EVERYBODY)
    body = {"name": "Own", "masters": [outsider.pk], "entries": {"members": [outsider.pk]}}
    assert programs["member"].post("/groups", body).status_code == 422
    assert programs["outsider"].post("/groups", body).status_code == 201


def test_without_the_scope_nobody_does_it(company: Company, group: Group) -> None:
    reading = program_of(company, Scope.DIRECTORY_READ)
    writing = program_of(company, Scope.GROUPS_WRITE)
    importing = program_of(company, Scope.IMPORTS)
    for row in ROWS:
        wrong = writing if row.verb == "GET" else reading
        for program, status in ((wrong, 403), (importing, 403), (NOBODY, 401)):
            answer = program(row.verb, f"/groups/{group.pk}{row.path}", row.body)
            assert answer.status_code == status, f"{row.verb} {row.path}"
    for path in ("/imports", "/exports"):
        assert reading.get(path).status_code == 403
        assert importing.get(path).status_code == 200
