"""What operations answer: a body, a status, and the headers that go with them."""

from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """For operations that answer more than a body with 200."""

    body: BaseModel | None
    status: int = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)
    is_conditional: bool = True
    """Whether who has the same version already is answered 304: not where more than that changes."""


NOTHING = Reply(None, HTTPStatus.NO_CONTENT)


def created(body: BaseModel, path: str) -> Reply:
    """201, and where the new thing is."""
    return Reply(body, HTTPStatus.CREATED, {"Location": path})


def accepted(body: BaseModel, path: str) -> Reply:
    """202: a job does it, and this is where its progress is."""
    return Reply(body, HTTPStatus.ACCEPTED, {"Location": path})


def reply_of(found: BaseModel | Reply) -> Reply:
    return found if isinstance(found, Reply) else Reply(found)


def etag_of(body: BaseModel | None) -> str:
    """The version of the thing in a body, as If-Match repeats it; empty for what has none."""
    version = getattr(body, "version", None)
    return "" if version is None else f'"{version}"'


def response_of(reply: Reply) -> HttpResponse:
    """The reply as it is sent."""
    content = b"" if reply.body is None else reply.body.model_dump_json().encode()
    response = HttpResponse(content, status=reply.status, content_type=JSON)
    if reply.body is None:
        del response["Content-Type"]
    if etag := etag_of(reply.body):
        response["ETag"] = etag
    for name, value in reply.headers.items():
        response[name] = value
    return response


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 if the caller has it already, by If-None-Match."""
    etag = response.get("ETag", "")
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if not etag or (etag not in known and known != ["*"]):
        return response
    unchanged = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    unchanged["ETag"] = etag
    return unchanged
