"""Contacts as Apple, Google and telephones export them: vCard 2.1 to 4.0 (rule 4.13)."""

import quopri
import re
from collections.abc import Iterator, Sequence

from groupadmin.base.charsets import readable
from groupadmin.base.spreadsheets import Row, Table
from groupadmin.base.spreadsheets.encodings import ENCODINGS, decode, detect
from groupadmin.base.spreadsheets.reading import ROWS_LIMIT

from .names import full_name

ADDRESSES_OF_A_CARD = 20
# Pictures are longer, and of no interest.
LONGEST = 10_000
PARAMETERS_AT_MOST = 200
TITLES = ("Name", *("E-mail",) * ADDRESSES_OF_A_CARD)

_BEGIN = re.compile(rb"\s*BEGIN:VCARD\s", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:[\w-]++\.)?(?P<name>[A-Za-z]++)(?P<parameters>;[^:]*+)?:(?P<value>.*)")
_CHARSET = re.compile(r"CHARSET=\"?([\w-]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\,;:nN])")
_PARTS = re.compile(r"(?<!\\);")


def is_vcard(data: bytes) -> bool:
    """Whether the file has business cards."""
    return _BEGIN.match(data.removeprefix(b"\xef\xbb\xbf")[:100]) is not None


def read_vcards(data: bytes, encoding: str, languages: Sequence[str]) -> Table:
    """A row for each card, with the line that it begins in; in the encoding given or found."""
    if encoding not in ENCODINGS:
        encoding = detect(data, languages=languages)
    rows = [Row(1, TITLES)]
    for line, name, addresses in _cards(decode(data, encoding)):
        rows.append(Row(line, (name, *addresses[:ADDRESSES_OF_A_CARD])))
        if len(rows) > ROWS_LIMIT:
            break
    return Table(rows, encoding=encoding)


def _cards(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """The line that each card begins in, its name, and its addresses."""
    begun, name, parts = 1, "", ""
    addresses: list[str] = []
    for line, unfolded in _unfolded(text):
        match = _PROPERTY.match(unfolded)
        if match is None:
            continue
        kind, value = match["name"].upper(), _value(match["parameters"] or "", match["value"])
        if kind == "BEGIN":
            begun, name, parts, addresses = line, "", "", []
        elif kind == "FN":
            name = name or _ESCAPED.sub(_unescaped, value).strip()
        elif kind == "N":
            parts = parts or _of_parts(value)
        elif kind == "EMAIL":
            addresses.append(_ESCAPED.sub(_unescaped, value).strip())
        elif kind == "END":
            yield begun, name or parts, addresses


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Each logical line and the number of its first line: long ones are folded, in two ways."""
    begun, joined = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if joined.endswith("=") and "QUOTED-PRINTABLE" in joined[:PARAMETERS_AT_MOST].upper():
            joined = joined[:-1] + line
        elif line.startswith((" ", "\t")):
            joined += line[1:]
        else:
            yield begun, joined
            begun, joined = number, line
        joined = joined[:LONGEST]
    yield begun, joined


def _value(parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" not in parameters.upper():
        return value
    charset = _CHARSET.search(parameters)
    raw = quopri.decodestring(value.encode("latin-1", "replace"))
    return readable(raw, charset[1] if charset else "")


def _of_parts(value: str) -> str:
    family, given, middle, *_rest = [*map(str.strip, _PARTS.split(value)), "", "", ""]
    return _ESCAPED.sub(_unescaped, full_name(given, middle, family))


def _unescaped(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]
