"""Bytes as text, by the charset that a mail or a file names (rule 8.2).

Labels mean what the WHATWG encoding table says, as in browsers: programs that write "euc-kr" or "shift_jis"
mean what Windows calls so, with characters that the standards of these names lack. Python's codecs of the
same names refuse those, so the table's own decoders read them (endec, which is encoding_rs of Firefox).
"""

import re
from collections.abc import Iterator
from encodings.aliases import aliases

import endec

LONGEST_LABEL = 40
# What browsers refuse to decode, so that nobody can hide a script in it; a mail program has to.
_REFUSED = "replacement"
# Python looks for a module of each unknown name, and remembers it for ever, so it is asked for these alone.
_PYTHON_NAMES = frozenset(aliases.values())
# What programs write around a name of the table: x-windows-949, eucjp-win, utf-8-mac.
_AROUND = re.compile(r"^x-(?:ms-)?|-(?:win|ms|mac|open)$")
_CODE_PAGE = re.compile(r"(?:cp|ms|ibm|dos|win|windows)[-_]?([0-9]{3,5})")
# Code pages of Windows that go by another name everywhere else.
_BY_NUMBER = {"932": "shift_jis", "936": "gbk", "943": "shift_jis", "950": "big5", "51932": "euc-jp"}
_BY_NUMBER |= {"51936": "gbk", "51949": "euc-kr", "65001": "utf-8"}
_BY_NUMBER |= dict.fromkeys(("50220", "50221", "50222"), "iso-2022-jp")
# A character that was cut off leaves at most so many bytes.
_CUT_BYTES = 3


def decoded(data: bytes, label: str) -> str | None:
    """The text; None if nobody knows the charset, or the bytes are not in it."""
    label = label.partition("*")[0].strip(" \t\r\n\"'").lower()
    if not label or not label.isascii() or len(label) > LONGEST_LABEL:
        return None
    # Programs that call their text ASCII, and it is not, have mostly not looked what it is.
    if "ascii" in label and not data.isascii() and (text := decoded(data, "utf-8")) is not None:
        return text
    for name in _names(label):
        try:
            return endec.decode(data, name, bom="strip")
        except LookupError:
            continue
        except UnicodeError as error:
            if getattr(error, "encoding", "") != _REFUSED:
                return None
    return _by_python(data, label)


def decoded_if_cut(data: bytes, label: str) -> tuple[str, bytes] | None:
    """The text of data that ends in the middle of a character, and the bytes left over; else None."""
    for count in range(1, min(_CUT_BYTES, len(data) - 1) + 1):
        if (text := decoded(data[:-count], label)) is not None:
            return text, data[-count:]
    return None


def escaped(data: bytes) -> str:
    r"""ASCII as it is, and the other bytes as \xNN: for what is in no charset that anybody named."""
    return data.decode("ascii", "backslashreplace")


def readable(data: bytes, label: str) -> str:
    r"""Text of several lines by that charset, or in UTF-8; bytes that are in neither as \xNN."""
    for name in (label, "utf-8"):
        if (text := decoded(data, name)) is not None:
            return text
    lines = data.splitlines(keepends=True)
    return "".join(text if (text := decoded(line, label)) is not None else escaped(line) for line in lines)


def _names(label: str) -> Iterator[str]:
    """The label, and what else it may be called in the table: programs write euc_kr or cp-949 for euc-kr."""
    plain = _AROUND.sub("", label)
    yield from (label, label.replace("_", "-"), plain)
    if page := _CODE_PAGE.fullmatch(plain):
        number = page[1]
        yield from (
            _BY_NUMBER.get(number, f"windows-{number}"),
            _python_name(f"cp{number}").replace("_", "-"),
        )
    yield _python_name(plain).replace("_", "-")


def _python_name(label: str) -> str:
    name = label.replace("-", "_").replace(".", "_")
    return aliases.get(name, name)


def _by_python(data: bytes, label: str) -> str | None:
    """By Python's codec: UTF-7, ISO-2022-KR, code pages such as cp850, that the table does not have."""
    name = _python_name(_AROUND.sub("", label))
    if name not in _PYTHON_NAMES:
        return None
    try:
        text = data.decode(name)
        text.encode()  # UTF-7 can hold halves of characters
    except (LookupError, ValueError):
        return None
    return text
