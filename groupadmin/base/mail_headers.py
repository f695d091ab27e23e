"""Texts in the headers of mails that we write: they arrive as written (RFC 2047, RFC 5322, rule 4.12).

Python's own folding encodes single words of a text, loses or doubles spaces between them, and lets them
touch. Here a text that is not plain is encoded whole, in words that do not split what people count as a
character.
"""

import re
from collections.abc import Callable, Iterator
from email import base64mime, quoprimime
from email.utils import parseaddr
from typing import Any

import regex
from django.core.mail import EmailMultiAlternatives

from .text import clean_line

CHARSET = "utf-8"
# An encoded word has at most 75 characters, a line with one at most 76. The first shares its line with the
# header's name.
WORD_AT_MOST = 75
FIRST_AT_MOST = WORD_AT_MOST - len("X-Original-From:")
LINE_AT_MOST = 76

# Words that fit into a line, with single spaces, where a line may be folded and joined again.
_PLAIN = re.compile(rf"(?:[!-~]{{1,{FIRST_AT_MOST}}}(?: [!-~]{{1,{FIRST_AT_MOST}}})*)?")
_MARK = "=?"
_CHARACTER = regex.compile(r"\X")

_Encode = Callable[[bytes, str], str]


def encoded(text: str) -> str:
    """A text for a header, such as the subject: plain, or all of it in encoded words with a space between."""
    line = clean_line(text)
    if _PLAIN.fullmatch(line) and _MARK not in line:
        return line
    return " ".join(_words(line))


def _words(line: str) -> Iterator[str]:
    """All of it in encoded words, in the encoding that is shorter."""
    ways: tuple[_Encode, ...] = (base64mime.header_encode, quoprimime.header_encode)
    encode = min(ways, key=lambda way: len(way(line.encode(), CHARSET)))
    most, pending = FIRST_AT_MOST, b""
    for piece in _pieces(line, encode):
        if pending and len(encode(pending + piece, CHARSET)) > most:
            yield encode(pending, CHARSET)
            most, pending = WORD_AT_MOST, b""
        pending += piece
    yield encode(pending, CHARSET)


def _pieces(line: str, encode: _Encode) -> Iterator[bytes]:
    """What a word may not split: characters as people count them, or else code points."""
    for character in _CHARACTER.findall(line):
        if len(encode(character.encode(), CHARSET)) <= FIRST_AT_MOST:
            yield character.encode()
        else:
            yield from (one.encode() for one in character)


def phrase(name: str) -> str:
    """A name as it stands before an address. Nothing in it can end the header or start another one."""
    line = clean_line(name)
    if len(line) > FIRST_AT_MOST or not re.fullmatch(r"[ -~]*", line) or _MARK in line:
        return " ".join(_words(line))
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folded(name: str, value: str) -> str:
    """A header whose value is in one line, in lines short enough for everybody, folded at spaces."""
    lines = [""]
    for word in f"{name}: {value}".split(" "):
        if word and lines[-1].strip() and len(lines[-1]) + len(word) >= LINE_AT_MOST:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] or len(lines) > 1 else word
    return "\r\n".join(lines) + "\r\n"


class WrittenMail(EmailMultiAlternatives):
    """A mail to a person by Django's way of sending, with headers as above."""

    def message(self, **options: Any) -> Any:
        message = super().message(**options)
        message.policy = message.policy.clone(max_line_length=LINE_AT_MOST)
        # Set past Django's own encoding.
        message.replace_header("Subject", encoded(str(self.subject)))
        name, _address = parseaddr(self.from_email)
        if not name.isascii():
            message.replace_header("From", f"{phrase(name)} <{parseaddr(message['From'])[1]}>")
        return message
