"""What the tests of pages share: the roles that administrators' pages refuse, and how they are asked."""

from typing import Any

import pytest
from django.test import Client

OTHERS = ["master", "member", "guest", "superuser"]


def refuses(client: Client, url: str, method: str = "get") -> bool:
    """Whether the page answers with 403, in words."""
    answer = getattr(client, method)(url)
    return answer.status_code == 403 and "You do not have access" in answer.content.decode()


def fragment(client: Client, url: str, target: str = "results") -> str:
    """What htmx gets to fill the element with this id."""
    answer = client.get(url, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status_code == 200
    return answer.content.decode()


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def queries_for(client: Client, url: str, capture: Any) -> int:
    """How many queries a page takes."""
    with capture as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def by_role(request: pytest.FixtureRequest, role: str) -> Any:
    return request.getfixturevalue(role)


def general_form(**values: str) -> dict[str, str]:
    """What General posts, with these values instead of what stands there at first."""
    return {
        "connecting": "everybody",
        "partners": "any",
        "group_creators": "administrators",
        "recall_hours": "24",
        "version": "1",
    } | values


def company_form(**values: str) -> dict[str, str]:
    """What Company posts, in the same way."""
    return {"plan": "paid", "has_core": "on", "second_factor": "nobody", "version": "1"} | values
