"""Reads external contacts from a CSV file as spreadsheet programs write it (rule 4.8)."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, isolated
from groups.actions.settings import Contact, clean_contact

ROWS_LIMIT = 10_000
BYTES_LIMIT = 2 * 1024 * 1024
TRIED_ROWS = 20
SHOWN_LENGTH = 100

DELIMITERS = ",;\t"
NAMES = {"name", "full name", "display name", "contact", "이름", "名前", "氏名", "姓名"}
ADDRESSES = {
    *("email", "e-mail", "mail", "address", "email address", "e-mail address", "mail address"),
    *("이메일", "메일", "メール", "メールアドレス", "邮箱", "電子郵件"),
}


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be imported."""

    line: int
    text: str
    reason: str


@dataclass
class Sheet:
    """The content of a file: contacts, each address once, and the rows that are not valid."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    wrong: list[BadRow] = field(default_factory=list)
    repeated: int = 0


def decode(data: bytes) -> str:
    """Detects UTF-8 and UTF-16; everything else is read as Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    # Latin letters in UTF-16: every other byte is zero.
    if data[1:400:2].count(0) > len(data[1:400:2]) // 2:
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read(data: bytes) -> Sheet:
    """Raises Invalid for a file that is not CSV, or too long."""
    text = decode(data)
    delimiter = _delimiter(text)
    sheet = Sheet()
    columns: tuple[int, int] | None = None
    rows = _rows(text, delimiter)
    for number, (line, cells) in enumerate(row for row in rows if any(cell.strip() for cell in row[1])):
        if number > ROWS_LIMIT:
            raise Invalid("file", _("Use at most %(limit)s rows.") % {"limit": f"{ROWS_LIMIT:,}"})
        if number == 0 and (columns := _header(cells)) is not None:
            continue
        _read_row(sheet, line, cells, columns)
    if not sheet.contacts and not sheet.wrong:
        raise Invalid("file", _("This file has no email addresses. Choose another one."))
    return sheet


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    reader = csv.reader(StringIO(text.replace("\0", " "), newline=""), delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        message = _("Line %(line)d cannot be read. Is there an extra quotation mark?")
        raise Invalid("file", message % {"line": begins}) from None


def _delimiter(text: str) -> str:
    """The delimiter that splits most of the first rows into an address and something else.

    The csv module's sniffer counts repeating characters, and is misled by names and addresses.
    """

    def fit(delimiter: str) -> int:
        rows = csv.reader(StringIO(text[:20_000].replace("\0", " "), newline=""), delimiter=delimiter)
        try:
            first = list(islice(rows, TRIED_ROWS))
        except csv.Error:
            return 0
        return sum(len(row) > 1 and sum("@" in cell for cell in row) == 1 for row in first)

    return max(DELIMITERS, key=fit)


def _header(cells: list[str]) -> tuple[int, int] | None:
    """The columns of name and address if the first row names them; None if it is already a contact."""
    titles = [" ".join(cell.split()).casefold() for cell in cells]
    if any("@" in title for title in titles):
        return None
    address = next((place for place, title in enumerate(titles) if title in ADDRESSES), -1)
    name = next((place for place, title in enumerate(titles) if title in NAMES), -1)
    return (name, address) if address >= 0 else None


def _read_row(sheet: Sheet, line: int, cells: list[str], columns: tuple[int, int] | None) -> None:
    cells = [clean_line(cell) for cell in cells]
    if columns is None:
        at = next((place for place, cell in enumerate(cells) if "@" in cell), -1)
        address = cells[at] if at >= 0 else ""
        name = next((cell for place, cell in enumerate(cells) if place != at and cell), "") if at >= 0 else ""
    else:
        name, address = (cells[place] if 0 <= place < len(cells) else "" for place in columns)
    if not address:
        _add_bad_row(sheet, line, cells, _("The email address is missing."))
        return
    try:
        contact = clean_contact(Contact(address, name))
    except Invalid as problem:
        _add_bad_row(sheet, line, cells, problem.message)
        return
    if contact.email in sheet.contacts:
        sheet.repeated += 1
    else:
        sheet.contacts[contact.email] = contact


def _add_bad_row(sheet: Sheet, line: int, cells: list[str], reason: str) -> None:
    text = ", ".join(cell for cell in cells if cell)
    sheet.wrong.append(BadRow(line, isolated(text[:SHOWN_LENGTH]), reason))
