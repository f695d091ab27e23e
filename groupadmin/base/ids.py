"""Ids and other numbers from requests: perhaps none, perhaps larger than a database can store."""

import re

from django.urls.converters import IntConverter

LARGEST_ID = 2**63 - 1

_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


def parse_number(raw: object, most: int = LARGEST_ID) -> int | None:
    """The number, from 0 up, or None if it is not one."""
    text = str(raw)
    if not _NUMBER.fullmatch(text) or int(text) > most:
        return None
    return int(text)


def parse_id(raw: object) -> int | None:
    """The id, or None if no row can have it."""
    return parse_number(raw) or None


class IdConverter(IntConverter):
    """An id in a URL, `<id:pk>`: one too large for a database becomes one that no row has."""

    def to_python(self, value: str) -> int:
        found = parse_number(value.lstrip("0") or "0")
        return LARGEST_ID if found is None else found


def is_safe_value(text: str) -> bool:
    """Whether a database accepts the text as a parameter: no NUL, no endless number."""
    return "\x00" not in text and not (text.isdecimal() and parse_number(text) is None)
