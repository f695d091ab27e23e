"""Reads bodies: JSON in UTF-8, and nothing that a database or a program would choke on."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from .problems import Problem

JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})


class JsonParser(Parser):
    """Refuses what is not JSON with 415 or 400."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type not in JSON_TYPES:
            raise Problem("not-json", _("Send Content-Type: application/json."))
        try:
            text = request.body.decode()
            found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_without_twins)
            _check(found)
        except (ValueError, RecursionError):
            raise Problem("malformed", _("The body is not JSON in UTF-8.")) from None
        return found


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two of the same name counts (RFC 8259, 4), so neither does."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same name twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(found: Any) -> None:
    """Raises ValueError for NUL characters and halves of characters, which no database takes."""
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.keys()
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str):
            part.encode()
            if "\0" in part:
                raise ValueError("NUL")
