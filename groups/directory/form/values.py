"""What cells mean: yes and no in many words, days, choices, and several values in one cell (rule 10.1)."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.utils.translation import gettext as _

from groupadmin.base.pasted_addresses import clean_address, read_line
from groupadmin.base.text import clean_line, fold, isolated
from groups.directory.records import TEAM_SEPARATOR

from .definition import Column, Type
from .words import WORDS, words

SHOWN_LENGTH = 100

_YES, _NO = words("values.yes"), words("values.no")
_CHOICE_OF = {word: choice for choice in WORDS["choices"] for word in {choice, *words(f"choices.{choice}")}}
_ADMINISTRATORS, _OTHERS = words("values.administrators"), words("values.others")
_MASTERS_TOO, _MASTERS_ONLY = words("values.masters_too"), words("values.masters_only")

_ISO = re.compile(r"(\d{4})[-/.]\s?(\d{1,2})[-/.]\s?(\d{1,2})\.?(?:[T ].*)?")
_CJK = re.compile(r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_UNCLEAR = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_FIRST_SERIAL = date(1899, 12, 30)

_STRONG = re.compile(r"[;；\r\n|]+")
_COMMAS = re.compile(r"[,，、;；\r\n|]+")
_ANY = re.compile(r"[\s,，、;；|]+")
_PLAIN_ADDRESSES = re.compile(r"[A-Za-z0-9.!#$%&*+=?^_{}~@\s,;-]*", re.ASCII)
_PLAIN_ADDRESS = re.compile(r"[^@\s]+@[A-Za-z0-9.-]*[A-Za-z0-9]", re.ASCII)


class Unreadable(Exception):  # noqa: N818  (an answer, not a fault)
    """A cell that cannot be understood, and why."""


def _plain(cell: str) -> str:
    return str(fold(cell)).replace(" ", "").rstrip(".")


def _shown(cell: str, column: Column) -> dict[str, str]:
    return {"cell": isolated(clean_line(cell[:SHOWN_LENGTH])), "column": column.name}


def read_flag(cell: str, column: Column) -> bool:
    """Yes or no. Raises Unreadable."""
    word = _plain(cell)
    if word in _ADMINISTRATORS | _OTHERS and column.record_field in ("administrator", "active"):
        # Who is an administrator or a member is active; what is asked decides.
        return column.record_field == "active" or word in _ADMINISTRATORS
    if word in _YES:
        return not column.inverts
    if word in _NO:
        return column.inverts
    if column.choices:
        message = _("“%(cell)s” under “%(column)s” is neither “%(first)s” nor “%(second)s”.")
        first, second = column.choices
        raise Unreadable(message % {**_shown(cell, column), "first": first, "second": second})
    raise Unreadable(_("“%(cell)s” under “%(column)s” is neither yes nor no.") % _shown(cell, column))


def read_choice(cell: str, column: Column) -> str:
    """One of the column's choices. Raises Unreadable."""
    choice: str = _CHOICE_OF.get(_plain(cell), "")
    if choice in column.choices:
        return choice
    message = _("“%(cell)s” under “%(column)s” is none of %(choices)s.")
    raise Unreadable(message % {**_shown(cell, column), "choices": ", ".join(column.choices)})


def read_day(cell: str, column: Column) -> date:
    """A day, as people and spreadsheets write it. Raises Unreadable, also where day and month are unclear."""
    try:
        if found := (_ISO.fullmatch(cell) or _CJK.fullmatch(cell) or _COMPACT.fullmatch(cell)):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTS.fullmatch(cell):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _UNCLEAR.fullmatch(cell):
            return _unclear_day(int(found[1]), int(found[2]), int(found[3]))
        if _SERIAL.fullmatch(cell):
            return _FIRST_SERIAL + timedelta(days=int(float(cell)))
    except ValueError:
        pass
    message = _("“%(cell)s” under “%(column)s” is no clear date. Write it as 2024-03-31.")
    raise Unreadable(message % _shown(cell, column))


def _unclear_day(first: int, second: int, year: int) -> date:
    """Day and month in either order, where only one of them is possible. Raises ValueError."""
    if first > 12 or first == second:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    raise ValueError


def read_role(cell: str) -> tuple[bool, bool]:
    """Whether whoever has this role in a group is a master of it, and whether they are in it."""
    word = _plain(cell)
    return word in _MASTERS_TOO | _MASTERS_ONLY, word not in _MASTERS_ONLY


def one_address(cell: str) -> str:
    """The address in a cell; where there is none, what it has."""
    if _PLAIN_ADDRESS.fullmatch(cell):
        return cell.lower()
    found = [one.address for one in read_line(cell) if one.address]
    return found[0] if len(found) == 1 else clean_address(cell) if "@" in cell else clean_line(cell)


def addresses(cell: str) -> Iterator[str]:
    """The addresses in a cell, in lower case, and what stands between them, each once."""
    return iter(dict.fromkeys(_addresses(cell)))


def _addresses(cell: str) -> Iterator[str]:
    if "@" not in cell and "＠" not in cell:
        yield from filter(None, map(clean_line, _ANY.split(cell)))
    elif _PLAIN_ADDRESSES.fullmatch(cell):
        yield from (part.lower() if "@" in part else part for part in _ANY.split(cell) if part)
    else:
        for line in cell.splitlines():
            for one in read_line(line):
                if one.address or one.text.strip():
                    yield one.address or clean_line(one.text)


def pairs(cell: str) -> Iterator[tuple[str, str]]:
    """The addresses in a cell, and the names beside them."""
    for line in _STRONG.split(cell):
        for one in read_line(line):
            if one.address or one.text.strip():
                yield one.address or clean_line(one.text), clean_line(one.name)


class Separation:
    """How a table separates the names in one cell: spaces only do it where they seem to.

    "sig-testing sig-release" are two, "Sales Europe" is one. What decides are the names that are known, the
    addresses in cells beside, and what names look like.
    """

    def __init__(self, known: frozenset[str] = frozenset(), *, by_spaces: bool = False) -> None:
        self.known = known
        self.by_spaces = by_spaces

    @classmethod
    def of(cls, cells: Iterable[tuple[Column, str]], known: frozenset[str]) -> "Separation":
        """Found out from the cells of the first rows."""
        spaced = separated = 0
        words: list[str] = []
        for column, cell in cells:
            has_commas = bool(_COMMAS.search(cell))
            if column.type in (Type.PEOPLE, Type.THINGS, Type.TEXTS) and cell.count("@") > 1:
                separated += has_commas
                spaced += not has_commas
            elif column.type is Type.NAMES and not has_commas:
                words += cell.split()
        slugs = sum(any(sign in word for sign in "-_") for word in words)
        by_looks = bool(words) and 2 * slugs >= len(words) and all(map(str.isascii, words))
        return cls(known, by_spaces=spaced > separated or (by_looks and not separated))

    def names(self, cell: str, *, is_one: bool = False) -> Iterator[str]:
        """The names in a cell, each once. Of one that `is_one`, commas are part of the name."""
        if is_one and "@" not in cell and (", " in cell or "，" in cell):
            return iter(dict.fromkeys(part for part in map(clean_line, _STRONG.split(cell)) if part))
        return iter(dict.fromkeys(self._names(cell)))

    def _names(self, cell: str) -> Iterator[str]:
        if self._is_known(clean_line(cell)):
            yield clean_line(cell)
            return
        parts = [part for part in map(clean_line, _STRONG.split(cell)) if part]
        if len(parts) == 1 and not self._is_known(parts[0]):
            parts = [part for part in map(clean_line, _COMMAS.split(cell)) if part]
        for part in parts:
            if len(parts) > 1 or " " not in part or TEAM_SEPARATOR in part or self._is_known(part):
                yield part
            else:
                yield from self._words(part)

    def _words(self, part: str) -> Iterator[str]:
        """Names between spaces: the longest that are known, then single words."""
        words = part.split()
        found: list[str] = []
        start = 0
        while start < len(words):
            ends = range(min(len(words), start + 8), start, -1)
            end = next((end for end in ends if self._is_known(" ".join(words[start:end]))), 0)
            if not end and not self.by_spaces:
                yield part
                return
            end = end or start + 1
            found.append(" ".join(words[start:end]))
            start = end
        yield from found

    def _is_known(self, name: str) -> bool:
        return fold(name) in self.known
