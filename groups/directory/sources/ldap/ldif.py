"""Reads LDIF of any size (RFC 2849), as slapcat, ldapsearch and ldifde write it.

Values at a URL are not fetched: a file must not make the server read its own files, or ask others.
"""

import binascii
from collections.abc import Iterator
from contextlib import closing

from django.utils.translation import gettext as _

from groups.directory.records import Problem
from groups.directory.sources import SourceFile
from groups.directory.sources.files.text import as_utf8

from .entries import Entry, is_wanted

LINE_LENGTH = 1024 * 1024
VALUE_LENGTH = 4 * 1024 * 1024
_RANGE = ";range="

Line = tuple[int, bytes]


def entries_of(file: SourceFile) -> Iterator[Entry | Problem]:
    """The entries of a file, with the attributes that are wanted."""
    with closing(file.open()) as content:
        text = as_utf8(content)
        lines = _unfolded(iter(lambda: text.readline(LINE_LENGTH), b""))
        record: list[Line] = []
        for line in lines:
            if line[1]:
                record.append(line)
            elif record:
                yield from _entry(record, file.name)
                record = []
        if record:
            yield from _entry(record, file.name)


def _unfolded(lines: Iterator[bytes]) -> Iterator[Line]:
    """Lines with those that continue them, without comments; an empty one between records."""
    begun, parts, size = 0, [b""], 0
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if line.startswith(b" ") and begun:
            # Of what nobody wants, such as a picture, a piece is enough.
            if size < VALUE_LENGTH:
                parts.append(line[1:])
                size += len(line)
            continue
        if begun and not parts[0].startswith(b"#"):
            yield begun, b"".join(parts)
        begun, parts, size = number, [line], 0
    if begun and not parts[0].startswith(b"#"):
        yield begun, b"".join(parts)


def _entry(record: list[Line], file: str) -> Iterator[Entry | Problem]:
    entry = Entry("", {}, file, record[0][0])
    for row, line in record:
        name, colon, value = line.partition(b":")
        key = name.decode(errors="replace").strip().lower()
        if not colon:
            yield Problem(_("This line has no attribute."), entry.dn, file, row)
        elif key == "dn":
            entry.dn = (_value(value) or b"").decode(errors="replace")
        elif key == "changetype" and value.strip().lower() != b"add":
            reason = _("This record changes an entry. Export the entries as they are.")
            yield Problem(reason, entry.dn, file, entry.row)
            return
        elif is_wanted(key):
            found = _value(value)
            if found is None:
                yield Problem(_("A value of “%(name)s” cannot be read.") % {"name": key}, entry.dn, file, row)
            else:
                plain, is_range, rest = key.partition(_RANGE)
                entry.attributes.setdefault(plain, []).append(found)
                if is_range:
                    entry.attributes[f"{plain};range"] = [rest.encode()]
    if entry.dn:
        yield entry


def _value(value: bytes) -> bytes | None:
    """What stands after the colon: text, base64 after a second one, or a URL; None for what is broken."""
    if value.startswith(b"<"):
        return None
    if not value.startswith(b":"):
        return value.strip()
    try:
        return binascii.a2b_base64(value[1:].strip(), strict_mode=True)
    except binascii.Error:
        return None
