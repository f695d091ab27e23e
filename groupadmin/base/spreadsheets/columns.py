"""What is in the columns of a table, by their titles (rule 4.13)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .delimited import Row

HEADER_ROWS = 10
LOOKED_AT = 200

_BRACKETS = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")
_NO_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Columns:
    """The kinds of the columns, by their places; and where the rows with content begin.

    `header` is the row with the titles, if there is one; `are_known` whether they say anything to us.
    """

    kinds: dict[int, str]
    first_row: int
    header: Row | None = None
    are_known: bool = False


def normal_title(title: str) -> str:
    """A title without case, width, spaces, numbers and signs: "E-mail 1 - Value" is "emailvalue"."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", title[:200]).casefold())


def without_brackets(title: str) -> str:
    """A title without what is added in brackets: "Email (work)"."""
    return _BRACKETS.sub("", title)


def find_columns(
    rows: Sequence[Row], kind_of: Callable[[str], str], is_value: Callable[[str], bool], value_kind: str
) -> Columns:
    """Finds the header among the first rows, and what its columns are; else the columns with values.

    `kind_of` gives the kind that a title stands for, or nothing. `value_kind` is that of columns with values.
    """
    best = -1
    kinds: dict[int, str] = {}
    for number, row in enumerate(rows[:HEADER_ROWS]):
        if any(is_value(cell) for cell in row.cells):
            break
        found = {place: kind for place, cell in enumerate(row.cells) if (kind := kind_of(cell))}
        if len(found) > len(kinds):
            best, kinds = number, found
    if best >= 0 and value_kind in kinds.values():
        return Columns(kinds, best + 1, rows[best], are_known=True)
    by_values = _by_values(rows, is_value)
    if best >= 0:
        # Its titles say nothing of the values: they may be in another language.
        kinds = {**kinds, **dict.fromkeys(by_values, value_kind)}
        return Columns(kinds, best + 1, rows[best], are_known=True)
    first = _unknown_header(rows, is_value, by_values)
    return Columns(dict.fromkeys(by_values, value_kind), first, rows[first - 1] if first else None)


def _by_values(rows: Sequence[Row], is_value: Callable[[str], bool]) -> list[int]:
    """The columns that mostly have values, of those cells that have anything."""
    values: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for row in rows[:LOOKED_AT]:
        for place, cell in enumerate(row.cells):
            if cell:
                filled[place] += 1
                values[place] += is_value(cell)
    return sorted(place for place, count in values.items() if 2 * count >= filled[place])


def _unknown_header(rows: Sequence[Row], is_value: Callable[[str], bool], places: Sequence[int]) -> int:
    """Titles in a language that nobody has told us: text above a column of nothing but values."""
    if len(rows) < 2 or not places:
        return 0
    first = rows[0].cells
    above = [first[place] for place in places if place < len(first)]
    is_header = any(cell and "@" not in cell for cell in above) and not any(is_value(cell) for cell in first)
    return 1 if is_header else 0
