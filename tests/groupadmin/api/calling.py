"""A program that calls the API with a token, for tests."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

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


NOBODY = Program("")
