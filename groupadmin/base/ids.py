"""Ids as they come in requests: perhaps no number, perhaps larger than any database keeps."""

import re

LARGEST_ID = 2**63 - 1

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


def as_id(raw: object) -> int | None:
    """The id, or nothing if there can be no such one."""
    text = str(raw)
    if not _ID.fullmatch(text) or int(text) > LARGEST_ID:
        return None
    return int(text)


def is_safe_value(text: str) -> bool:
    """Whether a database takes the text as a parameter: no NUL, no endless number."""
    return "\x00" not in text and not (text.isdecimal() and as_id(text) is None)
