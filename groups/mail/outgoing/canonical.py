"""A mail in the form in which signatures cover it: "relaxed" of RFC 6376, for DKIM and ARC.

Each takes time in proportion to its length, whatever somebody has sent.
"""

import re

_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AND_FOLDS = re.compile(rb"[ \t\r\n]+")


def header(field: bytes) -> bytes:
    """A header field (RFC 6376, 3.4.2): unfolded, with single blanks and a lower-case name."""
    name, _colon, value = field.partition(b":")
    return name.strip().lower() + b":" + _BLANKS_AND_FOLDS.sub(b" ", value).strip(b" ") + b"\r\n"


def body(data: bytes) -> bytes:
    """A body whose lines end in CR LF (RFC 6376, 3.4.4): single blanks, none at ends of lines or below."""
    if b"  " in data or b"\t" in data or b" \r\n" in data:
        data = _BLANKS.sub(b" ", data).replace(b" \r\n", b"\r\n")
    data = data.rstrip(b"\r\n")
    return data + b"\r\n" if data else data
