"""Names as people write them: cleaned, counted, compared and shown (spec 2.4)."""

import unicodedata

import regex

_BREAKS = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]")
_UNSEEN = regex.compile(r"[\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\U0001D159]")
_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_CHARACTER = regex.compile(r"\X")
_FLAG = regex.compile(r"\p{Regional_Indicator}{2}")

_OPENERS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
_OPENERS |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_CLOSERS = {"\u202c", "\u2069"}


def clean_line(text: str) -> str:
    """Turns line breaks and control characters into spaces and trims the ends."""
    return _BREAKS.sub(" ", text).strip()


def clean_text(text: str) -> str:
    """Like clean_line, for text of several lines: keeps line feeds, drops other control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_BREAKS.sub(" ", line) for line in lines).strip()


def length(text: str) -> int:
    """The number of characters as a person counts them (grapheme clusters)."""
    # The letters of flags go in pairs. Paired first, since \X looks back along all of them for each.
    return sum(1 for _ in _CHARACTER.finditer(_FLAG.sub("F", text)))


def has_visible(text: str) -> bool:
    """Whether at least one character leaves a mark on the screen."""
    return bool(_UNSEEN.sub("", text))


def fold(text: str) -> str:
    """A form in which names equal but for case, width, composition and invisible characters are equal."""
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = _IGNORABLE.sub("", unicodedata.normalize("NFKC", folded))
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def balanced(text: str) -> str:
    """Closes every direction mark that is left open and drops those that close nothing.

    Without this a name could turn the text after it round, even out of an isolate.
    """
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
    """The text between directional isolates, for places without markup: mail headers, titles, messages."""
    return f"\u2068{balanced(text)}\u2069"


def initial(text: str) -> str:
    """The first visible character, for the coloured square where there is no photo."""
    for character in _CHARACTER.findall(text):
        if has_visible(character):
            return str(character).upper() if len(character) == 1 else str(character)
    return "?"
