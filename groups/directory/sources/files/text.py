"""Text in whatever form of Unicode, as the UTF-8 that readers expect; nothing here goes back in a file."""

import codecs
import io
from typing import BinaryIO, cast


def buffered(content: BinaryIO) -> io.BufferedReader:
    """The content, of which the beginning can be looked at: files in zip files cannot be gone back in."""
    return io.BufferedReader(cast(io.RawIOBase, content), 256 * 1024)


def as_utf8(content: BinaryIO) -> BinaryIO:
    """The content from after its mark, in UTF-8."""
    ahead = buffered(content)
    mark = ahead.peek(3)[:3]
    if mark == codecs.BOM_UTF8:
        ahead.read(3)
    elif mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return cast(BinaryIO, _Recoded(ahead))
    return ahead


class _Recoded:
    """UTF-16 as UTF-8."""

    def __init__(self, content: io.BufferedReader) -> None:
        self.text = io.TextIOWrapper(content, "utf-16", errors="replace")

    def read(self, size: int) -> bytes:
        return self.text.read(size).encode()

    def readline(self, size: int) -> bytes:
        return self.text.readline(size).encode()
