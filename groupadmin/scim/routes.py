"""Which address and verb is answered by what (RFC 7644, 3.2)."""

from collections.abc import Callable
from typing import Any

from . import discovery, lists
from .calls import Answer, Call, check_match, names_version, version_of
from .dialects import operations, value_of
from .errors import Failure, not_found
from .fields import Fields
from .groups import Groups
from .kinds import Resources
from .teams import Teams
from .users import Users

KINDS: dict[str, Resources] = {one.kind.endpoint: one for one in (Users(), Groups(), Teams())}
SEARCH = ".search"


def answer(call: Call) -> Answer:
    """Does what is wanted. Raises Failure and whatever actions raise."""
    endpoint, _slash, rest = call.path.strip("/").partition("/")
    if (resources := KINDS.get(endpoint)) is not None:
        return _of_kind(call, resources, rest)
    if (found := DISCOVERY.get((endpoint, bool(rest)))) is None:
        if endpoint in ("Me", SEARCH):
            raise Failure(501, "This server has no such thing.")
        raise not_found()
    _check_verb(call, "GET", "HEAD")
    if "filter" in call.query:
        # RFC 7644, 4.
        raise Failure(403, "What there is cannot be filtered.")
    return found(call, rest)


DISCOVERY: dict[tuple[str, bool], Callable[[Call, str], Answer]] = {
    ("ServiceProviderConfig", False): lambda call, rest: discovery.config(call.client),
    ("Schemas", False): lambda call, rest: discovery.schemas(call.client),
    ("Schemas", True): lambda call, rest: discovery.schema(call.client, rest),
    ("ResourceTypes", False): lambda call, rest: discovery.resource_types(call.client),
    ("ResourceTypes", True): lambda call, rest: discovery.resource_type(call.client, rest),
}


def _check_verb(call: Call, *verbs: str) -> None:
    """Raises Failure."""
    if call.method not in verbs:
        raise Failure(405, "This cannot be done here.", Allow=", ".join(verbs))


def _of_kind(call: Call, resources: Resources, ref: str) -> Answer:
    if ref == SEARCH:
        _check_verb(call, "POST")
        asked: dict[str, Any] = {name: value for name, value in call.body().items() if name != "schemas"}
        return lists.answer(call, resources, asked)
    if not ref:
        _check_verb(call, "GET", "HEAD", "POST")
        return (
            _create(call, resources)
            if call.method == "POST"
            else lists.answer(call, resources, dict(call.query))
        )
    _check_verb(call, "GET", "HEAD", "PUT", "PATCH", "DELETE")
    if call.method in ("GET", "HEAD"):
        return _read(call, resources, ref)
    return _delete(call, resources, ref) if call.method == "DELETE" else _change(call, resources, ref)


def _read(call: Call, resources: Resources, ref: str) -> Answer:
    fields = Fields.read(call.query, resources.model)
    thing = resources.get(call.client, ref)
    version = version_of(thing)
    if call.if_none_match and names_version(call.if_none_match, version):
        return Answer(304, version=version)
    return _shown(200, call, resources, thing, fields)


def _create(call: Call, resources: Resources) -> Answer:
    fields = Fields.read(call.query, resources.model)
    document = call.body()
    with call.client.change():
        thing = resources.create(call.client, document)
    return _shown(201, call, resources, thing, fields)


def _change(call: Call, resources: Resources, ref: str) -> Answer:
    fields = Fields.read(call.query, resources.model)
    client, document = call.client, call.body()
    planned = operations(document, resources.model) if call.method == "PATCH" else None
    if planned is None and isinstance(named := value_of(document, "id"), str) and named != ref:
        raise Failure(400, "The id is another one than that of the address.", "mutability")
    with client.change():
        thing = resources.get(client, ref)
        check_match(call, version_of(thing))
        if planned is None:
            thing = resources.replace(client, thing, document)
        else:
            thing = resources.patch(client, thing, planned)
    if planned is not None and not resources.shown_after_change(thing, fields):
        return Answer(204, location=_location(call, resources, thing), version=version_of(thing))
    return _shown(200, call, resources, thing, fields)


def _delete(call: Call, resources: Resources, ref: str) -> Answer:
    with call.client.change():
        thing = resources.get(call.client, ref)
        check_match(call, version_of(thing))
        resources.delete(call.client, thing)
    return Answer(204)


def _location(call: Call, resources: Resources, thing: Any) -> str:
    return f"{call.client.base}/{resources.kind.endpoint}/{resources.ref(thing)}"


def _shown(status: int, call: Call, resources: Resources, thing: Any, fields: Fields) -> Answer:
    document = resources.document(call.client, thing, fields)
    return Answer(status, document, _location(call, resources, thing), version_of(thing))
