"""Names as people write them: cleaned, counted, compared and shown (rule 2.4)."""

import unicodedata
from collections.abc import Iterable
from itertools import islice

import regex
from django.utils.translation import gettext as _

from .errors import Invalid

_BREAKS = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]")
_UNSEEN = regex.compile(r"[\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\U0001D159]")
_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_CHARACTER = regex.compile(r"\X")
_CHARACTER_OR_FLAG = regex.compile(r"\p{Regional_Indicator}{2}|\X")
_FLAG = regex.compile(r"\p{Regional_Indicator}{2}")

FAR_TOO_LONG = 2
NAMED_AT_MOST = 10

_OPENERS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
_OPENERS |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_CLOSERS = {"\u202c", "\u2069"}


def clean_line(text: str) -> str:
    """Turns line breaks and control characters into spaces and trims the ends."""
    # What can be printed has neither.
    return text.strip() if text.isprintable() else _BREAKS.sub(" ", text).strip()


def clean_text(text: str) -> str:
    """Like clean_line, for text of several lines: line feeds stay, other control characters go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_BREAKS.sub(" ", line) for line in lines).strip()


def length(text: str) -> int:
    """The number of characters as people count them (grapheme clusters)."""
    # The letters of flags come in pairs. They are paired first, since \X looks back along all of them for
    # each.
    return sum(1 for _character in _CHARACTER.finditer(_FLAG.sub("F", text)))


def too_long(text: str, most: int, code_points: int) -> str:
    """What is wrong with the length of a text (rules 2.4, 2.5); empty if nothing.

    A few characters can consist of any number of code points, such as letters under stacks of accents.
    """
    if len(text) <= min(most, code_points):
        return ""
    limit = f"{most:,}"
    if len(text) > FAR_TOO_LONG * code_points:
        return _("Use at most %(most)s characters.") % {"most": limit}  # counting them would take its time
    if (now := length(text)) > most:
        return _("Use at most %(most)s characters (now %(now)s).") % {"most": limit, "now": f"{now:,}"}
    if len(text) > code_points:
        return _("These characters are too complex. Use at most %(most)s Unicode code points.") % {
            "most": f"{code_points:,}"
        }
    return ""


def check_length(field: str, text: str, most: int, code_points: int) -> None:
    """Raises Invalid if the text of that field is too long."""
    if problem := too_long(text, most, code_points):
        raise Invalid(field, problem)


def shortened(text: str, most: int, code_points: int) -> str:
    """The text, or as much of it as is not too long, with an ellipsis."""
    if not too_long(text, most, code_points):
        return text
    characters = islice(_CHARACTER_OR_FLAG.finditer(text[: code_points - 1]), most - 1)
    return "".join(found[0] for found in characters).rstrip() + "…"


def has_visible(text: str) -> bool:
    """Whether at least one character is visible on the screen."""
    return bool(_UNSEEN.sub("", text))


def fold(text: str) -> str:
    """Makes names equal that differ only in case, width, composition or invisible characters."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = _IGNORABLE.sub("", unicodedata.normalize("NFKC", folded))
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def balanced(text: str) -> str:
    """Closes every direction mark that is left open, and drops those that close nothing.

    Otherwise a name could change the direction of the text after it, even from inside an isolate.
    """
    if text.isascii():
        return text
    kept: list[str] = []
    pending: list[str] = []
    for character in text:
        if character in _CLOSERS:
            if not pending or pending[-1] != character:
                continue
            pending.pop()
        elif character in _OPENERS:
            pending.append(_OPENERS[character])
        kept.append(character)
    return "".join(kept) + "".join(reversed(pending))


def isolated(text: str) -> str:
    """The text in directional isolates, for places without markup: mail headers, titles, messages."""
    return f"\u2068{balanced(text)}\u2069"


def some_names(names: Iterable[str]) -> str:
    """The first NAMED_AT_MOST names, for a message that says if there are more."""
    shown = [isolated(name) for name in names]
    if len(shown) > NAMED_AT_MOST:
        return _("%(names)s and others") % {"names": ", ".join(shown[:NAMED_AT_MOST])}
    return ", ".join(shown)


def initial(text: str) -> str:
    """The first visible character, for the coloured square that replaces a missing photo."""
    for character in _CHARACTER.findall(text):
        if has_visible(character):
            return str(character).upper() if len(character) == 1 else str(character)
    return "?"
