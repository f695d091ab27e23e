"""Mailman 2's settings of a list as text: what `config_list -o - LIST` prints (rule 10.9).

It looks like Python and is never run: only assignments of plain values are read. A list's `config.pck` itself
is a pickle, which could run anything, so it is never opened.
"""

import ast
import codecs
import re
from collections.abc import Iterator
from typing import Any

MOST_BYTES = 4 << 20
_CODING = re.compile(rb"^#.*coding: *([-\w.]+)", re.MULTILINE)
_TITLE = re.compile(r'^## .*?["\u201c\u00ab\u201e]([^"\u201d\u00bb]+)["\u201d\u00bb]', re.MULTILINE)
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w* *=", re.MULTILINE)
_LONG = re.compile(r"\b(\d+)L\b")
_LIMIT_OF_STATEMENT = 200

Settings = dict[str, Any]


def is_config_text(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return b"# -*- python -*-" in head[:200] or (
        b"\n## captured on " in head or (b"\nreal_name = " in head and b"\nowner = " in head)
    )


def list_name(text: str) -> str:
    """The list's name in the title; empty if there is no title."""
    found = _TITLE.search(text[:2_000])
    return found[1].strip() if found else ""


def decoded(raw: bytes) -> tuple[str, str]:
    """The text and its charset, which is that of the list's language."""
    found = _CODING.search(raw[:500])
    charset = found[1].decode("ascii") if found else "utf-8"
    try:
        codecs.lookup(charset)
    except LookupError:
        charset = "iso-8859-1"
    if charset in ("us-ascii", "ascii"):
        charset = "utf-8"
    try:
        return raw.decode(charset), charset
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), charset


def settings(raw: bytes) -> tuple[Settings, list[int]]:
    """The values by their names, and the lines of what could not be read."""
    text, charset = decoded(raw)
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _one_by_one(text, charset)
    found: Settings = {}
    bad = [statement.lineno for statement in statements if not _take(statement, charset, found)]
    return found, bad


def _one_by_one(text: str, charset: str) -> tuple[Settings, list[int]]:
    """Each assignment by itself, so that one that cannot be read costs no other."""
    found: Settings = {}
    bad: list[int] = []
    for line, candidate in _assignments(text):
        try:
            statements = ast.parse(candidate).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            bad.append(line)
            continue
        if not all([_take(statement, charset, found) for statement in statements]):
            bad.append(line)
    return found, bad


def _assignments(text: str) -> Iterator[tuple[int, str]]:
    starts = [found.start() for found in _ASSIGNMENT.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        # Python 2 wrote whole numbers that were large, or computed, with an L.
        yield text.count("\n", 0, start) + 1, _LONG.sub(r"\1", text[start:end])


def _take(statement: ast.stmt, charset: str, found: Settings) -> bool:
    """Whether the statement is an assignment of a plain value, which is then put into `found`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return False
    try:
        found[target.id] = _in_unicode(ast.literal_eval(statement.value), charset)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _in_unicode(value: Any, charset: str) -> Any:
    r"""Texts as people read them: Python 2 wrote the bytes of a list's charset, as in 'Gr\xf6\xdfe'."""
    if isinstance(value, list | tuple):
        return [_in_unicode(one, charset) for one in value]
    if isinstance(value, bytes):
        return value.decode(charset, "replace")
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return value.encode("latin-1").decode(charset)
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value
