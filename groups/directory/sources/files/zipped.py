"""Opens zip files without holding a list of all that they say they have before it is counted (rule 10.1)."""

import zipfile
from typing import Any, BinaryIO, cast

# With those that do not matter; each takes some memory.
LISTED = 60_000
_LISTED_BYTES = LISTED * 256
_ENTRY = b"PK\x01\x02"


class TooManyFiles(Exception):  # noqa: N818  (what is found, not a fault of ours)
    """More files than we go through."""


class _Counting:
    """A zip file whose list of files is counted as it is read: the number it gives may be a lie."""

    def __init__(self, content: BinaryIO) -> None:
        self.content = content
        self.is_opening = True

    def read(self, size: int = -1) -> bytes:
        if not self.is_opening:
            return self.content.read(size)
        data = self.content.read(min(size, _LISTED_BYTES + 1) if size >= 0 else _LISTED_BYTES + 1)
        if len(data) > _LISTED_BYTES or data.count(_ENTRY) > LISTED:
            raise TooManyFiles
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.content, name)


def opened(content: BinaryIO) -> zipfile.ZipFile:
    """The zip file. Raises TooManyFiles, or what zipfile raises for one that is broken."""
    counting = _Counting(content)
    archive = zipfile.ZipFile(cast(BinaryIO, counting))
    counting.is_opening = False
    return archive
