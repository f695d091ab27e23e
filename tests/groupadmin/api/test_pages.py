"""The pages about the API: all operations, and a form for each (rule 11.3)."""

import pytest
from django.test import Client

from accounts.models import Member
from groupadmin.api.reference import described, operations, sections
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_every_operation_is_listed_and_has_a_page(member: Member, client_of: ClientOf) -> None:
    client = client_of(member)
    listed = client.get("/integrations/api/").content.decode()
    for operation in operations().values():
        assert f'href="{operation.url}"' in listed
        page = client.get(operation.url)
        assert page.status_code == 200
        assert operation.path in page.content.decode()
    paths = described()["paths"].values()
    assert len(operations()) == sum(len(methods) for methods in paths)
    assert all(section.about for section in sections())


def test_a_try_begins_with_what_is_needed_and_changes_nothing(member: Member, client_of: ClientOf) -> None:
    operation = operations()["addMember"]
    assert operation.body == '{\n  "name": "",\n  "email": "jane@example.com"\n}'
    assert operations()["updateMember"].body == "{}"
    assert {one.name: one.value for one in operation.parameters}["dry_run"] == "true"
    command = operation.curl("https://groups.example")
    assert command.startswith('curl -H "Authorization: Bearer $TOKEN" -X POST')
    assert command.endswith("https://groups.example/api/v1/members")


def test_the_description_is_for_everybody() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert Client().post("/api/v1/openapi.json").status_code == 405
