"""Reads what clients send: JSON of bounded size and depth, in which every text can be stored."""

import json
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _

from .errors import Failure, invalid

MEDIA_TYPES = ("application/scim+json", "application/json", "")
DEPTH = 12

Document = dict[str, Any]


def read(request: HttpRequest) -> Document:
    """The object that was sent. Raises Failure."""
    if request.content_type not in MEDIA_TYPES:
        raise Failure(415, _("Send JSON, as application/scim+json."))
    limit = int(settings.SCIM_MAX_BYTES)
    if len(raw := _bytes(request, limit)) > limit:
        raise Failure(413, _("A request can have at most %(limit)s bytes.") % {"limit": f"{limit:,}"})
    return parsed(raw)


def _bytes(request: HttpRequest, limit: int) -> bytes:
    """One more than the limit, if it is passed."""
    pieces, size = [], 0
    try:
        while size <= limit and (piece := request.read(min(64 * 1024, limit + 1 - size))):
            pieces.append(piece)
            size += len(piece)
    except UnreadablePostError:
        raise invalid(_("The request broke off."), "invalidSyntax") from None
    return b"".join(pieces)


def parsed(raw: bytes) -> Document:
    """Raises Failure for what is no JSON object, or holds what no database stores."""
    try:
        text = raw.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            # Halves of a character come only by escapes, and can be written nowhere.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid(_("This is not valid JSON."), "invalidSyntax") from None
    if not isinstance(document, dict):
        raise invalid(_("Send a JSON object."), "invalidSyntax")
    _check_depth(document)
    return document


def is_storable(text: str) -> bool:
    """Whether a database takes it: the library reads the escapes in filters (RFC 7644, 3.4.2.2)."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_depth(document: object) -> None:
    """Nothing of SCIM is deep, and what is would exhaust whoever walks it."""
    level: list[Any] = [document]
    for _depth in range(DEPTH):
        inside = [
            inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if any(isinstance(inner, str) and "\0" in inner for inner in inside):
            raise invalid(_("Texts cannot hold the character U+0000."), "invalidValue")
        level = [inner for inner in inside if isinstance(inner, dict | list)]
        if not level:
            return
    raise invalid(_("This is nested too deeply."), "invalidSyntax")
