"""Files to read, in memory."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from groups.directory import form
from groups.directory.records import Problem, Record


@dataclass(frozen=True)
class InMemory:
    """A file with a name and some content."""

    name: str
    data: bytes

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def text(name: str, content: str, encoding: str = "utf-8") -> InMemory:
    return InMemory(name, content.encode(encoding))


def read(*files: InMemory, **how: Any) -> list[Record | Problem]:
    return list(form.read(files, **how))


Plain = tuple[str, dict[str, Any]]


def plain(found: Iterable[Record | Problem]) -> list[Plain]:
    """Records as their kinds and values; problems as what is wrong."""
    return [
        (str(one.kind), one.values) if isinstance(one, Record) else ("problem", {"reason": one.reason})
        for one in found
    ]


def read_text(name: str, content: str, **how: Any) -> list[Plain]:
    return plain(read(text(name, content), **how))
