"""How an operation is declared (rule 11.3).

`@operation(router, "PATCH", "/things/{ref}", Scope.…, answers=ThingOut)`.

GET reads; everything else changes, and gets the parameters of changes: dry_run, accept_loss, If-Match, and
for POST Idempotency-Key. A view takes the request and its own parameters, and answers a body or a Reply.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Router
from ninja.operation import Operation
from ninja.params.models import Header, Query
from ninja.utils import contribute_operation_args, contribute_operation_callback
from pydantic import BaseModel, Field

from accounts.models import Scope

from .callers import Bearer, call_of
from .changing import LONGEST_KEY, Wishes, carry_out
from .fields import Flag, Text
from .problems import LONGEST_AGREEMENT, Problem, ProblemOut, invalid
from .replies import Reply, reply_of, response_of, unless_known
from .uploads import Upload

View = Callable[..., BaseModel | Reply | HttpResponseBase]
V = TypeVar("V", bound=View)

_READ_ERRORS = frozenset({400, 401, 403, 404, 405, 422, 500, 503})
_CHANGE_ERRORS = _READ_ERRORS | {409, 412, 413, 415, 507}

AcceptLoss = Annotated[
    Text, Field(max_length=LONGEST_AGREEMENT, json_schema_extra={"examples": ["group-1042:35", "true"]})
]
HeaderText = Annotated[str, Field(max_length=LONGEST_KEY + 2)]

_OF_CHANGES: tuple[tuple[str, Any, Any], ...] = (
    (
        "dry_run",
        Flag,
        Query(
            False,
            description="Only tells what would change.",
        ),
    ),
    (
        "accept_loss",
        AcceptLoss,
        Query(
            "",
            description="Agrees to losing many people at once (409 `loses-many`): the `accept_loss` of that "
            "answer, or `true` for any number.",
        ),
    ),
    (
        "if_match",
        HeaderText,
        Header(
            "",
            alias="If-Match",
            description="The ETag of the version that you have seen; 412 if there is a newer one.",
        ),
    ),
)
_KEY = (
    "idempotency_key",
    HeaderText,
    Header(
        "",
        alias="Idempotency-Key",
        description="A key of your choice, new for each request: sent again with it within 24 hours, the "
        "request is not carried out again, and gets the same answer.",
    ),
)


def operation(
    router: Router,
    method: str,
    path: str,
    *scopes: Scope,
    answers: type[BaseModel] | None,
    summary: str,
    status: int = HTTPStatus.OK,
    operation_id: str = "",
    field_names: Mapping[str, str] | None = None,
    also: Mapping[int, Any] | None = None,
    upload: Upload | None = None,
    download: str = "",
) -> Callable[[V], V]:
    """Declares an operation. Its id is the view's name in camelCase; its docstring the description.

    `field_names` are the API's names of an action's fields, for errors; `also` are more answers by status.
    `upload` reads a body that is not JSON; `download` is the media type of an answer that is a file.
    """

    def declare(view: V) -> V:
        changes = method != "GET"
        run = _changing(view, field_names or {}, upload) if changes else _reading(view)
        for argument in _arguments(method, status) if changes else ():
            contribute_operation_args(run, *argument)
        contribute_operation_callback(run, _knows_its_query(run))
        errors = dict.fromkeys(_CHANGE_ERRORS if changes else _READ_ERRORS, ProblemOut)
        router.api_operation(
            [method],
            path,
            auth=Bearer(*scopes),
            response={status: answers, **(also or {}), **errors},
            operation_id=operation_id or _camel(view.__name__),
            summary=summary,
            description=_description(view, scopes),
            openapi_extra=_of_files(upload, download),
        )(run)
        return view

    return declare


def _arguments(method: str, status: int) -> list[tuple[str, Any, Any]]:
    """Those of a change: what is new has no version yet, and what is not POSTed may be repeated anyway."""
    of_new = status == HTTPStatus.CREATED
    found = [one for one in _OF_CHANGES if not (of_new and one[0] == "if_match")]
    return [*found, _KEY] if method == "POST" else found


def _reading(view: View) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def run(request: HttpRequest, **given: Any) -> HttpResponseBase:
        _check_query(request, run)
        found = view(request, **given)
        if isinstance(found, HttpResponseBase):
            return found
        reply = reply_of(found)
        response = response_of(reply)
        return unless_known(request, response) if reply.is_conditional else response

    return run


def _changing(
    view: View, field_names: Mapping[str, str], upload: Upload | None
) -> Callable[..., HttpResponseBase]:
    names = {name for name, _type, _source in (*_OF_CHANGES, _KEY)}

    @wraps(view)
    def run(request: HttpRequest, **given: Any) -> HttpResponse:
        _check_query(request, run)
        call = call_of(request)
        call.field_names = field_names
        wishes = Wishes(**{name: given.pop(name) for name in names & given.keys()})
        if upload is not None:
            upload.read(request, call)
        return carry_out(request, call, wishes, lambda: reply_of(_body(view(request, **given))))

    return run


def _body(found: BaseModel | Reply | HttpResponseBase) -> BaseModel | Reply:
    assert not isinstance(found, HttpResponseBase)  # noqa: S101  (a change answers no file)
    return found


def _of_files(upload: Upload | None, download: str) -> dict[str, Any] | None:
    """What the description says of bodies that are files."""
    content = {"schema": {"type": "string", "format": "binary"}}
    extra: dict[str, Any] = {}
    if upload is not None:
        extra["requestBody"] = {"content": dict.fromkeys(upload.types, content), "required": True}
    if download:
        extra["responses"] = {HTTPStatus.OK: {"content": {download: content}}}
    return extra or None


def _knows_its_query(run: Any) -> Callable[[Operation], None]:
    """Notes the names of the query's parameters, so that a misspelt filter is not taken for none, and which
    of them are lists.
    """

    def note(operation: Operation) -> None:
        models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
        run.query_names = {name for model in models for name in model.__ninja_flatten_map__}
        run.query_lists = {name for model in models for name in model.__ninja_collection_fields__}

    return note


def _check_query(request: HttpRequest, run: Any) -> None:
    """Raises Problem for parameters that there are none of, and for one that is there twice."""
    if unknown := sorted(request.GET.keys() - run.query_names):
        message = _("There is no such parameter.")
        errors = [{"field": name[:100], "place": "query", "message": message} for name in unknown[:10]]
        raise Problem("invalid", message, errors)
    for name, values in request.GET.lists():
        if len(values) > 1 and name not in run.query_lists:
            raise invalid(name, _("Send this once."), "query")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def _description(view: View, scopes: tuple[Scope, ...]) -> str:
    said = " ".join((view.__doc__ or "").split())
    needed = ", ".join(f"`{scope.value}`" for scope in scopes)
    return f"{said}\n\nScope: {needed}." if needed else f"{said}\n\nAny token."
