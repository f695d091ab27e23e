"""Every operation as every role, with made-up requests and with ids of either company (rule 11.3).

Whatever is sent, the answer is one that the description of the API promises, no fault of ours, and has no
byte of another company; nothing of that changes either (rules 1.1, 6.4).
"""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from pytest_django.plugin import DjangoDbBlocker
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from accounts.models import Scope
from tests.conftest import FIRST_ID, count_ids_from
from tests.full_company import FullCompany, full_company, rows_again, rows_from
from tests.groupadmin.api.calling import one_connection, program_of
from tests.once import files_again, made_once

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

OURS, THEIRS = "Wombat", "Quokka"
THEIR_FIRST_ID = 2 * FIRST_ID
EXAMPLES = 2
"""So many of each kind are made up for each operation, the same in every run. The first is always the
plainest, so only the others are asked for."""
ROLES = ("administrator", "master", "member", "guest", "service read-only", "service")
PROMISED = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@dataclass(frozen=True)
class World:
    """Two companies with something of everything, and a token for each role in ours."""

    ours: FullCompany
    theirs: FullCompany
    tokens: dict[str, str]


def the_world() -> World:
    count_ids_from(FIRST_ID)
    ours = full_company(OURS)
    count_ids_from(THEIR_FIRST_ID)
    theirs = full_company(THEIRS)
    people = {role: program_of(ours.people[role]) for role in ("administrator", "master", "member", "guest")}
    services = {
        "service": program_of(ours.company),
        "service read-only": program_of(ours.company, Scope.DIRECTORY_READ, Scope.AUDIT_READ),
    }
    return World(ours, theirs, {role: program.token for role, program in (people | services).items()})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "media"


@pytest.fixture(scope="module")
def world_made_once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, files: Path
) -> Iterator[World]:
    with made_once(django_db_blocker, files, the_world) as world:
        yield world


@pytest.fixture
def world(world_made_once: World, files: Path, media: Path) -> World:
    files_again(files, media)
    return world_made_once


@pytest.fixture(scope="module")
def cases() -> list[Any]:
    """Requests that fit the description, and some that do not."""
    described = Client().get("/api/v1/openapi.json").json()
    # Tokens are ours to send.
    for methods in described["paths"].values():
        for operation in methods.values():
            operation.pop("security")
    schema = schemathesis.openapi.from_dict(described)
    schema.app = get_wsgi_application()
    made: list[Any] = []
    found: Iterator[Any] = schema.get_all_operations()
    for result in found:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            made += examples(result.ok(), mode)
    return made


def examples(operation: Any, mode: GenerationMode) -> list[Any]:
    found: list[Any] = []

    @seed(11_3)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def keep(case: Any) -> None:
        found.append(case)

    with suppress(Unsatisfiable):  # where nothing can be sent, nothing can be wrong with it
        keep()
    return found[1:] or found


def with_ids(case: Any, first: int, pick: random.Random) -> Any:
    """The same request about things of the company whose ids begin there."""

    def one_of_theirs() -> int:
        return first + pick.randint(1, 4)

    def replaced(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: replaced(value) for name, value in found.items()}
        if isinstance(found, list):
            return [replaced(value) for value in found]
        is_number = isinstance(found, int) and not isinstance(found, bool)
        return one_of_theirs() if is_number else found

    case.path_parameters = {name: str(one_of_theirs()) for name in case.path_parameters or {}}
    if isinstance(case.body, dict):
        case.body = replaced(case.body)
    ids = {name for name in case.query or {} if name.endswith("_id") and name != "external_id"}
    case.query = {
        name: one_of_theirs() if name in ids else value for name, value in (case.query or {}).items()
    }
    return case


def ask(case: Any, token: str, mark: str) -> int:
    """Sends it, checks what comes back, and takes it back. Returns the status."""
    with one_connection(), transaction.atomic():
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        transaction.set_rollback(True)
    assert answer.status_code < 500, case.as_curl_command()
    told = f"{answer.headers}\n{answer.content.decode('utf-8', 'replace')}".lower()
    place = told.find(mark.lower())
    assert place < 0, f"{case.method} {case.formatted_path}: {told[max(0, place - 200) : place + 200]}"
    case.validate_response(answer, checks=PROMISED)
    return int(answer.status_code)


def test_the_description_is_a_valid_one(cases: list[Any]) -> None:
    schema = cases[0].operation.schema.raw_schema
    validate(schema)
    assert schema["openapi"].startswith("3.1")
    # Two of the same name would be one.
    assert not [name for name, kind in schema["components"]["schemas"].items() if "enum" in kind]
    assert json.dumps(schema).count("operationId") == len({case.operation.label for case in cases})


@pytest.mark.parametrize("role", ROLES)
def test_no_fault_and_no_byte_of_another_company(world: World, cases: list[Any], role: str) -> None:
    before = rows_from(THEIR_FIRST_ID)
    pick = random.Random(11_3)
    statuses = set()
    for case in cases:
        is_fitting = case.meta.generation.mode is GenerationMode.POSITIVE
        for first in (FIRST_ID, THEIR_FIRST_ID) if is_fitting else (None,):
            asked = case if first is None else with_ids(case.derive(), first, pick)
            statuses.add(ask(asked, world.tokens[role], THEIRS))
    assert rows_again(before) == before
    assert {200, 404, 422} <= statuses
