"""What a header says: encoded words (RFC 2047), and bytes that are encoded in no word, as text (rule 8.2).

Nothing here raises. What cannot be decoded stays as it came, an encoded word as the word, a byte as \\xNN. It
never becomes a character that stands for "unreadable", and what is sent on keeps its bytes anyway.
"""

import re
from base64 import b64decode
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from groupadmin.base.charsets import LONGEST_LABEL, decoded, decoded_if_cut, escaped

# Some programs leave blanks and question marks in the words, or fold inside them.
WORD = re.compile(rb"=\?([!->@-~]{1,80}?)\?([bBqQ])\?(.*?)\?=", re.DOTALL)
# Japanese as it was sent before there were encoded words, from the shift to its end.
JIS = re.compile(rb"\x1b\$[@B].*?(?:\x1b\([BJ]|\Z)", re.DOTALL)
# Charsets in which bytes mean what was last shifted to; and a shift back that the next one makes useless.
_SHIFTING = re.compile(r"(?:cs)?iso-?2022|hz-")
_SHIFTED_BACK = re.compile(rb"\x1b\([BJ](?=\x1b)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_DECLARED = re.compile(rb"""charset\s*=\s*["']?([\w.:()+-]{1,%d})""" % LONGEST_LABEL, re.IGNORECASE)
_IN_WORD = re.compile(rb"=\?([!->@-~]{1,%d})\?[bBqQ]\?" % LONGEST_LABEL)
_UPPER_HALF = bytes(range(0x80, 0x100))
_DECLARED_BYTES = 64 * 1024


@dataclass(frozen=True)
class HeaderText:
    """A header's text, and whether all of it could be decoded."""

    text: str
    is_whole: bool = True


class _Piece(NamedTuple):
    """An encoded word, or what stands between two of them."""

    raw: bytes
    data: bytes
    label: str
    is_word: bool


def declared_charset(raw: bytes) -> str:
    """The first charset that the mail names, which is that of raw bytes in its headers too; or nothing."""
    start = raw[:_DECLARED_BYTES]
    for found in (*_DECLARED.findall(start), *_IN_WORD.findall(start)):
        label = found.decode("ascii")
        if "ascii" not in label.lower() and decoded(b"", label) is not None:
            return str(label)
    return ""


def decode_header(value: bytes, charset: str = "") -> HeaderText:
    """An unfolded header as text. Raw bytes are in UTF-8, or in the charset that the mail declares."""
    texts: list[HeaderText] = []
    for is_word, group in groupby(_pieces(value), lambda piece: piece.is_word):
        pieces = [*group]
        texts += _words(pieces) if is_word else [_plain(piece.raw, charset) for piece in pieces]
    return HeaderText("".join(one.text for one in texts), all(one.is_whole for one in texts))


def header_text(value: bytes, charset: str = "") -> str:
    """An unfolded header as text, for people to read."""
    return decode_header(value, charset).text


def _pieces(value: bytes) -> Iterator[_Piece]:
    """The words, and what is between them, without the blanks that separate a word from the next."""
    end = 0
    for found in WORD.finditer(value):
        between = value[end : found.start()]
        if between and (end == 0 or between.strip()):
            yield _Piece(between, b"", "", False)
        yield _Piece(found[0], _bytes_of(found), found[1].decode("ascii").partition("*")[0].lower(), True)
        end = found.end()
    if end < len(value):
        yield _Piece(value[end:], b"", "", False)


def _bytes_of(word: re.Match[bytes]) -> bytes:
    if word[2] in b"qQ":
        return a2b_qp(word[3], header=True)
    # Padding may be missing, wrong, or in the middle, where two texts were put together.
    parts = [part for part in _NOT_BASE64.sub(b"", word[3]).split(b"=") if part]
    whole = [part[:-1] if len(part) % 4 == 1 else part for part in parts]
    return b"".join(b64decode(part + b"=" * (-len(part) % 4)) for part in whole)


def _words(pieces: list[_Piece]) -> Iterator[HeaderText]:
    """Words side by side, without the blanks between them; one that stays as it came keeps a blank."""
    before: HeaderText | None = None
    for label, group in groupby(pieces, lambda piece: piece.label):
        for one in _words_in(label, [*group]):
            if before is not None and not (before.is_whole and one.is_whole):
                yield HeaderText(" ")
            yield one
            before = one


def _words_in(label: str, words: list[_Piece]) -> list[HeaderText]:
    """Words in one charset: each by itself, or if that fails all together.

    Programs that count bytes cut a character in two, or text after its shift.
    """
    if _SHIFTING.match(label):
        data = _SHIFTED_BACK.sub(b"", b"".join(word.data for word in words))
        if (text := decoded(data, label)) is not None:
            return [HeaderText(text)]
    alone = [decoded(word.data, label) for word in words]
    if None not in alone:
        return [HeaderText("".join(filter(None, alone)))]
    if (together := _text(b"".join(word.data for word in words), label)) is not None:
        return [together]
    raw = [word.raw.decode("ascii", "backslashreplace") for word in words]
    return [
        HeaderText(word, False) if text is None else HeaderText(text)
        for text, word in zip(alone, raw, strict=True)
    ]


def _text(data: bytes, label: str) -> HeaderText | None:
    if (text := decoded(data, label)) is not None:
        return HeaderText(text)
    if (cut := decoded_if_cut(data, label)) is not None:
        return HeaderText(cut[0] + escaped(cut[1]), False)
    # Of a charset that nobody knows, or a wrong one.
    text = decoded(data, "iso-2022-jp" if JIS.search(data) else "utf-8")
    return HeaderText(text, False) if text is not None and (text.isascii() or _is_surely_utf8(text)) else None


def _plain(raw: bytes, charset: str) -> HeaderText:
    """Text that is encoded in no word: in UTF-8, be it cut, or in the charset that the mail declares."""
    if JIS.search(raw) and (text := decoded(raw, "iso-2022-jp")) is not None:
        return HeaderText(text)
    if raw.isascii():
        return HeaderText(raw.decode("ascii"))
    found = _text(raw, "utf-8")
    if found is not None and (_is_surely_utf8(found.text) or (found.is_whole and not _is_choosy(charset))):
        return found
    if (declared := _text(raw, charset)) is not None:
        return declared
    return found if found is not None and found.is_whole else HeaderText(escaped(raw), False)


def _is_surely_utf8(text: str) -> bool:
    """Whether some character took three bytes: two may be one of EUC-KR that happens to look like it."""
    return max(text, default="") >= "\u0800"


def _is_choosy(charset: str) -> bool:
    """Whether text in another charset is most likely none in this one."""
    return bool(charset) and decoded(_UPPER_HALF, charset) is None
