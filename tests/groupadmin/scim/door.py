"""How a provider comes in: the requests of SCIM, with a token."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

TOKEN = "gadm_provider"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
TEAM = "urn:groupadmin:params:scim:schemas:core:2.0:Team"
WORK = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OURS_OF_USER = "urn:groupadmin:params:scim:schemas:extension:2.0:User"
OURS_OF_GROUP = "urn:groupadmin:params:scim:schemas:extension:2.0:Group"


@dataclass
class Got:
    """An answer."""

    status: int
    headers: Any
    body: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


@dataclass
class Door:
    """A provider, with a client that keeps no cookies."""

    token: str
    client: Client = field(default_factory=Client)

    def ask(self, method: str, path: str, body: Any = None, query: Any = None, **headers: str) -> Got:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.generic(
            method,
            f"/scim/v2/{path}",
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
            "application/scim+json",
            headers=sent | named,
            query_params=query,
        )
        assert not response.cookies
        if response.content:
            assert response["Content-Type"] == "application/scim+json"
        return Got(response.status_code, response, json.loads(response.content) if response.content else None)

    def get(self, path: str, query: Any = None, **headers: str) -> Got:
        return self.ask("GET", path, query=query, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Got:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Got:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, *operations: Any, **headers: str) -> Got:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def delete(self, path: str, **headers: str) -> Got:
        return self.ask("DELETE", path, **headers)

    def found(self, endpoint: str, condition: str) -> set[str]:
        """The ids of what a filter finds."""
        got = self.get(endpoint, {"filter": condition})
        assert got.status == 200, got.body
        return {one["id"] for one in got["Resources"]}
