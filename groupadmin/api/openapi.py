"""What ninja's description of the API lacks: media types of errors and dry runs, and headers."""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from .problems import CONTENT_TYPE
from .rehearsal import DryRunOut

DESCRIPTION = """\
For programs that read or change a company's members, teams and groups.

Send a token with each request: `Authorization: Bearer gadm_…`. It acts as the person whose token it is, or as
a service of the company; each operation says which scope it needs. Errors are problem documents (RFC 9457),
lists have cursors, and every change can be tried first with `dry_run=true`.
"""
TAGS = [
    {"name": "Token", "description": "Whose token it is, and of which company."},
    {"name": "Members", "description": "The people of the company."},
    {"name": "Teams", "description": "The company's organization chart."},
    {"name": "Groups", "description": "Internal and external groups, and their settings."},
    {"name": "Entries", "description": "The people, teams and groups that are in a group by name."},
    {"name": "Masters", "description": "Who runs a group."},
    {"name": "People of groups", "description": "Who is in a group in the end, and why."},
    {"name": "Mailing lists", "description": "Addresses, rules, designated senders, contacts and opt-outs."},
    {"name": "Rooms", "description": "Which features a group's room has."},
    {"name": "Deleted groups", "description": "Groups that can still be restored."},
    {"name": "Imports", "description": "Bringing in a directory: looked at, started, and perhaps undone."},
    {"name": "Exports", "description": "Everything that the company has, as one file."},
    {"name": "Jobs", "description": "Long work, and how far it is."},
    {"name": "Audit", "description": "Who did what."},
]
DRY_RUN = "application/vnd.groupadmin.dry-run+json"
_REF = "#/components/schemas/DryRunOut"


def finished(schema: OpenAPISchema) -> OpenAPISchema:
    """The description, completed."""
    schema["components"]["schemas"] |= _dry_run_schemas()
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation)
    return schema


def _complete(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        # Of a parameter "examples" is a mapping; that of its type is a list.
        if isinstance(parameter.get("examples"), list):
            parameter["schema"]["examples"] = parameter.pop("examples")
    responses: dict[int, Any] = operation["responses"]
    for status, answer in responses.items():
        if status >= 400:
            answer["content"] = {CONTENT_TYPE: answer["content"]["application/json"]}
    if method != "get":
        answer = responses.setdefault(200, {"description": "Of a dry run."})
        answer.setdefault("content", {})[DRY_RUN] = {"schema": {"$ref": _REF}}
    for status, headers in _HEADERS.items():
        if status in responses:
            responses[status]["headers"] = {
                name: {"schema": {"type": "string"}, "description": text} for name, text in headers.items()
            }
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}


_HEADERS = {
    200: {
        "ETag": "The version of the thing, for If-Match.",
        "Link": 'Of lists: the next page, as rel="next".',
    },
    201: {"Location": "Where the new thing is.", "ETag": "Its version, for If-Match."},
    202: {"Location": "Where the progress of the job is."},
    401: {"WWW-Authenticate": "Bearer."},
    405: {"Allow": "What is done here."},
    503: {"Retry-After": "After how many seconds to come again."},
}


def _dry_run_schemas() -> dict[str, Any]:
    found = DryRunOut.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = found.pop("$defs", {})
    return definitions | {"DryRunOut": found}
