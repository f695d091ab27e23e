"""A program that calls the API with a token, for tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from accounts.models import Company, Member, Scope
from tests.factories import AccessTokenFactory

ROOT = "/api/v1"
PROBLEM = "application/problem+json"

_NUMBERS = count(1)


@dataclass(frozen=True)
class Program:
    """Calls with its token; `answer.json()` is what it gets."""

    token: str
    hears_of_faults: bool = True

    def __call__(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = b"" if body is None else json.dumps(body).encode()
        client = Client(headers=sent, raise_request_exception=self.hears_of_faults)
        return client.generic(verb, f"{ROOT}{path}", data, content_type="application/json")

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self("DELETE", path, **headers)


def program_of(owner: Company | Member, *scopes: Scope, **fields: Any) -> Program:
    """A company's program, or a person's, whose token has these scopes; all without any named."""
    token = f"gadm_{next(_NUMBERS)}"
    owners = {"company": owner} if isinstance(owner, Company) else {"company": owner.company, "member": owner}
    given = [scope.value for scope in scopes or Scope]
    AccessTokenFactory.create(token=token, scopes=given, **owners, **fields)
    return Program(token)


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests are answered within the test's transaction, as Django's own test client has it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


NOBODY = Program("")
