"""A mail's header fields as bytes: what is not asked about stays as it came."""

import re
from email.policy import Compat32
from typing import Any

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


class AsItCame(Compat32):
    """Headers as they came: the library replaces bytes that are in no charset it knows."""

    def header_fetch_parse(self, name: str, value: Any) -> str:
        return str(value)


def fields(raw: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """The header fields, each as its lower-case name and all of its bytes; and where they end.

    What is not a header, such as a line without a colon, gets an empty name.
    """
    starts: list[tuple[bytes, int]] = []
    end = 0
    for line in _LINE.finditer(raw):
        if not line[0].strip(b"\r\n"):
            break
        if not starts or line[0][:1] not in b" \t":
            field = _FIELD.match(line[0])
            starts.append((field[1].lower() if field else b"", line.start()))
        end = line.end()
    stops = [start for _name, start in starts[1:]] + [end]
    return [(name, raw[start:stop]) for (name, start), stop in zip(starts, stops, strict=False)], end


def field_names(raw: bytes) -> set[bytes]:
    """The lower-case names of a mail's header fields."""
    return {name for name, _field in fields(raw)[0]}


def value_of(field: bytes, longest: int) -> bytes:
    """A field's value, unfolded; long ones are cut."""
    return _FOLD.sub(b"", field.partition(b":")[2][:longest]).strip(b"\r\n")
