"""The description of the API as its pages show it: sections, operations, fields, and a start for bodies."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .rest import api

ROOT = "/api/v1"


@dataclass(frozen=True)
class Parameter:
    """One field of the try-out."""

    name: str
    place: str
    description: str
    is_required: bool
    value: str = ""
    choices: tuple[str, ...] = ()
    is_number: bool = False

    @property
    def marked(self) -> SafeString:
        return marked(self.description)


@dataclass(frozen=True)
class Field:
    """A field of a body."""

    name: str
    type: str
    description: str
    is_required: bool

    @property
    def marked(self) -> SafeString:
        return marked(self.description)


@dataclass(frozen=True)
class Operation:
    """What can be done at an address."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    body: str = ""
    """JSON to begin with; empty without a body."""
    file_types: tuple[str, ...] = ()
    """If the body is a file."""
    fields: tuple[Field, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def paragraphs(self) -> list[SafeString]:
        return [marked(part) for part in self.about.split("\n\n")]

    @property
    def is_change(self) -> bool:
        return self.method != "GET"

    @property
    def url(self) -> str:
        return reverse("api_operation", args=[self.id])

    @property
    def content_type(self) -> str:
        if self.file_types:
            return self.file_types[0]
        return "application/json" if self.body else ""

    def curl(self, site: str) -> str:
        """A call for a shell."""
        wanted = "&".join(
            f"{one.name}=" for one in self.parameters if one.is_required and one.place == "query"
        )
        parts = ["curl", "-H", '"Authorization: Bearer $TOKEN"']
        if self.is_change:
            parts += ["-X", self.method]
        if self.content_type:
            parts += ["-H", shlex.quote(f"Content-Type: {self.content_type}")]
            parts += (
                ["--data-binary @FILE"] if self.file_types else ["-d", shlex.quote(_in_a_line(self.body))]
            )
        return " ".join([*parts, shlex.quote(site + self.path + (f"?{wanted}" if wanted else ""))])


@dataclass(frozen=True)
class Section:
    """The operations on one kind of thing."""

    name: str
    about: str
    operations: list[Operation] = field(default_factory=list)


@cache
def described() -> dict[str, Any]:
    """The description in OpenAPI; made once a process, since it depends on the code alone."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=f"{ROOT.strip('/')}/")))
    return found


@cache
def sections() -> tuple[Section, ...]:
    """All operations, by tag, in the order of the description."""
    schema = described()
    found = {tag["name"]: Section(tag["name"], tag["description"]) for tag in schema["tags"]}
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            tag = said["tags"][0]
            found.setdefault(tag, Section(tag, "")).operations.append(_operation(schema, path, method, said))
    return tuple(section for section in found.values() if section.operations)


@cache
def operations() -> Mapping[str, Operation]:
    """The same by id."""
    return {one.id: one for section in sections() for one in section.operations}


def marked(text: str) -> SafeString:
    """A text in which `words` are code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if at % 2 else part,) for at, part in parts)
    )


def _operation(schema: Any, path: str, method: str, said: Any) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema")
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        about=said["description"],
        parameters=tuple(_parameter(schema, one) for one in said.get("parameters", ())),
        body="" if body is None else json.dumps(_start(schema, body), indent=2, ensure_ascii=False),
        file_types=() if body is not None else tuple(content),
        fields=() if body is None else tuple(_fields(schema, body)),
        answers=tuple((status, answer["description"]) for status, answer in said["responses"].items()),
    )


def _parameter(schema: Any, said: Any) -> Parameter:
    kind = _resolved(schema, said["schema"])
    types = _types(schema, kind)
    choices = ("true", "false") if "boolean" in types else tuple(map(str, _choices(schema, kind)))
    # What is changed by mistake is not changed by trying.
    value = "true" if said["name"] == "dry_run" else ""
    return Parameter(
        name=said["name"],
        place=said["in"],
        description=said.get("description", ""),
        is_required=said.get("required", False),
        value=value,
        choices=choices,
        is_number="integer" in types,
    )


def _fields(schema: Any, body: Any) -> Iterator[Field]:
    kind = _resolved(schema, body)
    for name, said in kind.get("properties", {}).items():
        inner = _resolved(schema, said)
        words = said.get("description") or inner.get("description", "")
        yield Field(name, _words_of(schema, said), words, name in kind.get("required", ()))


def _words_of(schema: Any, said: Any) -> str:
    """A type in a few words, such as `integer or null`."""
    kind = _resolved(schema, said)
    if choices := _choices(schema, kind):
        return " | ".join(map(str, choices))
    if "anyOf" in kind:
        return " or ".join(dict.fromkeys(_words_of(schema, one) for one in kind["anyOf"]))
    if kind.get("type") == "array":
        return f"list of {_words_of(schema, kind['items'])}"
    return str(kind.get("format") or kind.get("type", "anything"))


def _start(schema: Any, said: Any) -> Any:
    """A value to begin with: what has to be sent, and nothing else."""
    kind = _resolved(schema, said)
    if kind.get("examples"):
        return kind["examples"][0]
    if choices := _choices(schema, kind):
        return choices[0]
    if "anyOf" in kind:
        return _start(schema, kind["anyOf"][0])
    if kind.get("type") == "object":
        needed = kind.get("required", ())
        return {
            name: _start(schema, one) for name, one in kind.get("properties", {}).items() if name in needed
        }
    return {"array": [], "integer": 1, "boolean": False}.get(kind.get("type", ""), "")


def _resolved(schema: Any, said: Any) -> Any:
    if "$ref" not in said:
        return said
    return schema["components"]["schemas"][said["$ref"].rpartition("/")[2]]


def _types(schema: Any, kind: Any) -> set[str]:
    parts = [_resolved(schema, one) for one in kind.get("anyOf", [kind])]
    return {part.get("type", "") for part in parts}


def _choices(schema: Any, kind: Any) -> list[Any]:
    parts = [_resolved(schema, one) for one in kind.get("anyOf", [kind])]
    return [
        choice for part in parts for choice in part.get("enum", [part["const"]] if "const" in part else [])
    ]


def _in_a_line(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False)
