"""One request, alone or within a bulk request, and its answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from .bodies import Document
from .clients import Client
from .errors import CONTENT_TYPE, Failure


@dataclass(frozen=True)
class Call:
    """What a client wants."""

    client: Client
    method: str
    path: str
    body: Callable[[], Document] = dict
    query: Mapping[str, str] = field(default_factory=dict)
    if_match: str = ""
    if_none_match: str = ""


@dataclass(frozen=True)
class Answer:
    """What it gets."""

    status: int
    document: Document | None = None
    location: str = ""
    version: str = ""

    def response(self) -> HttpResponse:
        """As HTTP sends it."""
        content = b"" if self.document is None else json.dumps(self.document, ensure_ascii=False).encode()
        response = HttpResponse(content, status=self.status, content_type=CONTENT_TYPE)
        if self.location:
            response["Location" if self.status == 201 else "Content-Location"] = self.location
        if self.version:
            response["ETag"] = self.version
        return response


def version_of(thing: Any) -> str:
    """The ETag of a person, group or team."""
    return f'W/"{thing.version}"'


def names_version(header: str, version: str) -> bool:
    """Whether one of the ETags in the header is this one, be it weak or not (RFC 9110, 8.8.3)."""
    named = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in named or version.removeprefix("W/") in named


def check_match(call: Call, version: str) -> None:
    """Raises Failure if the client wants to change another version than there is."""
    if call.if_match and not names_version(call.if_match, version):
        raise Failure(412, "The resource has changed since you read it. Read it again.")
    if call.if_none_match and names_version(call.if_none_match, version):
        raise Failure(412, "The resource is there already.")
