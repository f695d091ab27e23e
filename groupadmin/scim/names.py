"""What somebody is called, if the provider gives no name for display (rule 1.2)."""

from typing import Any

import regex

from .bodies import Document
from .dialects import value_of

# Family name first, and nothing in between.
_WITHOUT_SPACES = regex.compile(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]+")


def full_name(document: Document) -> str:
    """From the parts of the name, else the nickname, else the user name."""
    name = value_of(document, "name")
    if isinstance(name, dict):
        given, family = _text(value_of(name, "givenName")), _text(value_of(name, "familyName"))
        if formatted := _text(value_of(name, "formatted")):
            return formatted
        if given and family and _WITHOUT_SPACES.fullmatch(given + family):
            return family + given
        if joined := " ".join(filter(None, (given, family))):
            return joined
    nick, user_name = _text(value_of(document, "nickName")), _text(value_of(document, "userName"))
    return nick or user_name.partition("@")[0]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
