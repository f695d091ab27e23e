"""A mail's bytes as they came over the wire (RFC 5321)."""

import re

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


def mail_in(data: bytearray) -> bytes:
    """The mail without what the transport added to it, each line ended by CR LF.

    Lone CR and LF would end lines for some programs and not for others: headers could be hidden from us, or a
    second mail be hidden in one (RFC 5321, 2.3.8).
    """
    # The leading CR LF is ours; a dot that begins a line, the sender's.
    raw = bytes(data).replace(b"\r\n.", b"\r\n")[2:]
    pairs = raw.count(b"\r\n")
    if raw.count(b"\r") == pairs == raw.count(b"\n"):
        return raw
    return _LINE_ENDS.sub(b"\r\n", raw)
