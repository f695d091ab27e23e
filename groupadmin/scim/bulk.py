"""Many requests in one (RFC 7644, 3.7): each is done or refused by itself, in their order."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from accounts.actor import NotVisible
from accounts.audit import record_not_visible

from . import routes
from .bodies import Document
from .calls import Answer, Call
from .dialects import value_of
from .errors import Failure, failure_of, invalid

RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
VERBS = ("POST", "PUT", "PATCH", "DELETE")
_MADE = re.compile(r"bulkId:([^\s/\"\]]{1,200})", re.ASCII)


@dataclass
class Made:
    """The ids of what the operations before have made, by the names that the client gave them."""

    ids: dict[str, str] = field(default_factory=dict)

    def filled(self, value: Any) -> Any:
        """With ids in the place of `bulkId:name`. Raises Failure for a name that stands for nothing yet."""
        if isinstance(value, str):
            return _MADE.sub(self._id, value) if value.startswith("bulkId:") or "[" in value else value
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        return value

    def path(self, text: str) -> str:
        return _MADE.sub(self._id, text)

    def _id(self, found: re.Match[str]) -> str:
        if found[1] not in self.ids:
            raise Failure(409, f"No operation before this one has made “{found[1]}”.")
        return self.ids[found[1]]


def answer(call: Call) -> Answer:
    """Does one after the other. Raises Failure for what is no bulk request."""
    if call.method != "POST":
        raise Failure(405, "This cannot be done here.", Allow="POST")
    document = call.body()
    operations, most = value_of(document, "Operations"), int(settings.SCIM_BULK_OPERATIONS)
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise invalid("Send a list of Operations.", "invalidSyntax")
    if len(operations) > most:
        raise Failure(413, f"Send at most {most} operations at once.")
    stops_after = value_of(document, "failOnErrors")
    if stops_after is not None and (
        isinstance(stops_after, bool) or not isinstance(stops_after, int) or stops_after < 1
    ):
        raise invalid("failOnErrors is a number, one at least.", "invalidValue")
    made, results, failed = Made(), [], 0
    for operation in operations:
        result, went_well = _one(call, operation, made)
        results.append(result)
        failed += not went_well
        if stops_after and failed >= stops_after:
            break
    return Answer(200, {"schemas": [RESPONSE], "Operations": results})


def _one(call: Call, operation: Document, made: Made) -> tuple[Document, bool]:
    """The result of an operation, and whether it went well."""
    method, name = str(value_of(operation, "method") or "").upper(), value_of(operation, "bulkId")
    result: Document = {"method": method} | ({"bulkId": name} if name is not None else {})
    try:
        done = routes.answer(_call(call, operation, method, name, made))
    except Exception as error:
        if isinstance(error, NotVisible):
            record_not_visible(call.client.actor, error)
        failure = failure_of(error)
        path = str(value_of(operation, "path") or "")
        if method != "POST":
            result["location"] = f"{call.client.base}/{path.strip('/')}"
        return result | {"status": str(failure.status), "response": failure.document}, False
    if method == "POST" and isinstance(name, str) and done.document:
        made.ids[name] = str(done.document["id"])
    location = done.location or f"{call.client.base}/{made.path(str(value_of(operation, 'path'))).strip('/')}"
    result |= {"location": location, "status": str(done.status)}
    return result | ({"version": done.version} if done.version else {}), True


def _call(call: Call, operation: Document, method: str, name: Any, made: Made) -> Call:
    """The operation as a request of its own. Raises Failure."""
    path, data = value_of(operation, "path"), value_of(operation, "data")
    if method not in VERBS:
        raise invalid("The method is POST, PUT, PATCH or DELETE.", "invalidSyntax")
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid("The path begins with “/”.", "invalidPath")
    if method == "POST" and not (isinstance(name, str) and name):
        raise invalid("A POST needs a bulkId.", "invalidSyntax")
    if method != "DELETE" and not isinstance(data, dict):
        raise invalid("The data are an object.", "invalidSyntax")
    address = urlsplit(made.path(path))
    if address.path.strip("/").endswith(routes.SEARCH):
        raise invalid("Nothing can be searched here.", "invalidPath")
    filled = made.filled(data)
    version = value_of(operation, "version")
    return Call(
        call.client,
        method,
        address.path,
        lambda: filled,
        dict(parse_qsl(address.query)),
        if_match=version if isinstance(version, str) else "",
    )
