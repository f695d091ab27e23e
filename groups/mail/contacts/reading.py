"""Reads external contacts from a file of any program, and says what is wrong with which row (rule 4.13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import regex
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.pasted_addresses import Pasted, read_line
from groupadmin.base.spreadsheets import Columns, Known, Row, Table, find_columns, read_table
from groupadmin.base.text import clean_line, isolated
from groups.actions.settings import Contact, clean_contact

from . import vcards
from .names import full_name
from .titles import ADDRESS, FAMILY, GIVEN, MIDDLE, NAME, SHOWN, WORDS, in_this_table, kind_of

SHOWN_LENGTH = 100
SHOWN_CELLS = 20
# A list takes 10,000 contacts: what is more than repeats of those would only cost time.
ADDRESSES_LIMIT = 50_000
ADDRESSES_OF_A_CELL = 1_000

_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be imported, or not once more."""

    line: int
    text: str
    reason: str


@dataclass
class Sheet:
    """The content of a file: contacts, each address once, and the rows that are not valid."""

    table: Table = field(default_factory=lambda: Table([]))
    columns: Columns = field(default_factory=lambda: Columns({}, 0))
    contacts: dict[str, Contact] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    wrong: list[BadRow] = field(default_factory=list)
    repeated: list[BadRow] = field(default_factory=list)
    addresses: int = 0
    guesses_names: bool = False
    """Whether the first text of a row is taken for the name: nothing and nobody says where names are."""


def _is_address(cell: str) -> bool:
    """Whether a cell has one address and nothing else, so that a note with an @ in it is none."""
    text = cell.strip()
    if not 3 <= len(text) <= 1_000 or ("@" not in text and "＠" not in text):
        return False
    found = list(read_line(text))
    if len(found) != 1 or "." not in found[0].address.rpartition("@")[2]:
        return False
    return not found[0].name or any(sign in text for sign in "<(（")


KNOWN = Known(titles=WORDS, is_title=lambda cell: bool(kind_of(cell)), is_value=_is_address)


def read(
    data: bytes,
    *,
    encoding: str = "",
    languages: Sequence[str] = (),
    sheet: int | None = None,
    chosen: Mapping[str, int | None] | None = None,
) -> Sheet:
    """The contacts of a file. `chosen` has the places of kinds of columns, where a person has said so.

    Raises Invalid for a file that is no table.
    """
    if vcards.is_vcard(data):
        table = vcards.read_vcards(data, encoding, languages)
    else:
        table = read_table(data, KNOWN, encoding=encoding, languages=languages, sheet=sheet)
    columns = _columns(table, chosen or {})
    found = Sheet(table, columns, guesses_names=not columns.are_known and NAME not in (chosen or {}))
    for row in table.rows[columns.first_row :]:
        found.addresses += _read_row(found, row)
        if found.addresses > ADDRESSES_LIMIT:
            raise Invalid("file", _("Use at most %(limit)s addresses.") % {"limit": f"{ADDRESSES_LIMIT:,}"})
    return found


def _columns(table: Table, chosen: Mapping[str, int | None]) -> Columns:
    columns = find_columns(table.rows, kind_of, _is_address, ADDRESS)
    titles = dict(enumerate(columns.header.cells)) if columns.header else {}
    kinds = in_this_table(columns.kinds, titles)
    # Whoever says where something is says that it is nowhere else.
    kinds = {place: kind for place, kind in kinds.items() if kind not in chosen}
    kinds |= {place: kind for kind, place in chosen.items() if place is not None}
    return replace(columns, kinds=kinds)


def _read_row(sheet: Sheet, row: Row) -> int:
    """Takes what a row has. Returns how many addresses that is."""
    by_kind: dict[str, list[str]] = {}
    for place, cell in enumerate(row.cells):
        if cell and (kind := sheet.columns.kinds.get(place) or _kind_untitled(sheet, place, cell)):
            by_kind.setdefault(kind, []).append(cell)
    cells = by_kind.get(ADDRESS, [])
    if not cells and not sheet.columns.are_known:
        cells = [cell for cell in row.cells if _has_at(cell)]
    read = [one for cell in cells for one in _addresses(cell)]
    found = [one for one in read if one.address]
    if not found:
        reason = _("The email address is missing.") if not cells else _not_valid(cells[0])
        sheet.wrong.append(BadRow(row.line, _shown(row.cells), reason))
        return 0
    name = _name(by_kind) or _unnamed(sheet, row, cells)
    for one in read:
        if one.address:
            _add(sheet, row, one, name if len(found) == 1 or not one.name else one.name)
        else:
            sheet.wrong.append(BadRow(row.line, _shown(row.cells), _not_valid(one.text)))
    return len(read)


def _has_at(cell: str) -> bool:
    return "@" in cell or "＠" in cell


def _kind_untitled(sheet: Sheet, place: int, cell: str) -> str:
    """Whether a cell without a title above has addresses and nothing else, such as the end of a list."""
    header = sheet.columns.header
    if not _has_at(cell) or (header is not None and place < len(header.cells) and header.cells[place]):
        return ""
    found = list(read_line(cell))
    is_list = all("." in one.address.rpartition("@")[2] and (not one.name or "<" in cell) for one in found)
    return ADDRESS if found and is_list else ""


def _addresses(cell: str) -> Iterable[Pasted]:
    """The addresses of a cell, and what should be one."""
    if not _has_at(cell):
        return
    for part in cell.splitlines()[:ADDRESSES_OF_A_CELL]:
        yield from (one for one in read_line(part) if one.address or _has_at(one.text))


def _name(by_kind: dict[str, list[str]]) -> str:
    def first(kind: str) -> str:
        return clean_line(by_kind.get(kind, [""])[0])

    if name := first(NAME):
        return name
    if name := full_name(first(GIVEN), first(MIDDLE), first(FAMILY)):
        return name
    shown = first(SHOWN)
    return next((one.name for one in read_line(shown) if one.address), shown)


def _unnamed(sheet: Sheet, row: Row, cells: list[str]) -> str:
    """Without titles that are known, the first text without an address is the name."""
    if not sheet.guesses_names:
        return ""
    others = (cell for cell in row.cells if cell not in cells and not _has_at(cell) and _LETTER.search(cell))
    return clean_line(next(others, ""))


def _add(sheet: Sheet, row: Row, one: Pasted, name: str) -> None:
    try:
        contact = clean_contact(Contact(one.address, name or one.name))
    except Invalid as problem:
        sheet.wrong.append(BadRow(row.line, _shown(row.cells), problem.message))
        return
    if contact.email not in sheet.contacts:
        sheet.contacts[contact.email] = contact
        sheet.lines[contact.email] = row.line
    elif sheet.lines[contact.email] != row.line and (
        not sheet.repeated or sheet.repeated[-1].line != row.line
    ):
        reason = _("Line %(line)s has the same address.") % {"line": f"{sheet.lines[contact.email]:,}"}
        sheet.repeated.append(BadRow(row.line, _shown(row.cells), reason))


def _not_valid(text: str) -> str:
    return _("Not a valid email address: %(email)s") % {"email": isolated(clean_line(text)[:SHOWN_LENGTH])}


def _shown(cells: Sequence[str]) -> str:
    first = islice((cell for cell in cells if cell), SHOWN_CELLS)
    return isolated(", ".join(clean_line(cell[:SHOWN_LENGTH]) for cell in first)[:SHOWN_LENGTH])
