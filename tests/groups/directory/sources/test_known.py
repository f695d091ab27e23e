"""Which source files come from (rules 10.1, 10.10)."""

import pytest

from groups.directory.imports.options import Options
from groups.directory.records import Problem
from groups.directory.sources.known import read, source_of

from .given import Given, csv

pytestmark = pytest.mark.one_database

AZURE = "id,userPrincipalName,displayName,givenName,surname,accountEnabled"
PEOPLE = "ID,First Name,Last Name,Work mail,Hire Date"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("users.csv", csv(AZURE, "1f2e,ann@x.example,Ann Lee,Ann,Lee,False")),
        ("people.csv", csv(PEOPLE, "7,Ann,Lee,ann@x.example,2020-01-02")),
        ("members.csv", csv("group,email,role", "Robots,ann@x.example,owner")),
        ("members.csv", csv("login,name,role,email", "ann,Ann,admin,ann@x.example")),
        ("members.csv", csv("email,name,orgUnitPath", "ann@x.example,Ann,/Sales")),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("members.csv", "email,name\rann@x.example,Ann\r"),
    ],
)
def test_tables_that_resemble_another_system_s_are_read_as_ours(name: str, content: str | bytes) -> None:
    """By the other's rules a part of them would be passed over."""
    assert source_of([Given(name, content)]).name == "import"


def test_a_file_of_something_else_beside_a_system_s_is_named() -> None:
    """Nothing is passed over in silence."""
    users = Given("users.csv", csv("primaryEmail,name.fullName", "ann@x.example,Ann"))
    found = read([users, Given("groups.csv", csv("name,members", "Robots,ann@x.example"))], Options())
    problems = [one for one in found if isinstance(one, Problem)]
    assert [(one.file, one.reason) for one in problems] == [
        ("groups.csv", "This is no file of Google Workspace: import it by itself.")
    ]
