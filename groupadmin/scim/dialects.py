"""PATCH as identity providers write it, turned into what RFC 7644 (3.5.2) says (rule 11.2).

Entra   op with a capital, booleans and single values as texts or lists, dotted names without a path, the
        manager as a bare id, members to remove as a value
Okta    no path, and the id within the value
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from scim2_models import Path
from scim2_models.exceptions import SCIMException

from .bodies import Document
from .errors import invalid

OPERATIONS_AT_MOST = 1000
LONGEST_PATH = 20_000
IDENTITY = ("id", "meta", "schemas")
# Escaped in the filter of a path, from which values are made too.
_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def value_of(document: Document, name: str) -> Any:
    """An attribute of what was sent, whatever the case of its name (RFC 7643, 2.1)."""
    return next((value for key, value in document.items() if key.lower() == name.lower()), None)


def has(document: Document, name: str) -> bool:
    return any(key.lower() == name.lower() for key in document)


def without(document: Document, *names: str) -> Document:
    left_out = {name.lower() for name in names}
    return {key: value for key, value in document.items() if key.lower() not in left_out}


def fitted(document: Document, model: Any) -> Document:
    """Attributes by their names, each in its shape: Entra adds people with a bare id as manager too."""
    urns = {str(urn).lower(): str(urn) for urn in model.get_extension_models()}
    return {
        key: {inner: _fitting(f"{urn}:{inner}", one, model) for inner, one in value.items()}
        if (urn := urns.get(key.lower())) and isinstance(value, dict)
        else _fitting(key, value, model)
        for key, value in document.items()
    }


def operations(document: Document, model: Any) -> list[Document]:
    """The operations of a PATCH in the words of the RFC. Raises Failure."""
    sent = value_of(document, "Operations")
    if not isinstance(sent, list) or not sent or not all(isinstance(one, dict) for one in sent):
        raise invalid("Send a list of Operations.", "invalidSyntax")
    if len(sent) > OPERATIONS_AT_MOST:
        raise invalid(f"Send at most {OPERATIONS_AT_MOST} operations at once.", "tooMany")
    return [plain for one in sent for plain in _plain(one, model)]


def _plain(sent: Document, model: Any) -> Iterator[Document]:
    op, path, value = (value_of(sent, name) for name in ("op", "path", "value"))
    op = op.lower() if isinstance(op, str) else op
    if path is not None and not isinstance(path, str):
        raise invalid("A path is a text.", "invalidPath")
    _check_names([path or "", *(value if isinstance(value, dict) and not path else ())])
    if path and op == "remove":
        # Some send the removed value, or null, of a single attribute along.
        yield {"op": op, "path": path} | ({"value": value} if isinstance(value, list | dict) else {})
    elif path:
        yield {"op": op, "path": path, "value": _fitting(path, value, model)}
    elif op == "remove":
        yield {"op": op}
    elif isinstance(value, dict):
        # An operation each, so that names with dots and extensions are read as paths.
        for key, inner in fitted(without(value, *IDENTITY), model).items():
            if _is_path(key, model):
                yield {"op": op, "path": key, "value": inner}
    else:
        yield {"op": op} | ({"value": value} if has(sent, "value") else {})


def _check_names(names: list[str]) -> None:
    """Those of attributes, before anybody reads them as paths. Raises Failure."""
    if len(names) > OPERATIONS_AT_MOST or max(map(len, names)) > LONGEST_PATH:
        raise invalid(f"Send at most {OPERATIONS_AT_MOST} names of {LONGEST_PATH} characters.", "tooMany")
    if any(_UNSTORABLE.search(name) for name in names):
        raise invalid("No text here holds the character U+0000, or half of a character.", "invalidPath")


def _is_path(name: str, model: Any) -> bool:
    """Whether it can be one; what else a provider sends is ignored."""
    try:
        Path[model](name)
    except SCIMException:
        return False
    return True


def _fitting(path: str, value: Any, model: Any) -> Any:
    """The value in the shape that the attribute has."""
    try:
        binding = Path[model](path).resolve()
    except SCIMException:
        return value
    if binding is None or binding.target_is_multivalued or "[" in path:
        if "[" in path and isinstance(value, list) and len(value) == 1:
            return _single(value)
        return value
    value = _single(value)
    target = binding.target_type
    is_complex = isinstance(target, type) and issubclass(target, BaseModel)
    if is_complex and isinstance(value, str):
        return {"value": value} if value else None
    return value


def _single(value: Any) -> Any:
    """Older versions of Entra write `[{"$ref": null, "value": …}]` for one value."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "value" in value[0]:
        return value[0]["value"]
    return value
