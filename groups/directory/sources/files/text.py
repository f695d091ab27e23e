"""Text in whatever form of Unicode, as the UTF-8 that readers expect."""

import codecs
import io
from typing import BinaryIO, cast


def as_utf8(content: BinaryIO) -> BinaryIO:
    """The content from after its mark, in UTF-8."""
    mark = content.read(3)
    if mark == codecs.BOM_UTF8:
        return content
    content.seek(0)
    if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return cast(BinaryIO, _Recoded(content))
    return content


class _Recoded:
    """UTF-16 as UTF-8."""

    def __init__(self, content: BinaryIO) -> None:
        self.text = io.TextIOWrapper(content, "utf-16", errors="replace")

    def read(self, size: int) -> bytes:
        return self.text.read(size).encode()

    def readline(self, size: int) -> bytes:
        return self.text.readline(size).encode()
