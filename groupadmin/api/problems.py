"""Every error of the API as a problem document (rule 11.3, RFC 9457), decided in this one place."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, ConfigDict, Field

from accounts.actor import NotVisible, Refused
from accounts.audit import record_not_visible, record_refusal
from accounts.confirmation import Unconfirmed
from accounts.losses import Agreement, LosesMany
from groupadmin.base import outage, unavailable
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.outage import CommitLost

from .callers import Call, NotLetIn, ScopeMissing, call_or_none
from .fields import unmarked

logger = logging.getLogger("groupadmin.api")

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:groupadmin:problem:{}"
LONGEST_AGREEMENT = 4_000
"""Of `accept_loss`, so that the address with it is one that every server takes."""
REALM = 'Bearer realm="groupadmin"'


class FieldError(BaseModel):
    """What is wrong with one field or parameter."""

    field: str = Field(description="Its name, with dots into what is nested; empty for the body as a whole.")
    place: str = Field(description="body, query, path or header.", examples=["body"])
    message: str


class LossOut(BaseModel):
    """How many of its people a company or a group would lose (rule 10.5)."""

    kind: str = Field(description="company or group.")
    id: int
    name: str
    lost: int
    of: int


class ProblemOut(BaseModel):
    """An error (RFC 9457). Which one it is, is said by `type`; `detail` is for people."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(examples=[TYPE.format("invalid")])
    title: str
    status: int
    detail: str = ""
    errors: list[FieldError] = Field(default=[], description="What is wrong with which field.")
    losses: list[LossOut] = Field(
        default=[], description="Of a `loses-many`: who would lose how many people."
    )
    accept_loss: str = Field(
        default="",
        description="Of a `loses-many`: send this as `accept_loss` to agree to exactly these numbers. "
        "Left out if there are too many for an address: then only `true` agrees.",
    )


TITLES: dict[str, tuple[int, str | Promise]] = {
    "malformed": (400, gettext_lazy("The request cannot be read")),
    "not-authenticated": (401, gettext_lazy("A valid token is needed")),
    "scope-missing": (403, gettext_lazy("The token lacks a scope")),
    "refused": (403, gettext_lazy("You may not do this")),
    "not-found": (404, gettext_lazy("There is no such thing")),
    "method-not-allowed": (405, gettext_lazy("This is not done here")),
    "conflict": (409, gettext_lazy("Somebody else changed this")),
    "loses-many": (409, gettext_lazy("Many people would be lost")),
    "in-progress": (409, gettext_lazy("The same request is being carried out")),
    "changed": (412, gettext_lazy("This has changed since you read it")),
    "too-large": (413, gettext_lazy("This is too large")),
    "not-a-file": (415, gettext_lazy("Send the file itself")),
    "not-json": (415, gettext_lazy("Send JSON")),
    "no-such-range": (416, gettext_lazy("The file is not that long")),
    "invalid": (422, gettext_lazy("Something in the request is not right")),
    "key-reused": (422, gettext_lazy("This idempotency key belongs to another request")),
    "internal": (500, gettext_lazy("Something went wrong. Nothing was saved.")),
    "unavailable": (503, gettext_lazy("Not available right now")),
    "no-space": (507, gettext_lazy("The server has no space left")),
}
"""The kinds of problems: the end of their type, their status and title."""

_KIND_OF_STATUS = {400: "malformed", 401: "not-authenticated", 403: "refused", 404: "not-found"} | {
    405: "method-not-allowed",
    413: "too-large",
    415: "not-json",
    416: "no-such-range",
    503: "unavailable",
    507: "no-space",
}


@dataclass
class Problem(Exception):  # noqa: N818  (an answer, not a fault)
    """One kind of TITLES. Raise it where an operation finds something wrong by itself."""

    kind: str
    detail: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        """The document."""
        status, title = TITLES[self.kind]
        content: dict[str, Any] = {"type": TYPE.format(self.kind), "title": str(title), "status": status}
        if self.detail:
            content["detail"] = unmarked(self.detail)
        if self.errors:
            content["errors"] = [{name: unmarked(text) for name, text in one.items()} for one in self.errors]
        response = JsonResponse(
            content | self.more,
            status=status,
            content_type=CONTENT_TYPE,
            json_dumps_params={"ensure_ascii": False},
        )
        for name, value in self.headers.items():
            response[name] = value
        # What is our fault is logged with its cause; the rest is none.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


def invalid(name: str, message: str, place: str = "body") -> Problem:
    """One field that is not right."""
    return Problem("invalid", message, [{"field": name, "place": place, "message": message}])


def answer(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer to whatever an operation raised."""
    return problem_of(request, error).response()


def problem_of(request: HttpRequest, error: BaseException) -> Problem:
    """Which problem an exception is; a fault of ours is logged and says nothing of itself."""
    if isinstance(error, Problem):
        return error
    if (trouble := _trouble(error)) is not None:
        return trouble
    call = call_or_none(request)
    if call is not None:
        _record(error, call)
    for kind, describe in _DESCRIBED.items():
        if isinstance(error, kind):
            problem: Problem = describe(error, call)
            return problem
    got_request_exception.send(sender=None, request=request)
    logger.error("%s %s", request.method, request.path, exc_info=error, extra={"request": request})
    return Problem("internal")


def _record(error: BaseException, call: Call) -> None:
    """What was tried and refused is in the audit (rule 8.1)."""
    if isinstance(error, NotVisible):
        record_not_visible(call.actor, error)
    elif isinstance(error, Refused) and not error.audited:
        record_refusal(call.actor, error)


def _trouble(error: BaseException) -> Problem | None:
    """The database is away or busy, or a disk is full: the words of the pages, and when to come again."""
    trouble = outage.notice(error)
    if trouble is None:
        return None
    words = unavailable.UNSURE if isinstance(error, CommitLost) else unavailable.SHOWN[trouble]
    kind = "no-space" if words.status == HTTPStatus.INSUFFICIENT_STORAGE else "unavailable"
    return Problem(kind, str(words.reason), headers={"Retry-After": str(words.seconds)})


def _not_let_in(error: Any, _call: Call | None) -> Problem:
    more = ', error="invalid_token"' if error.presented else ""
    return Problem(
        "not-authenticated",
        _("Send a token that has not ended: Authorization: Bearer …"),
        headers={"WWW-Authenticate": REALM + more},
    )


def _scope_missing(error: Any, _call: Call | None) -> Problem:
    scopes = " ".join(error.scopes)
    return Problem(
        "scope-missing",
        _("This needs a token with the scope %(scopes)s.") % {"scopes": scopes},
        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scopes}"'},
    )


def _unconfirmed(_error: Any, _call: Call | None) -> Problem:
    return _scope_missing(ScopeMissing(["delicate"]), None)


def _refused(error: Any, _call: Call | None) -> Problem:
    return Problem("refused", str(error.audited_reason))


def _not_found(_error: Any, _call: Call | None) -> Problem:
    # Byte for byte the same, whether it is not there or may not be known of (rule 7).
    return Problem("not-found")


def _invalid(error: Any, call: Call | None) -> Problem:
    if error.field is None:
        return Problem("invalid", error.message)
    names = call.field_names if call is not None else {}
    return invalid(names.get(error.field, error.field), error.message)


def _conflict(_error: Any, call: Call | None) -> Problem:
    if call is not None and call.version is not None:
        return Problem("changed", _("Read it again, and decide whether to send your change again."))
    return Problem("conflict", _("Read it again, and decide whether to send your change again."))


def _loses_many(error: Any, call: Call | None) -> Problem:
    losses = [
        {"kind": loss.kind, "id": loss.pk, "name": loss.name, "lost": loss.lost, "of": loss.of}
        for loss in error.losses
    ]
    more: dict[str, Any] = {"losses": losses}
    if len(agreed := str(Agreement().with_losses(error.losses))) <= LONGEST_AGREEMENT:
        more["accept_loss"] = agreed
    return Problem("loses-many", error.message, more=more)


def _http_error(error: Any, _call: Call | None) -> Problem:
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    return Problem(_KIND_OF_STATUS.get(error.status_code, "malformed"))


def _validation(error: Any, _call: Call | None) -> Problem:
    errors = [_field_error(one) for one in error.errors]
    return Problem("invalid", _("See errors."), errors)


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """pydantic's `("body", "body", "team_ids", 0)`: the second is the name of the parameter in Python."""
    place, *path = error["loc"]
    inner = path[1:] if place == "body" else path
    return {"field": ".".join(map(str, inner)), "place": str(place), "message": str(error["msg"])}


def _too_large(_error: Any, _call: Call | None) -> Problem:
    return Problem("too-large")


def _malformed(_error: Any, _call: Call | None) -> Problem:
    return Problem("malformed")


_DESCRIBED: dict[type[Exception], Any] = {
    NotLetIn: _not_let_in,
    ScopeMissing: _scope_missing,
    Unconfirmed: _unconfirmed,
    Refused: _refused,
    Http404: _not_found,
    Invalid: _invalid,
    Conflict: _conflict,
    LosesMany: _loses_many,
    ValidationError: _validation,
    HttpError: _http_error,
    RequestDataTooBig: _too_large,
    SuspiciousOperation: _malformed,
    UnreadablePostError: _malformed,
}

_KEPT_HEADERS = ("Allow", "Content-Range", "Retry-After", "WWW-Authenticate")


def in_place_of(response: HttpResponse) -> HttpResponse:
    """A problem document instead of a page that says no; all else as it is."""
    if response.status_code < HTTPStatus.BAD_REQUEST or response.get("Content-Type") == CONTENT_TYPE:
        return response
    kind = _KIND_OF_STATUS.get(
        response.status_code, "internal" if response.status_code >= 500 else "malformed"
    )
    headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(_with_head(headers["Allow"].split(", "))))
    return Problem(kind, headers=headers).response()


def _with_head(methods: Iterable[str]) -> set[str]:
    found = set(methods)
    return found | {"HEAD"} if "GET" in found else found
