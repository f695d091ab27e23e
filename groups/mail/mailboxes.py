"""The addresses in a header, and the names beside them, however oddly they are written (rule 4.3).

Two questions, read in two ways. Whose mail it is must not depend on who reads it, so every address counts
that some program might take for the sender's. A name is only shown, so it is read as people wrote it.
"""

import re
from collections.abc import Iterator

from groupadmin.base.text import clean_line

from .arrival import Author
from .header_text import JIS, WORD, decode_header

# A local part has 64 characters at most and a domain 255, so a longer address is nobody's.
LONGEST_ADDRESS = 320
LONGEST_WORDS = 500

_QUOTED = r'"(?:[^"\\]|\\.)*"'
# Comments in comments, as deep as anybody writes them; never gone back into, since one reads them in one way.
_COMMENT = r"\((?:[^()\\]|\\.)*+\)"
for _depth in range(8):
    _COMMENT = rf"\((?:[^()\\]|\\.|{_COMMENT})*+\)"
_PLAIN = r'[^\s<>"(),;:@\[\]]+'
# Where such a word begins: looked for at each of its letters, a long one would take seconds.
_BEGINNING = r'(?<![^\s<>"(),;:@\[\]])'
# Quoted names and comments, which are skipped, or else an address.
_ADDRESS = re.compile(rf"{_QUOTED}(?!@)|{_COMMENT}|((?:{_QUOTED}|{_BEGINNING}{_PLAIN})@{_PLAIN})")
_COMMENT_BESIDE_AT = re.compile(rf"{_COMMENT}(?=@)|(?<=@){_COMMENT}")
# Blanks and comments may stand beside the dots of a domain too (RFC 5322, 4.4).
_BESIDE_DOT = re.compile(rf"(?<!\s)(?:\s|{_COMMENT})++(?=\.)|(?<=\.)(?:\s|{_COMMENT})++")
_IN_BRACKETS = re.compile(r"<[^<>]*>")
_QUOTED_OR_BLANK = re.compile(rf"({_QUOTED})|{_COMMENT}|\s+(?=@)|(?<=@)\s+")
_PART_OF_NAME = re.compile(rf'({_QUOTED})|({_COMMENT})|([,;:<>])|[^"(,;:<>]+|.', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# An encoded word is no address (RFC 2047, 5), though some programs leave an @ in it. What holds more than a
# word may hold could be taken for anything, so it is read like other text.
_STRICT_WORD = re.compile(rb"""=\?[^\s?<>()@,;:"\[\]\\]+\?[bBqQ]\?[^\s?<>(),;:"\\]*\?=""")
# What can be sent on in a name as it came: encoded words, and plain ones between them.
_SENDABLE = re.compile(
    r"""=\?[\w!#$%&'*+./^`{|}~-]+\?[bBqQ]\?[^\s?<>()@,;:"\[\]\\]*\?=|[A-Za-z0-9]+""", re.ASCII
)
# An encoded word, put aside while the header is taken apart.
_ASIDE = re.compile("\x01([0-9]{1,6})\x02")
# Not the wide blank of Japanese names.
_BLANKS = re.compile(r"[ \t\r\n]+")
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def addresses(value: bytes) -> list[str]:
    """Every address that some program might take for one, as written, each once.

    For `boss@company.example <other@outside.example>` programs show one or the other. Both are found, so the
    mail has several senders; a stricter reader would find only one, and not the one that is shown.
    """
    text = clean_line(_STRICT_WORD.sub(b" ", JIS.sub(b" ", value)).decode("utf-8", "replace"))
    plain = _without_comments(text)
    found = [*_ADDRESS.findall(text), *_ADDRESS.findall(plain)]
    if (joined := _BESIDE_DOT.sub("", plain)) != plain:
        found += _ADDRESS.findall(joined)
    return [*dict.fromkeys(filter(_is_possible, map(_bare, found)))]


def _bare(found: str) -> str:
    """Without the quotation marks of programs that quote like people, and the dot at the end of a domain."""
    is_quoted = found.startswith("'") and found.endswith("'")
    return (found[1:-1] if is_quoted else found).rstrip(".")


def _is_possible(address: str) -> bool:
    has_domain = bool(address.rpartition("@")[2].strip(".'"))
    return has_domain and len(address) <= LONGEST_ADDRESS and _UNREADABLE not in address


def authors(values: list[bytes], charset: str) -> tuple[Author, ...]:
    """Whom the From headers name, each once; `charset` is that of raw bytes in them."""
    found = [author for value in values for author in _authors(value, charset)]
    return tuple({author.address.lower(): author for author in reversed(found)}.values())[::-1]


def _without_comments(text: str) -> str:
    """With no comments and blanks in the middle of addresses, where they are allowed (RFC 5322, A.5)."""
    text = _COMMENT_BESIDE_AT.sub("", text)
    return _IN_BRACKETS.sub(lambda found: _QUOTED_OR_BLANK.sub(lambda part: part[1] or "", found[0]), text)


def _authors(value: bytes, charset: str) -> Iterator[Author]:
    words: list[bytes] = []

    def put_aside(found: re.Match[bytes]) -> bytes:
        words.append(found[0])
        return b"\x01%d\x02" % (len(words) - 1)

    found = addresses(value)
    read = decode_header(WORD.sub(put_aside, value.translate(None, b"\x01\x02")), charset)
    for address in found:
        name = _name_of(address, read.text, is_alone=len(found) == 1) if read.is_whole else ""
        yield _author(address, name, words)


def _author(address: str, name: str, words: list[bytes]) -> Author:
    """The author with that name, in which encoded words were put aside."""

    def put_back(found: re.Match[str]) -> str:
        number = int(found[1])
        return words[number].decode("ascii", "replace") if number < len(words) else ""

    raw = _BLANKS.sub(" ", _ASIDE.sub(put_back, name)).strip()
    read = decode_header(raw.encode("utf-8", "replace"), "utf-8")
    if read.is_whole:
        return Author(address, clean_line(read.text))
    is_sendable = len(raw) <= LONGEST_WORDS and all(_SENDABLE.fullmatch(word) for word in raw.split(" "))
    return Author(address, words=raw if is_sendable else "")


def _name_of(address: str, text: str, *, is_alone: bool) -> str:
    """The name before the brackets with this address, or in a comment beside it."""
    found = next((one for one in _IN_BRACKETS.finditer(text) if address in _without_comments(one[0])), None)
    before, after = (text[: found.start()], text[found.end() :]) if found else (text, "")
    # With one address, all that stands before it is its name: "Lee, Kim <kim@company.example>".
    name, comment = _parts(before, ":<>" if is_alone else ",;:<>")
    if found and name.strip():
        return name
    return comment or _parts(after, ",;")[1]


def _parts(text: str, separators: str) -> tuple[str, str]:
    """What stands after the last separator: the name, without quotation marks, and the last comment."""
    name = comment = ""
    for part in _PART_OF_NAME.finditer(text):
        if part[1]:
            name += _ESCAPED.sub(r"\1", part[1][1:-1])
        elif part[2]:
            comment = _ESCAPED.sub(r"\1", part[2][1:-1])
        elif part[3] and part[3] in separators:
            name = comment = ""
        elif part[0] != '"':
            name += part[0]
    return name, comment
